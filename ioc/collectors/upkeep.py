"""What the scheduler does besides polling: closes days, checks the rollups, lets go of the old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from ioc.clock import Clock, local_day
from ioc.collectors import raw
from ioc.faults import FaultKind
from ioc.log import get_logger
from ioc.model.run import RunKind, RunState
from ioc.settings import Settings
from ioc.store import retention, runs
from ioc.store.check import recompute_differences
from ioc.store.day_close import close_day, last_closed_day
from ioc.store.engine import reading

log = get_logger(__name__)

CHECK = "check"
"""Name under which the nightly check leaves its run rows, beside those of the sources."""
_RUNS_KEPT = timedelta(days=30)
_REPEATS_KEPT = timedelta(hours=3)
_MOST_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The jobs of the night, each safe to run again at any time."""

    settings: Settings
    engine: Engine
    clock: Clock
    holder: str

    def close_days(self) -> int:
        """Close every day that is over since the last one closed; how many. The first is yesterday."""
        now, rule = self.clock(), self.settings.rule("standard")
        with reading(self.engine) as conn:
            last = last_closed_day(conn)
        stale = self._stale_sources(now)
        return sum(
            close_day(self.engine, day, now=now, rule=rule, stale_sources=stale)
            for day in days_to_close(last, local_day(now))
        )

    def _stale_sources(self, now: datetime) -> list[str]:
        with reading(self.engine) as conn:
            states = runs.source_states(conn)
        stale = []
        for source in self.settings.sources:
            known = states.get(source.id)
            limit = now - timedelta(seconds=source.stale_after_seconds)
            if known is None or known.last_success_at is None or known.last_success_at < limit:
                stale.append(source.id)
        return stale

    def check_rollups(self) -> tuple[str, ...]:
        """Count everything again from the dossiers; a difference is a fault that the screens show."""
        run_id = runs.begin_run(
            self.engine, source_id=CHECK, kind=RunKind.FULL, holder=self.holder, now=self.clock()
        )
        with reading(self.engine) as conn:
            found = recompute_differences(conn, self.settings.rule("standard"))
        text = f"Đếm lại khác {len(found)} chỗ, ví dụ: {found[0]}" if found else None
        runs.end_run(
            self.engine,
            run_id,
            state=RunState.FAILED if found else RunState.OK,
            now=self.clock(),
            fault=FaultKind.INTERNAL if found else None,
            error=text,
        )
        if found:
            log.error("check.differs", count=len(found), first=list(found[:5]))
        return found

    def let_go(self) -> None:
        """Purge old payloads, put-away files, runs, settled refusals, and readings that said nothing new."""
        now, keep_days = self.clock(), self.settings.province.raw_keep_days
        kept = timedelta(days=keep_days)
        files = sum(
            raw.purge_folder(self.settings.home / source.folder, now=now, keep_days=keep_days)
            for source in self.settings.sources
            if source.folder
        )
        log.info(
            "upkeep.let_go",
            payloads=raw.purge(self.settings.home, now=now, keep_days=keep_days),
            files=files,
            runs=retention.purge_runs(self.engine, before=now - _RUNS_KEPT),
            quarantine=retention.purge_quarantine(self.engine, before=now - kept),
            requests=retention.purge_requests(self.engine, before=now - _RUNS_KEPT),
            readings=retention.thin_history(self.engine, before=now - _REPEATS_KEPT),
        )


def days_to_close(last: date | None, today: date) -> list[date]:
    """Days over and not closed, oldest first; at most a month back, and only yesterday the first time."""
    first = today - timedelta(days=1)
    if last is not None:
        first = max(last + timedelta(days=1), today - timedelta(days=_MOST_DAYS))
    return [first + timedelta(days=n) for n in range((today - first).days)]
