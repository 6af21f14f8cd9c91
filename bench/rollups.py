"""The rollup tables out of arrays: rows in the order of their keys, as the store would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import province
from bench.calendar_arrays import Ints
from bench.derive import STANDINGS, Derived, events
from bench.draw import Drawn
from ioc.model.dossier import UNMAPPED, Standing
from ioc.store.tables import DAILY_COUNTERS, STOCK_COUNTERS

_STOCKS = (Standing.WITHIN, Standing.PAUSED, Standing.NO_DUE, Standing.WAITING)
"""In the order of STOCK_COUNTERS."""

UNMAPPED_AGENCY_WORDS = "Ủy ban nhân dân thị trấn cũ"
UNMAPPED_PROCEDURE_WORDS = "9.999999 Thủ tục không còn trong danh mục"
UNKNOWN_STATUS_WORDS = "77: Chuyển liên thông"


@dataclass(frozen=True, slots=True, eq=False)
class Rollups:
    """Rows of the four tables, columns in the order of the tables."""

    daily: list[tuple[Any, ...]]
    open_due: list[tuple[Any, ...]]
    stock: list[tuple[Any, ...]]
    unmapped: list[tuple[Any, ...]]


class _Keys:
    """Rollup keys as numbers: the distinct (agency, domain, source), ascending by their codes."""

    def __init__(self, drawn: Drawn) -> None:
        agencies = (UNMAPPED, *(unit.code for unit in province.units()))
        domains = (UNMAPPED, *province.domain_codes())
        sources = tuple(source for source, _, _ in province.sources())
        codes = ((drawn.agency + 1) * len(domains) + drawn.domain + 1) * len(sources) + drawn.source
        found, self.of_row = np.unique(codes, return_inverse=True)
        self.names = [
            (
                agencies[int(code) // len(sources) // len(domains)],
                domains[int(code) // len(sources) % len(domains)],
                sources[int(code) % len(sources)],
            )
            for code in found
        ]


def rollups_of(drawn: Drawn, found: Derived) -> Rollups:
    """All four tables."""
    keys = _Keys(drawn)
    return Rollups(
        daily=_daily(drawn, found, keys),
        open_due=_open_due(found, keys),
        stock=_stock(found, keys),
        unmapped=_unmapped(drawn, found),
    )


def _daily(drawn: Drawn, found: Derived, keys: _Keys) -> list[tuple[Any, ...]]:
    booked = [
        (DAILY_COUNTERS.index(name), rows, days) for name, rows, days in events(drawn, found) if len(rows)
    ]
    first = min(int(days.min()) for _, _, days in booked)
    last = max(int(days.max()) for _, _, days in booked)
    width = len(keys.names)
    cells = np.zeros(((last - first + 1) * width, len(DAILY_COUNTERS)), dtype=np.int32)
    for place, rows, days in booked:
        at = (days - first) * width + keys.of_row[rows]
        cells[:, place] += np.bincount(at, minlength=len(cells)).astype(np.int32)
    used = np.flatnonzero(cells.any(axis=1))
    names = [keys.names[place] for place in (used % width).tolist()]
    counts = cells[used].T.tolist()
    return [
        (day, *name, *row)
        for day, name, row in zip(
            (used // width + first).tolist(), names, zip(*counts, strict=True), strict=True
        )
    ]


def _open_due(found: Derived, keys: _Keys) -> list[tuple[Any, ...]]:
    running = np.flatnonzero(found.standing == STANDINGS.index(Standing.WITHIN))
    width = len(keys.names)
    codes, counts = np.unique(found.due_day[running] * width + keys.of_row[running], return_counts=True)
    return [
        (code // width, *keys.names[code % width], count)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
    ]


def _stock(found: Derived, keys: _Keys) -> list[tuple[Any, ...]]:
    assert len(STOCK_COUNTERS) == len(_STOCKS)
    columns: Sequence[Ints] = [
        np.bincount(keys.of_row[found.standing == STANDINGS.index(s)], minlength=len(keys.names))
        for s in _STOCKS
    ]
    rows = np.stack(columns, axis=1).tolist()
    return [(*name, *row) for name, row in zip(keys.names, rows, strict=True) if any(row)]


def _unmapped(drawn: Drawn, found: Derived) -> list[tuple[Any, ...]]:
    live = found.standing != STANDINGS.index(Standing.EXCLUDED)
    sources = tuple(source for source, _, _ in province.sources())
    rows: list[tuple[Any, ...]] = []
    for bit, kind, words in (
        (0, "status", UNKNOWN_STATUS_WORDS),
        (1, "agency", UNMAPPED_AGENCY_WORDS),
        (2, "procedure", UNMAPPED_PROCEDURE_WORDS),
    ):
        mine = live & ((drawn.flags >> bit) & 1).astype(bool)
        counts = np.bincount(drawn.source[mine], minlength=len(sources)).tolist()
        rows += [(source, kind, words, count) for source, count in zip(sources, counts, strict=True) if count]
    return sorted(rows)
