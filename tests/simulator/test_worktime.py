"""The tables give what the calendar gives, day by day and second by second."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ioc.clock import end_of_day, local_day
from ioc.rules.calendar import vietnam_calendar
from ioc.settings import OfficeHours
from ioc.simulator.worktime import (
    DAY,
    OFFSET,
    WorkTime,
    day_number,
    day_of,
    local_days,
    moment_of,
    seconds_of,
)

CALENDAR = vietnam_calendar(first_year=2025, last_year=2027)
TIME = WorkTime(CALENDAR, OfficeHours())

days = st.dates(date(2025, 2, 1), date(2027, 6, 1))
moments = st.datetimes(datetime(2025, 2, 1), datetime(2027, 6, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


def one(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([value])


@given(days, st.integers(0, 60))
def test_adding_working_days(day: date, count: int) -> None:
    found = TIME.add_days(one(day_number(day)), one(count))
    assert day_of(found[0]) == CALENDAR.add_working_days(day, count)


@given(days, days)
def test_working_days_between(first: date, last: date) -> None:
    found = TIME.days_between(one(day_number(first)), one(day_number(last)))
    assert found[0] == CALENDAR.working_days_between(first, last)


@given(moments, st.floats(0.01, 100))
def test_adding_office_time(moment: datetime, hours: float) -> None:
    position = TIME.to_work(one(seconds_of(moment))) + round(hours * 3600)
    assert moment_of(TIME.from_work(position)[0]) == CALENDAR.add_working_hours(moment, hours)


@given(moments, moments)
def test_office_time_between(first: datetime, last: datetime) -> None:
    spent = TIME.to_work(one(seconds_of(last))) - TIME.to_work(one(seconds_of(first)))
    assert spent[0] / 3600 == CALENDAR.working_hours_between(first, last)


@given(moments)
def test_local_days_and_their_borders(moment: datetime) -> None:
    number = local_days(one(seconds_of(moment)))[0]
    assert day_of(number) == local_day(moment)
    assert moment_of((number + 1) * DAY - OFFSET) - end_of_day(local_day(moment)) == timedelta(seconds=1)
