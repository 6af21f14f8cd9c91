"""How every SQLite connection is opened; measured reasons in the comments."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection

from ioc.errors import StoreUnready
from ioc.store.mounts import network_share

BEGIN_OPTION = "ioc_begin"
"""Execution option of a connection: the statement that opens its transaction."""

BUSY_SECONDS = 30
WAL_LIMIT_BYTES = 64 * 1024 * 1024
CHECK_UP_TO_BYTES = 256 * 1024 * 1024
"""A start-up check reads the whole file; larger ones are left to the nightly check."""

_SETTINGS: tuple[tuple[str, object, object], ...] = (
    # pragma, value to set, value that must be read back
    ("busy_timeout", BUSY_SECONDS * 1000, BUSY_SECONDS * 1000),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # NORMAL may lose the last commits when the power fails
    ("foreign_keys", "ON", 1),
    ("temp_store", "MEMORY", 2),
    ("cache_size", -65_536, -65_536),  # KiB
    ("journal_size_limit", WAL_LIMIT_BYTES, WAL_LIMIT_BYTES),
)


def open_sqlite(url: URL, *, read_only: bool, quick_check: bool | None) -> Engine:
    """An engine on one local file; StoreUnready when it is missing, on a share, or damaged."""
    path = _checked_path(url, read_only=read_only)
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite", database=str(path)),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=BUSY_SECONDS,
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
    )
    _listen(engine, read_only=read_only)
    if _wants_check(path, read_only=read_only, quick_check=quick_check):
        _require_whole(engine, path)
    return engine


def _checked_path(url: URL, *, read_only: bool) -> Path:
    if not url.database or url.database == ":memory:":
        raise StoreUnready("Kho SQLite phải là một tệp trên đĩa: sqlite:///đường-dẫn/ioc.sqlite")
    path = Path(url.database).resolve()
    if share := network_share(path):
        raise StoreUnready(
            f"Kho SQLite {path} nằm trên ổ mạng ({share}), nơi khóa tệp không tin được: "
            "hãy chuyển về đĩa của máy hoặc dùng PostgreSQL"
        )
    if read_only and not path.exists():
        raise StoreUnready(f"Chưa có kho dữ liệu {path}; chạy: python -m ioc migrate")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o640))
    return path


def _listen(engine: Engine, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        _set_and_verify(connection, read_only=read_only)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own BEGIN is deferred: two read-then-write transactions then lose an update
        # or die of SQLITE_BUSY_SNAPSHOT at once, whatever the timeout.
        default = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, default))


def _set_and_verify(connection: sqlite3.Connection, *, read_only: bool) -> None:
    if connection.isolation_level is not None:
        raise StoreUnready("Kết nối SQLite không ở chế độ tự quản giao dịch")
    # 8 KiB pages suit the wide rows; the pragma only bites on a file that is still empty
    connection.execute("PRAGMA page_size = 8192")
    for name, value, expected in _SETTINGS:
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise StoreUnready(f"SQLite không nhận PRAGMA {name} = {value} (đang là {found})")
    connection.execute(f"PRAGMA mmap_size = {4 * WAL_LIMIT_BYTES}").fetchall()
    connection.execute(f"PRAGMA query_only = {int(read_only)}")


def _wants_check(path: Path, *, read_only: bool, quick_check: bool | None) -> bool:
    if quick_check is not None:
        return quick_check
    return not read_only and path.stat().st_size <= CHECK_UP_TO_BYTES


def _require_whole(engine: Engine, path: Path) -> None:
    with engine.connect().execution_options(**{BEGIN_OPTION: "BEGIN"}) as conn:
        found = str(conn.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    if found != "ok":
        engine.dispose()
        raise StoreUnready(
            f"Tệp kho dữ liệu {path} bị hỏng ({found.splitlines()[0]}); "
            "dừng ghi và khôi phục từ bản sao lưu gần nhất"
        )
