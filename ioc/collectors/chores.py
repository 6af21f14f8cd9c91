"""What is done once a day: days are closed, the store is checked, what nobody asks for is let go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from ioc.clock import Clock, local_day, start_of_day
from ioc.collectors import raw
from ioc.collectors.guard import Stopped
from ioc.collectors.registry import COLLECTORS
from ioc.faults import FaultKind
from ioc.model.run import CHECK, RunKind, RunState
from ioc.settings import Settings
from ioc.store import retention
from ioc.store.check import recompute_differences
from ioc.store.day_close import close_day, last_closed_day
from ioc.store.engine import reading
from ioc.store.runs import begin_run, end_run, source_states

log = logging.getLogger(__name__)

SETTLE = timedelta(minutes=5)
"""A day is closed this long after midnight: polls that were under way have come in."""
_CAUGHT_UP = 31
"""Days closed later than their night at most; what lies further back is not known any more."""
_RUNS, _QUARANTINE, _REQUESTS, _HISTORY = (timedelta(days=n) for n in (90, 90, 7, 7))


class Chores:
    """The daily work of one scheduler; each is safe to do twice."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        clock: Clock,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._stop = stop

    def close_days(self) -> int:
        """Close every day that is over and still open; how many were."""
        now = self._clock()
        yesterday = local_day(now - SETTLE) - timedelta(days=1)
        with reading(self._engine) as conn:
            last = last_closed_day(conn)
        if last is None and self._is_loading():
            return 0  # the first day closed stands for ever: not while its history still comes in
        first = max(last + timedelta(days=1), yesterday - timedelta(days=_CAUGHT_UP)) if last else yesterday
        closed = 0
        for n in range((yesterday - first).days + 1):
            day = first + timedelta(days=n)
            stale = self._stale_at(start_of_day(day + timedelta(days=1)))
            closed += close_day(
                self._engine, day, now=now, rule=self._settings.rule("standard"), stale_sources=stale
            )
        return closed

    def _is_loading(self) -> bool:
        """Whether a source that answers has not been read whole yet."""
        with reading(self._engine) as conn:
            states = source_states(conn)
        return any(
            state.last_success_at is not None and state.last_full_at is None
            for source in self._settings.sources
            if COLLECTORS[source.kind].IS_POLLED and (state := states.get(source.id)) is not None
        )

    def _stale_at(self, midnight: datetime) -> list[str]:
        with reading(self._engine) as conn:
            states = source_states(conn)
        return [
            source.id
            for source in self._settings.sources
            if (state := states.get(source.id)) is None
            or state.last_success_at is None
            or state.last_success_at < midnight - timedelta(seconds=source.stale_after_seconds)
        ]

    def check(self) -> int:
        """Recompute the rollups; every difference is a fault of ours. How many there are.

        The outcome is a run named `CHECK`, so that every screen can tell of it until the next check.
        """
        run_id = begin_run(self._engine, source_id=CHECK, kind=RunKind.FULL, holder=CHECK, now=self._clock())
        with reading(self._engine) as conn:
            found = recompute_differences(conn, self._settings.rule("standard"), self._look_up)
        end_run(
            self._engine,
            run_id,
            state=RunState.FAILED if found else RunState.OK,
            now=self._clock(),
            fault=FaultKind.INTERNAL if found else None,
            error=f"Đếm lại khác {len(found)} chỗ, ví dụ: {found[0]}" if found else None,
        )
        for difference in found[:10]:
            log.error("nightly check: %s", difference)
        if found:
            log.error("nightly check: %d differences; run: python -m ioc check", len(found))
        return len(found)

    def _look_up(self, done: int, count: int) -> None:
        if self._stop():
            raise Stopped("Việc kiểm tra hằng đêm dừng lại vì tiến trình kết thúc")

    def purge(self) -> None:
        """Let go of old payloads, put-away files, runs, settled refusals, and readings that repeat."""
        now = self._clock()
        keep = self._settings.province.raw_keep_days
        raw.purge(self._settings.home, now=now, keep_days=keep)
        for source in self._settings.sources:
            if not COLLECTORS[source.kind].IS_POLLED:
                folder = self._settings.home / (source.folder or f"inbox/{source.id}")
                raw.purge_folder(folder, now=now, keep_days=keep)
        retention.purge_runs(self._engine, before=now - _RUNS)
        retention.purge_quarantine(self._engine, before=now - _QUARANTINE)
        retention.purge_requests(self._engine, before=now - _REQUESTS)
        retention.thin_history(self._engine, before=now - _HISTORY)
