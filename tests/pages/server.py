"""The dashboard as a process of its own, as `python -m ioc up` would start it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0


@dataclass(slots=True)
class Dashboard:
    """A dashboard on a port of its own; it can be killed and started again on the same port."""

    environ: Mapping[str, str]
    log: Path
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def origin(self) -> str:
        """Address of the first screen, without the last slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.port = self.port or _free_port()
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, **self.environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """End it without a last word."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(self.log.read_text("utf-8"))
            if self._answers():
                return
            time.sleep(0.2)
        raise RuntimeError(f"the dashboard does not answer: {self.log.read_text('utf-8')}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def dashboard(environ: Mapping[str, str], log: Path) -> Iterator[Dashboard]:
    """A running dashboard, ended at the end."""
    held = Dashboard(environ=environ, log=log)
    held.start()
    try:
        yield held
    finally:
        held.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
