"""A list as CSV: UTF-8 with a byte-order mark (spreadsheets want it), facts in `#` lines first."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

from ioc.clock import VIETNAM
from ioc.exports.safe import safe_cell
from ioc.exports.sheet import Sheet, Value

CONTENT_TYPE = "text/csv; charset=utf-8"


def write_csv(sheet: Sheet) -> bytes:
    """The whole file, for machines: days are yyyy-MM-dd, moments have their offset. People take the XLSX."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([f"# {safe_cell(sheet.title)}"])
    writer.writerows([f"# {name}: {value}"] for name, value in sheet.facts)
    writer.writerow([safe_cell(column.label) for column in sheet.columns])
    writer.writerows([[_cell(value) for value in row] for row in sheet.rows])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else safe_cell(value)
