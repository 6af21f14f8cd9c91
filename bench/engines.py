"""The two engines of the measurements, and the stores on them.

PostgreSQL is the tests' own packaged server under other settings: 3 GB of shared buffers, fsync and
synchronous_commit on, JIT off (as the product sets it), reads done by the backend itself and no parallel
query, so that all the work of a statement is in one process whose CPU can be counted.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, Connection, Engine, make_url

from ioc.store.engine import open_engine
from tests import postgres

OPTIONS = (
    "listen_addresses=",
    "max_connections=60",
    "shared_buffers=3GB",
    "work_mem=64MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "max_parallel_workers_per_gather=0",
    "max_parallel_maintenance_workers=0",
    "io_method=sync",
    "jit=off",
    "timezone=UTC",
)
ENGINES = ("sqlite", "postgresql")


@contextmanager
def server() -> Iterator[URL]:
    """A running PostgreSQL 18 with `OPTIONS`; its maintenance database. Gone at the end in any case."""
    home = Path(tempfile.mkdtemp(prefix="ioc-bench-pg-", dir="/tmp"))
    account = postgres._account(home)
    try:
        binaries = postgres._binaries(home, account)
        postgres._initialise(binaries, home, account)
        options = " ".join(f"-c {option}" for option in OPTIONS)
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", postgres.KEEPER.format(options=options), "sh", str(binaries), str(home)],
            stdin=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            **account,
        )
        try:
            postgres._wait_until_ready(home, keeper)
            yield postgres._url(home)
        finally:
            keeper.communicate(timeout=60)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def make_database(maintenance: URL, name: str, *, template: str | None = None) -> str:
    """An empty database, or a copy of `template`; its URL. One of that name is dropped before."""
    drop_database(maintenance, name)
    copied = f'TEMPLATE "{template}" STRATEGY file_copy' if template else "TEMPLATE template0"
    _administer(maintenance, f'CREATE DATABASE "{name}" {copied}')
    return maintenance.set(database=name).render_as_string(hide_password=False)


def drop_database(maintenance: URL, name: str) -> None:
    """Drop it, connections and all."""
    _administer(maintenance, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(maintenance: URL, statement: str) -> None:
    plain = maintenance.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


def opened(url: str, *, read_only: bool = True) -> Engine:
    """The product's own engine; a file is not checked, which would read it whole."""
    return open_engine(url, read_only=read_only, quick_check=False)


def backend_of(conn: Connection) -> int | None:
    """Process id of the PostgreSQL backend behind a connection; None on SQLite."""
    if conn.dialect.name == "sqlite":
        return None
    driver: psycopg.Connection[object] = conn.connection.driver_connection  # type: ignore[assignment]
    return driver.info.backend_pid


def copy_sqlite(url: str, target: Path) -> str:
    """A copy of a file that nobody writes to now; its URL."""
    source = str(make_url(url).database)
    with closing(sqlite3.connect(source)) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    shutil.copy(source, target)
    return f"sqlite:///{target}"
