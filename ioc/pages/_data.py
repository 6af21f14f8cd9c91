"""The only caching of the screens, and the only door to the store.

Figures are cached by the version of the data: a new commit shows at once, an idle hour costs nothing.
`st.cache_data` is shared by all readers, so the scope is an argument of every cached function. When the
store cannot be read, the last good answer to the same question is given, marked as lost and dated.
"""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any, Generic, TypeVar, cast

import pandas as pd
import streamlit as st

from ioc import clock
from ioc.charts.trend import level_trend
from ioc.errors import IocError
from ioc.model.run import Run, SourceHealth, Truth
from ioc.model.scope import WHOLE_PROVINCE, Period, Scope
from ioc.pages import _bundles
from ioc.pages._bundles import AgencyWaiting, Asked, Drill, Overview, ReceiptBoard
from ioc.pages._view import View
from ioc.queries import sources as source_queries
from ioc.queries.dossiers import DossierPage, dossier_history
from ioc.queries.measures import Measure
from ioc.queries.version import data_version
from ioc.rules.calendar import CalendarMissing, WorkCalendar, vietnam_calendar
from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.store.engine import open_engine, reading
from ioc.words import language

__all__ = ["AgencyWaiting", "Loaded"]

log = logging.getLogger(__name__)
logging.getLogger("streamlit.runtime.caching").setLevel(logging.ERROR)
"""It warns of every function that is decorated before the server is up: that is how they are meant."""

T = TypeVar("T")

KEPT_ANSWERS = 200
"""Last good answers kept for the hour when the store is away."""

FIRST_YEAR, YEARS_AHEAD = 2010, 3
"""The years of the calendar. Sources also send due days of 1990 or 2100: one must not cost a whole list."""

SECONDS_SHARED = 5
"""Answers that grow old by the clock (ages, progress) are shared by all readers this long."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """An answer, when it was read, and whether the store has been lost since."""

    value: T
    read_at: datetime
    lost: bool = False


def now() -> datetime:
    """The present moment, for the pages; aware UTC."""
    return clock.utc_now()


def today() -> date:
    """The present day in Vietnam."""
    return clock.local_day(now())


def month() -> Period:
    """This month so far."""
    day = today()
    return Period(first=day.replace(day=1), last=day)


def reader() -> Scope:
    """What this reader may see; every cached function takes it."""
    return WHOLE_PROVINCE


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings of the deployment, read once a process."""
    return load_settings(os.environ)


@st.cache_resource(show_spinner=False)
def calendar() -> WorkCalendar:
    """Working days of the years that dossiers mostly speak of; for others see `working_days`."""
    held = settings()
    return vietnam_calendar(
        first_year=FIRST_YEAR,
        last_year=today().year + YEARS_AHEAD,
        overrides=held.calendar,
        hours=held.office_hours,
    )


def working_days(first: date, last: date) -> int | None:
    """Working days after `first` to `last`; None where the calendar does not reach (1990, 2100)."""
    try:
        return calendar().working_days_between(first, last)
    except CalendarMissing:
        return None


def working_hours(first: datetime, last: datetime) -> float | None:
    """Office time from `first` to `last` in hours, never negative; None where the calendar does not reach."""
    try:
        return max(0.0, calendar().working_hours_between(first, last))
    except CalendarMissing:
        return None


def due_until(day: date) -> date:
    """The last due day that counts as "soon" on `day`."""
    return calendar().add_working_days(day, settings().province.due_soon_days)


# -- the questions of the screens ------------------------------------------------------------------


def overview(view: View) -> Loaded[Overview]:
    """What the overview draws."""
    day = today()
    return _answer(_overview, reader(), view, day, due_until(day))


def trend_charts(view: View) -> tuple[dict[str, Any], dict[str, Any]]:
    """The overview's two charts as finished specifications: making one costs more than the whole page."""
    day = today()
    return _answer(_trend_charts, reader(), view, day, due_until(day), language()).value


def drill(view: View, measure: Measure, sort: str) -> Loaded[Drill]:
    """A page of dossiers behind `measure`, with its groups."""
    return _answer(_drill, reader(), view, asked(measure, sort))


def whole_list(view: View, measure: Measure, sort: str, *, limit: int) -> Loaded[DossierPage]:
    """All pages of a list as one, `limit` rows at most; for files, so not cached."""
    with _reading() as conn:
        found = _bundles.whole_list(conn, reader(), view, asked(measure, sort), calendar(), limit=limit)
    return Loaded(found, now())


def asked(measure: Measure, sort: str) -> Asked:
    """The question for a list as of today."""
    day = today()
    return Asked(
        measure=measure,
        today=day,
        due_until=due_until(day),
        sort=sort,
        limits=settings().province.ageing_days,
    )


def history(dossier_id: int) -> Loaded[pd.DataFrame]:
    """What the source told of one dossier, oldest first."""
    return _answer(_history, reader(), dossier_id)


def receipts(view: View) -> Loaded[ReceiptBoard]:
    """The receipt clock; grows old by the clock, so asked anew every few seconds."""
    return _answer(_receipts, reader(), view.agency, _shared_moment())


def truth() -> Loaded[Truth]:
    """What stands over every screen."""
    return _answer(_truth, reader(), _shared_moment())


def health() -> Loaded[tuple[SourceHealth, ...]]:
    """Every source and how far it can be trusted."""
    return _answer(_health, reader(), _shared_moment())


def failed_check() -> Loaded[Run | None]:
    """The last check of the figures, while it is one that found a difference."""
    return _answer(_failed_check, _shared_moment())


def quarantined(source_id: str | None) -> Loaded[pd.DataFrame]:
    """Refused records that nobody has settled, newest first."""
    return _answer(_quarantined, source_id, _shared_moment())


def unmapped() -> Loaded[pd.DataFrame]:
    """Words of the sources that the configuration does not know."""
    return _answer(_unmapped, _shared_moment())


def runs(source_id: str) -> Loaded[pd.DataFrame]:
    """The last runs of one source, newest first."""
    return _answer(_runs, source_id, _shared_moment())


# -- cached answers --------------------------------------------------------------------------------


@st.cache_data(max_entries=128, ttl=3600, show_spinner=False)
def _overview(version: int, scope: Scope, view: View, day: date, until: date) -> Overview:
    with _reading() as conn:
        return _bundles.overview(conn, scope, view, day, until)


@st.cache_data(max_entries=64, ttl=3600, show_spinner=False)
def _trend_charts(
    version: int, scope: Scope, view: View, day: date, until: date, code: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    trend = _overview(version, scope, view, day, until).trend
    return level_trend(trend, "in_progress").to_dict(), level_trend(trend, "late").to_dict()


@st.cache_data(max_entries=128, ttl=3600, show_spinner=False)
def _drill(version: int, scope: Scope, view: View, question: Asked) -> Drill:
    with _reading() as conn:
        return _bundles.drill(conn, scope, view, question, calendar())


@st.cache_data(max_entries=256, ttl=3600, show_spinner=False)
def _history(version: int, scope: Scope, dossier_id: int) -> pd.DataFrame:
    with _reading() as conn:
        return dossier_history(conn, scope, dossier_id)


@st.cache_data(max_entries=64, ttl=60, show_spinner=False)
def _receipts(version: int, scope: Scope, agency: str | None, moment: datetime) -> ReceiptBoard:
    with _reading() as conn:
        return _bundles.receipt_board(conn, scope, agency, moment)


@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def _truth(version: int, scope: Scope, moment: datetime) -> Truth:
    with _reading() as conn:
        return source_queries.truth(conn, settings(), scope, now=moment)


@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def _health(version: int, scope: Scope, moment: datetime) -> tuple[SourceHealth, ...]:
    with _reading() as conn:
        return source_queries.health(conn, settings(), now=moment, scope=scope)


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def _failed_check(version: int, moment: datetime) -> Run | None:
    with _reading() as conn:
        return source_queries.failed_check(conn)


@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def _quarantined(version: int, source_id: str | None, moment: datetime) -> pd.DataFrame:
    with _reading() as conn:
        return source_queries.quarantined(conn, source_id, limit=50)


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def _unmapped(version: int, moment: datetime) -> pd.DataFrame:
    with _reading() as conn:
        return source_queries.unmapped(conn)


@st.cache_data(max_entries=32, ttl=60, show_spinner=False)
def _runs(version: int, source_id: str, moment: datetime) -> pd.DataFrame:
    with _reading() as conn:
        return source_queries.runs(conn, source_id, limit=source_queries.RECENT_RUNS)


# -- the store, and the last good answer -----------------------------------------------------------


@st.cache_resource(show_spinner=False)
def _engine() -> Any:
    """One read-only engine a process; a fault is not kept, so the next reader tries again."""
    return open_engine(settings().database_url, read_only=True)


def _reading() -> Any:
    return reading(_engine())


def _version() -> int:
    with _reading() as conn:
        return data_version(conn)


class _LastGood:
    """The last good answers by question, oldest thrown away first; shared by all threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[object, Loaded[Any]] = OrderedDict()
        self._lock = Lock()

    def keep(self, question: object, answer: Loaded[Any]) -> None:
        with self._lock:
            self._held[question] = answer
            self._held.move_to_end(question)
            while len(self._held) > KEPT_ANSWERS:
                self._held.popitem(last=False)

    def get(self, question: object) -> Loaded[Any] | None:
        with self._lock:
            return self._held.get(question)


@st.cache_resource(show_spinner=False)
def _last_good() -> _LastGood:
    return _LastGood()


def _answer(query: Callable[..., T], *args: Any) -> Loaded[T]:
    """`query(version, *args)`, or its last good answer when the store cannot be read."""
    question = (getattr(query, "__name__", ""), *(_timeless(arg) for arg in args))
    try:
        answer = Loaded(query(_version(), *args), now())
    except IocError as fault:
        last = _last_good().get(question)
        _forget_engine()
        if last is None:
            raise
        log.warning("the store cannot be read, showing figures of %s: %s", last.read_at, fault)
        return cast("Loaded[T]", Loaded(last.value, last.read_at, lost=True))
    _last_good().keep(question, answer)
    return answer


def _timeless(arg: object) -> object:
    """A moment is when a question was asked, not what was asked."""
    return None if isinstance(arg, datetime) else arg


def _forget_engine() -> None:
    """A pool may hold on to a file that is gone; the next reader opens a new one."""
    _engine.clear()


def _shared_moment() -> datetime:
    moment = now()
    return moment - timedelta(seconds=moment.second % SECONDS_SHARED)
