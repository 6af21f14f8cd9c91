"""Dossiers that a source does not show any more (`safety.md` F33, `wire.md` §11.11).

Absent from one complete reading: remembered. Absent from two running: deleted, softly. Shown again:
restored, whatever its change date says. The memory travels in the source's cursor, beside the adapter's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ioc.model.dossier import DossierVersion

_MOST = 20_000
"""Keys remembered at most; beyond it something larger is wrong, and the floor of the source has told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The adapter's cursor, the keys absent from the last complete reading, and those declared deleted."""

    cursor: str | None = None
    missing: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    @staticmethod
    def read(text: str | None) -> Memory:
        """From the store; a text that is no memory is the adapter's own cursor."""
        try:
            value = json.loads(text or "null")
            return Memory(
                cursor=value["cursor"],
                missing=frozenset(value["missing"]),
                gone=frozenset(value["gone"]),
            )
        except (ValueError, KeyError, TypeError):
            return Memory(cursor=text)

    def text(self) -> str:
        """For the store; the same memory is always the same text."""
        value = {
            "cursor": self.cursor,
            "missing": sorted(self.missing)[:_MOST],
            "gone": sorted(self.gone)[:_MOST],
        }
        return json.dumps(value, ensure_ascii=False)


def restored(
    versions: Sequence[DossierVersion], memory: Memory, *, seen_at: datetime
) -> tuple[DossierVersion, ...]:
    """The readings, those of dossiers declared deleted dated when we saw them again."""
    if not memory.gone:
        return tuple(versions)
    return tuple(
        replace(version, version_at=max(version.version_at, seen_at))
        if version.source_key in memory.gone
        else version
        for version in versions
    )


def tombstone(latest: DossierVersion, *, now: datetime) -> DossierVersion:
    """The reading that says: this dossier is not shown any more."""
    return replace(latest, version_at=now, version_seq=0, deleted=True)


def after_whole(
    memory: Memory, *, live: Iterable[str], found: frozenset[str]
) -> tuple[frozenset[str], Memory]:
    """Keys to delete now, and the memory after a complete reading that showed `found`."""
    absent = frozenset(live) - found
    dead = absent & memory.missing
    return dead, replace(memory, missing=absent - dead, gone=(memory.gone - found) | dead)


def after_part(memory: Memory, *, found: frozenset[str]) -> Memory:
    """The memory after a reading of some dossiers: what was shown is neither missing nor gone."""
    return replace(memory, missing=memory.missing - found, gone=memory.gone - found)
