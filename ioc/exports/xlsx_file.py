"""A list as XLSX: text stays text, days are days, and what is true of the list stands above it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter

from ioc.clock import VIETNAM
from ioc.exports.safe import clean
from ioc.exports.sheet import Kind, Sheet, SheetColumn, Value

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_OPTIONS = {
    "in_memory": True,
    "constant_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "dd/mm/yyyy",
}
_FORMATS: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 14},
    "fact": {"font_color": "#536171"},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EEF2F6"},
    "text": {"valign": "top", "text_wrap": True},
    "number": {"valign": "top", "num_format": "#,##0"},
    "day": {"valign": "top", "num_format": "dd/mm/yyyy"},
    "moment": {"valign": "top", "num_format": "dd/mm/yyyy hh:mm"},
}


def write_xlsx(sheet: Sheet, *, list_name: str, facts_name: str) -> bytes:
    """The whole file: the list with its facts above, and the facts again on a sheet of their own."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, _OPTIONS) as book:
        book.set_properties({"title": clean(sheet.title), "created": datetime(2026, 1, 1, tzinfo=UTC)})
        formats = {name: book.add_format(look) for name, look in _FORMATS.items()}
        _write_list(book.add_worksheet(list_name), sheet, formats)
        _write_facts(book.add_worksheet(facts_name), sheet, formats)
    return held.getvalue()


def _write_list(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    page.write_string(0, 0, clean(sheet.title), formats["title"])
    for place, (name, value) in enumerate(sheet.facts, start=1):
        page.write_string(place, 0, clean(f"{name}: {value}"), formats["fact"])
    head = len(sheet.facts) + 2
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(head, place, clean(column.label), formats["head"])
    for line, row in enumerate(sheet.rows, start=head + 1):
        for place, (cell, column) in enumerate(zip(row, sheet.columns, strict=True)):
            _write_cell(page, line, place, cell, column, formats)
    page.freeze_panes(head + 1, 1)
    page.autofilter(head, 0, head + max(1, len(sheet.rows)), len(sheet.columns) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)


def _write_cell(
    page: Any, line: int, place: int, value: Value, column: SheetColumn, formats: dict[str, Any]
) -> None:
    if value is None:
        return
    look = formats[column.kind.value]
    if column.kind is Kind.NUMBER and isinstance(value, int):
        page.write_number(line, place, value, look)
    elif isinstance(value, datetime):
        page.write_datetime(line, place, value.astimezone(VIETNAM).replace(tzinfo=None), look)
    elif isinstance(value, date):
        page.write_datetime(line, place, value, look)
    else:
        page.write_string(line, place, clean(str(value)), look)


def _write_facts(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 100)
    page.write_string(0, 0, clean(sheet.title), formats["title"])
    for place, (name, value) in enumerate(sheet.facts, start=2):
        page.write_string(place, 0, clean(name), formats["fact"])
        page.write_string(place, 1, clean(value), formats["text"])
