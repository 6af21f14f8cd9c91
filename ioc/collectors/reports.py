"""What a run leaves behind for those who asked for it, and what is said of it in the log."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from ioc.faults import FaultKind
from ioc.model.run import Run, RunKind, RunState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Outcome of `run_source`; `run.id` is 0 when nothing was run (`error` says why, if it is a fault).

    `seconds` on the monotonic clock; `busy` when another process is at this source.
    """

    id: str
    ok: bool
    run: Run
    seconds: float
    pages: int
    error: str | None = None
    busy: bool = False
    fault: FaultKind | None = None


def nothing_ran(
    source_id: str, kind: RunKind, *, now: datetime, ok: bool, error: str | None = None, busy: bool = False
) -> RunReport:
    """A report without a run: no file waits, the source rests, or somebody else is at it."""
    state = RunState.OK if ok else RunState.FAILED
    run = Run(id=0, source_id=source_id, kind=kind, state=state, started_at=now, ended_at=now, error=error)
    return RunReport(id=source_id, ok=ok, run=run, seconds=0.0, pages=0, error=error, busy=busy)


def joined(first: RunReport, second: RunReport) -> RunReport:
    """Two runs of one source as one report: the sum of their records, the first fault of them."""
    worse = first if not first.ok else second
    run = replace(
        second.run,
        state=worse.run.state,
        ledger=first.run.ledger + second.run.ledger,
        pages=first.pages + second.pages,
        started_at=first.run.started_at,
    )
    return replace(worse, run=run, seconds=first.seconds + second.seconds, pages=first.pages + second.pages)


def announce(source_id: str, *, was_ok: bool, is_ok: bool, why: str | None) -> None:
    """One line when a source goes away, one when it is back; nothing in between."""
    if was_ok and not is_ok:
        log.warning("source %s stopped answering: %s", source_id, why)
    elif is_ok and not was_ok:
        log.info("source %s answers again", source_id)
