"""The supervisor over real processes: they start, come back after a crash, and all end together."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ioc.errors import SettingsError
from ioc.settings import Auth
from ioc.up import (
    Child,
    Supervisor,
    page_opens,
    processes,
    require_free,
    simulator_port,
    with_demo_secrets,
)
from tests.builders import a_settings, a_source

NAP = "import time\ntime.sleep(60)\n"
STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "time.sleep(60)\n"
)
PARENT = (
    "import subprocess, sys, time\n"
    "kid = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(kid.pid, flush=True)\n"
    "time.sleep(60)\n"
)


def child(code: str, name: str = "kid") -> Child:
    return Child(
        name=name, label=f"Tiến trình {name}", command=(sys.executable, "-c", code), environ=os.environ
    )


class Watched:
    """A supervisor whose sentences are kept, and which is always stopped."""

    def __init__(self, logs: Path, *children: Child) -> None:
        self.told: list[str] = []
        self.supervisor = Supervisor(children, logs, self.told.append, back_off=(0.2, 0.4))
        self.logs = logs

    def until(self, happened: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, f"waited in vain; {self.told}"
            self.supervisor.tend()
            time.sleep(0.02)

    def said(self, name: str = "kid") -> str:
        log = self.logs / f"{name}.log"
        return log.read_text() if log.exists() else ""

    def pids(self) -> list[int]:
        return [life.process.pid for life in self.supervisor._lives if life.process]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def start(*children: Child) -> Watched:
        made.append(Watched(tmp_path / "logs", *children))
        made[-1].supervisor.start()
        return made[-1]

    yield start
    for watched in made:
        watched.supervisor.stop(1.0)


def test_a_crashed_child_comes_back_and_people_are_told(watch: Callable[..., Watched]) -> None:
    watched = watch(child("print('hello', flush=True); raise SystemExit(3)"), child(NAP, "other"))
    first = watched.pids()
    watched.until(lambda: watched.said().count("hello") >= 3)
    assert watched.told[0] == (
        f"Tiến trình kid đã dừng (mã 3), khởi động lại sau 0.2 giây; xem {watched.logs / 'kid.log'}"
    )
    assert "sau 0.4 giây" in watched.told[1]
    assert watched.supervisor.is_running("other")
    assert watched.pids()[-1] == first[-1]


def test_stop_ends_children_and_what_they_started(watch: Callable[..., Watched]) -> None:
    watched = watch(child(PARENT))
    watched.until(lambda: bool(watched.said().strip()))
    grandchild = int(watched.said())
    [parent] = watched.pids()
    watched.supervisor.stop()
    assert not psutil.pid_exists(parent)
    assert gone(grandchild)


def test_a_deaf_child_is_ended_by_force_in_time(watch: Callable[..., Watched]) -> None:
    watched = watch(child(STUBBORN))
    watched.until(lambda: "deaf" in watched.said())
    [pid] = watched.pids()
    began = time.monotonic()
    watched.supervisor.stop(0.5)
    assert time.monotonic() - began < 5
    assert not psutil.pid_exists(pid)


def test_what_a_crashed_child_left_behind_is_swept_up(watch: Callable[..., Watched]) -> None:
    watched = watch(child(PARENT.replace("time.sleep(60)\n", "raise SystemExit(1)\n")))
    watched.until(lambda: bool(watched.told))
    assert gone(int(watched.said().split()[0]))


def test_children_end_when_the_supervisor_is_killed_outright(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom ioc.up import Child, Supervisor\n"
        "kid = Child(name='kid', label='x', command=(sys.executable, '-c', 'import time; time.sleep(60)'),"
        " environ=os.environ)\n"
        "s = Supervisor([kid], Path(sys.argv[1]), print)\ns.start()\n"
        "print(s._lives[0].process.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "logs")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    kid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone(kid)


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether the process ends (or is a corpse that only its parent must still bury)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_a_large_log_is_put_aside(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with (logs / "kid.log").open("wb") as old:
        old.truncate(20_000_001)
    watched = watch(child("print('new', flush=True)\n" + NAP))
    watched.until(lambda: "new" in watched.said())
    assert (logs / "kid.log.1").stat().st_size == 20_000_001


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Cổng {port} đang bị .* --port {port + 1}"):
            require_free(port, "--port")
        with pytest.raises(SettingsError, match="đổi cổng của các nguồn mô phỏng"):
            require_free(port, None)
    require_free(port, "--port")


def test_demo_secrets_are_made_up_only_where_none_is_set(tmp_path: Path) -> None:
    auth = Auth(type="oidc", secret_env="DEMO_ONE")
    sources = [
        a_source("s1", simulated=True, auth=auth),
        a_source("s2", simulated=True, auth=Auth(type="oidc", secret_env="DEMO_TWO")),
        a_source("real", auth=Auth(type="oidc", secret_env="REAL_SECRET")),
    ]
    settings = a_settings(tmp_path, "sqlite://", sources=sources)
    made = with_demo_secrets(settings, {"DEMO_TWO": "kept", "PATH": "/bin"})
    assert len(made["DEMO_ONE"]) >= 32
    assert (made["DEMO_TWO"], made["PATH"]) == ("kept", "/bin")
    assert "REAL_SECRET" not in made
    assert with_demo_secrets(settings, {})["DEMO_ONE"] != made["DEMO_ONE"]


def test_the_simulated_sources_share_one_port(tmp_path: Path) -> None:
    one = a_source("s1", simulated=True, base_url="http://127.0.0.1:9100/a")
    two = a_source("s2", simulated=True, base_url="http://127.0.0.1:9101/b")
    real = a_source("s3", base_url="https://example.vn/x")
    assert simulator_port(a_settings(tmp_path, "sqlite://", sources=[one, real])) == 9100
    for sources in ([one, two], [real]):
        with pytest.raises(SettingsError, match="cùng một cổng"):
            simulator_port(a_settings(tmp_path, "sqlite://", sources=sources))


def test_without_demo_there_is_no_simulator(tmp_path: Path) -> None:
    settings = a_settings(tmp_path, "sqlite://")
    found = processes(settings, demo=False, port=free_port(), scale=None, seed=1, environ={})
    assert [kid.name for kid in found] == ["scheduler", "dashboard"]
    assert "127.0.0.1" in found[-1].command


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class _Page(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_stcore/health" else self.server.page_status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("status", "expected"), [(200, True), (500, False), (503, False)])
def test_the_address_is_given_only_when_the_first_page_opens(status: int, expected: bool) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        server.page_status = status  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        assert page_opens(port) is expected
        server.shutdown()
    assert page_opens(port) is False
