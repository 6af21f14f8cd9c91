"""Figures out of the rollups, walked back from now to the end of any day (`storage.md` §2).

    in_progress(d) = stock − received after d + closed after d
    late(d)        = running stock − became late after d + ceased to be late after d

"After" runs to infinity: a due day, a receipt or a pause that is dated in the future is taken off
the same way as one of yesterday, so no clock is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, literal_column, select

from ioc.model.figure import Figures
from ioc.model.scope import Period, Scope
from ioc.queries.narrow import Keys, narrowed
from ioc.store.tables import DAILY_COUNTERS, STOCK_COUNTERS, daily, stock

RECEIVED = tuple(name for name in DAILY_COUNTERS if name.startswith("received_"))
CLOSED = (*(name for name in DAILY_COUNTERS if name.startswith("resolved_")), "closed_without_result")
LASTING = ("late", "paused", "no_due")
"""States of an open dossier that book an entry and a leaving: `late_in`, `late_out`, …"""

_FLOWS = tuple(name for name in DAILY_COUNTERS if not name.endswith(("_in", "_out")))
_Row = Mapping[str, Any]
_Select = Select[*tuple[Any, ...]]


def grouped(
    conn: Connection, scope: Scope, period: Period, keys: Keys, *, by: str | None = None
) -> dict[str, Figures]:
    """Figures per value of the rollup column `by`; with None one entry, "", for all together."""
    flows = _rows(conn, _flows(scope, period, keys, by))
    stocks = _rows(conn, _stocks(scope, keys, by))
    return {code: _figures(flows.get(code, {}), stocks.get(code, {})) for code in sorted({*flows, *stocks})}


def total(columns: FromClause, names: tuple[str, ...]) -> ColumnElement[int]:
    """The sum of several counters of a row."""
    first, *rest = (columns.c[name] for name in names)
    return sum(rest, start=first)


def net(name: str) -> ColumnElement[int]:
    """Entries less leavings of a lasting state in a row of `daily`."""
    return daily.c[f"{name}_in"] - daily.c[f"{name}_out"]


def _rows(conn: Connection, statement: _Select) -> dict[str, _Row]:
    return {row.code: row._asdict() for row in conn.execute(statement)}


def _code(table: FromClause, by: str | None) -> ColumnElement[str]:
    return table.c[by] if by else literal_column("''")


def _flows(scope: Scope, period: Period, keys: Keys, by: str | None) -> _Select:
    """Counters inside the period, and what moved after it."""
    inside = daily.c.day <= period.last
    code = _code(daily, by)
    within = (_sum(case((inside, daily.c[name]), else_=0), name) for name in _FLOWS)
    moved = {"received": total(daily, RECEIVED), "closed": total(daily, CLOSED)}
    moved |= {name: net(name) for name in LASTING}
    after = (_sum(case((inside, 0), else_=value), f"{name}_after") for name, value in moved.items())
    wanted = (daily.c.day >= period.first, *narrowed(daily, scope, keys))
    return _per(code, by, select(code.label("code"), *within, *after).where(*wanted))


def _stocks(scope: Scope, keys: Keys, by: str | None) -> _Select:
    code = _code(stock, by)
    sums = (_sum(stock.c[name], name) for name in STOCK_COUNTERS)
    return _per(code, by, select(code.label("code"), *sums).where(*narrowed(stock, scope, keys)))


def _per(code: ColumnElement[str], by: str | None, statement: _Select) -> _Select:
    """PostgreSQL refuses to group by a constant; without a group there is one row anyway."""
    return statement.group_by(code) if by else statement


def _sum(value: ColumnElement[int], name: str) -> ColumnElement[int]:
    return func.sum(value).label(name)


def _figures(flow: _Row, stocks: _Row) -> Figures:
    """The identities of a period, from what came in, what went out and what stands now."""
    after = {name: _count(flow, f"{name}_after") for name in ("received", "closed", *LASTING)}
    paused = _count(stocks, "paused") - after["paused"]
    no_due = _count(stocks, "no_due") - after["no_due"]
    late = _count(stocks, "running") - after["late"]
    open_now = sum(_count(stocks, name) for name in ("running", "paused", "no_due"))
    open_at_end = open_now - after["received"] + after["closed"]
    received = sum(_count(flow, name) for name in RECEIVED)
    closed = sum(_count(flow, name) for name in CLOSED)
    return Figures(
        **{name: _count(flow, name) for name in _FLOWS},
        carried_over=open_at_end - received + closed,
        in_progress_within=open_at_end - late - paused - no_due,
        in_progress_late=late,
        in_progress_paused=paused,
        in_progress_no_due=no_due,
        waiting_acceptance=_count(stocks, "waiting"),
    )


def _count(row: _Row, name: str) -> int:
    return int(row.get(name) or 0)
