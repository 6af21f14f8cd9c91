"""Keeps the processes of the product running: starts them, restarts what crashes, and stops all at once.

Each child lives in a process group of its own, so that a Ctrl-C meant for us reaches it only through
us, and so that nothing it has started outlives it.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ioc.clock import monotonic_seconds
from ioc.errors import SettingsError
from ioc.settings import Settings

HOST = "127.0.0.1"
DEFAULT_PORT = 8501
APP = Path(__file__).resolve().parent.parent / "app.py"
STOP_SECONDS = 8.0
"""From the first polite signal to the last word; below the ten seconds that people are promised."""

BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a crashed child is started again; the last one holds from then on."""

SOUND_SECONDS = 60.0
"""A child that lived this long is sound: the next crash begins at the shortest wait."""

START_SECONDS = 30.0

LOG_BYTES = 20_000_000
"""A log larger than this is put aside as `.1` when its child starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to keep running; `label` is what people call it.

    `waits_for` is a port that must answer first: a scheduler that meets no simulator yet would count
    every source as broken. After START_SECONDS it is started anyway.
    """

    name: str
    label: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    waits_for: int | None = None


@dataclass(slots=True)
class _Life:
    """What a child is doing now."""

    child: Child
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    again_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Runs children until `stop`; `tell` receives one sentence for each thing that people should know."""

    children: Sequence[Child]
    logs: Path
    tell: Callable[[str], None]
    back_off: tuple[float, ...] = BACK_OFF
    _lives: list[_Life] = field(default_factory=list)

    def start(self) -> None:
        """Start every child, in the order given."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for child in self.children:
            self._lives.append(_Life(child, self.logs / f"{child.name}.log", again_at=monotonic_seconds()))
        self.tend()

    def tend(self) -> None:
        """Notice crashes and start again what has waited long enough; call it often."""
        for life in self._lives:
            if life.process is not None and life.process.poll() is not None:
                self._mourn(life, life.process.returncode)
            elif life.again_at is not None and monotonic_seconds() >= life.again_at and _may_start(life):
                _launch(life)

    def is_running(self, name: str) -> bool:
        """Whether the child of that name lives at this moment."""
        return any(life.child.name == name and _lives(life) for life in self._lives)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask all to stop, wait for them together, and end by force whoever still lives."""
        for life in reversed(self._lives):
            life.again_at = None
            _signal(life, signal.SIGTERM)
        deadline = monotonic_seconds() + seconds
        for life in self._lives:
            if life.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    life.process.wait(max(0.0, deadline - monotonic_seconds()))
        for life in self._lives:
            _signal(life, signal.SIGKILL)  # also for what a dead child has left behind
            if life.process is not None:
                life.process.wait()
        self._lives.clear()

    def _mourn(self, life: _Life, code: int) -> None:
        _signal(life, signal.SIGKILL)
        lived = monotonic_seconds() - life.started
        life.crashes = 1 if lived >= SOUND_SECONDS else life.crashes + 1
        wait = self.back_off[min(life.crashes, len(self.back_off)) - 1]
        life.process, life.again_at = None, monotonic_seconds() + wait
        self.tell(f"{life.child.label} đã dừng (mã {code}), khởi động lại sau {wait:g} giây; xem {life.log}")


def _may_start(life: _Life) -> bool:
    port, asked_at = life.child.waits_for, life.again_at or 0.0
    return port is None or _listens(port) or monotonic_seconds() > asked_at + START_SECONDS


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _launch(life: _Life) -> None:
    if life.log.exists() and life.log.stat().st_size > LOG_BYTES:
        life.log.replace(life.log.with_suffix(".log.1"))
    with life.log.open("ab") as log:
        life.process = subprocess.Popen(
            life.child.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**life.child.environ},
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    life.started, life.again_at = monotonic_seconds(), None


def _die_with_parent() -> None:
    """In the child, before it begins: if we are killed outright, the kernel ends it too."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _lives(life: _Life) -> bool:
    return life.process is not None and life.process.poll() is None


def _signal(life: _Life, number: signal.Signals) -> None:
    """To the child and all that it has started: its process group carries its number."""
    if life.process is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(life.process.pid, number)


# -- what is to be kept running --------------------------------------------------------------------


def processes(
    settings: Settings,
    *,
    demo: bool,
    port: int,
    scale: float | None,
    seed: int,
    environ: Mapping[str, str],
) -> tuple[Child, ...]:
    """The simulated province (with `demo`), the scheduler and the dashboard, their secrets set.

    SettingsError when a port is taken, naming the option that chooses another.
    """
    require_free(port, "--port")
    told = {**environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    ours = (sys.executable, "-m", "ioc")
    found, simulated = [], None
    if demo:
        told = with_demo_secrets(settings, told)
        simulated = simulator_port(settings)
        require_free(simulated, None)
        size = () if scale is None else ("--scale", str(scale))
        command = (*ours, "simulate", "--port", str(simulated), "--seed", str(seed), "--drama", *size)
        found.append(Child(name="simulator", label="Tỉnh mô phỏng", command=command, environ=told))
    schedule = (*ours, "schedule")
    found.append(
        Child(name="scheduler", label="Bộ lập lịch", command=schedule, environ=told, waits_for=simulated)
    )
    page = (sys.executable, "-m", "streamlit", "run", str(APP), "--server.address", HOST)
    flags = ("--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false")
    found.append(Child(name="dashboard", label="Bảng điều hành", command=(*page, *flags), environ=told))
    return tuple(found)


def with_demo_secrets(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with a secret made up for each simulated source that names one not yet set."""
    named = {s.auth.secret_env for s in settings.sources if s.simulated and s.auth.secret_env}
    made = secrets.token_urlsafe(24)
    return {**environ, **{name: made for name in named if not environ.get(name)}}


def simulator_port(settings: Settings) -> int:
    """The port on which the configuration expects the simulated sources."""
    ports = {
        urlsplit(source.base_url).port for source in settings.sources if source.simulated and source.base_url
    }
    if len(ports) != 1 or None in ports:
        raise SettingsError(
            "config/sources.toml: các nguồn mô phỏng phải có base_url cùng một cổng trên 127.0.0.1"
        )
    return int(ports.pop() or 0)


def require_free(port: int, option: str | None) -> None:
    """SettingsError when somebody listens on 127.0.0.1:`port` already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            way_out = (
                f"chạy lại với {option} {port + 1}"
                if option
                else "đổi cổng của các nguồn mô phỏng trong config/sources.toml"
            )
            raise SettingsError(
                f"Cổng {port} đang bị chương trình khác dùng; dừng chương trình đó hoặc {way_out}"
            ) from exc


def page_opens(port: int, *, seconds: float = 2.0) -> bool:
    """Whether the dashboard is healthy and gives its first page."""
    return all(_answers(port, path, seconds) for path in ("/_stcore/health", "/"))


def _answers(port: int, path: str, seconds: float) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
