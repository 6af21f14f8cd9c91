"""The jobs of a scheduler: a poll for each source, full passes one after another, wishes from the screen.

A source is never worked on twice at once: within the process a lock sees to it, between processes its lease.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine

from ioc.clock import Clock
from ioc.collectors.registry import collector_of
from ioc.collectors.reports import RunReport
from ioc.collectors.runner import Runner
from ioc.errors import IocError
from ioc.model.run import RunKind
from ioc.settings import Settings, SourceSettings
from ioc.store.engine import reading
from ioc.store.runs import source_state

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 0.2
_LONGEST_REST = 900.0
"""Seconds between two tries of a full pass that fails."""


class Jobs:
    """What the scheduler calls; every method is safe in any thread and raises nothing."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        runner: Runner,
        *,
        clock: Clock,
        monotonic: Callable[[], float],
        stop: Callable[[], bool],
    ) -> None:
        self._sources = {source.id: source for source in settings.sources}
        self._engine = engine
        self._runner = runner
        self._clock = clock
        self._monotonic = monotonic
        self._stop = stop
        self._locks = {source.id: threading.Lock() for source in settings.sources}
        self._tries: dict[str, tuple[int, float]] = {}
        """Full passes that failed in a row, and when the last began."""
        self._queued: set[str] = set()
        self._idle = threading.Condition()
        self._under_way = 0
        self.queue_full: Callable[[SourceSettings], None] = lambda source: None
        """Put a full pass into the line; set by the scheduler."""
        self.again_soon: Callable[[SourceSettings], None] = lambda source: None
        """Poll once more in some seconds; set by the scheduler."""

    def poll(self, source: SourceSettings) -> None:
        """The changes of a source; a first look when it was never seen, and the full pass when it is due."""
        with self._alone(source, wait=False) as mine:
            if not mine or self._stop():
                return  # its full pass is under way, and reads the changes on its way
            report = self._guarded(source, self._poll)
        if report is not None and report.busy:
            self.again_soon(source)
        if report is not None and report.ok:
            self._queue_if_due(source)

    def _poll(self, source: SourceSettings) -> RunReport | None:
        with reading(self._engine) as conn:
            state = source_state(conn, source.id)
        if state.is_paused(self._clock()):
            return None
        first_look = state.cursor is None and collector_of(source).IS_POLLED
        return self._runner.run(source, RunKind.CHANGES, first_look=first_look)

    def _queue_if_due(self, source: SourceSettings) -> None:
        if source.id in self._queued or not collector_of(source).IS_POLLED or self._rests(source):
            return
        try:
            with reading(self._engine) as conn:
                last = source_state(conn, source.id).last_full_at
        except IocError:
            return
        if last is None or self._clock() - last >= timedelta(seconds=source.full_every_seconds):
            self._queued.add(source.id)
            self.queue_full(source)

    def _rests(self, source: SourceSettings) -> bool:
        failed, begun = self._tries.get(source.id, (0, 0.0))
        wait = min(30.0 * 2**failed, _LONGEST_REST) if failed else 0.0
        return self._monotonic() - begun < wait

    def full(self, source: SourceSettings) -> None:
        """Everything a source has."""
        begun = self._monotonic()
        try:
            with self._alone(source, wait=True) as mine:
                if not mine:
                    return
                report = self._guarded(source, lambda s: self._runner.run(s, RunKind.FULL))
            failed = self._tries.get(source.id, (0, 0.0))[0] + 1
            self._tries[source.id] = (0 if report is not None and report.ok else failed, begun)
        finally:
            self._queued.discard(source.id)

    def asked(self, source_id: str, *, full: bool) -> None:
        """A wish from the screen; a pause of the source does not count."""
        source = self._sources.get(source_id)
        if source is None:
            return
        if not full and source_id in self._queued and self._locks[source_id].locked():
            return  # a full pass reads the changes anyway
        kind = RunKind.FULL if full else RunKind.CHANGES
        with self._alone(source, wait=True) as mine:
            if mine:
                self._guarded(source, lambda s: self._runner.run(s, kind, asked=True))

    @contextmanager
    def _alone(self, source: SourceSettings, *, wait: bool) -> Iterator[bool]:
        lock = self._locks[source.id]
        self._count(1)
        mine = lock.acquire(blocking=False)
        while not mine and wait and not self._stop():
            mine = lock.acquire(timeout=_PATIENCE_SECONDS)
        try:
            yield mine and not (wait and self._stop())
        finally:
            if mine:
                lock.release()
            self._count(-1)

    def _count(self, step: int) -> None:
        with self._idle:
            self._under_way += step
            self._idle.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether all work under way came to its end within `seconds`."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, timeout=seconds)

    def _guarded(
        self, source: SourceSettings, work: Callable[[SourceSettings], RunReport | None]
    ) -> RunReport | None:
        try:
            return work(source)
        except IocError as exc:
            log.warning("source %s was not polled: %s", source.id, exc)
            return None
