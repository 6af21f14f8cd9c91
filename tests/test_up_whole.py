"""`up` as people start it: real processes, a page that opens, figures that come in, and a clean end."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.homes import FOLDER, ROOT, WARD, free_port, make_home

PROMISED_SECONDS = 10.0
"""One Ctrl-C stops everything within this time."""


class Running:
    """An `up` under way: its lines as they come, and everything it has started."""

    def __init__(self, environ: dict[str, str], *arguments: str) -> None:
        self.environ = {**os.environ, **environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ioc", "up", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def hear(self, words: str, seconds: float = 90.0) -> str:
        """Wait for a line with these words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                self.said.append(self._lines.get(timeout=0.2))
                if words in self.said[-1]:
                    return self.said[-1]
        pytest.fail(f"never heard {words!r} in {self.said}; {self.logs()}")

    def logs(self) -> str:
        folder = Path(self.environ["IOC_HOME"]) / "logs"
        return "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in folder.glob("*.log"))

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process | None:
        return next((kid for kid in self.children() if word in kid.cmdline()), None)

    def ask(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "ioc", *arguments, "--json"],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start an `up` on a small deployment; it is ended whatever happens."""
    made: list[Running] = []

    def run(*arguments: str) -> Running:
        environ = make_home(tmp_path, port=free_port(), sources=(WARD, FOLDER))
        del environ["IOC_DEMO_SECRET"]  # `up` makes one up
        made.append(Running(environ, *arguments))
        return made[-1]

    yield run
    for running in made:
        running.end()


def until(happened: Callable[[], Any], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := happened():
            return answer
        time.sleep(0.2)
    pytest.fail("waited in vain")


def test_everything_comes_up_heals_and_goes_down_with_one_interrupt(start: Callable[..., Running]) -> None:
    port = free_port()
    running = start("--port", str(port), "--scale", "0.01", "--seed", "5")
    assert f"http://127.0.0.1:{port}" in running.hear("Mở trình duyệt")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
        assert page.status == 200
    running.hear("Đã nạp lần đầu")
    figures = running.ask("figures", "--from", "2020-01-01")
    assert figures["received_total"] > 0
    assert {source["id"]: source["stale"] for source in figures["sources"]}[WARD] is False

    scheduler = until(lambda: running.child("schedule"))
    scheduler.kill()
    running.hear("Bộ lập lịch đã dừng")
    again = until(lambda: running.child("schedule"))
    assert again.pid != scheduler.pid

    everyone = [psutil.Process(running.process.pid), *running.children()]
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(PROMISED_SECONDS) == 0
    assert time.monotonic() - began < PROMISED_SECONDS
    running.hear("Đã dừng tất cả", 5)
    assert [kid for kid in everyone if kid.is_running() and kid.status() != psutil.STATUS_ZOMBIE] == []


def test_a_taken_port_is_told_and_nothing_is_left_behind(start: Callable[..., Running]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = start("--port", str(port))
        assert running.process.wait(60) == 1
        assert f"Cổng {port} đang bị chương trình khác dùng" in running.hear("Cổng", 5)
    home = Path(running.environ["IOC_HOME"])
    assert not (home / "logs").exists()
