"""What the store remembers of a source between its runs: cursor, last success, breaker, next run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from ioc.store.bulk import upsert_into
from ioc.store.engine import writing
from ioc.store.tables import source_state as state


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One row of `source_state`; a source never polled has all of it empty."""

    source_id: str
    cursor: str | None = None
    last_success_at: datetime | None = None
    last_full_at: datetime | None = None
    last_run_id: int | None = None
    failures: int = 0
    paused_until: datetime | None = None
    pause_reason: str | None = None
    next_run_at: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Whether polling rests; a pause without an end lasts until somebody resumes the source."""
        if self.pause_reason is None:
            return False
        return self.paused_until is None or self.paused_until > now


def source_state(conn: Connection, source_id: str) -> SourceState:
    """What is remembered of `source_id`."""
    found = conn.execute(_COLUMNS.where(state.c.source_id == source_id)).one_or_none()
    return _from(found) if found else SourceState(source_id=source_id)


def source_states(conn: Connection) -> Mapping[str, SourceState]:
    """What is remembered of every source that ever ran, by its id."""
    return {row.source_id: _from(row) for row in conn.execute(_COLUMNS)}


def pause_source(engine: Engine, source_id: str, *, until: datetime | None, reason: str) -> None:
    """Stop polling until `until` (None: until resumed); `reason` is the sentence people read."""
    _change(engine, source_id, paused_until=until, pause_reason=reason)


def resume_source(engine: Engine, source_id: str) -> None:
    """Poll again, with the count of failures forgotten."""
    _change(engine, source_id, paused_until=None, pause_reason=None, failures=0)


def set_next_run(engine: Engine, source_id: str, at: datetime | None) -> None:
    """When the scheduler means to poll next; only shown, never obeyed."""
    _change(engine, source_id, next_run_at=at)


def change_state(conn: Connection, source_id: str, **values: Any) -> None:
    """Set columns of the source's row, making the row when it is new."""
    statement = upsert_into(conn, state).values(source_id=source_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["source_id"], set_=values))


def _change(engine: Engine, source_id: str, **values: Any) -> None:
    with writing(engine) as conn:
        change_state(conn, source_id, **values)


_COLUMNS = select(state)


def _from(row: Row[Any]) -> SourceState:
    return SourceState(**row._mapping)
