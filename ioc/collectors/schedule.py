"""The scheduler process: one works, others wait for its lease; it outlives clocks, stores and sources."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Engine

from ioc.clock import Clock, monotonic_seconds, utc_now
from ioc.collectors.chores import Chores
from ioc.collectors.http import PATIENT, Retry
from ioc.collectors.jobs import Jobs
from ioc.collectors.leases import LONG_AGO
from ioc.collectors.runner import Runner
from ioc.collectors.shift import BEAT_SECONDS, Shift
from ioc.collectors.watchdog import Watchdog
from ioc.errors import LeaseLost, StoreUnready
from ioc.settings import Settings
from ioc.store.engine import reading
from ioc.store.lease import acquire, holder_of, release, renew
from ioc.store.runs import abandon_runs, take_poll_requests

log = logging.getLogger(__name__)

LEASE = "scheduler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How the process keeps time, in seconds."""

    tick: float = 1.0
    lease_life: int = 30
    renew_every: float = 10.0
    standby_every: float = 5.0
    """A second process looks this often whether the lease is free: it takes over within 35 s."""
    requests_every: float = 2.0
    silence: float = 3.0 * BEAT_SECONDS + 5.0
    end_within: float = 8.0


TIMING = Timing()


def serve(
    settings: Settings,
    engine: Engine,
    *,
    stop: threading.Event,
    environ: Mapping[str, str],
    clock: Clock = utc_now,
    monotonic: Callable[[], float] = monotonic_seconds,
    timing: Timing = TIMING,
    retry: Retry = PATIENT,
    holder: str | None = None,
) -> None:
    """Poll every source until `stop`; returns within ten seconds of it.

    While another process holds the lease this one waits, and takes over when that one is gone.
    """
    holder = holder or f"{socket.gethostname()}:{os.getpid()}"
    waiting = False
    while not stop.is_set():
        try:
            fence = acquire(engine, LEASE, holder, seconds=timing.lease_life, now=clock())
            if fence is not None:
                waiting = False
                log.info("this process polls the sources")
                service = Service(
                    settings,
                    engine,
                    holder,
                    stop=stop,
                    environ=environ,
                    clock=clock,
                    monotonic=monotonic,
                    timing=timing,
                    retry=retry,
                )
                service.work(fence)
                continue
            if not waiting:
                waiting = True
                log.info("another process polls the sources; waiting for it")
        except (LeaseLost, StoreUnready) as exc:
            log.warning("polling rests: %s", exc)
        _sleep(timing.standby_every, stop)


def _sleep(seconds: float, stop: threading.Event) -> bool:
    """Whether `stop` was set meanwhile.

    Not `stop.wait`: a signal handler that sets the event while this very thread is inside `wait` may
    meet the event's own lock and hang for ever.
    """
    until = monotonic_seconds() + seconds
    while not stop.is_set() and (left := until - monotonic_seconds()) > 0:
        time.sleep(min(left, 0.2))
    return stop.is_set()


class Service:
    """The work of the process that holds the lease, from taking it to giving it back."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        holder: str,
        *,
        stop: threading.Event,
        environ: Mapping[str, str],
        clock: Clock,
        monotonic: Callable[[], float],
        timing: Timing,
        retry: Retry,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._holder = holder
        self._stop = stop
        self._clock = clock
        self._monotonic = monotonic
        self._timing = timing
        self._over = threading.Event()
        """Our turn is over: `stop`, or the lease is lost."""
        self._runner = Runner(
            settings,
            engine,
            holder=holder,
            environ=environ,
            clock=clock,
            monotonic=monotonic,
            retry=retry,
            stop=self._is_over,
            lease_life=timing.lease_life,
        )
        self._jobs = Jobs(
            settings, engine, self._runner, clock=clock, monotonic=monotonic, stop=self._is_over
        )
        self._chores = Chores(settings, engine, clock=clock, stop=self._is_over)
        self._dog = self._new_dog()
        self._shift = self._new_shift()

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._over.is_set()

    def _new_shift(self) -> Shift:
        return Shift(self._settings, self._engine, self._jobs, self._chores)

    def _new_dog(self) -> Watchdog:
        return Watchdog(clock=self._clock, monotonic=self._monotonic, silence_seconds=self._timing.silence)

    def work(self, fence: int) -> None:
        """Until the process is asked to stop; raises LeaseLost when somebody else has taken over."""
        try:
            self._close_dead_runs()
            self._shift.start(self._dog.beat)
            self._loop(fence)
        finally:
            self._over.set()
            self._shift.stop()
            self._jobs.wait_until_idle(self._timing.end_within)
            self._runner.close()
            with suppress(StoreUnready):
                release(self._engine, LEASE, self._holder, fence, now=LONG_AGO)

    def _loop(self, fence: int) -> None:
        renewed = requested = self._monotonic()
        while not _sleep(self._timing.tick, self._stop):
            now = self._monotonic()
            if now - renewed >= self._timing.renew_every:
                self._renew(fence)
                renewed = now
            if now - requested >= self._timing.requests_every:
                self._take_requests()
                requested = now
            if trouble := self._dog.trouble():
                self._rebuild(trouble)

    def _renew(self, fence: int) -> None:
        try:
            renew(
                self._engine, LEASE, self._holder, fence, seconds=self._timing.lease_life, now=self._clock()
            )
        except StoreUnready as exc:
            log.warning("lease not renewed: %s", exc)

    def _take_requests(self) -> None:
        try:
            wishes = take_poll_requests(self._engine, now=self._clock())
        except StoreUnready as exc:
            log.warning("wishes not read: %s", exc)
            return
        for wish in wishes:
            self._shift.ask(wish.source_id, full=wish.full)

    def _rebuild(self, trouble: str) -> None:
        log.warning("scheduler built anew: %s", trouble)
        self._shift.stop()
        self._dog = self._new_dog()
        self._shift = self._new_shift()
        self._shift.start(self._dog.beat)

    def _close_dead_runs(self) -> None:
        """Runs whose process died: alive is who holds the lease of some source."""
        now = self._clock()
        with reading(self._engine) as conn:
            alive = {holder_of(conn, f"source:{s.id}", now=now) for s in self._settings.sources}
        abandon_runs(self._engine, holder_alive=lambda holder: holder in alive, now=now)
