"""Working days and hours: the cases of the field, then what holds for every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.clock import VIETNAM
from ioc.errors import IocError, SettingsError
from ioc.rules.calendar import CalendarMissing, WorkCalendar, vietnam_calendar
from ioc.settings import CalendarDay, OfficeHours

CALENDAR = vietnam_calendar(first_year=2018, last_year=2028)


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment told in Vietnamese time, as aware UTC."""
    return datetime.combine(day, time(hour, minute, second), VIETNAM).astimezone(UTC)


def local(moment: datetime) -> datetime:
    assert moment.tzinfo is UTC
    return moment.astimezone(VIETNAM).replace(tzinfo=None)


# -- the cases of domain.md §8 ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 1, 1), False),  # Tết Dương lịch
        (date(2026, 1, 2), True),
        (date(2026, 2, 13), True),
        *[(date(2026, 2, day), False) for day in range(14, 23)],  # Tết 16-20/02 and its weekends
        (date(2026, 2, 23), True),
        (date(2026, 4, 26), False),  # Giỗ Tổ, a Sunday
        (date(2026, 4, 27), False),  # in lieu of it
        (date(2026, 4, 28), True),
        (date(2026, 4, 30), False),
        (date(2026, 5, 1), False),
        (date(2026, 8, 22), True),  # Saturday worked for 31/08
        (date(2026, 8, 23), False),
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), False),
        (date(2026, 9, 2), False),
        (date(2026, 9, 3), True),
        (date(2026, 11, 24), False),  # Ngày Văn hóa Việt Nam
        (date(2025, 11, 24), True),  # not before 2026
        (date(2027, 11, 24), False),
        (date(2018, 12, 31), False),  # exchanges told by a neighbouring year
        (date(2019, 1, 5), True),
        (date(2019, 4, 29), False),
        (date(2019, 5, 4), True),
        (date(2024, 4, 29), False),
        (date(2024, 5, 4), True),
        (date(2025, 5, 2), False),
        (date(2025, 4, 26), True),
    ],
)
def test_public_offices_are_open_when_the_law_says_so(day: date, is_worked: bool) -> None:
    assert CALENDAR.is_working_day(day) is is_worked


@pytest.mark.parametrize("only_year", [2018, 2019])
def test_an_exchange_across_new_year_holds_in_a_calendar_of_either_year(only_year: int) -> None:
    alone = vietnam_calendar(first_year=only_year, last_year=only_year)
    day, is_worked = {2018: (date(2018, 12, 31), False), 2019: (date(2019, 1, 5), True)}[only_year]
    assert alone.is_working_day(day) is is_worked


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (date(2026, 11, 20), 3, date(2026, 11, 26)),  # over the weekend and 24/11
        (date(2026, 11, 22), 5, date(2026, 11, 30)),
        (date(2026, 8, 21), 1, date(2026, 8, 22)),  # the worked Saturday is a deadline
        (date(2026, 8, 21), 3, date(2026, 8, 25)),
        (date(2026, 8, 28), 1, date(2026, 9, 3)),
        (date(2026, 2, 13), 1, date(2026, 2, 23)),
        (date(2026, 4, 24), 1, date(2026, 4, 28)),
        (date(2025, 12, 31), 1, date(2026, 1, 2)),  # year end
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # the day of receipt never counts
    ],
)
def test_a_term_in_working_days_ends_on_the_right_day(received: date, days: int, due: date) -> None:
    assert CALENDAR.add_working_days(received, days) == due


def test_november_2026_has_twenty_working_days() -> None:
    assert CALENDAR.working_days_between(date(2026, 10, 31), date(2026, 11, 30)) == 20


@pytest.mark.parametrize(
    ("due", "today", "days_late"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (date(2026, 11, 20), date(2026, 11, 22), 0),  # nobody was late over the weekend
        (date(2026, 11, 20), date(2026, 11, 25), 2),
        (date(2026, 11, 25), date(2026, 11, 20), -2),
        (date(2026, 2, 13), date(2026, 2, 23), 1),
    ],
)
def test_lateness_is_told_in_working_days(due: date, today: date, days_late: int) -> None:
    assert CALENDAR.working_days_between(due, today) == days_late


FRIDAY, MONDAY, WEDNESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 25)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(FRIDAY, 16, 30), 8, at(MONDAY, 16, 30)),  # over a weekend
        (at(MONDAY, 16, 30), 8, at(WEDNESDAY, 16, 30)),  # over 24/11
        (at(MONDAY, 7, 30), 8, at(MONDAY, 17, 30)),  # a whole day ends at its closing
        (at(MONDAY, 7, 30), 4, at(MONDAY, 11, 30)),  # not after lunch
        (at(MONDAY, 11, 0), 1, at(MONDAY, 14, 0)),
        (at(MONDAY, 12, 0), 1, at(MONDAY, 14, 30)),
        (at(MONDAY, 0, 0), 8, at(MONDAY, 17, 30)),  # midnight belongs to the day that begins
        (at(FRIDAY, 23, 59, 59), 8, at(MONDAY, 17, 30)),
        (at(date(2026, 11, 21), 0, 1), 8, at(MONDAY, 17, 30)),
        (at(date(2026, 12, 31), 16, 30), 8, at(date(2027, 1, 4), 16, 30)),  # year end, a Thursday
        (at(date(2026, 8, 21), 16, 30), 8, at(date(2026, 8, 22), 16, 30)),  # the worked Saturday
        (at(MONDAY, 16, 30), 0.5, at(MONDAY, 17, 0)),
        (at(MONDAY, 9, 0), 0, at(MONDAY, 9, 0)),
        (at(MONDAY, 17, 30), 0, at(MONDAY, 17, 30)),
        (at(MONDAY, 12, 0), 0, at(MONDAY, 13, 30)),
        (at(MONDAY, 18, 0), 0, at(WEDNESDAY, 7, 30)),
    ],
)
def test_a_limit_in_working_hours_ends_at_the_right_moment(
    start: datetime, hours: float, end: datetime
) -> None:
    assert local(CALENDAR.add_working_hours(start, hours)) == local(end)


def test_office_time_between_two_moments() -> None:
    assert CALENDAR.working_hours_between(at(FRIDAY, 16, 30), at(MONDAY, 8, 0)) == 1.5
    assert CALENDAR.working_hours_between(at(MONDAY, 8, 0), at(FRIDAY, 16, 30)) == -1.5
    assert CALENDAR.working_hours_between(at(FRIDAY, 17, 30), at(MONDAY, 7, 30)) == 0
    assert CALENDAR.working_hours_between(at(FRIDAY, 0, 0), at(FRIDAY, 23, 59)) == 8


def test_other_office_hours_give_other_moments() -> None:
    hours = OfficeHours(sessions=((time(8, 0), time(12, 0)), (time(13, 0), time(16, 30))))
    short = vietnam_calendar(first_year=2026, last_year=2026, hours=hours)
    assert short.add_working_hours(at(FRIDAY, 16, 0), 1) == at(MONDAY, 8, 30)


# -- overrides -------------------------------------------------------------------------------------


def test_an_override_stands_above_the_national_calendar() -> None:
    changed = vietnam_calendar(
        first_year=2026,
        last_year=2027,
        overrides=(
            CalendarDay(day=date(2026, 11, 25), off=True, note="Nghỉ bão, công điện 12/CĐ-UBND"),
            CalendarDay(day=date(2026, 11, 28), off=False, note="Làm bù cho 25/11"),
            CalendarDay(day=date(2026, 8, 22), off=True, note="Không làm bù"),
            CalendarDay(day=date(2026, 8, 31), off=False, note="Không hoán đổi"),
        ),
    )
    off = [date(2026, 11, 25), date(2026, 8, 22)]
    assert not any(changed.is_working_day(day) for day in off)
    assert all(changed.is_working_day(day) for day in [date(2026, 11, 28), date(2026, 8, 31)])
    assert changed.add_working_days(FRIDAY, 3) == date(2026, 11, 27)
    assert changed.notes[date(2026, 11, 25)] == "Nghỉ bão, công điện 12/CĐ-UBND"
    assert changed.notes[date(2026, 8, 31)] == "Không hoán đổi"


def test_a_day_off_is_named_in_vietnamese() -> None:
    assert CALENDAR.notes[date(2026, 11, 24)] == "Ngày Văn hóa Việt Nam"
    assert CALENDAR.notes[date(2026, 4, 27)] == "Ngày Giỗ Tổ Hùng Vương (nghỉ bù)"
    assert CALENDAR.notes[date(2026, 8, 22)] == "Làm bù"
    assert MONDAY not in CALENDAR.notes


def test_a_day_overridden_both_ways_is_refused() -> None:
    both = tuple(CalendarDay(day=MONDAY, off=off, note="") for off in (True, False))
    with pytest.raises(SettingsError, match="23/11/2026"):
        vietnam_calendar(first_year=2026, last_year=2026, overrides=both)


@pytest.mark.parametrize(
    "sessions",
    [
        (),
        ((time(8), time(8)),),
        ((time(12), time(8)),),
        ((time(13), time(17)), (time(8), time(11))),
        ((time(8), time(12)), (time(11), time(17))),
    ],
)
def test_office_hours_out_of_order_are_refused(sessions: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(SettingsError):
        vietnam_calendar(first_year=2026, last_year=2026, hours=OfficeHours(sessions=sessions))


# -- what is not covered ---------------------------------------------------------------------------


def test_a_year_that_is_not_covered_is_refused_never_guessed() -> None:
    assert issubclass(CalendarMissing, IocError)
    with pytest.raises(CalendarMissing, match="chưa có năm 2029"):
        CALENDAR.is_working_day(date(2029, 1, 1))
    with pytest.raises(CalendarMissing, match="2017"):
        CALENDAR.add_working_days(date(2017, 12, 31), 1)
    with pytest.raises(CalendarMissing, match="2029"):
        CALENDAR.add_working_days(date(2028, 12, 29), 1)  # the last working day of the last year
    with pytest.raises(CalendarMissing, match="2029"):
        CALENDAR.working_days_between(MONDAY, date(2029, 1, 1))
    with pytest.raises(CalendarMissing, match="2029"):
        CALENDAR.add_working_hours(at(date(2028, 12, 29), 16, 30), 8)
    with pytest.raises(CalendarMissing):
        vietnam_calendar(first_year=2026, last_year=2150)


def test_a_moment_without_a_zone_or_a_negative_term_is_a_fault_of_ours() -> None:
    naive = datetime(2026, 11, 20, 8)
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.add_working_hours(naive, 8)
    with pytest.raises(ValueError, match="-1"):
        CALENDAR.add_working_days(MONDAY, -1)
    with pytest.raises(ValueError, match="-1"):
        CALENDAR.add_working_hours(at(MONDAY, 8), -1)


# -- what always holds -----------------------------------------------------------------------------

days = st.dates(date(2018, 1, 1), date(2027, 12, 31))
working = days.filter(CALENDAR.is_working_day)
counts = st.integers(0, 100)
moments = st.builds(lambda day, second: at(day, 0) + timedelta(seconds=second), days, st.integers(0, 86_399))
minutes = st.integers(0, 6_000)


@given(days, counts)
def test_a_deadline_is_always_a_working_day(day: date, count: int) -> None:
    due = CALENDAR.add_working_days(day, count)
    assert CALENDAR.is_working_day(due)
    assert due >= day


@given(working, counts, counts)
def test_adding_days_in_two_steps_is_adding_them_at_once(day: date, first: int, second: int) -> None:
    step = CALENDAR.add_working_days(CALENDAR.add_working_days(day, first), second)
    assert step == CALENDAR.add_working_days(day, first + second)


@given(days, days, counts)
def test_a_later_receipt_never_gives_an_earlier_deadline(one: date, other: date, count: int) -> None:
    early, late = sorted((one, other))
    assert CALENDAR.add_working_days(early, count) <= CALENDAR.add_working_days(late, count)


@given(days, st.integers(-400, 400))
def test_the_days_between_agree_with_a_count_day_by_day(first: date, span: int) -> None:
    last = min(max(first + timedelta(days=span), date(2018, 1, 1)), date(2028, 12, 31))
    low, high = sorted((first, last))
    steps = (low + timedelta(days=n) for n in range(1, (high - low).days + 1))
    counted = sum(map(CALENDAR.is_working_day, steps))
    assert CALENDAR.working_days_between(first, last) == (counted if first <= last else -counted)


@given(days, st.integers(1, 100))
def test_a_deadline_is_as_far_as_was_asked(day: date, count: int) -> None:
    assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, count)) == count


def test_the_calendar_agrees_with_numpy_day_by_day() -> None:
    every = np.arange("2018-01-01", "2028-01-01", dtype="datetime64[D]")
    off = np.array([day for day in every if not CALENDAR.is_working_day(day.item())])
    numpy_calendar = np.busdaycalendar(weekmask="1111111", holidays=off)
    due = np.busday_offset(every, 7, roll="backward", busdaycal=numpy_calendar)
    ours = [CALENDAR.add_working_days(day.item(), 7) for day in every[30:-60]]
    assert ours == due[30:-60].tolist()
    between = np.busday_count(every, every + 90, busdaycal=numpy_calendar)[:-100]
    assert [
        CALENDAR.working_days_between(day.item() - timedelta(days=1), day.item() + timedelta(days=89))
        for day in every[1:-100]
    ] == between[1:].tolist()


@st.composite
def a_new_holiday(draw: st.DrawFn) -> tuple[date, WorkCalendar]:
    """A day, and the calendar in which some days soon after it are off as well."""
    day = draw(days)
    off = draw(st.sets(st.integers(0, 40), min_size=1, max_size=5))
    extra = (CalendarDay(day=day + timedelta(days=n), off=True, note="") for n in sorted(off))
    return day, vietnam_calendar(first_year=day.year, last_year=day.year + 1, overrides=tuple(extra))


@given(a_new_holiday(), st.integers(0, 40), minutes)
def test_a_new_holiday_never_makes_a_deadline_earlier(
    case: tuple[date, WorkCalendar], count: int, length: int
) -> None:
    day, changed = case
    assert changed.add_working_days(day, count) >= CALENDAR.add_working_days(day, count)
    start = at(day, 10)
    limit = CALENDAR.add_working_hours(start, length / 60)
    assert changed.add_working_hours(start, length / 60) >= limit


@given(moments, minutes)
def test_a_limit_by_the_hour_is_in_office_time_and_as_far_as_was_asked(start: datetime, length: int) -> None:
    end = CALENDAR.add_working_hours(start, length / 60)
    assert end >= start
    assert CALENDAR.add_working_hours(end, 0) == end
    assert CALENDAR.working_hours_between(start, end) == pytest.approx(length / 60)


@given(moments, minutes, minutes)
def test_adding_hours_in_two_steps_is_adding_them_at_once(start: datetime, first: int, second: int) -> None:
    step = CALENDAR.add_working_hours(CALENDAR.add_working_hours(start, first / 60), second / 60)
    assert step == CALENDAR.add_working_hours(start, (first + second) / 60)


@given(st.lists(moments, min_size=2, max_size=2), st.lists(minutes, min_size=2, max_size=2))
def test_limits_by_the_hour_are_monotone(starts: list[datetime], lengths: list[int]) -> None:
    early, late = sorted(starts)
    short, long = sorted(lengths)
    assert CALENDAR.add_working_hours(early, short / 60) <= CALENDAR.add_working_hours(late, short / 60)
    assert CALENDAR.add_working_hours(early, short / 60) <= CALENDAR.add_working_hours(early, long / 60)
    assert CALENDAR.working_hours_between(early, late) >= 0


@given(moments)
def test_office_time_of_a_day_is_its_sessions(moment: datetime) -> None:
    day = moment.astimezone(VIETNAM).date()
    edges = [at(day, 0), *[at(day, h, 30) for h in (7, 11, 13, 17)], at(day + timedelta(days=1), 0)]
    spent = [CALENDAR.working_hours_between(a, b) for a, b in pairwise(edges)]
    assert spent == ([0, 4, 0, 4, 0] if CALENDAR.is_working_day(day) else [0] * 5)
