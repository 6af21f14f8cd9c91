"""The working calendar over arrays: `rules.calendar` for millions of days and moments at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from ioc.rules.calendar import vietnam_calendar
from ioc.settings import CalendarDay, OfficeHours, Settings

Ints = npt.NDArray[np.int64]

NULL = int(np.iinfo(np.int64).min)
"""Stands for "the source does not say" in every array of moments, days and amounts."""

EPOCH = date(1970, 1, 1)
UTC_OFFSET = 7 * 3600
DAY = 86_400


def local_days(moments: Ints) -> Ints:
    """Days since 1970-01-01 in Vietnam; NULL stays NULL."""
    return np.where(moments == NULL, NULL, (moments + UTC_OFFSET) // DAY)


def start_of(days: Ints) -> Ints:
    """Moment at which each local day begins."""
    return days * DAY - UTC_OFFSET


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Working days as numbers of days since 1970, and the office sessions in seconds after midnight."""

    first: int
    is_worked: npt.NDArray[np.bool_]
    sessions: tuple[tuple[int, int], ...]

    @property
    def days(self) -> Ints:
        """All working days, ascending."""
        return np.flatnonzero(self.is_worked).astype(np.int64) + self.first

    def add_days(self, days: Ints, counts: Ints) -> Ints:
        """`WorkCalendar.add_working_days` for counts of 1 and more."""
        worked = self.days
        found: Ints = worked[np.searchsorted(worked, days, side="right") + counts - 1]
        return found

    def add_hours(self, moments: Ints, hours: int) -> Ints:
        """`WorkCalendar.add_working_hours` for whole hours above zero."""
        day_seconds = sum(closes - opens for opens, closes in self.sessions)
        local = moments + UTC_OFFSET
        days, second = local // DAY, local % DAY
        ranks = np.cumsum(self.is_worked)[days - self.first]
        worked = np.zeros_like(second)
        for opens, closes in self.sessions:
            worked += np.clip(second - opens, 0, closes - opens)
        on = self.is_worked[days - self.first]
        target = np.where(on, (ranks - 1) * day_seconds + worked, ranks * day_seconds) + hours * 3600
        index, rest = np.divmod(target - 1, day_seconds)
        return start_of(self.days[index]) + self._second_of(rest + 1)

    def _second_of(self, rest: Ints) -> Ints:
        """Seconds after midnight at which `rest` office seconds of a day have passed."""
        found = np.zeros_like(rest)
        done = 0
        for opens, closes in self.sessions:
            inside = (rest > done) & (rest <= done + closes - opens)
            found[inside] = opens + rest[inside] - done
            done += closes - opens
        return found


def calendar_of(settings: Settings, *, first_year: int, last_year: int) -> Calendar:
    """The deployment's calendar over whole years."""
    return _calendar(settings.calendar, settings.office_hours, first_year, last_year)


def _calendar(
    overrides: tuple[CalendarDay, ...], hours: OfficeHours, first_year: int, last_year: int
) -> Calendar:
    exact = vietnam_calendar(first_year=first_year, last_year=last_year, overrides=overrides, hours=hours)
    first = date(first_year, 1, 1)
    span = (date(last_year, 12, 31) - first).days + 1
    worked = [exact.is_working_day(first + timedelta(days=n)) for n in range(span)]
    sessions = tuple(
        (a.hour * 3600 + a.minute * 60, b.hour * 3600 + b.minute * 60) for a, b in hours.sessions
    )
    return Calendar((first - EPOCH).days, np.array(worked), sessions)
