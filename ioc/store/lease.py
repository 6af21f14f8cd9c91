"""Leases: who may write a source now. Time is handed in; the rows decide, not the processes.

A lease carries a fence, a number that grows at every takeover. Whoever writes shows its fence
inside the writing transaction: a holder that slept through its lease then writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, select, update

from ioc.errors import LeaseLost
from ioc.store.bulk import upsert_into
from ioc.store.engine import writing
from ioc.store.tables import source_lease as lease


def acquire(engine: Engine, name: str, holder: str, *, seconds: int, now: datetime) -> int | None:
    """Take the lease `name` for `seconds`; its fence, or None while anybody (also `holder`) has it."""
    row = {"name": name, "holder": holder, "fence": 1, "expires_at": now + timedelta(seconds=seconds)}
    with writing(engine) as conn:
        insert = upsert_into(conn, lease).values(**row)
        takeover = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "holder": insert.excluded.holder,
                "fence": lease.c.fence + 1,
                "expires_at": insert.excluded.expires_at,
            },
            where=lease.c.expires_at <= now,
        )
        found: int | None = conn.execute(takeover.returning(lease.c.fence)).scalar_one_or_none()
    return found


def renew(engine: Engine, name: str, holder: str, fence: int, *, seconds: int, now: datetime) -> None:
    """Keep the lease for `seconds` from `now`; LeaseLost when another process has taken it over."""
    longer = update(lease).where(_is_ours(name, holder, fence))
    with writing(engine) as conn:
        done = conn.execute(longer.values(expires_at=now + timedelta(seconds=seconds)))
    if done.rowcount != 1:
        raise _lost(name)


def release(engine: Engine, name: str, holder: str, fence: int, *, now: datetime) -> None:
    """Give the lease back at once; nothing happens when it is not ours any more.

    The fence moves, so that a thread of ours that still writes is stopped too.
    """
    with writing(engine) as conn:
        conn.execute(
            update(lease)
            .where(_is_ours(name, holder, fence))
            .values(holder="", fence=lease.c.fence + 1, expires_at=now)
        )


def holder_of(conn: Connection, name: str, *, now: datetime) -> str | None:
    """Who holds the lease `name` at `now`; None when it is free."""
    wanted = select(lease.c.holder).where(lease.c.name == name, lease.c.expires_at > now)
    return conn.execute(wanted).scalar_one_or_none()


def require_fence(conn: Connection, name: str, fence: int) -> None:
    """Raise LeaseLost unless `fence` is still the lease's; on PostgreSQL it stays so until the commit."""
    wanted = select(lease.c.fence).where(lease.c.name == name).with_for_update(read=True)
    if conn.execute(wanted).scalar_one_or_none() != fence:
        raise _lost(name)


def _is_ours(name: str, holder: str, fence: int) -> ColumnElement[bool]:
    return (lease.c.name == name) & (lease.c.holder == holder) & (lease.c.fence == fence)


def _lost(name: str) -> LeaseLost:
    return LeaseLost(f"Tiến trình khác đã tiếp quản việc thu thập {name!r}; tiến trình này dừng ghi")
