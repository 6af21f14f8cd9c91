"""Which dropped files have been read to the end; the same bytes again are no news."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, select

from ioc.store.bulk import upsert_into
from ioc.store.engine import writing
from ioc.store.tables import file_seen as seen


def remember_file(
    engine: Engine, *, source_id: str, sha256: str, name: str, as_of: datetime, run_id: int
) -> None:
    """Note that a file is in the store; call it after its last batch.

    A death between the two reads the file once more, which changes nothing.
    """
    row = {
        "source_id": source_id,
        "sha256": sha256,
        "name": name.replace("\x00", "")[:255],
        "as_of": as_of,
        "run_id": run_id,
    }
    with writing(engine) as conn:
        conn.execute(upsert_into(conn, seen).values(**row).on_conflict_do_nothing())


def file_known(conn: Connection, source_id: str, sha256: str) -> bool:
    """Whether these very bytes have been read for this source."""
    wanted = select(seen.c.sha256).where(seen.c.source_id == source_id, seen.c.sha256 == sha256)
    return conn.execute(wanted).first() is not None
