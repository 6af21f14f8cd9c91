"""Run one source: lease, fetch, keep, parse, believe, store, and a row that tells how it went.

`run_source` never raises for a source's fault; it holds the only broad `except` of the product.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine

from ioc.clock import Clock, monotonic_seconds, utc_now
from ioc.collectors.base import Ask, Collector
from ioc.collectors.breaker import pause_after
from ioc.collectors.guard import Stopped
from ioc.collectors.http import PATIENT, Http, Retry
from ioc.collectors.leases import LIFE_SECONDS, Lease, hold
from ioc.collectors.lookup import Lookup
from ioc.collectors.passes import Pass, Tools
from ioc.collectors.registry import collector_of
from ioc.collectors.reports import RunReport, announce, joined, nothing_ran
from ioc.errors import IocError, LeaseLost, RetryLater, SettingsError, SourceFault, StoreUnready, SuspectBatch
from ioc.faults import FaultKind
from ioc.model.run import RunKind, RunState
from ioc.rules.calendar import vietnam_calendar
from ioc.rules.history import AcceptDue
from ioc.settings import Settings, SourceSettings
from ioc.settings_file import secret
from ioc.store.engine import reading
from ioc.store.runs import abandon_runs, begin_run, end_run, pause_source, run_of, source_state

log = logging.getLogger(__name__)

FIRST_LOOK_PAGES = 1
_MOST_FILES = 50
"""Files of one source read in one go; the next round takes the rest."""
_FIRST_YEAR = 2000


def run_source(
    settings: Settings,
    source: SourceSettings,
    *,
    engine: Engine,
    kind: RunKind,
    clock: Clock = utc_now,
    holder: str,
    environ: Mapping[str, str],
    retry: Retry = PATIENT,
) -> RunReport:
    """One cycle of one source, asked for by hand: a pause of the source does not count."""
    runner = Runner(settings, engine, clock=clock, holder=holder, environ=environ, retry=retry)
    try:
        return runner.run(source, kind, asked=True)
    finally:
        runner.close()


class Runner:
    """Runs sources for one process; keeps their connections and tokens from run to run.

    Safe for several threads as long as each source is run by one at a time, which its lease sees to.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        holder: str,
        environ: Mapping[str, str],
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = monotonic_seconds,
        retry: Retry = PATIENT,
        stop: Callable[[], bool] = lambda: False,
        lease_life: int = LIFE_SECONDS,
    ) -> None:
        self._lease_life = lease_life
        self._settings = settings
        self._engine = engine
        self._holder = holder
        self._environ = environ
        self._clock = clock
        self._monotonic = monotonic
        self._retry = retry
        self._stop = stop
        self._https: dict[str, Http] = {}
        self._lookups: dict[str, Lookup] = {}
        self._told: set[tuple[str, str]] = set()
        self._accept_due = accept_due(settings, clock())

    def close(self) -> None:
        """Close every connection."""
        for http in self._https.values():
            http.close()
        self._https.clear()

    def run(
        self,
        source: SourceSettings,
        kind: RunKind,
        *,
        asked: bool = False,
        first_look: bool = False,
        instead: Collector | None = None,
    ) -> RunReport:
        """Run `source` once, or file after file; `asked` by a person, so that a pause does not count.

        `first_look` reads a page only. `instead` takes the place of the source's own collector.
        """
        begun = self._monotonic()
        try:
            collector = instead or collector_of(source)
            report = self._run_locked(source, collector, kind, asked=asked, first_look=first_look)
        except IocError as exc:  # the store refuses: there is no row to write it into
            return nothing_ran(source.id, kind, now=self._clock(), ok=False, error=str(exc))
        return _timed(report, self._monotonic() - begun)

    def _run_locked(
        self, source: SourceSettings, collector: Collector, kind: RunKind, *, asked: bool, first_look: bool
    ) -> RunReport:
        now = self._clock()
        look = Ask(source=source, kind=kind, cursor=None, now=now, home=self._settings.home)
        if not collector.has_work(look):
            return nothing_ran(source.id, kind, now=now, ok=True)
        with reading(self._engine) as conn:
            state = source_state(conn, source.id)
        if state.is_paused(now) and not asked:
            return nothing_ran(source.id, kind, now=now, ok=False, error=state.pause_reason)
        name = f"source:{source.id}"
        with hold(self._engine, name, self._holder, clock=self._clock, seconds=self._lease_life) as lease:
            if lease is None:
                return nothing_ran(
                    source.id,
                    kind,
                    now=now,
                    ok=False,
                    error="Nguồn đang được tiến trình khác thu thập; chờ lần đó xong",
                    busy=True,
                )
            abandon_runs(self._engine, holder_alive=lambda _: False, now=now, source_id=source.id)
            tools = self._tools(source, collector, lease)
            return self._rounds(tools, kind, first_look=first_look)

    def _rounds(self, tools: Tools, kind: RunKind, *, first_look: bool) -> RunReport:
        """One run for a server; for a folder one for each file that waits."""
        if tools.collector.IS_POLLED:
            return self._one_run(tools, kind, first_look=first_look)
        report: RunReport | None = None
        for _ in range(_MOST_FILES):
            if self._stop() or not tools.has_work(RunKind.FULL):
                break
            latest = self._one_run(tools, RunKind.FULL)
            report = latest if report is None else joined(report, latest)
            if latest.fault in (FaultKind.STORE, FaultKind.INTERNAL):
                break  # the next file would meet the same
        return report or nothing_ran(tools.source.id, kind, now=self._clock(), ok=True)

    def _one_run(self, tools: Tools, kind: RunKind, *, first_look: bool = False) -> RunReport:
        """One row of `source_run`, from its beginning to its end."""
        source = tools.source
        with reading(self._engine) as conn:
            before = source_state(conn, source.id)
        run_id = begin_run(
            self._engine, source_id=source.id, kind=kind, holder=self._holder, now=self._clock()
        )
        one = Pass(
            tools,
            run_id=run_id,
            kind=kind,
            page_limit=FIRST_LOOK_PAGES if first_look else None,
            between=self._between(tools, kind),
        )
        outcome = self._outcome(one)
        self._end(one, outcome, tools, before.failures)
        with reading(self._engine) as conn:
            run = run_of(conn, run_id)
        assert run is not None
        return RunReport(
            id=source.id,
            ok=outcome.state is RunState.OK,
            run=run,
            seconds=0.0,
            pages=one.pages,
            error=outcome.error,
            fault=outcome.fault,
        )

    def _between(self, tools: Tools, kind: RunKind) -> Callable[[], None]:
        """What a long full pass does after each page: the changes that are due meanwhile."""
        every = tools.source.every_seconds
        if kind is not RunKind.FULL or not every or not tools.collector.IS_POLLED:
            return lambda: None
        last = self._monotonic()

        def catch_up() -> None:
            nonlocal last
            # without a cursor the changes are everything: the full pass is reading just that
            if self._monotonic() - last >= every and self._has_cursor(tools):
                self._one_run(tools, RunKind.CHANGES)
                last = self._monotonic()

        return catch_up

    def _has_cursor(self, tools: Tools) -> bool:
        with reading(self._engine) as conn:
            return source_state(conn, tools.source.id).cursor is not None

    def _outcome(self, one: Pass) -> _Outcome:
        try:
            one.read_all()
        except (Stopped, LeaseLost) as exc:
            return _Outcome(state=RunState.ABANDONED, error=str(exc), is_ours=not isinstance(exc, LeaseLost))
        except SuspectBatch as exc:
            return _Outcome(state=RunState.HELD, fault=exc.kind, error=str(exc))
        except SourceFault as exc:
            state = RunState.PARTIAL if one.stored else RunState.FAILED
            wish = exc.after_seconds if isinstance(exc, RetryLater) else None
            return _Outcome(state=state, fault=exc.kind, error=str(exc), after_seconds=wish)
        except SettingsError as exc:
            return _Outcome(state=RunState.FAILED, fault=FaultKind.AUTH, error=str(exc))
        except StoreUnready as exc:
            return _Outcome(state=RunState.FAILED, fault=FaultKind.STORE, error=str(exc))
        except Exception as exc:  # noqa: BLE001 - the one place: a run may not take the process with it
            return _Outcome(state=RunState.FAILED, fault=FaultKind.INTERNAL, error=_unexpected(exc))
        return _Outcome(state=RunState.OK)

    def _end(self, one: Pass, outcome: _Outcome, tools: Tools, failures: int) -> None:
        source, now = tools.source, self._clock()
        if outcome.state is RunState.ABANDONED:
            # asked to stop, or taken over: no fault of the source, so nobody counts it
            if outcome.is_ours:
                abandon_runs(self._engine, holder_alive=lambda _: False, now=now, source_id=source.id)
            return
        end_run(
            self._engine,
            one.run_id,
            state=outcome.state,
            now=now,
            fault=outcome.fault,
            error=outcome.error,
            as_of=one.as_of,
            clock_offset_seconds=tools.http.clock_offset_seconds,
            is_heard=tools.collector.IS_POLLED or one.pages > 0,
        )
        is_ok = outcome.state is RunState.OK
        announce(source.id, was_ok=failures == 0, is_ok=is_ok, why=outcome.error)
        if is_ok or not tools.collector.IS_POLLED:
            return
        pause = pause_after(
            fault=outcome.fault,
            error=outcome.error or "",
            failures=failures + 1,
            every_seconds=source.every_seconds or 60,
            now=now,
            after_seconds=outcome.after_seconds,
        )
        if pause:
            pause_source(self._engine, source.id, until=pause.until, reason=pause.reason)

    def _tools(self, source: SourceSettings, collector: Collector, lease: Lease) -> Tools:
        if source.id not in self._https:
            self._lookups[source.id] = Lookup(self._settings, source)
            self._https[source.id] = Http(
                source,
                secret=partial(secret, source, self._environ),
                retry=self._retry,
                clock=self._clock,
                monotonic=self._monotonic,
                stop=self._stop,
            )
        return Tools(
            source=source,
            collector=collector,
            engine=self._engine,
            home=self._settings.home,
            http=self._https[source.id],
            lookup=self._lookups[source.id],
            lease=lease,
            rule=self._settings.rule("standard"),
            accept_due=self._accept_due,
            clock=self._clock,
            monotonic=self._monotonic,
            told=self._told,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How a pass ended."""

    state: RunState
    fault: FaultKind | None = None
    error: str | None = None
    after_seconds: float | None = None
    is_ours: bool = True
    """False when another process has taken the source over; its runs are not ours to close."""


def _timed(report: RunReport, seconds: float) -> RunReport:
    return replace(report, seconds=seconds)


def _unexpected(exc: Exception) -> str:
    """A fault of ours: its text may hold a record, so only its kind and place are told."""
    place = exc.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place else "?"
    log.error("unexpected %s at %s", type(exc).__name__, where)
    return f"Lỗi chương trình ({type(exc).__name__} tại {where}); gửi dòng này cho đơn vị phát triển"


def accept_due(settings: Settings, now: datetime) -> AcceptDue:
    """Submission -> last moment to accept; submissions outside all calendars are moved to their edge."""
    last_year = now.year + 2
    calendar = vietnam_calendar(
        first_year=_FIRST_YEAR,
        last_year=last_year,
        overrides=settings.calendar,
        hours=settings.office_hours,
    )
    first, last = datetime(_FIRST_YEAR, 1, 2, tzinfo=UTC), datetime(last_year, 12, 1, tzinfo=UTC)
    hours = settings.province.accept_hours
    return lambda submitted_at: calendar.add_working_hours(min(max(submitted_at, first), last), hours)
