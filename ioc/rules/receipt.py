"""The receipt clock: how long an online dossier may wait to be accepted (Decree 45/2020, 8 working hours)."""

from __future__ import annotations

from datetime import datetime

from ioc.rules.calendar import CalendarMissing, WorkCalendar
from ioc.rules.history import AcceptDue


def acceptance(calendar: WorkCalendar, hours: int) -> AcceptDue:
    """Submission -> last moment to accept it; None for a year that the calendar does not know."""

    def accept_due(submitted_at: datetime) -> datetime | None:
        try:
            return calendar.add_working_hours(submitted_at, hours)
        except CalendarMissing:
            return None

    return accept_due
