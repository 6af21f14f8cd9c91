"""Which column is which: header synonyms (`wire.md` §7), sniffed where a header may mean two things.

The header's fingerprint is remembered for each source. A changed one is refused and asked about, for a
column that moved in silence would move every figure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ioc.collectors import phrases
from ioc.collectors.cells import read_when
from ioc.collectors.tables import Cell, Row, Table, is_blank
from ioc.collectors.texts import Refused, fold
from ioc.collectors.xlsx_check import refuse
from ioc.model.dossier import Status

HEADERS: Mapping[str, tuple[str, ...]] = {
    "dossier_code": ("ma ho so", "so ho so", "ma so ho so", "ma hs", "so bien nhan", "ma bien nhan"),
    "procedure_code": ("ma tthc", "ma thu tuc", "ma thu tuc hanh chinh"),
    "procedure_name": (
        "ten tthc",
        "ten thu tuc",
        "ten thu tuc hanh chinh",
        "thu tuc hanh chinh",
        "thu tuc",
        "tthc",
        "noi dung",
        "ve viec",
    ),
    "domain_name": ("linh vuc", "ten linh vuc"),
    "agency_code": ("ma co quan", "ma don vi", "ma dinh danh"),
    "agency_name": ("co quan", "don vi", "don vi giai quyet", "co quan thuc hien", "don vi xu ly"),
    "applicant_type": ("doi tuong", "loai doi tuong"),
    "submitted_at": ("ngay nop", "ngay nop ho so", "ngay dang ky"),
    "received_at": ("ngay tiep nhan", "ngay nhan", "ngay nhan ho so"),
    "due_at": ("ngay hen tra", "ngay hen", "han tra", "han xu ly", "thoi han giai quyet"),
    "finished_at": ("ngay co ket qua", "ngay ket thuc xu ly", "ngay xu ly xong", "ngay hoan thanh"),
    "returned_at": ("ngay tra", "ngay tra ket qua", "ngay thuc tra"),
    "raw_status": ("trang thai", "tinh trang", "tinh trang ho so", "trang thai ho so", "ket qua"),
    "channel": ("hinh thuc nop", "kenh tiep nhan", "kenh", "hinh thuc"),
    "service_level": ("muc do", "muc do dvc", "loai dvc"),
    "step": ("buoc xu ly", "buoc hien tai"),
    "fee": ("le phi", "phi le phi", "phi", "so tien"),
    "paid": ("da nop", "so tien da nop", "da thanh toan"),
}
"""Role -> folded headers, the surest first."""
DATES = ("submitted_at", "received_at", "due_at", "finished_at", "returned_at")
TEXTS = (
    "procedure_name",
    "domain_name",
    "agency_name",
    "applicant_type",
    "raw_status",
    "channel",
    "service_level",
    "step",
)
"""Roles whose cells people type freely; numbers of persons are taken out of them."""
_ROLE_OF = {header: role for role, headers in HEADERS.items() for header in headers}
_SCANNED_ROWS = 30
_LEAST_KNOWN = 4
_SNIFFED = 200
_BRACKETS = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header row (counted from 1), its folded texts, and the column of each role (from 1)."""

    row: int
    texts: tuple[str, ...]
    columns: Mapping[str, int]

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits over the header's texts, in order."""
        return hashlib.sha256("|".join(self.texts).encode()).hexdigest()[:12]


def fold_header(cell: Cell) -> str:
    """A header as compared: without `(*)`, `(1)`, line breaks and diacritics."""
    if not isinstance(cell, str):
        return ""
    try:
        return fold(_BRACKETS.sub(" ", cell))
    except Refused:
        return ""


def known_headers(row: Sequence[Cell]) -> int:
    """How many different roles the cells of a row name."""
    return len({_ROLE_OF[text] for text in map(fold_header, row) if text in _ROLE_OF})


def find_header(table: Table, *, remembered: Mapping[str, int] | None = None) -> Header:
    """The header among the first 30 rows; `remembered` columns are used as they were chosen before.

    Raises SourceChanged (FILE) when there is none, or no column of dossier codes.
    """
    scanned = table.rows[:_SCANNED_ROWS]
    best = max(range(len(scanned)), key=lambda n: known_headers(scanned[n]), default=None)
    if best is None or known_headers(scanned[best]) < _LEAST_KNOWN:
        raise refuse("Không thấy dòng tiêu đề với ít nhất 4 cột quen thuộc; dùng tệp mẫu rồi thả lại")
    texts = tuple(fold_header(cell) for cell in scanned[best])
    body = table.rows[best + 1 :]
    columns = dict(remembered) if remembered is not None else _choose(table, texts, body)
    if "dossier_code" not in columns:
        raise refuse("Không có cột mã hồ sơ; thêm cột “Mã hồ sơ” rồi thả lại")
    if not {"received_at", "submitted_at"} & columns.keys():
        raise refuse("Không có cột ngày tiếp nhận đọc được; thêm cột “Ngày tiếp nhận” rồi thả lại")
    return Header(row=best + 1, texts=texts, columns=columns)


def _choose(table: Table, texts: tuple[str, ...], body: Sequence[Row]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for role, headers in HEADERS.items():
        places = [texts.index(header) + 1 for header in headers if header in texts]
        fits = _SNIFFERS.get(role)
        for place in places:
            if fits is None or fits(table, texts[place - 1], list(_values(body, place))):
                columns[role] = place
                break
    return columns


def _values(body: Sequence[Row], column: int) -> Iterator[Cell]:
    """Cells of a column below the header, blank ones left out."""
    for row in body[:_SNIFFED]:
        if column <= len(row) and not is_blank(row[column - 1]):
            yield row[column - 1]


def _share(values: Sequence[Cell], test: Callable[[Cell], bool]) -> float:
    return sum(1 for value in values if test(value)) / len(values) if values else 1.0


def _holds_dates(table: Table, header: str, values: Sequence[Cell]) -> bool:
    """ "Thời hạn giải quyết" may hold "10 ngày làm việc"; the other date headers hold what they say."""

    def is_date(value: Cell) -> bool:
        try:
            return read_when(value, epoch_1904=table.epoch_1904) is not None
        except Refused:
            return False

    return header not in ("thoi han giai quyet", "han xu ly", "han tra") or _share(values, is_date) >= 0.5


def _holds_status(table: Table, header: str, values: Sequence[Cell]) -> bool:
    """ "Kết quả" may hold "Đúng hạn", which is no status."""

    def is_status(value: Cell) -> bool:
        found = phrases.find(value, phrases.STATUS) if isinstance(value, str) else None
        return found is not None and found is not Status.UNKNOWN

    return header != "ket qua" or _share(values, is_status) >= 0.5


def _holds_procedures(table: Table, header: str, values: Sequence[Cell]) -> bool:
    """ "Nội dung" is the procedure when its texts repeat, and an abstract when each is its own."""
    if header not in ("noi dung", "ve viec"):
        return True
    return bool(values) and len({str(value) for value in values}) <= len(values) / 2


_SNIFFERS: Mapping[str, Callable[[Table, str, Sequence[Cell]], bool]] = {
    "due_at": _holds_dates,
    "raw_status": _holds_status,
    "procedure_name": _holds_procedures,
}
