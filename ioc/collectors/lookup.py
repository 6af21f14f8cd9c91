"""From a source's own codes and names to ours; what nobody has mapped stays unmapped, never guessed.

The order is always: the source's own code table, our codes and their aliases, our names (folded). A name
that fits two agencies fits none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from ioc.collectors import phrases
from ioc.collectors.texts import Refused, clean, fold, is_damaged
from ioc.model.dossier import UNMAPPED, Channel, Flag, ServiceLevel, Status
from ioc.settings import Settings, SourceSettings

Word = TypeVar("Word", bound=StrEnum)

_PROCEDURE = re.compile(r"(\d\.\d{6})(?:\..*)?")
"""National code `n.nnnnnn`, to which some systems append the agency's code."""
_TITLES = ("ubnd ", "uy ban nhan dan ")


@dataclass(frozen=True, slots=True)
class Place:
    """An agency, procedure or domain: our code (or UNMAPPED), the raw words, and a flag when unknown."""

    code: str
    raw: str | None = None
    flags: frozenset[Flag] = frozenset()


def marks(status: Status, *words: str | None) -> frozenset[Flag]:
    """Quality marks of a status nobody has mapped, and of words whose letters came damaged."""
    found = {Flag.UNKNOWN_STATUS} if status is Status.UNKNOWN else set()
    if any(is_damaged(word or "") for word in words):
        found.add(Flag.BAD_UTF8)
    return frozenset(found)


class Lookup:
    """The maps of one source; made once for each start of the program."""

    def __init__(self, settings: Settings, source: SourceSettings) -> None:
        self._default_agency = source.agency
        self._codes = {kind: _folded(table) for kind, table in source.codes.items()}
        agencies = settings.agencies
        self._agencies = _index(
            [
                (a.code, word)
                for a in agencies
                for word in (a.code, a.name, a.short_name, *a.aliases, *_untitled(a.name))
            ]
        )
        self._procedures = _index([(p.code, word) for p in settings.procedures for word in (p.code, p.name)])
        self._domains = _index([(d.code, word) for d in settings.domains for word in (d.code, d.name)])
        self._domain_of = {p.code: p.domain_code for p in settings.procedures}

    def agency(self, *words: str | None, name: str | None = None) -> Place:
        """The agency that a record's codes and name mean; the source's own when it gives none."""
        given = [word for word in (*words, name) if word]
        if not given:
            return Place(self._default_agency)
        raw = name or given[0]
        code = self._mapped("agency", given) or _first(self._agencies, [*given, *_untitled(name or "")])
        return Place(code, raw) if code else Place(UNMAPPED, raw, frozenset({Flag.UNKNOWN_AGENCY}))

    def procedure(self, code: str | None, name: str | None = None) -> Place:
        """The procedure; the suffix that systems append to the national code is dropped."""
        given = [word for word in (code, name) if word]
        if not given:
            return Place(UNMAPPED, None, frozenset({Flag.UNKNOWN_PROCEDURE}))
        plain = _PROCEDURE.fullmatch(code or "")
        words = [plain.group(1), *given] if plain else given
        raw = " ".join(given)[:500]
        found = self._mapped("procedure", words) or _first(self._procedures, words)
        return Place(found, raw) if found else Place(UNMAPPED, raw, frozenset({Flag.UNKNOWN_PROCEDURE}))

    def domain(self, procedure_code: str, *words: str | None) -> str:
        """Our catalogue's domain of the procedure, else the record's own code or name, else UNMAPPED."""
        given = [word for word in words if word]
        own = self._mapped("domain", given) or _first(self._domains, given)
        return self._domain_of.get(procedure_code) or own or UNMAPPED

    def status(self, code: str | None, name: str | None) -> tuple[Status, str | None]:
        """Canonical status and what to show as raw; an unknown one keeps its code beside its name."""
        table = self._codes.get("status", {})
        status = _member(Status, _first(table, [w for w in (code, name) if w])) or phrases.find(
            name, phrases.STATUS
        )
        if status is not None and status is not Status.UNKNOWN:
            return status, name or code
        raw = f"{code}: {name}"[:200] if code and name else code or name
        return Status.UNKNOWN, raw

    def channel(self, code: str | None, name: str | None) -> tuple[Channel, frozenset[Flag]]:
        """How the dossier came in; a record that does not say is unknown without being news."""
        given = [word for word in (code, name) if word]
        if not given:
            return Channel.UNKNOWN, frozenset()
        told = _member(Channel, _first(self._codes.get("channel", {}), given))
        found = told or phrases.find(name, phrases.CHANNEL)
        return (found, frozenset()) if found else (Channel.UNKNOWN, frozenset({Flag.UNKNOWN_CHANNEL}))

    def service_level(self, code: str | None, name: str | None) -> ServiceLevel | None:
        """Level of the online service; None when the words say nothing known."""
        given = [word for word in (code, name) if word]
        told = _member(ServiceLevel, _first(self._codes.get("service_level", {}), given))
        return told or phrases.find(name, phrases.SERVICE_LEVEL)

    def _mapped(self, kind: str, words: Iterable[str]) -> str | None:
        return _first(self._codes.get(kind, {}), words)


def _member(words: type[Word], text: str | None) -> Word | None:
    return words(text) if text in list(words) else None


def _key(word: str) -> str:
    try:
        return fold(word) or clean(word).casefold()
    except Refused:
        return ""


def _folded(table: Mapping[str, str]) -> dict[str, str]:
    return {_key(word): code for word, code in table.items()}


def _first(table: Mapping[str, str], words: Iterable[str]) -> str | None:
    return next((table[_key(word)] for word in words if _key(word) in table), None)


def _untitled(name: str) -> tuple[str, ...]:
    """ "UBND phường Hà Tu" and "Phường Hà Tu" are the same agency."""
    plain = fold(name)
    return tuple(plain.removeprefix(title) for title in _TITLES if plain.startswith(title))


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Word -> code, without the words that two codes share; a code itself always wins over a name."""
    found: dict[str, set[str]] = {}
    own: dict[str, str] = {}
    for code, word in pairs:
        found.setdefault(_key(word), set()).add(code)
        own[_key(code)] = code
    unique = {word: codes.pop() for word, codes in found.items() if word and len(codes) == 1}
    return unique | own
