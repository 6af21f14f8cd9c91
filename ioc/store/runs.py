"""Runs: one row each, good or bad, from its beginning to its end or to the death of its process.

What the store remembers of a source between runs is offered here too, for its users' ease.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from ioc.errors import LeaseLost
from ioc.faults import FaultKind
from ioc.model.run import Ledger, Run, RunKind, RunState
from ioc.store.engine import reading, writing
from ioc.store.files import file_known, remember_file
from ioc.store.requests import PollRequest, request_poll, take_poll_requests
from ioc.store.sources import (
    SourceState,
    change_state,
    pause_source,
    resume_source,
    set_next_run,
    source_state,
    source_states,
)
from ioc.store.tables import source_run as run
from ioc.store.text import storable

__all__ = [
    "PollRequest",
    "SourceState",
    "abandon_runs",
    "add_to_run",
    "begin_run",
    "end_run",
    "file_known",
    "note_progress",
    "pause_source",
    "recent_runs",
    "remember_file",
    "request_poll",
    "resume_source",
    "run_of",
    "set_next_run",
    "source_state",
    "source_states",
    "take_poll_requests",
]

LEDGER = ("fetched", "inserted", "updated", "unchanged", "stale", "quarantined")
ERROR_LENGTH = 2_000


def begin_run(engine: Engine, *, source_id: str, kind: RunKind, holder: str, now: datetime) -> int:
    """Open a run's row; its id. `holder` names the process (host, pid) that answers for it."""
    row = {
        "source_id": source_id,
        "kind": kind.value,
        "state": RunState.RUNNING.value,
        "started_at": now,
        "progress_at": now,
        "pages": 0,
        "holder": holder,
    } | dict.fromkeys(LEDGER, 0)
    with writing(engine) as conn:
        made: int = conn.execute(insert(run).values(**row).returning(run.c.id)).scalar_one()
        change_state(conn, source_id, last_run_id=made)
    return made


def note_progress(engine: Engine, run_id: int, *, pages: int, expected: int | None, now: datetime) -> None:
    """Pages read so far and records expected in all (None: unknown), for those who watch."""
    values = {"pages": pages, "expected": expected, "progress_at": now}
    with writing(engine) as conn:
        conn.execute(update(run).where(_is_running(run_id)).values(**values))


def add_to_run(conn: Connection, run_id: int, ledger: Ledger, *, now: datetime) -> None:
    """Add a batch's ledger inside the batch's transaction.

    LeaseLost when the run is over: somebody has declared its process dead.
    """
    sums: dict[str, Any] = {name: run.c[name] + getattr(ledger, name) for name in LEDGER}
    done = conn.execute(update(run).where(_is_running(run_id)).values(progress_at=now, **sums))
    if done.rowcount != 1:
        raise LeaseLost(f"Lần thu thập {run_id} đã bị đóng; tiến trình này dừng ghi")


def end_run(
    engine: Engine,
    run_id: int,
    *,
    state: RunState,
    now: datetime,
    fault: FaultKind | None = None,
    error: str | None = None,
    as_of: datetime | None = None,
    clock_offset_seconds: int | None = None,
    is_heard: bool = True,
) -> None:
    """Close the run and tell its source: a good one is a success as of `as_of` (else `now`).

    A run that heard nothing (`is_heard` False: a file known already) makes no source younger.
    Does nothing to a run that is over already (its process was given up for dead).
    """
    values = {
        "state": state.value,
        "ended_at": now,
        "progress_at": now,
        "as_of": as_of,
        "fault": fault.value if fault else None,
        "error": storable(error)[:ERROR_LENGTH] if error is not None else None,
        "clock_offset_seconds": clock_offset_seconds,
    }
    closing = update(run).where(_is_running(run_id)).values(**values)
    with writing(engine) as conn:
        closed = conn.execute(closing.returning(run.c.source_id, run.c.kind, run.c.started_at)).one_or_none()
        if closed is not None:
            _tell_source(conn, closed, state, success_at=min(as_of or now, now) if is_heard else None)


def _tell_source(conn: Connection, closed: Row[Any], state: RunState, *, success_at: datetime | None) -> None:
    known = source_state(conn, closed.source_id)
    if state is not RunState.OK:
        change_state(conn, closed.source_id, failures=known.failures + 1)
        return
    news: dict[str, Any] = {"failures": 0, "paused_until": None, "pause_reason": None}
    if success_at is not None:
        # an older file read late does not make the source older
        news["last_success_at"] = max(success_at, known.last_success_at or success_at)
    if success_at is not None and closed.kind == RunKind.FULL:
        news["last_full_at"] = closed.started_at
    change_state(conn, closed.source_id, **news)


def abandon_runs(
    engine: Engine, *, holder_alive: Callable[[str], bool], now: datetime, source_id: str | None = None
) -> tuple[int, ...]:
    """Close the runs (of `source_id`, else of all) whose process is dead; their ids."""
    open_runs = select(run.c.id, run.c.holder).where(run.c.state == RunState.RUNNING.value)
    if source_id is not None:
        open_runs = open_runs.where(run.c.source_id == source_id)
    with reading(engine) as conn:
        dead = tuple(row.id for row in conn.execute(open_runs) if not holder_alive(row.holder))
    if dead:
        closing = update(run).where(run.c.id.in_(dead), run.c.state == RunState.RUNNING.value)
        with writing(engine) as conn:
            conn.execute(closing.values(state=RunState.ABANDONED.value, ended_at=now))
    return dead


def recent_runs(conn: Connection, source_id: str, limit: int) -> tuple[Run, ...]:
    """The newest runs of a source, newest first."""
    wanted = select(run).where(run.c.source_id == source_id).order_by(run.c.id.desc()).limit(limit)
    return tuple(_run_from(row) for row in conn.execute(wanted))


def run_of(conn: Connection, run_id: int) -> Run | None:
    """One run by its id."""
    found = conn.execute(select(run).where(run.c.id == run_id)).one_or_none()
    return _run_from(found) if found else None


def _is_running(run_id: int) -> Any:
    return (run.c.id == run_id) & (run.c.state == RunState.RUNNING.value)


def _run_from(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        source_id=row.source_id,
        kind=RunKind(row.kind),
        state=RunState(row.state),
        started_at=row.started_at,
        progress_at=row.progress_at,
        ended_at=row.ended_at,
        fault=FaultKind(row.fault) if row.fault else None,
        error=row.error,
        pages=row.pages,
        expected=row.expected,
        ledger=Ledger(**{name: getattr(row, name) for name in LEDGER}),
        as_of=row.as_of,
    )
