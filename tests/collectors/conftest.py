"""A migrated, empty store for runs: SQLite for most tests, both engines where the store decides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ioc.store.engine import open_engine
from ioc.store.migrate import upgrade
from tests.collectors.servers import FakeIgate


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody has open: it may be copied."""
    path = tmp_path_factory.mktemp("collectors") / "migrated.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def engine(migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite store."""
    path = tmp_path / "ioc.sqlite"
    shutil.copy(migrated, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def site() -> Iterator[FakeIgate]:
    """An iGate site without dossiers."""
    with FakeIgate() as server:
        yield server
