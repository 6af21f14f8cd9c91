"""Bring the schema to its head, and refuse to work on any other. Alembic is set up here: no alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from ioc.errors import StoreUnready
from ioc.store.bulk import lock
from ioc.store.engine import reading, writing

FOLDER = Path(__file__).parent / "migrations"
_TURN = "migrate"
"""Name of the lock that lets one process migrate at a time."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring an empty or older store to `revision`, all of it in one transaction or not at all."""
    with writing(engine) as conn:
        lock(conn, _TURN)
        command.upgrade(_config(conn), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` ("base" empties the store); for tests and for the brave."""
    with writing(engine) as conn:
        lock(conn, _TURN)
        command.downgrade(_config(conn), revision)


def head() -> str:
    """The newest revision that this code knows."""
    found = ScriptDirectory(str(FOLDER)).get_current_head()
    assert found is not None
    return found


def current(conn: Connection) -> str | None:
    """The revision the store is at; None when it has never been migrated."""
    return MigrationContext.configure(conn).get_current_revision()


def require_head(engine: Engine) -> None:
    """Raise StoreUnready unless the store stands exactly at the newest revision."""
    with reading(engine) as conn:
        found = current(conn)
    if found == head():
        return
    if found is None:
        raise StoreUnready("Kho dữ liệu chưa có bảng nào; chạy: python -m ioc migrate")
    if found not in {script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()}:
        raise StoreUnready(
            f"Kho dữ liệu ở phiên bản {found}, mới hơn chương trình này; hãy cài bản chương trình mới hơn"
        )
    raise StoreUnready(
        f"Kho dữ liệu ở phiên bản {found}, cần phiên bản {head()}; chạy: python -m ioc migrate"
    )


def _config(conn: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
