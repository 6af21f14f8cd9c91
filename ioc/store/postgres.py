"""How every PostgreSQL connection is opened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from ioc.errors import StoreUnready

OLDEST = 150_000
READER_SECONDS = 30
IDLE_SECONDS = 60
CONNECT_SECONDS = 5


def open_postgres(url: URL, *, read_only: bool) -> Engine:
    """An engine on psycopg 3; every session speaks UTC and cannot sit on a transaction for ever."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        pool_timeout=READER_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "ioc",
            "options": " ".join(f"-c {name}={value}" for name, value in _options(read_only=read_only)),
        },
    )
    event.listen(engine, "connect", _verify)
    return engine


def _options(*, read_only: bool) -> tuple[tuple[str, object], ...]:
    always: tuple[tuple[str, object], ...] = (
        ("timezone", "UTC"),
        ("idle_in_transaction_session_timeout", IDLE_SECONDS * 1000),
        ("jit", "off"),  # our statements are short: compiling them costs more than running them
    )
    readers: tuple[tuple[str, object], ...] = (
        ("statement_timeout", READER_SECONDS * 1000),
        ("default_transaction_read_only", "on"),
    )
    return always + readers if read_only else always


def _verify(connection: Any, _record: Any) -> None:
    if connection.info.server_version < OLDEST:
        raise StoreUnready(f"Cần PostgreSQL 15 trở lên (máy chủ đang là {connection.info.server_version})")
    if connection.info.parameter_status("TimeZone") != "UTC":
        raise StoreUnready("Phiên PostgreSQL không ở múi giờ UTC")
