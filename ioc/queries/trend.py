"""Day by day: backlog and lateness by level, and the small curves in the tiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    case,
    func,
    literal_column,
    select,
)

from ioc.model.dossier import UNMAPPED
from ioc.model.scope import Scope
from ioc.queries.frames import COUNT, DAY, TEXT, frame
from ioc.queries.names import UNKNOWN_LEVEL
from ioc.queries.narrow import Keys, narrowed
from ioc.queries.rollups import CLOSED, RECEIVED, net, total
from ioc.store.tables import agency as agencies
from ioc.store.tables import daily, stock

TREND_COLUMNS = {
    "day": DAY,
    "level": TEXT,
    "in_progress": COUNT,
    "late": COUNT,
    "received": COUNT,
    "resolved": COUNT,
}
_COUNTED = (
    "received_online_full",
    "received_online_partial",
    "received_online_other",
    "resolved_early",
    "resolved_on_time",
    "resolved_late",
    "accepted_on_time",
    "accepted_late",
    "fee_due",
    "fee_paid_online",
    "results_known",
    "results_signed",
)
SPARK_COLUMNS = {
    "day": DAY,
    "in_progress": COUNT,
    "late": COUNT,
    "received": COUNT,
    "resolved": COUNT,
    "received_online": COUNT,
} | dict.fromkeys(_COUNTED, COUNT)


_SUMS: dict[str, ColumnElement[int]] = {
    "received": total(daily, RECEIVED),
    "closed": total(daily, CLOSED),
    "late": net("late"),
    **{name: daily.c[name] for name in _COUNTED},
}
_NOTHING = dict.fromkeys(_SUMS, 0)


@dataclass(frozen=True, slots=True)
class _Day:
    """One day of one group: what stood at its end, and what happened in it."""

    day: date
    in_progress: int
    late: int
    flow: Mapping[str, int]


def backlog_trend(
    conn: Connection,
    scope: Scope,
    *,
    last: date,
    days: int = 30,
    agency: str | None = None,
    domain: str | None = None,
) -> pd.DataFrame:
    """In progress and late at the end of each day, received and resolved within it, per level.

    Rows ascend by level, then day; every level that was ever heard of has every day.
    """
    keys = Keys(agency=agency, domain=domain)
    rows = [
        (step.day, level, step.in_progress, step.late, step.flow["received"], step.flow["closed"])
        for level, steps in _curves(conn, scope, keys, last, days, by_level=True).items()
        for step in steps
    ]
    return frame(rows, TREND_COLUMNS)


def sparklines(
    conn: Connection,
    scope: Scope,
    *,
    last: date,
    days: int = 30,
    agency: str | None = None,
    domain: str | None = None,
) -> pd.DataFrame:
    """One row a day for the tiles: stocks at its end, counters within it; rates are the caller's to make.

    No rows when nothing was ever heard: unknown is not a flat line at zero.
    """
    keys = Keys(agency=agency, domain=domain)
    steps = _curves(conn, scope, keys, last, days, by_level=False).get("", ())
    rows = [
        (
            step.day,
            step.in_progress,
            step.late,
            step.flow["received"],
            step.flow["closed"],
            sum(step.flow[name] for name in _COUNTED[:3]),
            *(step.flow[name] for name in _COUNTED),
        )
        for step in steps
    ]
    return frame(rows, SPARK_COLUMNS)


def _curves(
    conn: Connection, scope: Scope, keys: Keys, last: date, days: int, *, by_level: bool
) -> dict[str, Sequence[_Day]]:
    first = last - timedelta(days=days - 1)
    stocks = _stocks(conn, scope, keys, by_level)
    flows = _flows(conn, scope, keys, first, by_level)
    return {
        group: tuple(_walk_back(stocks.get(group, (0, 0)), flows.get(group, {}), first, last))[::-1]
        for group in sorted({*stocks, *flows})
    }


def _walk_back(
    now: tuple[int, int], flows: Mapping[date, Mapping[str, int]], first: date, last: date
) -> Iterator[_Day]:
    """From the end of all bookings back to `first`, undoing one day after the other."""
    in_progress, late = now
    for day in (day for day in flows if day > last):
        in_progress += flows[day]["closed"] - flows[day]["received"]
        late -= flows[day]["late"]
    for back in range((last - first).days + 1):
        day = last - timedelta(days=back)
        flow = flows.get(day, _NOTHING)
        yield _Day(day, in_progress, late, flow)
        in_progress += flow["closed"] - flow["received"]
        late -= flow["late"]


def _stocks(conn: Connection, scope: Scope, keys: Keys, by_level: bool) -> dict[str, tuple[int, int]]:
    """Group -> (in progress, running) when all bookings, future ones too, have happened."""
    held, group, grouping = _grouped(stock, by_level)
    standing = total(stock, ("running", "paused", "no_due"))
    statement = select(group, func.sum(standing), func.sum(stock.c.running)).select_from(held)
    rows = conn.execute(statement.where(*narrowed(stock, scope, keys)).group_by(*grouping))
    return {code: (int(standing), int(running)) for code, standing, running in rows if standing is not None}


def _flows(
    conn: Connection, scope: Scope, keys: Keys, first: date, by_level: bool
) -> dict[str, dict[date, dict[str, int]]]:
    """Group -> day -> sums of its counters, from `first` to the last day that anything is booked on."""
    held, group, grouping = _grouped(daily, by_level)
    sums = (func.sum(value).label(name) for name, value in _SUMS.items())
    wanted = (daily.c.day >= first, *narrowed(daily, scope, keys))
    statement = select(group, daily.c.day, *sums).select_from(held).where(*wanted)
    found: dict[str, dict[date, dict[str, int]]] = {}
    for code, day, *values in conn.execute(statement.group_by(*grouping, daily.c.day)):
        found.setdefault(code, {})[day] = dict(zip(_SUMS, map(int, values), strict=True))
    return found


def _grouped(
    table: Table, by_level: bool
) -> tuple[FromClause, ColumnElement[str], tuple[ColumnElement[str], ...]]:
    """The rollup, joined with the agencies for their level; the group of a row; what to group by."""
    if not by_level:
        return table, literal_column("''"), ()
    held = table.outerjoin(agencies, agencies.c.code == table.c.agency_code)
    level = case(
        (table.c.agency_code == UNMAPPED, UNKNOWN_LEVEL), else_=func.coalesce(agencies.c.level, UNKNOWN_LEVEL)
    )
    return held, level, (level,)
