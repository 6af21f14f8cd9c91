"""A dropped sheet as plain rows of cells, whatever its file was; JSON between fetch and parse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

Cell = str | int | float | bool | datetime | date | time | timedelta | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows from the first of the sheet; `bad` names cells by (row, column), counted from 1.

    `ragged` when a row says how many cells it has (CSV), so that a short one is a fault.
    """

    rows: tuple[Row, ...]
    epoch_1904: bool = False
    ragged: bool = False
    bad: Mapping[tuple[int, int], str] = field(default_factory=lambda: MappingProxyType({}))
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Merged areas (first row, first column, last row, last column), counted from 1."""


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def column_name(column: int) -> str:
    """1 -> A, 27 -> AA; how people name the place of a fault."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def to_json(table: Table) -> bytes:
    """The table as bytes that `from_json` reads back unchanged."""
    value = {
        "rows": [[_plain(cell) for cell in row] for row in table.rows],
        "epoch_1904": table.epoch_1904,
        "ragged": table.ragged,
        "bad": [[row, column, word] for (row, column), word in table.bad.items()],
        "merged": table.merged,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def from_json(body: bytes) -> Table:
    """The table that `to_json` wrote."""
    value = json.loads(body.decode("utf-8", "surrogatepass"))
    return Table(
        rows=tuple(tuple(_cell(cell) for cell in row) for row in value["rows"]),
        epoch_1904=value["epoch_1904"],
        ragged=value["ragged"],
        bad={(row, column): word for row, column, word in value["bad"]},
        merged=tuple((a, b, c, d) for a, b, c, d in value["merged"]),
    )


def _plain(cell: Cell) -> object:
    if isinstance(cell, datetime):
        return {"moment": cell.isoformat()}
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    if isinstance(cell, time):
        return {"clock": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"seconds": cell.total_seconds()}
    return cell


def _cell(value: object) -> Cell:
    if not isinstance(value, dict):
        assert value is None or isinstance(value, str | int | float)
        return value
    (kind, inner), *_ = value.items()
    if kind == "moment":
        return datetime.fromisoformat(inner)
    if kind == "day":
        return date.fromisoformat(inner)
    return time.fromisoformat(inner) if kind == "clock" else timedelta(seconds=inner)


def trimmed(rows: Sequence[Sequence[Cell]]) -> tuple[Row, ...]:
    """Rows without the blank ones at the end."""
    last = max((n for n, row in enumerate(rows, 1) if any(not is_blank(c) for c in row)), default=0)
    return tuple(tuple(row) for row in rows[:last])
