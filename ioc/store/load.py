"""Dossiers back from their tables, with their pauses and, where wanted, all their readings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from ioc.model.dossier import Dossier, Pause, Reading
from ioc.store import tables as t
from ioc.store.bulk import among
from ioc.store.merge import Known
from ioc.store.rows import (
    DERIVED_COLUMNS,
    DOSSIER_COLUMNS,
    READING_COLUMNS,
    dossier_from,
    pause_from,
    reading_from,
)

_DOSSIER = select(*(t.dossier.c[name] for name in DOSSIER_COLUMNS), t.dossier.c.id)
_ID = -1
_DERIVED = slice(-1 - len(DERIVED_COLUMNS), -1)


def known_dossiers(conn: Connection, source_id: str, keys: Iterable[str]) -> dict[str, Known]:
    """What the store has under `keys` of a source, by key."""
    mine = (t.dossier.c.source_id == source_id) & among(conn, t.dossier.c.source_key, keys)
    rows = conn.execute(_DOSSIER.where(mine)).all()
    return {known.dossier.latest.source_key: known for known in _known(conn, rows)}


def iterate_known(conn: Connection, *, chunk: int = 2_000) -> Iterator[Known]:
    """Every dossier with its readings, in order of id; memory holds one chunk."""
    for rows in _chunks(conn, None, chunk):
        yield from _known(conn, rows)


def iterate_dossiers(
    conn: Connection, *, where: ColumnElement[bool] | None = None, chunk: int = 2_000
) -> Iterator[Dossier]:
    """Dossiers that meet `where` (over `tables.dossier`), in order of id; memory holds one chunk."""
    for rows in _chunks(conn, where, chunk):
        pauses = _pauses(conn, [row[_ID] for row in rows])
        for row in rows:
            yield dossier_from(row, pauses[row[_ID]])


def _chunks(
    conn: Connection, where: ColumnElement[bool] | None, chunk: int
) -> Iterator[Sequence[Sequence[Any]]]:
    """Keyset paging: a server-side cursor would keep the connection from other statements."""
    wanted = (_DOSSIER if where is None else _DOSSIER.where(where)).order_by(t.dossier.c.id).limit(chunk)
    last = 0
    while rows := conn.execute(wanted.where(t.dossier.c.id > last)).all():
        yield rows
        last = rows[-1][_ID]


def _known(conn: Connection, rows: Sequence[Sequence[Any]]) -> Iterator[Known]:
    ids = [row[_ID] for row in rows]
    readings, pauses = _readings(conn, ids), _pauses(conn, ids)
    for row in rows:
        yield Known(
            id=row[_ID],
            dossier=dossier_from(row, pauses[row[_ID]]),
            derived=tuple(row[_DERIVED]),
            readings=tuple(readings[row[_ID]]),
        )


def _readings(conn: Connection, ids: Sequence[int]) -> dict[int, list[Reading]]:
    found: dict[int, list[Reading]] = defaultdict(list)
    change = t.dossier_change
    wanted = select(change.c.dossier_id, *(change.c[name] for name in READING_COLUMNS))
    if ids:
        for row in conn.execute(wanted.where(among(conn, change.c.dossier_id, ids))):
            found[row[0]].append(reading_from(row[1:]))
    return found


def _pauses(conn: Connection, ids: Sequence[int]) -> dict[int, list[Pause]]:
    found: dict[int, list[Pause]] = defaultdict(list)
    pause = t.dossier_pause.c
    wanted = select(pause.dossier_id, pause.began_at, pause.ended_at, pause.kind)
    if ids:
        ordered = wanted.where(among(conn, pause.dossier_id, ids)).order_by(pause.dossier_id, pause.began_at)
        for row in conn.execute(ordered):
            found[row[0]].append(pause_from(*row[1:]))
    return found
