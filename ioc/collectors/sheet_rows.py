"""Which rows of a sheet are dossiers, and which are titles, totals, numbering or signatures.

Whatever is no dossier and no total is emptied before the sheet is kept: signatures name people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from ioc.collectors.headers import DATES, TEXTS, Header, fold_header
from ioc.collectors.mask import MASKED, scrub
from ioc.collectors.tables import Cell, Row, Table, is_blank
from ioc.collectors.texts import Refused, clean, fold

_NUMBERING = re.compile(r"\(?\d{1,2}\)?")
_BARE_CODE = re.compile(r"(?=.*\d)[^\s()]{3,}")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}")
_COUNT = re.compile(r"(\d[\d.]*) ?ho so|ho so ?:? ?(\d[\d.]*)")


class RowKind(Enum):
    """What a row below the header is."""

    BLANK = auto()
    NUMBERING = auto()
    HEADER = auto()
    TOTAL = auto()
    GROUP = auto()
    RECORD = auto()
    FOOTER = auto()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row below the header: its number in the sheet, what it is, its cells."""

    number: int
    kind: RowKind
    cells: Row

    def cell(self, column: int | None) -> Cell:
        """The cell of a column (from 1); None beyond the end of the row or without a column."""
        if column is None or column > len(self.cells):
            return None
        return self.cells[column - 1]


def rows_below(table: Table, header: Header) -> Iterator[SheetRow]:
    """Every row below the header, told apart."""
    for number, cells in enumerate(table.rows[header.row :], header.row + 1):
        yield SheetRow(number, _kind(cells, header), cells)


def stripped(table: Table, header: Header) -> Table:
    """The table without personal data: unread columns, banners and signatures are emptied."""
    kept = frozenset(header.columns.values())
    texts = frozenset(place for role, place in header.columns.items() if role in TEXTS)
    last = max((r.number for r in rows_below(table, header) if r.kind is RowKind.RECORD), default=0)
    rows: list[Row] = [() for _ in range(header.row - 1)]
    rows.append(table.rows[header.row - 1])
    for row in rows_below(table, header):
        if row.kind is RowKind.RECORD:
            width = len(header.texts)
            cells = (_kept(n, c, kept, width) for n, c in enumerate(row.cells, 1))
            rows.append(tuple(_scrubbed(c) if n in texts else c for n, c in enumerate(cells, 1)))
        elif row.kind is RowKind.TOTAL or (row.kind is RowKind.GROUP and row.number < last):
            rows.append(tuple(map(_scrubbed, row.cells)))
        else:
            rows.append(())
    return replace(table, rows=tuple(rows))


def _kept(column: int, cell: Cell, kept: frozenset[int], width: int) -> Cell:
    if column in kept or is_blank(cell):
        return cell
    return MASKED if column > width else ""  # a cell too many stays a fault of the row


def _scrubbed(cell: Cell) -> Cell:
    return scrub(cell) if isinstance(cell, str) else cell


def _kind(cells: Row, header: Header) -> RowKind:
    filled = [cell for cell in cells if not is_blank(cell)]
    if not filled:
        return RowKind.BLANK
    if tuple(fold_header(cell) for cell in cells)[: len(header.texts)] == header.texts[: len(cells)]:
        return RowKind.HEADER
    if len(filled) > 2 and all(_NUMBERING.fullmatch(_number(cell)) for cell in filled):
        return RowKind.NUMBERING
    if any(_plain(cell).startswith(("tong cong", "tong so", "cong")) for cell in filled[:2]):
        return RowKind.TOTAL
    row = SheetRow(0, RowKind.RECORD, cells)
    code = row.cell(header.columns["dossier_code"])
    if len(filled) == 1:
        return RowKind.RECORD if _is_code(code) else RowKind.GROUP
    dated = any(_looks_dated(row.cell(header.columns.get(role))) for role in DATES)
    return RowKind.RECORD if dated or any(c.isdigit() for c in str(code or "")) else RowKind.FOOTER


def _looks_dated(cell: Cell) -> bool:
    """Signatures stand under any column; a date is a date cell, a number, or numbers with signs between."""
    if isinstance(cell, str):
        return _DATE.search(cell) is not None
    return cell is not None


def _is_code(cell: Cell) -> bool:
    return isinstance(cell, int | float) or (
        isinstance(cell, str) and _BARE_CODE.fullmatch(cell.strip()) is not None
    )


def _number(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _plain(cell: Cell) -> str:
    try:
        return fold(cell) if isinstance(cell, str) else ""
    except Refused:
        return ""


def stated_count(row: SheetRow) -> int | None:
    """How many dossiers a total row speaks of ("Tổng cộng: 120 hồ sơ"); None when it does not say."""
    for cell in row.cells:
        found = _COUNT.search(_plain(cell))
        if found:
            return int((found[1] or found[2]).replace(".", ""))
    return None


def group_title(row: SheetRow) -> str:
    """The text of a group row without its count: "Đất đai (12)" -> "Đất đai"."""
    text = next((cell for cell in row.cells if isinstance(cell, str) and cell.strip()), "")
    return clean(re.sub(r"\(\s*\d+[^)]*\)\s*$", "", text))
