"""The sheet that units without a system fill in: offered for download, read back by `file_drop` unchanged.

File name: `<nguồn>_YYYYMMDD[-HHMM].csv` or `.xlsx`; it says for which moment the list speaks.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

COLUMNS = (
    "Mã hồ sơ",
    "Mã TTHC",
    "Tên TTHC",
    "Lĩnh vực",
    "Mã cơ quan",
    "Cơ quan",
    "Kênh",
    "Đối tượng",
    "Ngày nộp",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày có kết quả",
    "Ngày trả",
    "Trạng thái",
    "Lệ phí",
    "Đã nộp",
)
"""Headers in their order (`wire.md` §8); none asks for a person's name or number."""

_LAST_ROW = 5_000
_WIDE = {"Tên TTHC", "Cơ quan"}


def template_csv(rows: Sequence[Sequence[str]] = ()) -> bytes:
    """UTF-8 with a byte order mark and semicolons: what Excel on a Vietnamese machine opens by itself."""
    lines = [";".join(cells) for cells in (COLUMNS, *rows)]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def template_xlsx(rows: Sequence[Sequence[str]] = ()) -> bytes:
    """The same sheet as XLSX; every cell is text, so that codes keep their zeros and dates their order."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("Hồ sơ")
    text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bottom": 1})
    for column, name in enumerate(COLUMNS):
        sheet.set_column(column, column, 42 if name in _WIDE else 18, text)
        sheet.write_string(0, column, name, head)
    for number, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell, text)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, _LAST_ROW, len(COLUMNS) - 1)
    book.close()
    return stream.getvalue()
