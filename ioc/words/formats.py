"""Numbers, days, moments and ages as people here write them; `None` is always a dash, never 0."""

from __future__ import annotations

from datetime import date, datetime

from ioc.clock import VIETNAM
from ioc.words import language, mark, t

DASH = "—"
"""What stands where nothing is known."""

WEEKDAYS = (
    mark("Thứ Hai"),
    mark("Thứ Ba"),
    mark("Thứ Tư"),
    mark("Thứ Năm"),
    mark("Thứ Sáu"),
    mark("Thứ Bảy"),
    mark("Chủ Nhật"),
)

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def number(value: float | None, *, decimals: int = 0) -> str:
    """1.094.919; with `decimals`, 12,5."""
    if value is None:
        return DASH
    return _local(f"{value:,.{decimals}f}")


def signed(value: float | None, *, decimals: int = 0) -> str:
    """+12 or −12 (a real minus sign); 0 without a sign."""
    if value is None:
        return DASH
    text = number(abs(value), decimals=decimals)
    if text == number(0, decimals=decimals):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def percent(share: float | None, *, decimals: int = 1) -> str:
    """99,6 %. A share below 1 is never rounded up to 100 %, one above 0 never down to 0 %."""
    if share is None:
        return DASH
    least = 10**-decimals
    value = share * 100
    if 0 < value < least:
        return f"< {percent_text(least, decimals)}"
    if 100 - least < value < 100:
        return f"> {percent_text(100 - least, decimals)}"
    return percent_text(value, decimals)


def percent_text(value: float, decimals: int) -> str:
    """A number already in per cent, with its sign after a no-break space."""
    return f"{_local(f'{value:,.{decimals}f}')}\u00a0%"


def day(value: date | None) -> str:
    """22/11/2026."""
    return DASH if value is None else f"{value:%d/%m/%Y}"


def short_day(value: date | None) -> str:
    """22/11, where the year is plain."""
    return DASH if value is None else f"{value:%d/%m}"


def moment(value: datetime | None) -> str:
    """22/11/2026 14:05, in Vietnam."""
    return DASH if value is None else f"{value.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def clock(value: datetime | None, *, seconds: bool = False) -> str:
    """14:05 or 14:05:09, in Vietnam."""
    if value is None:
        return DASH
    return f"{value.astimezone(VIETNAM):{'%H:%M:%S' if seconds else '%H:%M'}}"


def told(value: datetime | None, *, now: datetime, seconds: bool = False) -> str:
    """A past moment as it is told at `now`: 14:05 of today, 21/11/2026 14:05 of any other day."""
    if value is None:
        return DASH
    is_today = value.astimezone(VIETNAM).date() == now.astimezone(VIETNAM).date()
    time = clock(value, seconds=seconds)
    return time if is_today else f"{day(value.astimezone(VIETNAM).date())} {time}"


def duration(seconds: float | None) -> str:
    """The two largest units that matter: "45 giây", "12 phút", "3 giờ 20 phút", "2 ngày 4 giờ"."""
    if seconds is None:
        return DASH
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return t("{n} giây", n=number(whole))
    if whole < _HOUR:
        return t("{n} phút", n=number(whole // _MINUTE))
    if whole < _DAY:
        return _two(t("{n} giờ", n=number(whole // _HOUR)), whole % _HOUR // _MINUTE, mark("{n} phút"))
    return _two(t("{n} ngày", n=number(whole // _DAY)), whole % _DAY // _HOUR, mark("{n} giờ"))


def age(seconds: float | None) -> str:
    """ "vừa xong", "2 phút trước", "3 giờ trước": one unit, rounded down."""
    if seconds is None:
        return t("chưa có")
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return t("vừa xong")
    if whole < _HOUR:
        return t("{n} phút trước", n=number(whole // _MINUTE))
    if whole < _DAY:
        return t("{n} giờ trước", n=number(whole // _HOUR))
    return t("{n} ngày trước", n=number(whole // _DAY))


def weekday(value: date) -> str:
    """Thứ Hai … Chủ Nhật."""
    return t(WEEKDAYS[value.weekday()])


def _two(first: str, rest: int, unit: str) -> str:
    return f"{first} {t(unit, n=number(rest))}" if rest else first


def _local(text: str) -> str:
    """English separators to Vietnamese ones, unless English was chosen."""
    if language() == "en":
        return text
    return text.translate(_SWAP)


_SWAP = str.maketrans({",": ".", ".": ","})
