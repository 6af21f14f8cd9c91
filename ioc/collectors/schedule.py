"""The scheduler: one process at a time polls every source on its rhythm (`python -m ioc schedule`).

APScheduler keeps the list of due times; a lease in the store keeps a second process waiting; a watch
on the monotonic clock builds the list anew when the wall clock is set or the runs fall silent.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from ioc.clock import VIETNAM, Clock, monotonic_seconds, utc_now
from ioc.collectors.leases import hold
from ioc.collectors.registry import collector_of
from ioc.collectors.runner import Runner
from ioc.collectors.upkeep import Upkeep
from ioc.collectors.watch import Watch
from ioc.errors import LeaseLost, StoreUnready
from ioc.log import get_logger
from ioc.model.run import RunKind
from ioc.settings import Settings, SourceSettings
from ioc.store import runs
from ioc.store.engine import reading
from ioc.store.lease import holder_of

log = get_logger(__name__)

LEASE = "scheduler"
TICK_SECONDS = 1.0
WAIT_SECONDS = 3.0
"""How often a process without the lease tries for it."""
LOOK_SECONDS = 5.0
"""How often the next due times are shown, and the lease is looked at."""
FULL_THREADS = 3
_STAGGER = timedelta(seconds=0.05)


def process_name() -> str:
    """A name that no other process has, now or later: leases and runs are signed with it."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def serve(
    settings: Settings,
    engine: Engine,
    *,
    stop: threading.Event,
    environ: Mapping[str, str],
    clock: Clock = utc_now,
) -> None:
    """Poll until `stop` is set; wait for the lease first, and again whenever it is lost."""
    holder, is_told = process_name(), False
    while not stop.is_set():
        try:
            with hold(engine, LEASE, holder, clock=clock) as lease:
                if lease is not None:
                    log.info("scheduler.started", sources=len(settings.sources))
                    Service(settings, engine, stop=stop, environ=environ, clock=clock, holder=holder).run()
                elif not is_told:
                    is_told = True
                    log.info("scheduler.waits", reason="another process holds the lease")
        except (LeaseLost, StoreUnready) as exc:
            log.error("scheduler.interrupted", error=str(exc))
        stop.wait(WAIT_SECONDS)


class Service:
    """The scheduler while it holds the lease."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        stop: threading.Event,
        environ: Mapping[str, str],
        clock: Clock,
        holder: str,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._holder = holder
        self._stop = stop
        self._halt = threading.Event()
        self._runner = Runner(
            settings, engine, holder=holder, environ=environ, clock=clock, stop=self._is_ended
        )
        self._upkeep = Upkeep(settings=settings, engine=engine, clock=clock, holder=holder)
        rhythms = [source.every_seconds or 3600 for source in settings.sources]
        self._watch = Watch(silence_seconds=max(3.0 * min(rhythms, default=60), 180.0))
        self._lock = threading.Lock()
        self._full_asked: set[str] = set()
        self._shown: dict[str, datetime | None] = {}
        self._looked_at = 0.0
        self._scheduler: Any = None

    def run(self) -> None:
        """Start the jobs, then tick until the end; LeaseLost when another process took over."""
        self._start()
        try:
            while not self._stop.wait(TICK_SECONDS):
                self._tick()
        finally:
            self._halt.set()
            self._scheduler.shutdown(wait=True)
            self._runner.close()

    def _is_ended(self) -> bool:
        return self._stop.is_set() or self._halt.is_set()

    def _tick(self) -> None:
        """Take the wishes of people, show what comes next, and look after the scheduler itself."""
        try:
            for wish in runs.take_poll_requests(self._engine, now=self._clock()):
                self._take_wish(wish)
            if monotonic_seconds() - self._looked_at >= LOOK_SECONDS:
                self._looked_at = monotonic_seconds()
                self._require_lease()
                self._show_next_runs()
        except StoreUnready as exc:
            log.error("scheduler.store_away", error=str(exc))
        if why := self._watch.fault(self._clock(), monotonic_seconds()):
            log.warning("scheduler.rebuilt", why=why)
            self._scheduler.shutdown(wait=False)
            self._start()

    def _require_lease(self) -> None:
        with reading(self._engine) as conn:
            holder = holder_of(conn, LEASE, now=self._clock())
        if holder is not None and holder != self._holder:
            raise LeaseLost(f"Bộ lập lịch {holder} đã tiếp quản; tiến trình này ngừng thu thập")

    # -- jobs ----------------------------------------------------------------------------------------

    def _start(self) -> None:
        sources = self._settings.sources
        pools = {"default": ThreadPoolExecutor(len(sources) + 4), "full": ThreadPoolExecutor(FULL_THREADS)}
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(executors=pools, job_defaults=defaults, timezone=VIETNAM)
        self._full_asked.clear()
        now = self._clock()
        for place, source in enumerate(sources):
            first = now + _STAGGER * place
            self._scheduler.add_job(
                self._poll, trigger_of(source), args=[source], id=source.id, next_run_time=first
            )
        self._add_nightly(self._upkeep.close_days, hour=0, minute=5)
        self._add_nightly(self._upkeep.check_rollups, hour=2, minute=30)
        self._add_nightly(self._upkeep.let_go, hour=3, minute=15)
        self._scheduler.add_job(self._keep_up, args=[self._upkeep.close_days], id="catch_up")
        self._scheduler.start()
        self._watch.reset(monotonic_seconds())

    def _add_nightly(self, job: Callable[[], object], *, hour: int, minute: int) -> None:
        trigger = CronTrigger(hour=hour, minute=minute, timezone=VIETNAM)
        self._scheduler.add_job(self._keep_up, trigger, args=[job], id=job.__name__)

    def _keep_up(self, job: Callable[[], object]) -> None:
        try:
            job()
        except StoreUnready as exc:
            log.error("upkeep.failed", job=job.__name__, error=str(exc))

    def _poll(self, source: SourceSettings) -> None:
        """The changes of a source, and its full pass when one is due; a folder is looked into."""
        try:
            with reading(self._engine) as conn:
                state = runs.source_state(conn, source.id)
            if not collector_of(source).IS_POLLED:
                self._runner.run(source, RunKind.FULL)
                return
            is_new = state.cursor is None and state.last_full_at is None
            report = self._runner.run(source, RunKind.CHANGES, first_look=is_new)
            if report.ok and self._is_full_due(source, state):
                self._ask_full(source)
        except StoreUnready as exc:
            log.error("scheduler.store_away", source=source.id, error=str(exc))
        finally:
            self._watch.heard(monotonic_seconds())

    def _is_full_due(self, source: SourceSettings, state: runs.SourceState) -> bool:
        if state.last_full_at is None:
            return True
        return self._clock() - state.last_full_at >= timedelta(seconds=source.full_every_seconds)

    def _ask_full(self, source: SourceSettings) -> None:
        """Queue a full pass beside the quick polls, once."""
        with self._lock:
            if source.id in self._full_asked:
                return
            self._full_asked.add(source.id)
        self._scheduler.add_job(self._full, args=[source], executor="full")

    def _full(self, source: SourceSettings) -> None:
        try:
            self._runner.run(source, RunKind.FULL)
        except StoreUnready as exc:
            log.error("scheduler.store_away", source=source.id, error=str(exc))
        finally:
            with self._lock:
                self._full_asked.discard(source.id)
            self._watch.heard(monotonic_seconds())

    # -- people --------------------------------------------------------------------------------------

    def _take_wish(self, wish: runs.PollRequest) -> None:
        """A wish overrules the breaker: somebody has mended something."""
        source = next((s for s in self._settings.sources if s.id == wish.source_id), None)
        if source is None:
            return
        runs.resume_source(self._engine, source.id)
        if wish.full and collector_of(source).IS_POLLED:
            self._ask_full(source)
        else:
            self._scheduler.add_job(self._poll, args=[source])

    def _show_next_runs(self) -> None:
        for source in self._settings.sources:
            at = self._next_run(source.id)
            if self._shown.get(source.id) != at:
                runs.set_next_run(self._engine, source.id, at)
                self._shown[source.id] = at

    def _next_run(self, source_id: str) -> datetime | None:
        job = self._scheduler.get_job(source_id)
        at: datetime | None = job.next_run_time if job else None
        return at.replace(microsecond=0) if at else None


def trigger_of(source: SourceSettings) -> IntervalTrigger | CronTrigger:
    """The source's rhythm with a little jitter, so that sources of one vendor do not march in step."""
    if source.cron:
        return CronTrigger.from_crontab(source.cron, timezone=VIETNAM)
    every = source.every_seconds or 60
    return IntervalTrigger(seconds=every, jitter=max(1, min(every // 10, 5)), timezone=VIETNAM)
