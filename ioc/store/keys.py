"""Which dossiers of a source are alive: what a complete reading is held against."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from ioc.store.tables import dossier


def live_keys(conn: Connection, source_id: str) -> frozenset[str]:
    """Keys of the source's dossiers that are not deleted."""
    wanted = select(dossier.c.source_key).where(
        dossier.c.source_id == source_id, dossier.c.deleted.is_(False)
    )
    return frozenset(conn.execute(wanted).scalars())


def live_count(conn: Connection, source_id: str) -> int:
    """How many they are."""
    wanted = select(func.count()).where(dossier.c.source_id == source_id, dossier.c.deleted.is_(False))
    return int(conn.execute(wanted).scalar_one())
