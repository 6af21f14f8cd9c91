"""Stores brought to head, on each engine in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ioc.store.engine import open_engine
from ioc.store.migrate import upgrade


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """A migrated, empty store."""
    opened = open_engine(store_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(fresh_sqlite_url: str) -> Iterator[Engine]:
    """A migrated, empty SQLite store, for what only SQLite can do wrong."""
    opened = open_engine(fresh_sqlite_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def postgres_engine(fresh_postgres_url: str) -> Iterator[Engine]:
    """A migrated, empty PostgreSQL store, for what only many writers can do wrong."""
    opened = open_engine(fresh_postgres_url)
    upgrade(opened)
    yield opened
    opened.dispose()
