"""Migrated stores on each engine in turn.

`engine` is what most tests want: migrated once, handed out empty. `fresh_engine` is made for one
test alone, which may then do to the tables what it likes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from ioc.store.engine import open_engine
from ioc.store.migrate import upgrade
from tests import postgres
from tests.store.filling import empty


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody has open: it may be copied."""
    path = tmp_path_factory.mktemp("store") / "migrated.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: URL) -> Iterator[Engine]:
    """One migrated PostgreSQL database for the whole session."""
    with postgres.fresh_database(postgres_url) as url:
        engine = open_engine(url.render_as_string(hide_password=False))
        upgrade(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def sqlite_engine(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite store."""
    path = tmp_path / "ioc.sqlite"
    shutil.copy(migrated_file, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(migrated_postgres: Engine) -> Engine:
    """A migrated, empty PostgreSQL store."""
    empty(migrated_postgres)
    return migrated_postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty store on each engine in turn."""
    name = "sqlite_engine" if request.param == "sqlite" else "postgres_engine"
    found: Engine = request.getfixturevalue(name)
    return found


@pytest.fixture
def fresh_engine(store_url: str) -> Iterator[Engine]:
    """A store migrated for this test alone."""
    engine = open_engine(store_url)
    upgrade(engine)
    yield engine
    engine.dispose()
