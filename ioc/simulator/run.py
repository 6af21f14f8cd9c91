"""Starts and stops the simulated province: the server, the files and the drama, each in a thread."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import uvicorn

from ioc.clock import Clock, monotonic_seconds, utc_now
from ioc.errors import SettingsError
from ioc.settings import Settings
from ioc.simulator.calibration import DEFAULT_SCALE
from ioc.simulator.drama import Script, play
from ioc.simulator.dropper import EVERY_SECONDS, Dropper, put_whole
from ioc.simulator.province import Plan, Province
from ioc.simulator.server import SLOW_SECONDS, Server
from ioc.simulator.switches import Switchboard, read_switch
from ioc.simulator.worktime import seconds_of

DEFAULT_PORT = 9100
HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


def run_simulator(
    settings: Settings,
    *,
    port: int = DEFAULT_PORT,
    scale: float = DEFAULT_SCALE,
    seed: int = 1,
    faults: Iterable[str] = (),
    drama: bool = False,
    pace: float = 1.0,
) -> None:
    """Simulate until SIGTERM or Ctrl-C; `faults` as SOURCE:NAME. Call it in the main thread.

    The client secret is that of IOC_DEMO_SECRET when it is set, else any.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        serve(settings, port=port, scale=scale, seed=seed, faults=faults, drama=drama, pace=pace, stop=stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(
    settings: Settings,
    *,
    host: str = HOST,
    port: int = DEFAULT_PORT,
    scale: float = DEFAULT_SCALE,
    seed: int = 1,
    pace: float = 1.0,
    now: Clock = utc_now,
    faults: Iterable[str] = (),
    drama: bool = False,
    stop: threading.Event,
) -> None:
    """Simulate until `stop` is set. SettingsError for a taken port or an unknown fault."""
    plan = remembered_plan(settings.home, scale=scale, seed=seed, pace=pace, now=now)
    simulation = Simulation(
        settings,
        plan,
        host=host,
        port=port,
        now=now,
        faults=faults,
        script=Script() if drama else None,
        secret=os.environ.get("IOC_DEMO_SECRET"),
    )
    with simulation:
        stop.wait()


def remembered_plan(home: Path, *, scale: float, seed: int, pace: float, now: Clock) -> Plan:
    """The plan of the first start, kept in `home`, so that a restart finds the same province."""
    if not 0.0005 <= scale <= 2 or not 0 <= pace <= 100:
        raise SettingsError("scale phải từ 0.0005 đến 2 và pace từ 0 đến 100")
    wanted = Plan(seed=seed, scale=scale, since=seconds_of(now()), pace=pace)
    path = home / "simulator.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        kept = Plan(seed=told["seed"], scale=told["scale"], since=int(told["since"]), pace=told["pace"])
    except (OSError, ValueError, KeyError, TypeError):
        kept = None
    same = kept is not None and (kept.seed, kept.scale, kept.pace) == (seed, scale, pace)
    if kept is not None and same and kept.since <= wanted.since:
        return kept
    put_whole(path, json.dumps(asdict(wanted)).encode())
    return wanted


class Simulation:
    """A running province; a context manager. `port` 0 takes any free one."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        *,
        host: str = HOST,
        port: int = 0,
        now: Clock = utc_now,
        faults: Iterable[str] = (),
        script: Script | None = None,
        secret: str | None = None,
        drop_seconds: int | None = EVERY_SECONDS,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self.province = Province(settings, plan)
        kinds = {site.id: site.spec.source.kind for site in self.province.sites}
        self.switches = Switchboard(kinds, [read_switch(text) for text in faults])
        self._stop = threading.Event()
        server = Server(self.province, self.switches, now=now, secret=secret, slow_seconds=slow_seconds)
        # what the server thinks of broken requests is no news: it breaks answers on purpose
        config = uvicorn.Config(
            server.app(),
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._socket = _listen(host, port)
        self.base_url = f"http://{host}:{self._socket.getsockname()[1]}"
        works: list[Callable[[], None]] = [lambda: self._server.run(sockets=[self._socket])]
        if drop_seconds is not None:
            dropper = Dropper(
                self.province, self.switches, home=settings.home, now=now, every_seconds=drop_seconds
            )
            works.append(lambda: dropper.run(self._stop))
        if script is not None:
            works.append(lambda: play(self.province, self.switches, script, self._stop))
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]

    def __enter__(self) -> Simulation:
        for thread in self._threads:
            thread.start()
        deadline = monotonic_seconds() + _START_SECONDS
        while not self._server.started:
            if monotonic_seconds() > deadline or not self._threads[0].is_alive():
                raise SettingsError("Máy chủ mô phỏng không khởi động được")
            self._stop.wait(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.should_exit = True
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        self._socket.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise SettingsError(
            f"Cổng {port} không mở được ({error.strerror}); chọn cổng khác bằng --port"
        ) from None
