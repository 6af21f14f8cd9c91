"""An open, migrated store on each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ioc.store.engine import open_engine
from ioc.store.migrate import upgrade


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """A store at the newest schema; properties empty it before each example."""
    opened = open_engine(store_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(fresh_sqlite_url: str) -> Iterator[Engine]:
    """The same on SQLite alone, for what only its planner tells."""
    opened = open_engine(fresh_sqlite_url)
    upgrade(opened)
    yield opened
    opened.dispose()
