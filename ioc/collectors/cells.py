"""What single cells of a dropped sheet say: dates in five dresses, dotted amounts, codes without zeros."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from ioc.clock import VIETNAM
from ioc.collectors.moments import NOTHING, Stamp, make_moment, read_stamp
from ioc.collectors.records import read_code, read_integer
from ioc.collectors.tables import Cell, is_blank
from ioc.collectors.texts import Refused, clean, fold
from ioc.faults import RejectReason

_EPOCH_1900, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_FIRST_SERIAL, _LAST_SERIAL = 32_874, 73_415  # 1990..2100, counted from 1900
_SLASHED = re.compile(r"(?P<a>\d{1,2})(?P<s>[/.-])(?P<b>\d{1,2})[/.-](?P<year>\d{4})")
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<sign>[.,\u00a0 ])[0-9]{3})(?:(?P=sign)[0-9]{3})*")


class DayOrder(StrEnum):
    """Which number of 03/04/2026 is the day."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


def read_when(cell: Cell, *, epoch_1904: bool = False, order: DayOrder = DayOrder.DAY_FIRST) -> Stamp | None:
    """The moment in a date cell: a real date, a serial number that lost its format, or text."""
    if is_blank(cell):
        return None
    if isinstance(cell, datetime):
        day = (cell.year, cell.month, cell.day)
        return Stamp(make_moment(day, (cell.hour, cell.minute, cell.second), told=cell))
    if isinstance(cell, date):
        return Stamp(make_moment((cell.year, cell.month, cell.day), told=cell), has_time=False)
    if isinstance(cell, bool | time | timedelta):
        raise Refused(RejectReason.BAD_DATE, f"ô ngày chứa {type(cell).__name__}")
    if isinstance(cell, int | float):
        return _from_serial(float(cell), epoch_1904=epoch_1904)
    return read_stamp(_day_first(clean(str(cell)), order))


def _from_serial(serial: float, *, epoch_1904: bool) -> Stamp:
    shift = (_EPOCH_1904 - _EPOCH_1900).days if epoch_1904 else 0
    if not math.isfinite(serial) or not _FIRST_SERIAL <= serial + shift <= _LAST_SERIAL:
        raise Refused(RejectReason.BAD_DATE, f"số {serial:g} không phải ngày")
    whole = int(serial)
    seconds = round((serial - whole) * 86_400)
    at = datetime.combine(_EPOCH_1904 if epoch_1904 else _EPOCH_1900, time(), tzinfo=VIETNAM)
    moment = at + timedelta(days=whole, seconds=seconds)
    day = (moment.year, moment.month, moment.day)
    clock = (moment.hour, moment.minute, moment.second)
    return Stamp(make_moment(day, clock, told=serial), has_time=seconds != 0)


def _day_first(text: str, order: DayOrder) -> str:
    """M/d/yyyy put into the order that `read_stamp` reads; longer texts keep their clock."""
    if order is DayOrder.DAY_FIRST:
        return text
    return _SLASHED.sub(lambda m: f"{m['b']}{m['s']}{m['a']}{m['s']}{m['year']}", text, count=1)


def slashed(cell: Cell) -> tuple[int, int] | None:
    """The two numbers before the year of a text date; None for anything else."""
    found = _SLASHED.search(cell) if isinstance(cell, str) else None
    return (int(found["a"]), int(found["b"])) if found else None


def read_sheet_code(cell: Cell) -> str | None:
    """A code; one that a spreadsheet has made a number has lost its zeros or its last digits."""
    if is_blank(cell):
        return None
    if not isinstance(cell, str):
        raise Refused(
            RejectReason.BAD_TEXT, "mã bị bảng tính đổi thành số hoặc ngày; định dạng cột mã là Văn bản"
        )
    if re.fullmatch(r"\d+[.,]\d+E\+?\d+|\d+\.0", clean(cell), re.IGNORECASE):
        raise Refused(RejectReason.BAD_TEXT, "mã bị bảng tính đổi thành số; định dạng cột mã là Văn bản")
    return read_code(cell)


def read_amount(cell: Cell) -> int | None:
    """An amount in VND: 150000, "150.000", "150.000 đ"; "1,5" is none."""
    if is_blank(cell):
        return None
    if isinstance(cell, float) and math.isfinite(cell) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, str):
        text = re.sub(r" ?(?:đồng|vnđ|vnd|đ)$", "", clean(cell).lower())
        cell = re.sub(r"[.,\u00a0 ]", "", text) if _GROUPED.fullmatch(text) else text
    amount = read_integer(cell)
    if amount is not None and amount < 0:
        raise Refused(RejectReason.BAD_NUMBER, f"số tiền âm: {amount}")
    return amount


def read_paid(cell: Cell, fee: int | None) -> int | None:
    """What was paid: an amount, or a word such as "x" or "Đã nộp", which means all of `fee`."""
    if isinstance(cell, bool):
        return (fee if cell else 0) if fee is not None else None
    if isinstance(cell, str) and clean(cell).lower() not in NOTHING:
        word = fold(cell)
        if word in ("x", "co", "da nop", "roi", "da thanh toan"):
            return fee
        if word in ("khong", "chua", "chua nop", "chua thanh toan"):
            return 0
    return read_amount(cell)
