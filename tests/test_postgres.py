"""The tests' own servers: started, separate, and gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from tests import postgres


def test_each_engine_gives_an_empty_store(store_url: str) -> None:
    engine = sa.create_engine(store_url)
    assert sa.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE probe (id integer)"))
    assert sa.inspect(engine).get_table_names() == ["probe"]
    engine.dispose()


def test_a_database_left_in_use_is_dropped_all_the_same(postgres_url: sa.URL) -> None:
    with postgres.fresh_database(postgres_url) as url:
        engine = sa.create_engine(url)
        connection = engine.connect()
        assert connection.scalar(sa.text("SELECT 1")) == 1
    connection.invalidate()
    engine.dispose()
    names = "SELECT count(*) FROM pg_database WHERE datname = :name"
    admin = sa.create_engine(postgres_url)
    with admin.connect() as connection:
        assert connection.scalar(sa.text(names), {"name": url.database}) == 0
    admin.dispose()


KILLED = """
import os, signal
from tests import postgres
with postgres.server() as url:
    print(url.query["host"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_test_process_leaves_no_server_behind() -> None:
    root = Path(__file__).resolve().parent.parent
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    environ.pop("IOC_TEST_POSTGRES_URL", None)  # one of our own, whatever the other tests use
    done = subprocess.run(
        [sys.executable, "-c", KILLED], env=environ, cwd=root, capture_output=True, text=True, check=False
    )
    home = Path(done.stdout.strip())
    assert home.name.startswith("ioc-pg-"), done.stderr
    deadline = time.monotonic() + 20
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.exists()
