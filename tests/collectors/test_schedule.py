"""The scheduler: one works, the other waits; clocks step, servers hang, processes are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, func, select

from ioc.clock import end_of_day, utc_now
from ioc.collectors.chores import Chores
from ioc.collectors.http import AT_ONCE
from ioc.collectors.schedule import LEASE, serve
from ioc.collectors.watchdog import Watchdog
from ioc.faults import FaultKind
from ioc.model.run import CHECK, RunKind, RunState
from ioc.settings import SourceSettings
from ioc.store import tables as t
from ioc.store.day_close import day_closed
from ioc.store.engine import reading, writing
from ioc.store.lease import acquire, holder_of
from ioc.store.reference import sync_reference
from ioc.store.runs import begin_run, pause_source, recent_runs, request_poll, source_state
from tests.builders import NOON, a_source
from tests.collectors.building import ENVIRON, FixedClock, igate_source, many, settings_for
from tests.collectors.servers import FakeIgate, RawServer, silent
from tests.collectors.serving import QUICK


def wait_for(test: Callable[[], bool], seconds: float) -> bool:
    """Whether `test` came true within `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if test():
            return True
        time.sleep(0.05)
    return test()


@contextmanager
def serving(engine: Engine, home: Path, *sources: SourceSettings, **more: Any) -> Iterator[threading.Event]:
    """The scheduler in a thread; ended, and seen to end in time, at the end of the block."""
    stop = threading.Event()
    values: dict[str, Any] = {"environ": ENVIRON, "timing": QUICK, "retry": AT_ONCE}
    thread = threading.Thread(
        target=serve, args=(settings_for(home, *sources), engine), kwargs={"stop": stop} | values | more
    )
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(timeout=12)
        assert not thread.is_alive()


def runs(engine: Engine, source_id: str = "s1") -> list[tuple[RunKind, RunState]]:
    with reading(engine) as conn:
        return [(run.kind, run.state) for run in recent_runs(conn, source_id, 200)]


def stored(engine: Engine) -> int:
    with reading(engine) as conn:
        return conn.execute(select(func.count()).select_from(t.dossier)).scalar_one()


def holder(engine: Engine) -> str | None:
    with reading(engine) as conn:
        return holder_of(conn, LEASE, now=utc_now())


def test_first_numbers_come_at_once_and_the_history_after_them(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(35))
    with serving(engine, tmp_path, igate_source(site, every_seconds=60)):
        assert wait_for(lambda: (RunKind.FULL, RunState.OK) in runs(engine), 30)
    kinds = runs(engine)
    assert kinds[-1] == (RunKind.CHANGES, RunState.OK)
    assert stored(engine) == 35
    first = next(page for page in site.pages if page["page"] == "1")
    assert "accepted-from" in first  # the first look turned no page


def test_the_next_run_is_noted(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    with serving(engine, tmp_path, igate_source(site, every_seconds=600)):

        def noted() -> bool:
            with reading(engine) as conn:
                return source_state(conn, "s1").next_run_at is not None

        assert wait_for(noted, 30)


def test_a_wish_is_taken_within_five_seconds_even_from_a_paused_source(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(3))
    pause_source(engine, "s1", until=None, reason="Lỗi đăng nhập")
    with serving(engine, tmp_path, igate_source(site, every_seconds=3600)):
        time.sleep(1.0)
        assert runs(engine) == []
        request_poll(engine, "s1", full=False, now=utc_now())
        assert wait_for(lambda: (RunKind.CHANGES, RunState.OK) in runs(engine), 30)
        request_poll(engine, "s1", full=True, now=utc_now())
        assert wait_for(lambda: (RunKind.FULL, RunState.OK) in runs(engine), 30)
    with reading(engine) as conn:
        wishes = conn.execute(select(t.poll_request)).all()
    assert max((wish.taken_at - wish.asked_at).total_seconds() for wish in wishes) <= 5


def test_a_hung_source_takes_nobody_elses_turn_and_ends_with_the_process(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(3))
    with RawServer(silent(60)) as hung:
        deaf = [
            a_source(f"deaf{n}", base_url=hung.url, every_seconds=1, request_seconds=60.0) for n in range(12)
        ]
        with serving(engine, tmp_path, *deaf, igate_source(site, every_seconds=1)) as stop:
            assert wait_for(lambda: len(runs(engine)) >= 3, 30)
            begun = time.monotonic()
            stop.set()
    assert time.monotonic() - begun < 10
    assert runs(engine, "deaf0")[0][1] is RunState.ABANDONED
    with reading(engine) as conn:
        assert source_state(conn, "deaf0").failures == 0


def test_polling_goes_on_when_the_clock_steps_back_an_hour(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(3))
    with (
        time_machine.travel(datetime(2026, 11, 20, 5, tzinfo=UTC), tick=True) as traveller,
        serving(engine, tmp_path, igate_source(site, every_seconds=1)),
    ):
        assert wait_for(lambda: len(runs(engine)) >= 3, 30)
        traveller.shift(timedelta(hours=-1))
        before = len(runs(engine))
        assert wait_for(lambda: len(runs(engine)) >= before + 3, 30)
        traveller.shift(timedelta(hours=3))
        before = len(runs(engine))
        assert wait_for(lambda: len(runs(engine)) >= before + 3, 30)


@pytest.mark.parametrize(
    ("wall_step", "elapsed", "beats", "trouble"),
    [
        (10, 10, True, False),
        (-3600, 1, True, True),
        (-5, 1, True, True),
        (0, 1, True, False),
        (7200, 1, True, False),
        (30, 30, False, True),
        (10, 10, False, False),
    ],
)
def test_the_watchdog_tells_steps_and_silence(
    wall_step: float, elapsed: float, beats: bool, trouble: bool
) -> None:
    clock, ticks = FixedClock(), [100.0]
    dog = Watchdog(clock=clock, monotonic=lambda: ticks[0], silence_seconds=20)
    clock.on(seconds=wall_step)
    ticks[0] += elapsed
    if beats:
        dog.beat()
    assert bool(dog.trouble()) is trouble
    assert beats is False or dog.trouble() is None


class Process:
    """A scheduler in a process of its own."""

    def __init__(self, home: Path, url: str, name: str, **changes: Any) -> None:
        database = f"sqlite:///{home / 'ioc.sqlite'}"
        words = [str(home), database, url, name, json.dumps(changes)]
        self.child = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.collectors.serving", *words],
            env=os.environ | {"PYTHONUTF8": "1"},
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.wait(timeout=10)


def test_a_second_process_waits_and_replaces_a_killed_one(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(5))
    with Process(tmp_path, site.url, "one") as one:
        assert wait_for(lambda: len(runs(engine)) >= 2, 30)
        with Process(tmp_path, site.url, "two"):
            time.sleep(1.5)
            assert holder(engine) == "one"
            one.child.send_signal(signal.SIGKILL)
            assert wait_for(lambda: holder(engine) == "two", 60)
            before = len(runs(engine))
            assert wait_for(lambda: len(runs(engine)) > before, 30)


def test_a_run_cut_by_a_kill_is_closed_and_repeated(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    site.put(*many(60))
    site.before_page = lambda page: time.sleep(0.15)
    with Process(tmp_path, site.url, "one", every_seconds=600) as one:
        assert wait_for(lambda: any(kind is RunKind.FULL for kind, _ in runs(engine)), 30)
        one.child.send_signal(signal.SIGKILL)
    site.before_page = lambda page: None
    with Process(tmp_path, site.url, "two", every_seconds=1):
        assert wait_for(lambda: (RunKind.FULL, RunState.OK) in runs(engine), 60)
    assert (RunKind.FULL, RunState.ABANDONED) in runs(engine)
    assert stored(engine) == 60


def test_sigterm_ends_within_ten_seconds_and_gives_the_lease_back(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(60))
    site.before_page = lambda page: time.sleep(0.3)
    with Process(tmp_path, site.url, "one") as one:
        assert wait_for(lambda: len(runs(engine)) >= 1, 30)
        begun = time.monotonic()
        one.child.send_signal(signal.SIGTERM)
        assert one.child.wait(timeout=10) == 0
        assert time.monotonic() - begun < 10
    assert holder(engine) is None
    assert RunState.RUNNING not in [state for _, state in runs(engine)]


def test_runs_of_the_living_are_not_closed(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    acquire(engine, "source:s1", "cli:7", seconds=60, now=utc_now())
    mine = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="cli:7", now=utc_now())
    dead = begin_run(engine, source_id="gone", kind=RunKind.FULL, holder="old:1", now=utc_now())
    with serving(engine, tmp_path, igate_source(site, every_seconds=1)):
        assert wait_for(lambda: runs(engine, "gone") == [(RunKind.FULL, RunState.ABANDONED)], 30)
        assert runs(engine) == [(RunKind.FULL, RunState.RUNNING)]
    assert mine != dead


def chores(engine: Engine, home: Path, clock: FixedClock, *sources: SourceSettings) -> Chores:
    return Chores(settings_for(home, *sources), engine, clock=clock)


def test_days_are_closed_soon_after_midnight_and_those_missed_too(engine: Engine, tmp_path: Path) -> None:
    clock = FixedClock(end_of_day(date(2026, 11, 20)) + timedelta(minutes=3))
    with writing(engine) as conn:
        sync_reference(conn, settings_for(tmp_path, a_source()))
    daily = chores(engine, tmp_path, clock, a_source())
    daily.close_days()
    with reading(engine) as conn:
        assert not day_closed(conn, date(2026, 11, 20))
    clock.on(minutes=3)
    daily.close_days()
    with reading(engine) as conn:
        assert day_closed(conn, date(2026, 11, 20))
    clock.on(days=3)
    assert daily.close_days() == 3
    assert daily.close_days() == 0
    with reading(engine) as conn:
        assert day_closed(conn, date(2026, 11, 23))
        told = conn.execute(select(t.day_close.c.stale_sources).distinct()).scalars().all()
    assert told == ['["s1"]']


def test_old_payloads_and_put_away_files_go(engine: Engine, tmp_path: Path) -> None:
    old = (NOON - timedelta(days=30)).timestamp()
    young = (NOON - timedelta(days=2)).timestamp()
    source = a_source("s2", kind="file_drop", folder="inbox/s2")
    kept = []
    for name, moment in (("1", old), ("2", young)):
        run = tmp_path / "raw" / "s1" / name
        run.mkdir(parents=True)
        (run / "0001.json.gz").write_bytes(b"x")
        os.utime(run, (moment, moment))
        kept.append(run)
    chores(engine, tmp_path, FixedClock(), source).purge()
    assert [run.exists() for run in kept] == [False, True]


def test_the_nightly_check_finds_nothing_in_a_sound_store(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(12))
    with serving(engine, tmp_path, igate_source(site, every_seconds=60)):
        assert wait_for(lambda: stored(engine) == 12, 30)
    assert chores(engine, tmp_path, FixedClock(), igate_source(site)).check() == 0


def test_the_nightly_check_tells_every_screen_of_a_planted_difference(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(3))
    source = igate_source(site, every_seconds=60)
    with serving(engine, tmp_path, source):
        assert wait_for(lambda: stored(engine) == 3, 30)
    with writing(engine) as conn:
        conn.exec_driver_sql("UPDATE stock SET running = running + 1")
    assert chores(engine, tmp_path, FixedClock(), source).check() > 0
    with reading(engine) as conn:
        (last,) = recent_runs(conn, CHECK, 1)
    assert (last.state, last.fault) == (RunState.FAILED, FaultKind.INTERNAL)
    assert last.error is not None
    assert "Đếm lại khác" in last.error
