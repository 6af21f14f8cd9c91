"""Wishes of people at the screen ("thu thập ngay"), taken up by the scheduler within seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from ioc.store.bulk import lock
from ioc.store.engine import reading, writing
from ioc.store.tables import poll_request as asked


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """Somebody wants `source_id` polled now; `full`: everything, not only the changes."""

    id: int
    source_id: str
    full: bool
    asked_at: datetime


def request_poll(engine: Engine, source_id: str, *, full: bool, now: datetime) -> None:
    """Ask for one poll; pressing the button again before it is taken asks for nothing more."""
    waiting = select(asked.c.id).where(
        asked.c.source_id == source_id, asked.c.taken_at.is_(None), asked.c.full.is_(full)
    )
    with writing(engine) as conn:
        lock(conn, f"poll-request:{source_id}")
        if conn.execute(waiting.limit(1)).first() is None:
            conn.execute(insert(asked).values(source_id=source_id, full=full, asked_at=now))


def take_poll_requests(engine: Engine, *, now: datetime) -> tuple[PollRequest, ...]:
    """All wishes not yet taken, oldest first; each is handed out once."""
    with reading(engine) as conn:  # asked every few seconds: do not lock writers out for nothing
        if conn.execute(select(asked.c.id).where(asked.c.taken_at.is_(None)).limit(1)).first() is None:
            return ()
    taken = update(asked).where(asked.c.taken_at.is_(None)).values(taken_at=now)
    with writing(engine) as conn:
        rows = conn.execute(
            taken.returning(asked.c.id, asked.c.source_id, asked.c.full, asked.c.asked_at)
        ).all()
    return tuple(PollRequest(**row._mapping) for row in sorted(rows, key=lambda row: row.id))
