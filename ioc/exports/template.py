"""The empty sheet that units without a system fill in and drop: headers that the reader surely knows.

The words are those of the readers' synonyms (`collectors/headers.py`), in Vietnamese in every language of
the screens: they are data, not decoration. A test reads them back.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import xlsxwriter

LIST_NAME, GUIDE_NAME = "Hồ sơ", "Hướng dẫn"
ROWS_PREPARED = 2_000


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the sheet."""

    header: str
    needed: bool
    how: str
    example: str
    width: int = 18
    is_day: bool = False


FIELDS: tuple[Field, ...] = (
    Field("Mã hồ sơ", True, "Mã duy nhất của hồ sơ, giữ nguyên qua các lần gửi", "H49.101-261120-0007", 24),
    Field("Mã TTHC", True, "Mã thủ tục hành chính trên Cổng dịch vụ công quốc gia", "1.001193"),
    Field("Tên TTHC", False, "Tên thủ tục, để đối chiếu", "Đăng ký khai sinh", 40),
    Field("Lĩnh vực", False, "Tên lĩnh vực", "Hộ tịch", 20),
    Field("Mã cơ quan", False, "Để trống nếu cả tệp là của một cơ quan", "H49.101", 14),
    Field("Cơ quan", False, "Tên cơ quan giải quyết", "UBND phường Hạ Long", 28),
    Field("Hình thức nộp", False, "Trực tiếp, Trực tuyến hoặc Bưu chính", "Trực tuyến", 14),
    Field("Mức độ DVC", False, "Toàn trình hoặc Một phần, khi nộp trực tuyến", "Toàn trình", 14),
    Field("Ngày nộp", False, "Ngày hoặc ngày giờ nộp", "20/11/2026 08:10", 18, is_day=True),
    Field("Ngày tiếp nhận", True, "Ngày hoặc ngày giờ tiếp nhận", "20/11/2026 08:30", 18, is_day=True),
    Field(
        "Ngày hẹn trả", True, "Ngày hẹn trả kết quả; để trống nếu không hẹn", "23/11/2026", 18, is_day=True
    ),
    Field("Ngày có kết quả", False, "Để trống khi chưa xong", "21/11/2026 15:00", 18, is_day=True),
    Field("Ngày trả kết quả", False, "Để trống khi chưa trả", "23/11/2026 09:00", 18, is_day=True),
    Field("Trạng thái", True, "Như phần mềm hoặc sổ theo dõi ghi", "Đang xử lý", 20),
    Field("Bước xử lý", False, "Bước đang giữ hồ sơ; không ghi tên người", "Trình ký", 20),
    Field("Lệ phí", False, "Số tiền phải nộp, đồng", "8000", 12),
    Field("Đã nộp", False, "Số tiền đã nộp, đồng", "8000", 12),
)


def write_template() -> bytes:
    """The sheet and, beside it, how to fill it. It asks for no name, number, phone or address of a person."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E7F0F8", "bottom": 1, "text_wrap": True}),
            "day": book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            "text": book.add_format({"num_format": "@"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _write_list(book.add_worksheet(LIST_NAME), formats)
        _write_guide(book.add_worksheet(GUIDE_NAME), formats)
    return held.getvalue()


def _write_list(page: Any, formats: dict[str, Any]) -> None:
    for place, field in enumerate(FIELDS):
        page.set_column(place, place, field.width, formats["day" if field.is_day else "text"])
        page.write_string(0, place, field.header, formats["head"])
    page.freeze_panes(1, 1)


def _write_guide(page: Any, formats: dict[str, Any]) -> None:
    page.set_column(0, 0, 20)
    page.set_column(1, 1, 12)
    page.set_column(2, 3, 50, formats["wrap"])
    for place, title in enumerate(("Cột", "Bắt buộc", "Cách ghi", "Ví dụ")):
        page.write_string(0, place, title, formats["head"])
    for line, field in enumerate(FIELDS, start=1):
        cells = (field.header, "x" if field.needed else "", field.how, field.example)
        for place, value in enumerate(cells):
            page.write_string(line, place, value, formats["wrap"])
    note = "Không ghi họ tên, số định danh, điện thoại hay địa chỉ của người nộp; có ghi cũng không được lưu."
    page.write_string(len(FIELDS) + 2, 0, note)
