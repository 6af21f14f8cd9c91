"""Ageing bands in working days, as calendar days back from today, which is what a query can ask for.

A dossier due on Friday is late on Saturday, by no working day yet: the first band holds it, so that the
bands add up to all late dossiers on every day of the week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ioc.rules.ageing import Band, bands
from ioc.rules.calendar import WorkCalendar


@dataclass(frozen=True, slots=True)
class DayBand:
    """Working days late as shown (`label`), and the same dossiers as calendar days after the due day."""

    code: str
    label: str
    band: Band


def day_bands(limits: Sequence[int], today: date, calendar: WorkCalendar) -> tuple[DayBand, ...]:
    """(5, 15, 30) working days on `today`; `code` is the first working day of the band."""
    ends = [_calendar_days(limit, today, calendar) for limit in limits]
    shown = bands(limits)
    return tuple(
        DayBand(str(working.first_day), _label(working), asked)
        for working, asked in zip(shown, bands(ends), strict=True)
    )


def _calendar_days(limit: int, today: date, calendar: WorkCalendar) -> int:
    """The most calendar days back that are still not more than `limit` working days late."""
    back = limit
    while calendar.working_days_between(today - timedelta(days=back + 1), today) <= limit:
        back += 1
    return back


def _label(band: Band) -> str:
    return f"> {band.first_day - 1}" if band.last_day is None else f"{band.first_day}–{band.last_day}"
