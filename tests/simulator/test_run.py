"""Starting, stopping, starting again; the drama."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from ioc.errors import SettingsError
from ioc.settings import Settings
from ioc.simulator.drama import Script, play
from ioc.simulator.province import Province
from ioc.simulator.run import remembered_plan, serve
from ioc.simulator.switches import Switchboard
from ioc.simulator.worktime import seconds_of
from tests.simulator.conftest import CONFIG, SINCE, Hand, plan

ROOT = CONFIG.parent
InThread = Callable[[Callable[[threading.Event], None]], threading.Event]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def test_the_first_start_is_remembered(tmp_path: Path) -> None:
    clock = Hand()
    first = remembered_plan(tmp_path, scale=0.01, seed=1, pace=1.0, now=clock)
    clock.at = SINCE + timedelta(days=3)
    assert remembered_plan(tmp_path, scale=0.01, seed=1, pace=1.0, now=clock) == first
    assert first.since == seconds_of(SINCE)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"seed":1,"scale":0.01,"since":"x","pace":1.0}', "\x00"]
)
def test_a_damaged_memory_begins_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "simulator.json").write_text(content, encoding="utf-8")
    assert remembered_plan(tmp_path, scale=0.01, seed=1, pace=1.0, now=Hand()).since == seconds_of(SINCE)


def test_another_seed_or_scale_begins_anew(tmp_path: Path) -> None:
    clock = Hand()
    remembered_plan(tmp_path, scale=0.01, seed=1, pace=1.0, now=clock)
    clock.at = SINCE + timedelta(days=3)
    assert remembered_plan(tmp_path, scale=0.02, seed=1, pace=1.0, now=clock).since == seconds_of(clock.at)


@pytest.mark.parametrize(("scale", "pace"), [(0.0, 1.0), (5.0, 1.0), (0.1, -1.0)])
def test_senseless_sizes_are_refused(tmp_path: Path, scale: float, pace: float) -> None:
    with pytest.raises(SettingsError):
        remembered_plan(tmp_path, scale=scale, seed=1, pace=pace, now=Hand())


def test_it_serves_until_told_to_stop(province_settings: Settings, in_thread: InThread) -> None:
    port = free_port()
    in_thread(lambda stop: serve(province_settings, port=port, scale=0.001, now=Hand(), stop=stop))
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport) as client:
        assert client.get(f"http://127.0.0.1:{port}/sim").json()["scale"] == 0.001


def test_a_taken_port_is_said_in_one_sentence(province_settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Cổng {port} không mở được"):
            serve(province_settings, port=port, scale=0.001, now=Hand(), stop=threading.Event())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    code = (
        "import os\n"
        "from ioc.settings_file import load_settings\n"
        "from ioc.simulator.run import run_simulator\n"
        f"run_simulator(load_settings(os.environ), port={port}, scale=0.001, drama=True)\n"
        "print('xong')\n"
    )
    environ = {**os.environ, "IOC_HOME": str(tmp_path), "IOC_CONFIG": str(CONFIG)}
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=12)) as client:
            assert client.get(f"http://127.0.0.1:{port}/sim").status_code == 200
        child.send_signal(number)
        out, err = child.communicate(timeout=20)
    finally:
        child.kill()
        child.wait()
    assert (child.returncode, out.decode().strip(), err) == (0, "xong", b"")


def test_the_drama_takes_communes_down_and_brings_them_back(small: Province, in_thread: InThread) -> None:
    switches = Switchboard({site.id: site.spec.source.kind for site in small.sites})
    script = Script(calm=0.02, outage=0.1)
    stop = in_thread(lambda stop: play(small, switches, script, stop))
    seen: set[str] = set()
    for _ in range(600):
        down = {source for source, on in switches.listed().items() if on}
        assert len(down) <= 1
        seen |= down
        if len(seen) >= 3 and not down:
            break
        stop.wait(0.01)
    assert len(seen) >= 3
    assert all(small.by_id[source].spec.source.level == "commune" for source in seen)


def test_the_demo_outage_is_long_enough_to_be_seen(demo_settings: Settings) -> None:
    communes = [s for s in demo_settings.sources if s.level == "commune" and s.kind == "igate2"]
    assert Script().outage > max(s.stale_after_seconds for s in communes)
    assert all((s.every_seconds or 0) * 2 <= s.stale_after_seconds for s in communes)
    assert plan().pace == 0
