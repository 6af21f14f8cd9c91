"""Office time for whole arrays: the working calendar as look-up tables.

Moments are seconds since 1970 (UTC), days are days since 1970 in Vietnam. `WorkCalendar` answers one
question at a time; a year of dossiers asks a million.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from ioc.clock import VIETNAM
from ioc.rules.calendar import WorkCalendar
from ioc.settings import OfficeHours
from ioc.simulator.chance import Bools, Ints

EPOCH = date(1970, 1, 1)
OFFSET = int((datetime(2026, 1, 1, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=VIETNAM)).total_seconds())
"""Vietnam's distance from UTC in seconds; without daylight saving it is the same all year."""

DAY = 86_400
NEVER = 1 << 62
"""A moment that does not come."""


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The inverse of `day_number`."""
    return EPOCH + timedelta(days=int(number))


def local_days(moments: Ints) -> Ints:
    """The day in Vietnam of each moment."""
    return np.asarray((moments + OFFSET) // DAY)


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 1970 of an aware moment."""
    return int(moment.timestamp())


def moment_of(seconds: int) -> datetime:
    """The inverse of `seconds_of`, in UTC."""
    return datetime.fromtimestamp(int(seconds), UTC)


class WorkTime:
    """Tables made once from a calendar, for the whole years it covers."""

    def __init__(self, calendar: WorkCalendar, hours: OfficeHours) -> None:
        self.first = day_number(date(calendar.first_year, 1, 1))
        self.last = day_number(date(calendar.last_year, 12, 31))
        span = range(self.first, self.last + 1)
        self.works = np.array([calendar.is_working_day(day_of(n)) for n in span], dtype=bool)
        self._rank = np.cumsum(self.works)
        self._days = np.flatnonzero(self.works) + self.first
        self._sessions = [(_clock(opens), _clock(closes)) for opens, closes in hours.sessions]
        self.opens, self.closes = self._sessions[0][0], self._sessions[-1][1]
        self.day_seconds = sum(closes - opens for opens, closes in self._sessions)

    def is_working(self, days: Ints) -> Bools:
        """Whether offices are open on each day."""
        return np.asarray(self.works[days - self.first])

    def add_days(self, days: Ints, counts: Ints) -> Ints:
        """As `WorkCalendar.add_working_days`."""
        index = self._rank[days - self.first] + counts - 1
        index += (counts == 0) & ~self.is_working(days)
        return np.asarray(self._days[np.minimum(index, len(self._days) - 1)])

    def days_between(self, first: Ints, last: Ints) -> Ints:
        """As `WorkCalendar.working_days_between`."""
        return np.asarray(self._rank[last - self.first] - self._rank[first - self.first])

    def closing(self, days: Ints) -> Ints:
        """The moment at which offices close on each day."""
        return np.asarray(days * DAY - OFFSET + self.closes)

    def to_work(self, moments: Ints) -> Ints:
        """Office seconds since the beginning of the calendar."""
        days = np.clip(local_days(moments), self.first, self.last)
        second = moments + OFFSET - days * DAY
        worked = np.zeros_like(moments)
        for opens, closes in self._sessions:
            worked += np.clip(second - opens, 0, closes - opens)
        before = self._rank[days - self.first] - self.is_working(days)
        return np.asarray(before * self.day_seconds + np.where(self.is_working(days), worked, 0))

    def from_work(self, position: Ints) -> Ints:
        """The first moment by which so many office seconds have passed; the calendar's end for more."""
        index, rest = np.divmod(np.maximum(position, 1) - 1, self.day_seconds)
        rest += 1
        second, passed = np.zeros_like(rest), 0
        for opens, closes in self._sessions:
            inside = (rest > passed) & (rest <= passed + closes - opens)
            second = np.where(inside, opens + rest - passed, second)
            passed += closes - opens
        days = self._days[np.minimum(index, len(self._days) - 1)]
        return np.asarray(days * DAY - OFFSET + second)


def _clock(value: time) -> int:
    return value.hour * 3_600 + value.minute * 60
