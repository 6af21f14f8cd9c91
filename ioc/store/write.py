"""Write the dossiers that a batch changed: rows, readings, pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete

from ioc.model.dossier import Dossier, Reading
from ioc.model.figure import CountingRule
from ioc.store import tables as t
from ioc.store.bulk import among, insert_rows, new_ids, update_rows
from ioc.store.merge import Known
from ioc.store.rows import (
    DOSSIER_COLUMNS,
    PAUSE_COLUMNS,
    READING_COLUMNS,
    derived_of,
    dossier_row,
    pause_row,
    reading_row,
)

_KEY = ("source_id", "source_key")
_NEW = ("id", *DOSSIER_COLUMNS, "first_seen_at", "seen_at")
_CHANGED = ("id", *DOSSIER_COLUMNS[len(_KEY) :], "seen_at")
_READINGS = ("dossier_id", *READING_COLUMNS, "run_id", "seen_at")

# an update leaves the key alone, so the key must stand first
assert DOSSIER_COLUMNS[: len(_KEY)] == _KEY


@dataclass(frozen=True, slots=True)
class Change:
    """A dossier before (None: new) and after, with the readings that made the difference."""

    before: Known | None
    after: Dossier
    content_hash: str
    fresh: Sequence[Reading]


def write_changes(
    conn: Connection, changes: Sequence[Change], rule: CountingRule, *, run_id: int, now: datetime
) -> None:
    """Insert new dossiers, update changed ones, keep every fresh reading, write pauses anew."""
    made = [change for change in changes if change.before is None]
    ids = dict(zip(map(id, made), new_ids(conn, t.dossier, len(made)), strict=True))
    keyed = [(change.before.id if change.before else ids[id(change)], change) for change in changes]
    _write_dossiers(conn, keyed, rule, now)
    readings = [
        reading_row(dossier_id, reading, run_id=run_id, seen_at=now)
        for dossier_id, change in keyed
        for reading in change.fresh
    ]
    insert_rows(conn, t.dossier_change, _READINGS, readings)
    _write_pauses(conn, keyed)


def _write_dossiers(
    conn: Connection, keyed: Sequence[tuple[int, Change]], rule: CountingRule, now: datetime
) -> None:
    new, changed = [], []
    for dossier_id, change in keyed:
        row = dossier_row(change.after, rule, content_hash=change.content_hash)
        if change.before is None:
            new.append((dossier_id, *row, now, now))
        elif change.before.dossier != change.after or change.before.derived != derived_of(row):
            changed.append((dossier_id, *row[len(_KEY) :], now))
    insert_rows(conn, t.dossier, _NEW, new)
    update_rows(conn, t.dossier, _CHANGED, changed)


def _write_pauses(conn: Connection, keyed: Sequence[tuple[int, Change]]) -> None:
    old = [
        dossier_id
        for dossier_id, change in keyed
        if change.before and change.before.dossier.pauses not in ((), change.after.pauses)
    ]
    if old:
        conn.execute(delete(t.dossier_pause).where(among(conn, t.dossier_pause.c.dossier_id, old)))
    rows = [
        pause_row(dossier_id, pause)
        for dossier_id, change in keyed
        if change.before is None or change.before.dossier.pauses != change.after.pauses
        for pause in change.after.pauses
    ]
    insert_rows(conn, t.dossier_pause, PAUSE_COLUMNS, rows)
