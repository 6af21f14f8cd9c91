"""What every test may ask for: an empty store on either engine, and a browser (`tests.browser`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL

from tests import postgres
from tests.browser import browser

__all__ = ["browser"]

settings.register_profile(
    "ioc",
    deadline=None,  # two shared cores: a slow example is not a wrong one
    max_examples=60,
    derandomize=True,  # the same run tells the same thing twice
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ioc")


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    """A process sets how loud its libraries are; a test that starts one here must not deafen the next."""
    known = logging.root.manager.loggerDict
    levels = {name: getattr(logger, "level", logging.NOTSET) for name, logger in known.items()}
    yield
    for name, level in levels.items():
        if getattr(known[name], "level", logging.NOTSET) != level:
            logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[URL]:
    """The maintenance database of a PostgreSQL server; one server a test process."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def fresh_postgres_url(postgres_url: URL) -> Iterator[str]:
    """An empty PostgreSQL database, dropped after the test."""
    with postgres.fresh_database(postgres_url) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def fresh_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'ioc.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty store on each engine in turn."""
    name = "fresh_sqlite_url" if request.param == "sqlite" else "fresh_postgres_url"
    return str(request.getfixturevalue(name))
