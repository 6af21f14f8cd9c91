"""The only reader of the wall clock, and the only maker of local days."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
"""Giờ Việt Nam: UTC+7, no daylight saving; every day of a figure is a day here."""

Clock = Callable[[], datetime]
"""A function that returns the present moment, aware, in UTC."""


def utc_now() -> datetime:
    """The present moment, aware, in UTC, in whole seconds (the store's grain)."""
    return datetime.now(UTC).replace(microsecond=0)


def monotonic_seconds() -> float:
    """Seconds that never step back, for deadlines and waiting."""
    return time.monotonic()


def local_day(moment: datetime) -> date:
    """The day in Vietnam on which `moment` falls."""
    return moment.astimezone(VIETNAM).date()


def start_of_day(day: date) -> datetime:
    """00:00 of `day` in Vietnam, as aware UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last second of `day` in Vietnam (23:59:59), as aware UTC; what a date-only deadline means."""
    return start_of_day(day + timedelta(days=1)) - timedelta(seconds=1)
