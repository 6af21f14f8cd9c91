"""Let go of what nobody asks for any more; dossiers, their figures and closed days stay for ever."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Table, delete, func, select

from ioc.model.run import RunState
from ioc.store import tables as t
from ioc.store.bulk import lock_out_writers
from ioc.store.engine import reading, writing

_AT_ONCE = 5_000
"""Rows a transaction lets go: collectors must get their turn in between."""


def purge_runs(engine: Engine, *, before: datetime, keep: int = 50) -> int:
    """Drop runs that ended before `before`, but the newest `keep` of every source; how many."""
    run = t.source_run
    place = func.row_number().over(partition_by=run.c.source_id, order_by=run.c.id.desc()).label("place")
    ranked = select(run.c.id, run.c.ended_at, place).where(run.c.state != RunState.RUNNING.value).subquery()
    old = select(ranked.c.id).where(ranked.c.ended_at < before, ranked.c.place > keep)
    return _purge(engine, run, run.c.id.in_(old.limit(_AT_ONCE)))


def purge_quarantine(engine: Engine, *, before: datetime) -> int:
    """Drop rows settled before `before`; what is still open is never dropped. How many."""
    q = t.quarantine
    old = select(q.c.id).where(q.c.settled_at < before).limit(_AT_ONCE)
    return _purge(engine, q, q.c.id.in_(old))


def purge_requests(engine: Engine, *, before: datetime) -> int:
    """Drop wishes for polls that were taken before `before`; how many."""
    asked = t.poll_request
    old = select(asked.c.id).where(asked.c.taken_at < before).limit(_AT_ONCE)
    return _purge(engine, asked, asked.c.id.in_(old))


def thin_history(engine: Engine, *, before: datetime) -> int:
    """Drop readings older than `before` that said nothing new; how many.

    Of readings in a row with equal content the first tells all (and the newest of all is kept), so
    every dossier folds as it did. Files that list the same dossiers day after day need this; only a
    reading that comes later than `before` could have been understood better with them.
    """
    with reading(engine) as conn:
        last = conn.execute(select(func.max(t.dossier.c.id))).scalar_one() or 0
    return sum(_thin(engine, first, before) for first in range(1, last + 1, _AT_ONCE))


def _thin(engine: Engine, first: int, before: datetime) -> int:
    change = t.dossier_change
    order = (change.c.version_at, change.c.version_seq, change.c.content_hash)
    before_it = func.lag(change.c.content_hash).over(partition_by=change.c.dossier_id, order_by=order)
    after_it = func.lead(change.c.id).over(partition_by=change.c.dossier_id, order_by=order)
    placed = (
        select(
            change.c.id,
            change.c.version_at,
            (before_it == change.c.content_hash).label("is_repeat"),
            after_it.label("next_id"),
        )
        .where(change.c.dossier_id.between(first, first + _AT_ONCE - 1))
        .subquery()
    )
    told = (placed.c.version_at < before) & placed.c.is_repeat & placed.c.next_id.is_not(None)
    with writing(engine) as conn:
        lock_out_writers(conn, change)
        return int(
            conn.execute(delete(change).where(change.c.id.in_(select(placed.c.id).where(told)))).rowcount
        )


def _purge(engine: Engine, table: Table, chosen: ColumnElement[bool]) -> int:
    """Delete in short transactions until nothing is left to choose."""
    gone = 0
    while True:
        with writing(engine) as conn:
            count = int(conn.execute(delete(table).where(chosen)).rowcount)
        gone += count
        if count < _AT_ONCE:
            return gone
