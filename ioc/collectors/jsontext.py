"""JSON read strictly: what the standard module passes over in silence is seen here.

A key given twice and a NaN mark their record, which goes to quarantine alone; a body that is cut, too
deep or no JSON at all is a fault of the whole answer.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from dataclasses import dataclass

from ioc.collectors.inflate import cut_short
from ioc.collectors.texts import DAMAGE
from ioc.errors import RetryLater, SourceChanged

MAX_DEPTH = 64
TWICE = "\u2063twice"
"""Key under which a kept payload remembers that a key came twice."""
_NEAR_END = 12
"""A syntax fault this close to the end (an escape, a literal) means that the end is missing."""


class Twice(dict[str, object]):
    """An object in which a key came more than once; the last value is held."""

    names: tuple[str, ...] = ()

    def like(self, values: dict[str, object]) -> Twice:
        """Other values under the same mark."""
        made = Twice(values)
        made.names = self.names
        return made


@dataclass(frozen=True, slots=True)
class NotANumber:
    """NaN or Infinity, which JSON does not have."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A decoded body; `odd` when some record holds a double key or a NaN."""

    value: object
    odd: bool = False


def load(body: bytes, *, fallback: str | None = None) -> Document:
    """Decode a body; `fallback` names the encoding for bytes that are not UTF-8.

    Raises RetryLater when the body is cut, SourceChanged when it is no JSON, too deep or unreadable.
    """
    text = decode(body, fallback=fallback)
    reader = _Reader()
    try:
        value = json.loads(text, object_pairs_hook=reader.object, parse_constant=reader.constant)
    except json.JSONDecodeError as exc:
        raise _syntax(exc) from None
    except (RecursionError, ValueError) as exc:  # nested past the stack, or a number of 5,000 digits
        raise SourceChanged("JSON lồng quá sâu hoặc có số quá dài; báo đơn vị vận hành nguồn") from exc
    _check_depth(value)
    return Document(value=value, odd=reader.odd)


def is_odd(value: object) -> bool:
    """Whether a double key or a NaN lies anywhere inside."""
    if isinstance(value, Twice | NotANumber):
        return True
    if isinstance(value, dict):
        return any(is_odd(inner) for inner in value.values())
    return isinstance(value, list) and any(is_odd(inner) for inner in value)


def may_be_repaired(body: bytes) -> bool:
    """Whether some text of the body needed its second encoding; told by the mark that was left."""
    return DAMAGE.encode() in body or b"\\u2063" in body


def is_repaired(value: object) -> bool:
    """Whether a text with that mark lies anywhere inside."""
    if isinstance(value, dict):
        return any(is_repaired(inner) for inner in value.values())
    if isinstance(value, list):
        return any(is_repaired(inner) for inner in value)
    return isinstance(value, str) and DAMAGE in value


class _Reader:
    odd = False

    def object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) == len(pairs) and TWICE not in made:
            return made
        self.odd = True
        twice = Twice(made)
        told = twice.pop(TWICE, None)
        names = told if isinstance(told, list) else _repeated([name for name, _ in pairs])
        twice.names = tuple(str(name) for name in names)
        return twice

    def constant(self, text: str) -> NotANumber:
        self.odd = True
        return NotANumber(text)


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _syntax(exc: json.JSONDecodeError) -> RetryLater | SourceChanged:
    end = len(exc.doc.rstrip())
    if exc.doc.strip() and (exc.msg.startswith("Unterminated string") or exc.pos >= end - _NEAR_END):
        return cut_short()
    return SourceChanged(
        "Trả lời không phải JSON đúng cú pháp; kiểm tra địa chỉ nguồn hoặc báo đơn vị vận hành"
    )


def _check_depth(value: object) -> None:
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [inner for outer in level for inner in _containers(_values(outer))]
    raise SourceChanged("JSON lồng quá sâu; báo đơn vị vận hành hệ thống nguồn")


def _values(outer: dict[str, object] | list[object]) -> Iterable[object]:
    return outer.values() if isinstance(outer, dict) else outer


def _containers(values: Iterable[object]) -> list[dict[str, object] | list[object]]:
    return [value for value in values if isinstance(value, dict | list)]


def decode(body: bytes, *, fallback: str | None = None) -> str:
    """The text of a body; the label of the answer is not trusted.

    UTF-8 strictly; else each bad byte alone by `fallback` (or U+FFFD), so that one broken name does not
    spoil its neighbours. UTF-16 and UTF-32 are known by their zero bytes.
    """
    name = json.detect_encoding(body)
    try:
        return body.decode("utf-8-sig" if name.startswith("utf-8") else name)
    except UnicodeDecodeError as exc:
        if not name.startswith("utf-8"):
            raise SourceChanged("Bảng mã của trả lời không đọc được; khai báo encoding cho nguồn") from exc
        if exc.reason == "unexpected end of data":
            raise cut_short() from exc
    return body.decode("utf-8", errors=_repair_with(fallback)).lstrip("\ufeff")


def _repair_with(fallback: str | None) -> str:
    if fallback is None:
        return "replace"
    name = f"ioc-{fallback}"

    def repair(exc: UnicodeError) -> tuple[str, int]:
        assert isinstance(exc, UnicodeDecodeError)
        bad = exc.object[exc.start : exc.end]
        return bad.decode(fallback, errors="replace") + DAMAGE, exc.end

    codecs.register_error(name, repair)
    return name
