"""Dates as sources write them: local time with or without an offset, a false Z, sentinels for "none".

A source declares in its options what its dates mean: `z_is_local = "true"` when its Z is really UTC+7,
`epoch = "s"` or `"ms"` when it sends numbers. Nothing is guessed: what does not fit is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from ioc.clock import VIETNAM, end_of_day
from ioc.collectors.texts import Refused, clean
from ioc.faults import RejectReason
from ioc.model.dossier import DuePrecision

_SENTINELS = {(1, 1, 1), (1900, 1, 1), (1969, 12, 31), (1970, 1, 1), (9999, 12, 31)}
"""Days that systems write for "no date" (`wire.md` §11.5)."""
_FIRST_YEAR, _LAST_YEAR = 1990, 2100

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_VN_DAY = r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
        r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
        r" ?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?",
        rf"{_VN_DAY}(?:,? {_CLOCK})?",
        rf"{_CLOCK},? (?:ngày )?{_VN_DAY}",
    )
)
_FULL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4}")
"""What iGate 2 writes: milliseconds, and an offset without a colon."""
NOTHING = frozenset({"", "null", "none", "undefined", "nan", "n/a", "-", "--", "không", "không có"})
"""Words for "no value" in fields that hold dates and numbers; a name may well be "Null"."""


@dataclass(frozen=True, slots=True)
class DateRules:
    """What the dates of a source mean, from its options."""

    z_is_local: bool = False
    epoch: str | None = None

    @staticmethod
    def of(options: Mapping[str, str]) -> DateRules:
        """Read `z_is_local` and `epoch`."""
        return DateRules(options.get("z_is_local") == "true", options.get("epoch"))


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment as stated: aware UTC in whole seconds, milliseconds apart, and whether a time was given."""

    at: datetime
    millisecond: int = 0
    has_time: bool = True


Due = tuple[datetime, DuePrecision] | tuple[None, None]
"""A deadline and how exact it is."""


def read_stamp(value: object, rules: DateRules = DateRules()) -> Stamp | None:
    """The moment that a JSON value or a text cell states; None for "no date".

    Raises Refused(BAD_DATE) for anything else, a day outside 1990..2100 included.
    """
    if value is None:
        return None
    if isinstance(value, str) and _FULL.fullmatch(value) and (stamp := _from_full(value)):
        return stamp
    if isinstance(value, str) and clean(value).lower() in NOTHING:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(float(value), rules)
    if not isinstance(value, str):
        raise _bad(value)
    return _from_text(clean(value), rules)


def read_moment(value: object, rules: DateRules = DateRules()) -> datetime | None:
    """Like `read_stamp`; a day without a time means its first second."""
    stamp = read_stamp(value, rules)
    return None if stamp is None else stamp.at


def read_due(value: object, rules: DateRules = DateRules()) -> Due:
    """A deadline and how exact it is; a day without a time means its last second."""
    return due_of(read_stamp(value, rules))


def due_of(stamp: Stamp | None) -> Due:
    """The deadline that a stamp means."""
    if stamp is None:
        return None, None
    last = end_of_day(stamp.at.astimezone(VIETNAM).date())
    if not stamp.has_time or stamp.at == last:
        return last, DuePrecision.DAY
    return stamp.at, DuePrecision.SECOND


def _from_full(text: str) -> Stamp | None:
    """The short way for the form that nearly all dates have; None sends the rest the long way."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_usual = _FIRST_YEAR <= moment.year <= _LAST_YEAR and int(text[-4:-2]) <= 14
    if not is_usual:
        return None
    return Stamp(moment.replace(microsecond=0).astimezone(UTC), moment.microsecond // 1000)


def _from_text(text: str, rules: DateRules) -> Stamp | None:
    found = next((m for m in (form.fullmatch(text) for form in _FORMS) if m), None)
    if found is None:
        raise _bad(text)
    parts = found.groupdict()
    day = (int(parts["year"]), int(parts["month"]), int(parts["day"]))
    if day in _SENTINELS:
        return None
    clock = (int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0))
    moment = make_moment(day, clock, _zone(parts.get("zone"), rules), told=text)
    return Stamp(moment, int((parts.get("part") or "0").ljust(3, "0")[:3]), bool(parts["hour"]))


def make_moment(
    day: tuple[int, int, int],
    clock: tuple[int, int, int] = (0, 0, 0),
    zone: tzinfo = VIETNAM,
    *,
    told: object,
) -> datetime:
    """Aware UTC of a calendar day and clock; Refused when there is no such moment. 24:00 is none."""
    if not _FIRST_YEAR <= day[0] <= _LAST_YEAR:
        raise _bad(told)
    try:
        return datetime(*day, clock[0], clock[1], clock[2], tzinfo=zone).astimezone(UTC)
    except ValueError:
        raise _bad(told) from None


def _zone(text: str | None, rules: DateRules) -> tzinfo:
    if not text or (text == "Z" and rules.z_is_local):
        return VIETNAM
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise _bad(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _from_epoch(number: float, rules: DateRules) -> Stamp | None:
    if rules.epoch not in ("s", "ms"):
        raise _bad(number)
    if number == 0:
        return None
    millis = number if rules.epoch == "ms" else number * 1000
    if not 631_152_000_000 <= millis <= 4_102_444_800_000:  # 1990..2100
        raise _bad(number)
    return Stamp(datetime.fromtimestamp(int(millis) // 1000, UTC), int(millis) % 1000)


def _bad(value: object) -> Refused:
    return Refused(RejectReason.BAD_DATE, f"ngày không đọc được: {str(value)[:40]!r}")
