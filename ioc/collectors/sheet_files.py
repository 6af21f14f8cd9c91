"""Read a dropped file into a table: XLSX through calamine, CSV strictly, nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

import python_calamine as calamine

from ioc.collectors.tables import Cell, Table, is_blank, trimmed
from ioc.collectors.xlsx_check import MAX_COLUMNS, MAX_ROWS, BookFacts, check_xlsx, refuse

KnownHeaders = Callable[[Sequence[Cell]], int]
"""How many known headers stand in a row."""

_ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "windows-1258": "cp1258", "utf-16": "utf-16"}


def read_table(body: bytes, *, name: str, options: Mapping[str, str], known: KnownHeaders) -> Table:
    """The table of a file; its kind is told by its name and must agree with its bytes.

    Raises SourceChanged (FILE) with the sentence to put beside the file.
    """
    suffix = name.lower().rpartition(".")[2]
    if not body:
        raise refuse("Tệp rỗng; xuất lại từ phần mềm nguồn rồi thả lại")
    if suffix == "csv":
        return read_csv(body, options=options, known=known)
    if suffix == "xlsx":
        return read_xlsx(body, sheet=options.get("sheet"), known=known)
    if suffix == "xlsm":
        raise refuse("Tệp có macro (.xlsm); lưu lại thành .xlsx rồi thả lại")
    raise refuse("Chỉ nhận tệp .xlsx hoặc .csv; lưu lại đúng loại rồi thả lại")


def read_xlsx(body: bytes, *, sheet: str | None, known: KnownHeaders) -> Table:
    """The sheet named, else the visible sheet whose rows know the most headers."""
    facts = check_xlsx(body)
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)) as book:
            tables = [_sheet_table(book, name, facts) for name in _sheet_names(book, sheet)]
    except (calamine.CalamineError, OSError, ValueError) as exc:
        raise refuse("Tệp .xlsx không đọc được; mở bằng Excel, lưu lại rồi thả lại") from exc
    if not tables:
        raise refuse("Tệp không có trang tính nào đọc được; kiểm tra tên trang tính rồi thả lại")
    return max(tables, key=lambda table: max((known(row) for row in table.rows[:30]), default=0))


def _sheet_names(book: calamine.CalamineWorkbook, wanted: str | None) -> list[str]:
    if wanted is not None:
        return [name for name in book.sheet_names if name == wanted]
    return [
        meta.name
        for meta in book.sheets_metadata
        if meta.visible is calamine.SheetVisibleEnum.Visible and meta.typ is calamine.SheetTypeEnum.WorkSheet
    ]


def _sheet_table(book: calamine.CalamineWorkbook, name: str, facts: BookFacts) -> Table:
    sheet = book.get_sheet_by_name(name)
    rows = [[None if cell == "" else cell for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    place = f"xl/worksheets/sheet{book.sheet_names.index(name) + 1}.xml"
    # files of some programs name their parts otherwise: then every bad cell of the book counts
    found = [facts.sheets[place]] if place in facts.sheets else list(facts.sheets.values())
    merged = sheet.merged_cell_ranges or []
    return Table(
        rows=trimmed(rows),
        epoch_1904=facts.epoch_1904,
        bad={cell: word for fact in found for cell, word in fact.bad.items()},
        merged=tuple((a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in merged),
    )


def read_csv(body: bytes, *, options: Mapping[str, str], known: KnownHeaders) -> Table:
    """A CSV read strictly; the delimiter is the one that shows the most known headers."""
    text = _decode(body, options.get("encoding"))
    told = options.get("delimiter")
    signs = ("\t" if told == "tab" else told,) if told else (";", ",", "\t")
    head = "".join(text.splitlines(keepends=True)[:40])
    sign = max(signs, key=lambda s: max((known(row) for row in _lenient(head, s)), default=0))
    rows = _strict(text, sign)
    width = max((len(row) for row in rows), default=0)
    if len(rows) > MAX_ROWS or width > MAX_COLUMNS:
        raise refuse(f"Bảng vượt {MAX_ROWS:,} dòng hoặc {MAX_COLUMNS} cột; chia nhỏ tệp rồi thả lại")
    return Table(rows=trimmed([[None if is_blank(c) else c for c in row] for row in rows]), ragged=True)


def _decode(body: bytes, told: str | None) -> str:
    name = _ENCODINGS.get((told or "utf-8").lower(), told or "utf-8-sig")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "utf-16"
    try:
        return body.decode(name)
    except (UnicodeError, LookupError) as exc:
        raise refuse(
            "Bảng mã của tệp .csv không đọc được; lưu lại dạng “CSV UTF-8” hoặc khai báo options.encoding"
        ) from exc


def _lenient(text: str, sign: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    except csv.Error:
        return []


def _strict(text: str, sign: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    rows: list[list[str]] = []
    line = 1
    try:
        for row in reader:
            # blank lines are kept, so that row numbers are those of the file as a sheet shows it
            rows.append(row)
            line = reader.line_num + 1
    except csv.Error as exc:
        raise refuse(
            f"Tệp .csv hỏng từ dòng {line} (dấu nháy không đóng hoặc thừa); xuất lại rồi thả lại"
        ) from exc
    return rows
