"""The dashboard as a process of its own, and a client that speaks its websocket without a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import websockets.sync.client
from sqlalchemy import update
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench import engines, province
from ioc.store.engine import writing
from ioc.store.tables import data_version

APP = Path(__file__).parents[1] / "app.py"
START_SECONDS = 60.0
ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A running dashboard."""

    pid: int
    port: int
    started_seconds: float

    @property
    def url(self) -> str:
        """Its address, with a slash at the end."""
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def running(home: Path, database_url: str) -> Iterator[Dashboard]:
    """The product's dashboard over a store; stopped at the end."""
    port, began = _free_port(), time.perf_counter()
    environ = {**os.environ, **province.environ_of(home, database_url), "PYTHONUTF8": "1"}
    page = (sys.executable, "-m", "streamlit", "run", str(APP), "--server.address", "127.0.0.1")
    with (home / "dashboard.log").open("ab") as log:
        process = subprocess.Popen(
            [*page, "--server.port", str(port)], env=environ, stdout=log, stderr=log, cwd=APP.parent
        )
    try:
        _wait(port, process)
        yield Dashboard(process.pid, port, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.perf_counter() + START_SECONDS
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the dashboard did not start; see dashboard.log")


class Client:
    """One session: opens a screen, then asks for its refreshes as a browser would."""

    def __init__(self, dashboard: Dashboard, page: str, query: str = "") -> None:
        address = f"ws://127.0.0.1:{dashboard.port}/_stcore/stream"
        self._socket = websockets.sync.client.connect(address, subprotocols=["streamlit"], max_size=2**28)  # type: ignore[list-item]
        self._page, self._query = page, query
        self.fragment = ""
        self.received = 0

    def open(self) -> float:
        """Seconds to the first whole picture."""
        return self._ask(BackMsg())

    def refresh(self) -> float:
        """Seconds to the next picture of the part that refreshes by itself."""
        asked = BackMsg()
        asked.rerun_script.fragment_id = self.fragment
        asked.rerun_script.is_auto_rerun = True
        return self._ask(asked)

    def _ask(self, asked: BackMsg) -> float:
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_name = self._page
        began = time.perf_counter()
        self._socket.send(asked.SerializeToString())
        while True:
            raw = self._socket.recv(timeout=ANSWER_SECONDS)
            self.received += len(raw)
            told = ForwardMsg()
            told.ParseFromString(raw)  # type: ignore[arg-type]
            kind = told.WhichOneof("type")
            if kind == "auto_rerun":
                self.fragment = told.auto_rerun.fragment_id
            if kind == "script_finished":
                return time.perf_counter() - began

    def close(self) -> None:
        """Leave."""
        self._socket.close()


def new_data(database_url: str) -> None:
    """What every poll that found something does to the screens: the cached answers are of yesterday."""
    engine = engines.opened(database_url, read_only=False)
    with writing(engine) as conn:
        conn.execute(update(data_version).values(version=data_version.c.version + 1))
    engine.dispose()
