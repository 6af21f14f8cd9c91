"""The two promises of the README, kept with real processes: one command shows numbers, Ctrl-C ends it all."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser

from tests.browser import watched_page
from tests.homes import ROOT, free_port, make_home

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OPENS = re.compile(r"http://127\.0\.0\.1:\d+")
PATIENCE = 150.0
"""Seconds for a machine that has other things to do; alone it takes ten."""


@dataclass(slots=True)
class Running:
    """`python -m ioc up`, as an operator started it."""

    process: subprocess.Popen[str]
    environ: dict[str, str]
    ports: tuple[int, int]
    address: str = ""

    def ask(self, *arguments: str) -> Any:
        """The JSON that a command of the command line prints meanwhile."""
        done = subprocess.run(
            [sys.executable, "-m", "ioc", *arguments, "--json"],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    simulator, page = free_port(), free_port()
    home = make_home(tmp_path_factory.mktemp("up"), port=simulator)
    environ = {**os.environ, **home, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ioc", "up", "--port", str(page), "--scale", "0.01"]
    with subprocess.Popen(
        command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        up = Running(process, environ, (simulator, page))
        try:
            up.address = first_address(process)
            yield up
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def first_address(process: subprocess.Popen[str]) -> str:
    """The address it prints once the first page can be opened."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := OPENS.search(line):
            return found[0]
    raise AssertionError("it ended without an address:\n" + "".join(said))


def on_the_screen(text: str, label: str) -> int | None:
    """The number of the tile `label`; None while there is none."""
    found = re.search(rf"^{label}\n+([0-9.]+)hồ sơ$", text, re.MULTILINE)
    return int(found[1].replace(".", "")) if found else None


def test_one_command_shows_the_numbers_that_the_command_line_tells(
    running: Running, browser: Browser
) -> None:
    with watched_page(browser) as (page, watch):
        page.goto(running.address)

        def agrees() -> bool:
            told = running.ask("figures")["in_progress_total"]
            return bool(told) and on_the_screen(page.inner_text("body"), "Đang giải quyết") == told

        until(agrees, "the overview to show the dossiers in progress")
        assert "Dữ liệu mô phỏng" in page.inner_text("body")
    assert watch.foreign(running.address) == []
    assert watch.errors == []


@pytest.mark.parametrize("measure", ["in_progress_total", "in_progress_late"])
def test_a_list_has_as_many_dossiers_as_the_figure_says(running: Running, measure: str) -> None:
    def agrees() -> bool:
        said = running.ask("figures")[measure]
        return bool(said) and len(running.ask("dossiers", "--timeliness", measure)["dossiers"]) == said

    until(agrees, f"the list to be as long as the figure {measure}")


def test_sources_are_polled_again_and_again(running: Running) -> None:
    def heard() -> dict[str, str]:
        return {s["id"]: s["last_success"] for s in running.ask("sources")["sources"] if s["last_success"]}

    until(lambda: len(heard()) == 3, "a first success of every source")
    first = heard()
    until(lambda: any(moment > first[name] for name, moment in heard().items()), "a second success")


def test_ctrl_c_ends_everything(running: Running) -> None:
    children = psutil.Process(running.process.pid).children(recursive=True)
    assert len(children) >= 3
    running.process.send_signal(signal.SIGINT)
    said, _ = running.process.communicate(timeout=30)
    assert running.process.returncode == 0, said
    assert [child for child in children if child.is_running() and child.status() != "zombie"] == []
    for port in running.ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_what_was_written_is_where_it_was_asked_to_be(running: Running) -> None:
    home = Path(running.environ["IOC_HOME"])
    assert (home / "ioc.sqlite").exists()
    assert {file.name for file in (home / "logs").iterdir()} >= {
        "dashboard.log",
        "scheduler.log",
        "simulator.log",
    }
