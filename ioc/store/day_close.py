"""Close a day: keep its figures as they stood, so that what was reported then can be read again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from ioc.clock import local_day
from ioc.model.figure import CountingRule, Figures
from ioc.store import tables as t
from ioc.store.bulk import insert_rows, lock
from ioc.store.engine import writing

_RECEIVED = tuple(name for name in t.DAILY_COUNTERS if name.startswith("received_"))
_CLOSED = (*(name for name in t.DAILY_COUNTERS if name.startswith("resolved_")), "closed_without_result")
_STOCKS = ("running", "paused", "no_due")
_OF_THE_DAY = tuple(name for name in t.DAILY_COUNTERS if not name.endswith(("_in", "_out")))
_COLUMNS = ("day", "agency_code", "figures", "rule", "closed_at", "stale_sources")


def close_day(
    engine: Engine, day: date, *, now: datetime, rule: CountingRule, stale_sources: Sequence[str] = ()
) -> bool:
    """Keep the figures of every agency for `day`, with the sources that were stale then.

    The first close wins: False when the day is closed already. ValueError while the day lasts.
    """
    if local_day(now) <= day:
        raise ValueError(f"{day} is not over")
    stale = json.dumps(sorted(stale_sources))
    with writing(engine) as conn:
        lock(conn, "day-close")
        if day_closed(conn, day):
            return False
        figures = day_figures(conn, day)
        rows = [
            (day, agency, json.dumps(asdict(one)), rule.name, now, stale) for agency, one in figures.items()
        ]
        insert_rows(conn, t.day_close, _COLUMNS, rows)
    return True


def day_closed(conn: Connection, day: date) -> bool:
    """Whether `day` has been closed."""
    return (
        conn.execute(select(t.day_close.c.day).where(t.day_close.c.day == day).limit(1)).first() is not None
    )


def last_closed_day(conn: Connection) -> date | None:
    """The newest closed day; None when no day ever was."""
    found: date | None = conn.execute(select(func.max(t.day_close.c.day))).scalar_one()
    return found


def closed_figures(conn: Connection, day: date) -> Mapping[str, Figures]:
    """Figures per agency as they stood when `day` was closed; empty for a day never closed."""
    rows = conn.execute(
        select(t.day_close.c.agency_code, t.day_close.c.figures).where(t.day_close.c.day == day)
    )
    return {row.agency_code: Figures(**json.loads(row.figures)) for row in rows}


def day_figures(conn: Connection, day: date) -> dict[str, Figures]:
    """Figures of every agency for the one day, walked back from now (`storage.md` §2)."""
    after = _sums(conn, t.daily, t.DAILY_COUNTERS, t.daily.c.day > day)
    within = _sums(conn, t.daily, t.DAILY_COUNTERS, t.daily.c.day == day)
    stocks = _sums(conn, t.stock, t.STOCK_COUNTERS, None)
    due = _sums(conn, t.open_due, ("running",), None)
    known = set(conn.execute(select(t.agency.c.code)).scalars())
    codes = known.union(after, within, stocks, due)
    return {
        code: _figures(after[code], within[code], stocks[code], due[code]["running"])
        for code in sorted(codes)
    }


Counts = Mapping[str, int]


def _sums(conn: Connection, table: Any, names: Sequence[str], where: Any) -> Mapping[str, Counts]:
    wanted = select(table.c.agency_code, *(func.sum(table.c[name]).label(name) for name in names))
    if where is not None:
        wanted = wanted.where(where)
    found: dict[str, Counts] = defaultdict(lambda: dict.fromkeys(names, 0))
    for row in conn.execute(wanted.group_by(table.c.agency_code)):
        found[row.agency_code] = {name: int(getattr(row, name)) for name in names}
    return found


def _figures(after: Counts, within: Counts, stocks: Counts, running_due: int) -> Figures:
    now_open = sum(stocks[name] for name in _STOCKS)
    at_end = now_open - _sum(after, _RECEIVED) + _sum(after, _CLOSED)
    late = running_due - after["late_in"] + after["late_out"]
    paused = stocks["paused"] - after["paused_in"] + after["paused_out"]
    no_due = stocks["no_due"] - after["no_due_in"] + after["no_due_out"]
    return Figures(
        carried_over=at_end - _sum(within, _RECEIVED) + _sum(within, _CLOSED),
        in_progress_within=at_end - late - paused - no_due,
        in_progress_late=late,
        in_progress_paused=paused,
        in_progress_no_due=no_due,
        waiting_acceptance=stocks["waiting"],
        **{name: within[name] for name in _OF_THE_DAY},
    )


def _sum(counts: Counts, names: Sequence[str]) -> int:
    return sum(counts[name] for name in names)
