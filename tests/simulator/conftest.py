"""The shipped province at small scales, and a running simulator on a free port."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.simulator.province import Plan, Province
from ioc.simulator.run import Simulation
from ioc.simulator.worktime import seconds_of

CONFIG = Path(__file__).parents[2] / "config"

SINCE = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Vietnam: offices are open."""


def plan(*, seed: int = 1, scale: float = 0.01, pace: float = 0.0, since: datetime = SINCE) -> Plan:
    return Plan(seed=seed, scale=scale, since=seconds_of(since), pace=pace)


@pytest.fixture
def province_settings(tmp_path: Path) -> Settings:
    """The shipped configuration with a home of its own."""
    return load_settings({"IOC_CONFIG": str(CONFIG), "IOC_HOME": str(tmp_path / "var")})


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped configuration, to look at."""
    home = tmp_path_factory.mktemp("home")
    return load_settings({"IOC_CONFIG": str(CONFIG), "IOC_HOME": str(home)})


@pytest.fixture(scope="session")
def small(demo_settings: Settings) -> Province:
    """A hundredth of the province; not to be changed by tests."""
    return Province(demo_settings, plan())


class Hand:
    """A clock that a test moves."""

    def __init__(self, at: datetime = SINCE) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Visitor:
    """Asks a running simulator as a collector would."""

    def __init__(self, simulation: Simulation, clock: Hand) -> None:
        self.simulation, self.clock = simulation, clock
        self.client = httpx.Client(base_url=simulation.base_url, timeout=20)
        self.log_in()

    def log_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "ioc", "client_secret": "demo"}
        told = self.client.post("/sso/token", data=form).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {told['access_token']}"

    def ask(self, site: str = "h49", **params: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in params.items()}
        return self.client.get(f"/igate/{site}/pa/dossier/search", params=named)

    def page(self, site: str = "h49", **params: str) -> dict[str, Any]:
        told: dict[str, Any] = self.ask(site, **params).raise_for_status().json()
        return told

    def all(self, site: str = "h49", **params: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for number in range(1_000):
            page = self.page(site, page=str(number), **params)
            rows += page["content"]
            if page["last"]:
                break
        return rows

    def turn(self, source: str, fault: str, *, on: bool = True, every: int = 1) -> httpx.Response:
        body = json.dumps({"fault": fault, "on": on, "every": every})
        headers = {"Content-Type": "application/json"}
        return self.client.post(f"/sim/faults/{source}", content=body, headers=headers)

    def truth(self, source: str) -> dict[str, Any]:
        told = self.client.get("/sim/truth", params={"source": source}).raise_for_status().json()
        counts: dict[str, Any] = told["sources"][source]
        return counts


@pytest.fixture
def visitor(province_settings: Settings) -> Iterator[Visitor]:
    """A visitor at a simulator of scale 0.01 whose clock stands still."""
    clock = Hand()
    simulation = Simulation(province_settings, plan(), now=clock, drop_seconds=None, slow_seconds=0.3)
    with simulation:
        told = Visitor(simulation, clock)
        yield told
        told.client.close()


@pytest.fixture
def in_thread() -> Iterator[Callable[[Callable[[threading.Event], None]], threading.Event]]:
    """Runs something that blocks until its event is set, and waits for its end."""
    running: list[tuple[threading.Thread, threading.Event]] = []

    def start(work: Callable[[threading.Event], None]) -> threading.Event:
        stop = threading.Event()
        thread = threading.Thread(target=work, args=(stop,))
        thread.start()
        running.append((thread, stop))
        return stop

    yield start
    for thread, stop in running:
        stop.set()
        thread.join(3)
        assert not thread.is_alive()
