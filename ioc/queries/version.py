"""The number that keys every cache."""

from __future__ import annotations

from sqlalchemy import Connection, select

from ioc.store.tables import data_version as table


def data_version(conn: Connection) -> int:
    """Version of the data: greater after every commit that changed a figure; 0 before the first."""
    return int(conn.scalar(select(table.c.version)) or 0)
