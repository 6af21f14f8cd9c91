"""Exports: no cell is a formula or a link, no bad character stops a file, and each says of when it is."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.collectors.headers import HEADERS, fold_header
from ioc.exports.csv_file import write_csv
from ioc.exports.safe import LONGEST, clean, safe_cell
from ioc.exports.sheet import Kind, Sheet, SheetColumn, file_name
from ioc.exports.template import FIELDS, write_template
from ioc.exports.xlsx_file import write_xlsx

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x00=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    " =1+1",
    "\u200b=1+1",
    "\ufeff=cmd|' /C calc'!A0",
    '=HYPERLINK("http://attacker.invalid","x")',
)
HARMLESS = ("Đăng ký khai sinh", "H49-261120-0001", "1.094.919", "", "a=b", "’=1")
LINK = "http://attacker.invalid/"
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def a_sheet(*texts: str) -> Sheet:
    return Sheet(
        title="Hồ sơ trễ hạn",
        facts=(("Số liệu lúc", "20/11/2026 12:00"), ("Độ tin cậy", "Số liệu đầy đủ")),
        columns=(
            SheetColumn("Mã hồ sơ"),
            SheetColumn("Trễ", Kind.NUMBER),
            SheetColumn("Hẹn trả", Kind.DAY),
            SheetColumn("Tiếp nhận", Kind.MOMENT),
        ),
        rows=[(text, 3, date(2026, 11, 2), NOON) for text in texts],
    )


def as_xlsx(sheet: Sheet) -> bytes:
    return write_xlsx(sheet, list_name="Hồ sơ", facts_name="Giải thích")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text_in_csv(text: str) -> None:
    assert safe_cell(text).startswith("'")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text())
def test_no_text_at_all_begins_like_a_formula(text: str) -> None:
    assert not re.match(r"[=+\-@\t\r\n\x00＝＋－＠]", safe_cell(text))


@given(st.text(max_size=50))
def test_a_cell_written_as_csv_is_read_back(text: str) -> None:
    rows = list(csv.reader(io.StringIO(write_csv(a_sheet(text)).decode("utf-8-sig"), newline="")))
    assert rows[-1][0] == safe_cell(text)


def test_csv_has_its_mark_facts_days_and_offsets() -> None:
    made = write_csv(a_sheet("H49-1"))
    assert made.startswith(b"\xef\xbb\xbf")
    lines = made.decode("utf-8-sig").split("\r\n")
    assert lines[:3] == ["# Hồ sơ trễ hạn", "# Số liệu lúc: 20/11/2026 12:00", "# Độ tin cậy: Số liệu đầy đủ"]
    assert lines[4] == "H49-1,3,2026-11-02,2026-11-20T12:00:00+07:00"


def test_xlsx_holds_no_formula_and_no_link() -> None:
    made = as_xlsx(a_sheet(*FORMULAS, LINK))
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        pages = [book.read(name).decode() for name in book.namelist() if "worksheets/" in name]
    assert not any("<f>" in page or "hyperlink" in page for page in pages)


def test_xlsx_is_read_back_as_it_was_written() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(a_sheet("=1+1", "Đăng ký khai sinh"))))
    page = book["Hồ sơ"]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0][0] == "Hồ sơ trễ hạn"
    assert rows[1][0] == "Số liệu lúc: 20/11/2026 12:00"
    assert rows[5] == ["=1+1", 3, datetime(2026, 11, 2), datetime(2026, 11, 20, 12, 0)]
    assert page["A6"].data_type == "s"
    assert page["C6"].number_format == "dd/mm/yyyy"
    assert book["Giải thích"]["B4"].value == "Số liệu đầy đủ"


@given(st.text(max_size=60))
def test_no_character_stops_a_file(text: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(a_sheet(text))))
    assert (book["Hồ sơ"]["A6"].value or "").replace("\r\n", "\n") == clean(text)


def test_a_text_longer_than_a_cell_is_cut_with_a_mark() -> None:
    assert len(clean("x" * 40_000)) == LONGEST
    assert clean("x" * 40_000).endswith("…")


def test_unknown_values_are_empty_cells() -> None:
    sheet = Sheet(
        title="t", facts=(), columns=(SheetColumn("a"), SheetColumn("b", Kind.DAY)), rows=[(None, None)]
    )
    assert write_csv(sheet).decode("utf-8-sig").split("\r\n")[2] == ","
    assert openpyxl.load_workbook(io.BytesIO(as_xlsx(sheet)))["Hồ sơ"]["A4"].value is None


def test_no_two_files_have_one_name() -> None:
    names = {file_name("ho-so", "csv", NOON) for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch(r"ho-so_20261120-120000_[0-9a-f]{6}\.csv", name) for name in names)


# -- the template for units without a system ----------------------------------------------------------


def test_every_header_of_the_template_is_known_to_the_reader_once() -> None:
    roles = {header: role for role, headers in HEADERS.items() for header in headers}
    found = [roles[fold_header(field.header)] for field in FIELDS]
    assert len(set(found)) == len(found)


def test_a_filled_template_is_found_and_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_template()))
    page = book["Hồ sơ"]
    page.append([field.example for field in FIELDS])
    header = [cell.value for cell in page[1]]
    assert header == [field.header for field in FIELDS]
    assert page.max_row == 2
    guide = [row[0].value for row in book["Hướng dẫn"].iter_rows(min_row=2)]
    assert guide[: len(FIELDS)] == header


def test_the_template_asks_for_nothing_about_a_person() -> None:
    asked = " ".join(field.header.lower() for field in FIELDS)
    assert not re.search(r"họ tên|chủ hồ sơ|định danh|cccd|điện thoại|địa chỉ|email", asked)
