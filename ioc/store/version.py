"""The number of the newest commit that changed what a screen can show; it keys every cache."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from ioc.store import tables as t
from ioc.store.bulk import upsert_into


def data_version(conn: Connection) -> int:
    """The present number; 0 in a store that never held anything."""
    return conn.execute(select(t.data_version.c.version)).scalar_one_or_none() or 0


def bump(conn: Connection, now: datetime | None = None) -> None:
    """Count one change; last in its transaction, since every writer of every source meets on this row.

    Without `now` (names changed, no figure did) the moment of the last change of a figure stands.
    """
    first = now or datetime(1970, 1, 1, tzinfo=UTC)
    statement = upsert_into(conn, t.data_version).values(id=1, version=1, changed_at=first)
    changed = {"version": t.data_version.c.version + 1, "changed_at": now or t.data_version.c.changed_at}
    conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
