"""The sources: how fresh each is, what it refused, what nobody has mapped; and the truth over all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from ioc.model.run import CHECK, Run, RunKind, RunState, SourceHealth, Truth
from ioc.model.scope import WHOLE_PROVINCE, Scope
from ioc.queries.frames import COUNT, MAYBE_COUNT, MOMENT, TEXT, frame
from ioc.queries.narrow import in_scope
from ioc.queries.rollups import total
from ioc.rules import freshness as rules
from ioc.settings import Settings, SourceSettings
from ioc.store.runs import recent_runs, run_of
from ioc.store.sources import SourceState, source_states
from ioc.store.tables import quarantine, source_run, stock
from ioc.store.tables import unmapped as unmapped_table

RECENT_RUNS = 20
UNMAPPED_COLUMNS = {"source_id": TEXT, "kind": TEXT, "raw": TEXT, "dossiers": COUNT}
QUARANTINE_COLUMNS = {
    "id": COUNT,
    "source_id": TEXT,
    "run_id": COUNT,
    "seen_at": MOMENT,
    "seen_count": COUNT,
    "reason": TEXT,
    "detail": TEXT,
    "position": TEXT,
    "source_key": TEXT,
    "payload": TEXT,
    "settled_at": MOMENT,
}
RUN_COLUMNS = {
    "id": COUNT,
    "source_id": TEXT,
    "kind": TEXT,
    "state": TEXT,
    "started_at": MOMENT,
    "progress_at": MOMENT,
    "ended_at": MOMENT,
    "as_of": MOMENT,
    "fault": TEXT,
    "error": TEXT,
    "pages": COUNT,
    "expected": MAYBE_COUNT,
    "fetched": COUNT,
    "inserted": COUNT,
    "updated": COUNT,
    "unchanged": COUNT,
    "stale": COUNT,
    "quarantined": COUNT,
    "clock_offset_seconds": MAYBE_COUNT,
}


def health(
    conn: Connection, settings: Settings, *, now: datetime, scope: Scope = WHOLE_PROVINCE
) -> tuple[SourceHealth, ...]:
    """One entry a configured source, in the order of the configuration; dossiers as far as `scope` goes."""
    states = source_states(conn)
    held = _open_dossiers(conn, scope)
    refused = _counts(conn, quarantine.c.source_id, func.count(), quarantine.c.settled_at.is_(None))
    unknown = _counts(conn, unmapped_table.c.source_id, func.sum(unmapped_table.c.dossiers))
    under_way = running(conn)
    return tuple(
        _health(
            source,
            states.get(source.id, SourceState(source_id=source.id)),
            recent_runs(conn, source.id, RECENT_RUNS),
            under_way.get(source.id),
            now=now,
            open_dossiers=held.get(source.id, 0),
            quarantined=refused.get(source.id, 0),
            unmapped=unknown.get(source.id, 0),
        )
        for source in settings.sources
    )


def truth(conn: Connection, settings: Settings, scope: Scope, *, now: datetime) -> Truth:
    """What stands over a screen: coverage, the oldest source, open defects, the last known of the missing.

    Open defects: refused records not settled, words nobody has mapped (one for each dossier that
    carries one), sources whose last run was held as not believable, and a failed check of the rollups.
    """
    found = health(conn, settings, now=now, scope=scope)
    held = sum(1 for source in found if source.last_run and source.last_run.state is RunState.HELD)
    defects = sum(source.quarantined + source.unmapped for source in found) + held
    defects += int(failed_check(conn) is not None)
    return rules.truth(
        found,
        now=now,
        ranking_coverage=settings.province.ranking_coverage,
        open_defects=defects,
    )


def failed_check(conn: Connection) -> Run | None:
    """The last finished check of the rollups, while it is one that found a difference."""
    ended = next((run for run in recent_runs(conn, CHECK, 2) if run.state is not RunState.RUNNING), None)
    return ended if ended is not None and ended.state is RunState.FAILED else None


def feeds(conn: Connection, scope: Scope) -> frozenset[tuple[str, str]]:
    """(agency, source) wherever the source holds dossiers of the agency: many agencies share one system."""
    pairs = select(stock.c.agency_code, stock.c.source_id).distinct()
    found = conn.execute(pairs.where(*in_scope(stock.c.agency_code, scope)))
    return frozenset((agency, source) for agency, source in found)


def unmapped(conn: Connection, source_id: str | None = None) -> pd.DataFrame:
    """Words of the sources that the configuration does not know, the most frequent first."""
    table = unmapped_table.c
    wanted = () if source_id is None else (table.source_id == source_id,)
    statement = select(*(table[name] for name in UNMAPPED_COLUMNS)).where(table.dossiers > 0, *wanted)
    order = (table.dossiers.desc(), table.source_id, table.kind, table.raw)
    return frame(conn.execute(statement.order_by(*order)), UNMAPPED_COLUMNS)


def quarantined(
    conn: Connection, source_id: str | None = None, *, limit: int = 200, settled: bool = False
) -> pd.DataFrame:
    """Refused records with reason and masked text, the newest first; `settled` for those put right."""
    table = quarantine.c
    wanted: list[ColumnElement[bool]] = [
        table.settled_at.is_not(None) if settled else table.settled_at.is_(None)
    ]
    if source_id is not None:
        wanted.append(table.source_id == source_id)
    statement = select(*(table[name] for name in QUARANTINE_COLUMNS)).where(*wanted)
    return frame(conn.execute(statement.order_by(table.id.desc()).limit(limit)), QUARANTINE_COLUMNS)


def runs(conn: Connection, source_id: str, *, limit: int = 50) -> pd.DataFrame:
    """Runs of one source, the newest first."""
    table = source_run.c
    statement = select(*(table[name] for name in RUN_COLUMNS)).where(table.source_id == source_id)
    return frame(conn.execute(statement.order_by(table.id.desc()).limit(limit)), RUN_COLUMNS)


def running(conn: Connection) -> Mapping[str, Run]:
    """Source -> the run that is under way; of several the oldest, which is the pass over everything.

    A long full pass reads the newest changes between its pages, as runs of their own.
    """
    table = source_run.c
    is_open = table.state == literal_column("'running'")  # a bound value would miss the partial index
    oldest = select(table.source_id, func.min(table.id)).where(is_open).group_by(table.source_id)
    found = ((code, run_of(conn, run_id)) for code, run_id in conn.execute(oldest).all())
    return {code: run for code, run in found if run is not None}


def newest_run(conn: Connection) -> int:
    """The id of the newest run of any source; 0 before the first."""
    return int(conn.scalar(select(func.max(source_run.c.id))) or 0)


def stored_since(conn: Connection, run_id: int) -> int:
    """Dossiers that came new into the store in the runs after `run_id`."""
    inserted = select(func.sum(source_run.c.inserted)).where(source_run.c.id > run_id)
    return int(conn.scalar(inserted) or 0)


def _health(
    source: SourceSettings,
    state: SourceState,
    recent: tuple[Run, ...],
    under_way: Run | None,
    *,
    now: datetime,
    open_dossiers: int,
    quarantined: int,
    unmapped: int,
) -> SourceHealth:
    ended = next((run.state for run in recent if run.state is not RunState.RUNNING), None)
    return SourceHealth(
        source_id=source.id,
        name=source.name,
        kind=source.kind,
        level=source.level,
        freshness=rules.freshness(
            now=now,
            last_success=state.last_success_at,
            stale_after_seconds=source.stale_after_seconds,
            last_state=ended,
            paused=state.is_paused(now),
            loading=_is_loading(source, state, under_way, now),
        ),
        last_success=state.last_success_at,
        age_seconds=rules.age_seconds(now=now, last_success=state.last_success_at),
        last_run=under_way or (recent[0] if recent else None),
        next_run_at=state.next_run_at,
        open_dossiers=open_dossiers,
        quarantined=quarantined,
        unmapped=unmapped,
        recent=tuple(run.state for run in reversed(recent)),
        simulated=source.simulated,
    )


def _is_loading(source: SourceSettings, state: SourceState, under_way: Run | None, now: datetime) -> bool:
    """Whether the first pass over everything is still to end: until then the figures lack its rest.

    A first look or a poll of changes may have gone well before it; that makes the source no fresher,
    and when these too fall silent it is stale like any other. Folders are read as files come.
    A run without a sign of life is not going on, whatever its row says: its process died.
    """
    is_moving = under_way is not None and _is_alive(under_way, source, now)
    if state.last_success_at is None:
        return is_moving
    if state.last_full_at is not None or source.base_url is None:
        return False
    age = rules.age_seconds(now=now, last_success=state.last_success_at) or 0
    is_full = under_way is not None and under_way.kind is RunKind.FULL
    return (is_full and is_moving) or age <= source.stale_after_seconds


def _is_alive(run: Run, source: SourceSettings, now: datetime) -> bool:
    silent = rules.age_seconds(now=now, last_success=run.progress_at or run.started_at) or 0
    return silent <= source.stale_after_seconds


def _open_dossiers(conn: Connection, scope: Scope) -> Mapping[str, int]:
    in_progress = func.sum(total(stock, ("running", "paused", "no_due")))
    return _counts(conn, stock.c.source_id, in_progress, *in_scope(stock.c.agency_code, scope))


def _counts(
    conn: Connection, source_id: ColumnElement[str], value: ColumnElement[int], *wanted: ColumnElement[bool]
) -> Mapping[str, int]:
    rows = conn.execute(select(source_id, value).where(*wanted).group_by(source_id))
    return {code: int(count or 0) for code, count in rows}
