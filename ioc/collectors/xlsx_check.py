"""Look into an XLSX before anything reads it: bombs, macros, DOCTYPE, cells at the end of the world.

The same pass notes what the reader does not tell: cells whose formula failed or was never computed.
The size that a sheet states for itself is not believed; WPS Office is known to write a wrong one.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import sax
from defusedxml.common import DefusedXmlException

from ioc.errors import SourceChanged
from ioc.faults import FaultKind

MAX_MEMBERS = 200
MAX_UNPACKED = 200_000_000
MAX_RATIO = 100
MAX_ROWS = 200_000
MAX_COLUMNS = 200
_CHUNK = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


@dataclass(slots=True)
class SheetFacts:
    """What one worksheet holds: its real extent, and its bad cells as (row, column) -> word."""

    rows: int = 0
    columns: int = 0
    bad: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BookFacts:
    """Sheets by their place in the archive, and the calendar that serial dates count in."""

    sheets: dict[str, SheetFacts]
    epoch_1904: bool


def refuse(text: str) -> SourceChanged:
    """A file that cannot be taken, with the sentence that is put beside it."""
    return SourceChanged(text, kind=FaultKind.FILE)


def check_xlsx(body: bytes) -> BookFacts:
    """Facts of a workbook that is safe to read; raises SourceChanged (FILE) for any other."""
    _check_kind(body)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _check_list(archive, len(body))
            return _scan(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as exc:
        raise refuse("Tệp .xlsx bị hỏng hoặc bị cắt; tải lại từ phần mềm nguồn rồi thả lại") from exc


def _check_kind(body: bytes) -> None:
    if body.startswith(_OLD_OFFICE):
        raise refuse("Tệp đời cũ (.xls) hoặc có mật khẩu; lưu lại thành .xlsx không mật khẩu rồi thả lại")
    if body.lstrip()[:1] == b"<":
        raise refuse("Tệp là trang web (HTML) đổi đuôi; mở bằng Excel, lưu lại thành .xlsx rồi thả lại")
    if not body.startswith(b"PK"):
        raise refuse("Tệp không phải là .xlsx; lưu lại thành .xlsx rồi thả lại")


def _check_list(archive: zipfile.ZipFile, size: int) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(size, 1):
        raise refuse("Tệp .xlsx phình quá lớn khi giải nén; xuất lại riêng bảng danh sách hồ sơ")
    names = [member.filename.lower() for member in members]
    if any("vbaproject" in name or "macrosheets" in name for name in names):
        raise refuse("Tệp có macro; lưu lại thành .xlsx không macro rồi thả lại")
    if "[content_types].xml" not in names or not any(name.startswith("xl/worksheets/") for name in names):
        raise refuse("Tệp không phải là bảng tính .xlsx; lưu lại thành .xlsx rồi thả lại")


def _scan(archive: zipfile.ZipFile) -> BookFacts:
    sheets: dict[str, SheetFacts] = {}
    workbook = _Workbook()
    budget = _Budget()
    for member in archive.infolist():
        name = member.filename
        if not name.lower().endswith((".xml", ".rels", ".vml")):
            continue
        handler: ContentHandler = ContentHandler()
        if name.startswith("xl/worksheets/") and "/_rels/" not in name:
            handler = sheet = _Sheet()
            sheets[name] = sheet.facts
        elif name == "xl/workbook.xml":
            handler = workbook
        with archive.open(member) as stream:
            _parse(stream.read, handler, budget)
    return BookFacts(sheets, workbook.epoch_1904)


@dataclass(slots=True)
class _Budget:
    """Bytes really unpacked: the list of an archive may lie."""

    used: int = 0

    def take(self, count: int) -> None:
        self.used += count
        if self.used > MAX_UNPACKED:
            raise refuse("Tệp .xlsx phình quá lớn khi giải nén; xuất lại riêng bảng danh sách hồ sơ")


def _parse(read: Callable[[int], bytes], handler: ContentHandler, budget: _Budget) -> None:
    parser = sax.make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(handler)
    try:
        while chunk := read(_CHUNK):
            budget.take(len(chunk))
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException as exc:
        raise refuse("Tệp .xlsx có khai báo DOCTYPE nguy hiểm; tạo lại tệp từ phần mềm nguồn") from exc
    except SAXException as exc:
        raise refuse("Nội dung tệp .xlsx bị hỏng; tải lại từ phần mềm nguồn rồi thả lại") from exc


class _Workbook(ContentHandler):
    epoch_1904 = False

    def startElement(self, name: str, attrs: Any) -> None:
        if name.rpartition(":")[2] == "workbookPr":
            self.epoch_1904 = attrs.get("date1904", "0") in ("1", "true")


class _Sheet(ContentHandler):
    """Follows the cells of a sheet; a cell without a reference stands right of the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = SheetFacts()
        self._row = self._column = 0
        self._kind = ""
        self._has_formula = False
        self._text: list[str] | None = None

    def startElement(self, name: str, attrs: Any) -> None:
        name = name.rpartition(":")[2]
        if name == "row":
            told = attrs.get("r", "")
            self._row = int(told) if told.isdecimal() and len(told) < 9 else self._row + 1
            self._column = 0
        elif name == "c":
            self._place(attrs.get("r", ""))
            self._kind = attrs.get("t", "")
            self._has_formula = False
        elif name == "f":
            self._has_formula = True
        elif name == "v" and (self._kind == "e" or self._has_formula):
            self._text = []

    def _place(self, reference: str) -> None:
        found = _REFERENCE.fullmatch(reference)
        if found:
            self._column, self._row = _column_number(found.group(1)), int(found.group(2))
        else:
            self._column += 1
        self.facts.rows = max(self.facts.rows, self._row)
        self.facts.columns = max(self.facts.columns, self._column)
        if self.facts.rows > MAX_ROWS or self.facts.columns > MAX_COLUMNS:
            raise refuse(
                f"Bảng vượt {MAX_ROWS:,} dòng hoặc {MAX_COLUMNS} cột; xóa vùng thừa hoặc chia nhỏ tệp"
            )

    def characters(self, content: str) -> None:
        if self._text is not None:
            self._text.append(content)

    def endElement(self, name: str) -> None:
        if name.rpartition(":")[2] != "c":
            return
        told = "".join(self._text or []).strip()
        if self._kind == "e":
            self.facts.bad[self._row, self._column] = told or "#?"
        elif self._has_formula and not told and self._kind != "str":
            self.facts.bad[self._row, self._column] = "công thức chưa tính"
        self._text = None


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
