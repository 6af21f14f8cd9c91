"""What each screen draws: all its numbers from one snapshot of the store, so that they agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd

from ioc.clock import local_day
from ioc.model.dossier import Channel
from ioc.model.figure import Figures
from ioc.model.scope import Period, Scope
from ioc.pages._bands import DayBand, day_bands
from ioc.pages._rows import records
from ioc.pages._view import View, period_of
from ioc.queries.dossiers import DossierFilter, DossierPage, dossier_groups, dossier_page
from ioc.queries.measures import Measure
from ioc.queries.overview import GroupFigures, figures_by
from ioc.queries.receipts import Receipts, waiting
from ioc.queries.sources import feeds
from ioc.queries.trend import backlog_trend, sparklines
from ioc.rules.calendar import CalendarMissing, WorkCalendar

PAGE_ROWS = 100
"""Rows of one page of a list."""

FILE_CHUNK = 1_000
"""Rows read at a time when a whole list is written to a file."""

TREND_DAYS = 30

_OF_LAST_DAY = {Measure.IN_PROGRESS_LATE, Measure.IN_PROGRESS_WITHIN}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overview:
    """Tổng quan: figures of the period and of the one before, groups, trends; `soon` per agency code."""

    period: Period
    figures: Figures
    before: Figures
    groups: tuple[GroupFigures, ...]
    soon: dict[str, int]
    trend: pd.DataFrame
    sparks: pd.DataFrame
    feeds: frozenset[tuple[str, str]] = frozenset()
    """(agency, source) wherever the source holds dossiers of the agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is asked for, beside the view: its measure, the days, the order, the ageing limits."""

    measure: Measure
    today: date
    due_until: date
    sort: str
    limits: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drill:
    """A list and what it is made of: `total` is the figure itself, `groups` and `bands` add up to it."""

    period: Period
    page: DossierPage
    groups: pd.DataFrame
    grouped_by: str
    steps: pd.DataFrame
    bands: tuple[tuple[DayBand, int], ...]


@dataclass(frozen=True, slots=True)
class AgencyWaiting:
    """Online dossiers that wait for one agency to accept them, and those among them past their limit."""

    code: str
    name: str
    waiting: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReceiptBoard:
    """The receipt clock, and the same by agency, the most overdue first."""

    clock: Receipts
    agencies: tuple[AgencyWaiting, ...]


def receipt_board(conn: Any, scope: Scope, agency: str | None, now: datetime) -> ReceiptBoard:
    """The receipt clock at `now`."""
    today = local_day(now)
    asked = Asked(
        measure=Measure.WAITING_ACCEPTANCE, today=today, due_until=today, sort="accept_due_at", limits=(1,)
    )
    flt = dossier_filter(View(agency=agency, channel=Channel.ONLINE), asked, ())
    clock = waiting(conn, scope, now=now, agency=agency)
    overdue = _overdue_by_agency(conn, scope, flt, clock.overdue)
    rows = [
        AgencyWaiting(str(row["code"]), str(row["name"]), int(row["count"]), overdue[str(row["code"])])
        for row in records(dossier_groups(conn, scope, flt, by="agency"))
    ]
    worst_first = sorted(rows, key=lambda row: (-row.overdue, -row.waiting, row.name))
    return ReceiptBoard(clock=clock, agencies=tuple(worst_first))


def _overdue_by_agency(conn: Any, scope: Scope, flt: DossierFilter, overdue: int) -> Counter[str]:
    """Those past their limit come first in the order of limits, and we know how many they are."""
    if not overdue:
        return Counter()
    first = dossier_page(conn, scope, flt, limit=overdue, sort="accept_due_at")
    return Counter(str(code) for code in first.rows["agency_code"])


def overview(conn: Any, scope: Scope, view: View, today: date, due_until: date) -> Overview:
    """Everything that the overview draws."""
    period = period_of(view, today)
    groups = figures_by(conn, scope, period, by="agency", agency=view.agency, domain=view.domain)
    before = figures_by(conn, scope, period.before(), by="agency", agency=view.agency, domain=view.domain)
    trend = backlog_trend(
        conn, scope, last=period.last, days=TREND_DAYS, agency=view.agency, domain=view.domain
    )
    return Overview(
        period=period,
        figures=_sum(groups, view.level),
        before=_sum(before, view.level),
        groups=tuple(group for group in groups if view.level in (None, group.level)),
        soon=_soon(conn, scope, view, today, due_until),
        trend=trend if view.level is None else trend[trend["level"] == view.level],
        sparks=_sparks(conn, scope, view, period.last, trend),
        feeds=feeds(conn, scope),
    )


def drill(conn: Any, scope: Scope, view: View, asked: Asked, calendar: WorkCalendar) -> Drill:
    """A page of a list with its groups; all narrowed alike, so all add up to the same total."""
    bands = _bands_of(view, asked, calendar)
    flt = dossier_filter(view, asked, bands)
    by = grouping_of(view)
    page = dossier_page(
        conn, scope, flt, limit=PAGE_ROWS, offset=(view.page - 1) * PAGE_ROWS, sort=asked.sort
    )
    return Drill(
        period=flt.period,
        page=page,
        groups=dossier_groups(conn, scope, flt, by=by),
        grouped_by=by,
        steps=dossier_groups(conn, scope, replace(flt, step=None), by="step"),
        bands=_counted_bands(conn, scope, flt, bands),
    )


def whole_list(
    conn: Any, scope: Scope, view: View, asked: Asked, calendar: WorkCalendar, *, limit: int
) -> DossierPage:
    """All pages of a list as one, from one snapshot, `limit` rows at most; `total` is of all."""
    flt = dossier_filter(view, asked, _bands_of(view, asked, calendar))
    first = dossier_page(conn, scope, flt, limit=FILE_CHUNK, offset=0, sort=asked.sort)
    parts = [first.rows]
    for offset in range(FILE_CHUNK, min(limit, first.total), FILE_CHUNK):
        page = dossier_page(
            conn, scope, flt, limit=min(FILE_CHUNK, limit - offset), offset=offset, sort=asked.sort
        )
        parts.append(page.rows)
    return DossierPage(rows=pd.concat(parts, ignore_index=True), total=first.total)


def dossier_filter(view: View, asked: Asked, bands: tuple[DayBand, ...]) -> DossierFilter:
    """The filter behind a view; a band code that nobody knows narrows nothing."""
    period = period_of(view, asked.today)
    return DossierFilter(
        measure=asked.measure,
        period=period,
        as_of_day=list_day(asked.measure, period, asked.today),
        due_until=asked.due_until if asked.measure is Measure.DUE_SOON else None,
        agency=view.agency,
        domain=view.domain,
        procedure=view.procedure,
        level=view.level,
        band=next((b.band for b in bands if b.code == view.band), None),
        source=view.source,
        flag=view.flag,
        channel=view.channel,
        step=view.step,
        text=view.text,
    )


def list_day(measure: Measure, period: Period, today: date) -> date:
    """The day from which a list counts days late and days left: today, or the past day that it speaks of.

    A dossier that was late then, and has been closed since, has grown no later.
    """
    return min(today, period.last) if measure in _OF_LAST_DAY else today


def _bands_of(view: View, asked: Asked, calendar: WorkCalendar) -> tuple[DayBand, ...]:
    """The ageing bands on the day of the list; none for a day that the calendar does not reach."""
    try:
        return day_bands(
            asked.limits, list_day(asked.measure, period_of(view, asked.today), asked.today), calendar
        )
    except CalendarMissing:
        return ()


def grouping_of(view: View) -> Literal["agency", "domain", "procedure"]:
    """The next step down: agencies, then the fields of one, then the procedures of a field."""
    if view.agency is None:
        return "agency"
    return "domain" if view.domain is None else "procedure"


def _sum(groups: tuple[GroupFigures, ...], level: str | None) -> Figures:
    return sum((group.figures for group in groups if level in (None, group.level)), start=Figures())


def _soon(conn: Any, scope: Scope, view: View, today: date, due_until: date) -> dict[str, int]:
    asked = Asked(measure=Measure.DUE_SOON, today=today, due_until=due_until, sort="due_day", limits=(1,))
    found = dossier_groups(conn, scope, dossier_filter(view, asked, ()), by="agency")
    return dict(zip(found["code"], (int(n) for n in found["count"]), strict=True))


def _sparks(conn: Any, scope: Scope, view: View, last: date, trend: pd.DataFrame) -> pd.DataFrame:
    """Daily figures for the small lines; of one level only what the trend holds."""
    if view.level is None:
        return sparklines(conn, scope, last=last, days=TREND_DAYS, agency=view.agency, domain=view.domain)
    return trend[trend["level"] == view.level].drop(columns="level")


def _counted_bands(
    conn: Any, scope: Scope, flt: DossierFilter, bands: tuple[DayBand, ...]
) -> tuple[tuple[DayBand, int], ...]:
    """How many dossiers each band holds, whatever band is chosen; none unless the list is of late ones."""
    if flt.measure is not Measure.IN_PROGRESS_LATE:
        return ()
    asked = tuple(band.band for band in bands)
    found = dossier_groups(conn, scope, replace(flt, band=None), by="band", age_bands=asked)
    return tuple(zip(bands, (int(n) for n in found["count"]), strict=True))
