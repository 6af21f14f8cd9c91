"""Working days and working hours of Vietnamese public offices (`domain.md` §8).

A day is worked when it is Monday to Friday and no public holiday, or a Saturday worked in exchange
for a day off; the deployment's overrides (`config/calendar.toml`) stand above both. Everything is
counted once, when the calendar is made: each question later is a look-up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from types import MappingProxyType

import holidays
import numpy as np

from ioc.clock import VIETNAM
from ioc.errors import IocError, SettingsError
from ioc.settings import CalendarDay, OfficeHours

_WEEKDAYS = "1111100"  # Monday to Friday


class CalendarMissing(IocError):
    """A day lies outside the years that the calendar covers; nothing is guessed for it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkCalendar:
    """The working days of a span of whole years; made by `vietnam_calendar`, never changed."""

    first_year: int
    last_year: int
    notes: Mapping[date, str]
    """Why a day is not what its weekday says: the holiday's name or the override's legal note."""
    _days: tuple[int, ...] = field(repr=False)
    """Ordinals of the working days, ascending."""
    _ranks: tuple[int, ...] = field(repr=False)
    """For each day of the span: how many working days lie on or before it."""
    _origin: int = field(repr=False)
    _sessions: tuple[tuple[int, int], ...] = field(repr=False)
    """Opening and closing of each session, in seconds after local midnight."""
    _day_seconds: int = field(repr=False)

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on `day`; CalendarMissing outside the covered years."""
        rank = self._rank(day)
        return rank > 0 and self._days[rank - 1] == day.toordinal()

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`: the day of the event itself never counts.

        Zero gives `day` itself when it is worked, else the next working day. ValueError for a
        negative count, CalendarMissing when either end is not covered.
        """
        if count < 0:
            raise ValueError(f"cannot add {count} working days")
        index = self._rank(day) + count - 1
        if count == 0 and not self.is_working_day(day):
            index += 1
        return date.fromordinal(self._day_at(index))

    def working_days_between(self, first: date, last: date) -> int:
        """Working days in (first, last]; negative when `last` comes before `first`."""
        return self._rank(last) - self._rank(first)

    def add_working_hours(self, moment: datetime, hours: float) -> datetime:
        """The first moment by which `hours` of office time have passed since `moment` (aware UTC).

        Whole seconds. Zero gives `moment` itself during office time, else the next opening.
        """
        seconds = round(hours * 3600)
        if seconds < 0:
            raise ValueError(f"cannot add {hours} working hours")
        here = self._position(moment)
        if seconds == 0 and self._is_open(moment):
            return moment
        if seconds == 0:
            return self._moment_at(here + 1) - timedelta(seconds=1)
        return self._moment_at(here + seconds)

    def working_hours_between(self, first: datetime, last: datetime) -> float:
        """Office time from `first` to `last`, in hours; negative when `last` comes first."""
        return (self._position(last) - self._position(first)) / 3600

    def _rank(self, day: date) -> int:
        if not self.first_year <= day.year <= self.last_year:
            raise self._missing(day.year)
        return self._ranks[day.toordinal() - self._origin]

    def _day_at(self, index: int) -> int:
        if index >= len(self._days):
            raise self._missing(self.last_year + 1)
        return self._days[index]

    def _missing(self, year: int) -> CalendarMissing:
        return CalendarMissing(
            f"Lịch làm việc chỉ có từ năm {self.first_year} đến năm {self.last_year}, chưa có năm {year}."
        )

    def _position(self, moment: datetime) -> int:
        """Office seconds from the beginning of the calendar to `moment`."""
        day, second = _local(moment)
        rank = self._rank(day)
        if not self.is_working_day(day):
            return rank * self._day_seconds
        worked = sum(min(second, closes) - opens for opens, closes in self._sessions if second > opens)
        return (rank - 1) * self._day_seconds + worked

    def _moment_at(self, position: int) -> datetime:
        """The first moment at which `position` (> 0) office seconds have passed."""
        index, rest = divmod(position - 1, self._day_seconds)
        rest += 1  # 1 … the whole day: a full day ends at its closing, not at the next opening
        day = date.fromordinal(self._day_at(index))
        for opens, closes in self._sessions:
            if rest <= closes - opens:
                break
            rest -= closes - opens
        local = datetime.combine(day, time(), VIETNAM) + timedelta(seconds=opens + rest)
        return local.astimezone(UTC)

    def _is_open(self, moment: datetime) -> bool:
        day, second = _local(moment)
        at = bisect_right(self._sessions, second, key=lambda session: session[0]) - 1
        return self.is_working_day(day) and at >= 0 and second <= self._sessions[at][1]


def vietnam_calendar(
    *,
    first_year: int,
    last_year: int,
    overrides: tuple[CalendarDay, ...] = (),
    hours: OfficeHours = OfficeHours(),  # noqa: B008 - frozen
) -> WorkCalendar:
    """The public offices' calendar for whole years, both included.

    Public holidays, days in lieu and the clerical exchanges of days come from `holidays`;
    `overrides` wins over them, and days of it outside the span are left aside. SettingsError for a
    day overridden both ways or for office hours that are not ascending.
    """
    off, worked, notes = _national(first_year, last_year)
    for day, entry in _single(overrides).items():
        if entry.off:
            off.add(day)
            worked.discard(day)
        else:
            worked.add(day)  # stands above `off`
        notes[day] = entry.note
    span = np.arange(f"{first_year:04}-01-01", f"{last_year + 1:04}-01-01", dtype="datetime64[D]")
    is_worked = np.is_busday(span, weekmask=_WEEKDAYS, holidays=_array(off)) | np.isin(span, _array(worked))
    origin = date(first_year, 1, 1).toordinal()
    sessions = _sessions(hours)
    return WorkCalendar(
        first_year=first_year,
        last_year=last_year,
        notes=MappingProxyType({d: notes[d] for d in sorted(notes) if first_year <= d.year <= last_year}),
        _days=tuple((np.flatnonzero(is_worked) + origin).tolist()),
        _ranks=tuple(np.cumsum(is_worked).tolist()),
        _origin=origin,
        _sessions=sessions,
        _day_seconds=sum(closes - opens for opens, closes in sessions),
    )


def _national(first_year: int, last_year: int) -> tuple[set[date], set[date], dict[date, str]]:
    """Days off, days of rest worked in exchange, and why."""
    national = holidays.country_holidays("VN", years=range(first_year, last_year + 1), language="vi")
    notes = {day: str(name) for day, name in national.items()}
    worked = set(national.weekend_workdays)
    if first_year < national.start_year or last_year > national.end_year:
        raise CalendarMissing(f"Lịch nghỉ lễ chỉ có cho các năm {national.start_year}-{national.end_year}.")
    return set(notes), worked, dict.fromkeys(worked, "Làm bù") | notes


def _single(overrides: Iterable[CalendarDay]) -> dict[date, CalendarDay]:
    days: dict[date, CalendarDay] = {}
    for entry in overrides:
        if days.setdefault(entry.day, entry).off != entry.off:
            raise SettingsError(f"Lịch làm việc: ngày {entry.day:%d/%m/%Y} vừa khai nghỉ vừa khai làm.")
    return days


def _sessions(hours: OfficeHours) -> tuple[tuple[int, int], ...]:
    sessions = tuple((_seconds(opens), _seconds(closes)) for opens, closes in hours.sessions)
    edges = [edge for session in sessions for edge in session]
    if not edges or any(later <= earlier for earlier, later in pairwise(edges)):
        raise SettingsError("Giờ làm việc: các buổi phải khác rỗng, nối tiếp nhau và không chồng lên nhau.")
    return sessions


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _local(moment: datetime) -> tuple[date, int]:
    """Day in Vietnam, and seconds after its midnight."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no working hours")
    local = moment.astimezone(VIETNAM)
    return local.date(), _seconds(local.time())


def _array(days: Iterable[date]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array(sorted(days), dtype="datetime64[D]")
