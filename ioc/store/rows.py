"""Dossiers, readings and pauses as rows of their tables: the one mapping, both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from operator import attrgetter
from typing import Any

from ioc.model.dossier import (
    ApplicantType,
    Channel,
    Dossier,
    DossierVersion,
    DuePrecision,
    Flag,
    Pause,
    PauseKind,
    Reading,
    ServiceLevel,
    Standing,
    Status,
)
from ioc.model.figure import CountingRule
from ioc.rules.timeliness import due_day, final_standing, timeline

Row = tuple[Any, ...]

_RENAMED = {"received_at": "stated_received_at", "flags": "stated_flags"}
"""Fields of a reading whose plain name belongs, in the row, to what all readings tell."""

_VERSION_FIELDS = tuple(f.name for f in fields(DossierVersion))
VERSION_COLUMNS = tuple(_RENAMED.get(name, name) for name in _VERSION_FIELDS)
STATE_COLUMNS = (
    "received_at",
    "closed_at",
    "status_since",
    "due_original_at",
    "reopened_count",
    "due_moves",
    "accept_due_at",
    "flags",
)
DERIVED_COLUMNS = ("content_hash", "standing", "received_day", "closed_day", "due_day")
DOSSIER_COLUMNS = VERSION_COLUMNS + STATE_COLUMNS + DERIVED_COLUMNS
READING_COLUMNS = tuple(f.name for f in fields(Reading))
PAUSE_COLUMNS = ("dossier_id", "began_at", "ended_at", "kind")

version_values: Callable[[DossierVersion], Row] = attrgetter(*_VERSION_FIELDS)
"""Values of a reading in the order of VERSION_COLUMNS, closed words not yet made plain."""
_state_values: Callable[[Dossier], Row] = attrgetter(*STATE_COLUMNS)
_reading_values: Callable[[Reading], Row] = attrgetter(*READING_COLUMNS)
_READING_STATUS = READING_COLUMNS.index("status")
_WORDS_AND_FLAGS = (
    "status",
    "service_level",
    "channel",
    "applicant_type",
    "due_precision",
    "stated_flags",
    "flags",
)
_WORD_PLACES = tuple(DOSSIER_COLUMNS.index(name) for name in _WORDS_AND_FLAGS)


def dossier_row(dossier: Dossier, rule: CountingRule, *, content_hash: str) -> Row:
    """Values of DOSSIER_COLUMNS; `content_hash` is the newest reading's, worked out already."""
    row = [*version_values(dossier.latest), *_state_values(dossier), content_hash]
    for place in _WORD_PLACES:
        row[place] = _plain(row[place])
    return (*row, *_standing_values(dossier, rule))


def derived_of(row: Row) -> Row:
    """The values of DERIVED_COLUMNS within a row of DOSSIER_COLUMNS."""
    return row[-len(DERIVED_COLUMNS) :]


def _standing_values(dossier: Dossier, rule: CountingRule) -> Row:
    """Standing and days under `rule`; the days only of a dossier that counts, so that they find no other."""
    steps = timeline(dossier, rule)
    due = due_day(dossier, rule)
    if not steps:
        return (final_standing(dossier, rule).value, None, None, due)
    last = steps[-1].standing
    standing = Standing.WITHIN if last is Standing.LATE else last
    return (standing.value, steps[0].day, steps[-1].day if last.is_closed else None, due)


def dossier_from(row: Sequence[Any], pauses: Sequence[Pause]) -> Dossier:
    """The dossier back from values of VERSION_COLUMNS + STATE_COLUMNS (more may follow)."""
    state = dict(zip(STATE_COLUMNS, row[len(VERSION_COLUMNS) :], strict=False))
    state["flags"] = _flags(state["flags"])
    return Dossier(latest=_version_from(row), pauses=tuple(pauses), **state)


def reading_row(dossier_id: int, reading: Reading, *, run_id: int, seen_at: datetime) -> Row:
    """Values of ("dossier_id", *READING_COLUMNS, "run_id", "seen_at")."""
    values = _reading_values(reading)
    status = values[_READING_STATUS].value
    return (dossier_id, *values[:_READING_STATUS], status, *values[_READING_STATUS + 1 :], run_id, seen_at)


def reading_from(row: Sequence[Any]) -> Reading:
    """The reading back from values of READING_COLUMNS."""
    values = dict(zip(READING_COLUMNS, row, strict=True))
    values["status"] = Status(values["status"])
    return Reading(**values)


def pause_row(dossier_id: int, pause: Pause) -> Row:
    """Values of PAUSE_COLUMNS."""
    return (dossier_id, pause.began_at, pause.ended_at, pause.kind.value)


def pause_from(began_at: datetime, ended_at: datetime | None, kind: str) -> Pause:
    """The pause back from its row."""
    return Pause(kind=PauseKind(kind), began_at=began_at, ended_at=ended_at)


def _plain(value: object) -> object:
    """Closed words and sets of them as text; drivers know nothing of enums."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) if value else ""
    return value.value if isinstance(value, Enum) else value


def _flags(text: str) -> frozenset[Flag]:
    return frozenset(Flag(word) for word in text.split(",") if word)


_WORDS: dict[str, Callable[[str], object]] = {
    "status": Status,
    "channel": Channel,
    "service_level": ServiceLevel,
    "applicant_type": ApplicantType,
    "due_precision": DuePrecision,
    "flags": _flags,
}


def _version_from(row: Sequence[Any]) -> DossierVersion:
    values = dict(zip(_VERSION_FIELDS, row, strict=False))
    for name, word in _WORDS.items():
        if values[name] is not None:
            values[name] = word(values[name])
    return DossierVersion(**values)
