"""The receipt clock: eight working hours, and no guess for a year nobody knows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from ioc.rules.calendar import vietnam_calendar
from ioc.rules.receipt import acceptance
from tests.builders import local

CALENDAR = vietnam_calendar(first_year=2026, last_year=2026)


def test_eight_working_hours_from_friday_afternoon_end_on_monday() -> None:
    accept_due = acceptance(CALENDAR, 8)
    assert accept_due(local(date(2026, 11, 20), time(15, 30))) == local(date(2026, 11, 23), time(15, 30))


def test_a_year_without_a_calendar_gives_no_limit() -> None:
    assert acceptance(CALENDAR, 8)(datetime(1999, 5, 5, tzinfo=UTC)) is None
