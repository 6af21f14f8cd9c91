"""The physical limit: the same questions by numpy over memory maps of the columns (`storage.md` §0–§2).

34 bytes a dossier: three moments, agency, channel, fee, paid, signed, standing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import province
from bench.calendar_arrays import DAY, EPOCH, NULL, UTC_OFFSET, Ints, start_of
from bench.derive import STANDINGS
from bench.draw import CHANNELS
from bench.generate import Made
from ioc.model.dossier import UNMAPPED, Channel, Standing

_COLUMNS = {
    "received_at": np.int64,
    "due_at": np.int64,
    "closed_at": np.int64,
    "unit": np.int16,
    "channel": np.int8,
    "fee": np.int32,
    "paid": np.int8,
    "signed": np.int8,
    "standing": np.int8,
}
_OPEN = (Standing.WITHIN, Standing.PAUSED, Standing.NO_DUE)
_ONLINE = CHANNELS.index(Channel.ONLINE)
_LEVELS = ("department", "district", "commune", "unknown")
DAYS = 30


def write_columns(folder: Path, made: Made) -> None:
    """The columns as files."""
    if (folder / "unit.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    drawn, found = made.drawn, made.found
    before = (found.closed_at != NULL) & (found.closed_at < found.received_at)
    values = {
        "received_at": found.received_at,
        "due_at": drawn.due_at,
        "closed_at": np.where(before, found.received_at, found.closed_at),
        "unit": drawn.agency + 1,
        "channel": drawn.channel,
        "fee": np.where(drawn.fee_total == NULL, 0, drawn.fee_total),
        "paid": drawn.paid_online,
        "signed": np.where(found.standing == STANDINGS.index(Standing.WITHOUT_RESULT), -1, drawn.signed),
        "standing": found.standing,
    }
    for name, kind in _COLUMNS.items():
        np.save(folder / f"{name}.npy", values[name].astype(kind))


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The columns, mapped and not read yet."""

    columns: dict[str, npt.NDArray[Any]]

    @classmethod
    def opened(cls, folder: Path) -> Scan:
        """Map the files of `write_columns`."""
        return cls({name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _COLUMNS})

    def overview(self, first: date, today: date) -> dict[str, dict[str, int]]:
        """Agency -> twelve measures: what stands now, and what happened since `first`."""
        c = self.columns
        unit, counts = c["unit"], {}
        running = np.flatnonzero(c["standing"] == STANDINGS.index(Standing.WITHIN))
        counts["in_progress_late"] = unit[running[c["due_at"][running] < _midnight(today)]]
        counts["in_progress_paused"] = unit[c["standing"] == STANDINGS.index(Standing.PAUSED)]
        counts["in_progress_no_due"] = unit[c["standing"] == STANDINGS.index(Standing.NO_DUE)]
        counts["in_progress_within"] = unit[running[c["due_at"][running] >= _midnight(today)]]
        received = np.flatnonzero(c["received_at"] >= _midnight(first))
        mine, fee, paid = unit[received], c["fee"][received] > 0, c["paid"][received]
        counts["received_in_period"] = mine
        counts["received_online"] = mine[c["channel"][received] == _ONLINE]
        counts["fee_due"] = mine[fee & (paid >= 0)]
        counts["fee_paid_online"] = mine[fee & (paid == 1)]
        closed = np.flatnonzero(c["closed_at"] >= _midnight(first))
        mine, standing, signed = unit[closed], c["standing"][closed], c["signed"][closed]
        counts["resolved_total"] = mine
        counts["resolved_late"] = mine[standing == STANDINGS.index(Standing.RESOLVED_LATE)]
        counts["results_known"] = mine[signed >= 0]
        counts["results_signed"] = mine[signed == 1]
        names = (UNMAPPED, *(one.code for one in province.units()))
        table = {name: np.bincount(rows, minlength=len(names)).tolist() for name, rows in counts.items()}
        return {code: {name: table[name][place] for name in table} for place, code in enumerate(names)}

    def trend(self, last: date) -> dict[str, list[tuple[int, int, int, int]]]:
        """Level -> for each of 30 days (in progress, late, received, resolved); pauses left out of `late`."""
        c = self.columns
        level = _level_of_unit()
        end = np.int64((last - EPOCH).days)
        received = _booked(level, c["unit"], c["received_at"], end)
        closed = _booked(level, c["unit"], c["closed_at"], end)
        opened = np.flatnonzero(np.isin(c["standing"], [STANDINGS.index(one) for one in _OPEN]))
        now = np.bincount(level[c["unit"][opened]], minlength=len(_LEVELS))
        late = self._late(level, opened, end)
        return dict(_walked_back(now, late, received, closed))

    def _late(self, level: Ints, opened: Ints, end: np.int64) -> Ints:
        """Level x day: late at the end of each day."""
        c = self.columns
        ended = np.flatnonzero(c["closed_at"] >= start_of(end - DAYS + 1))
        late = np.zeros((DAYS, len(_LEVELS)), dtype=np.int64)
        for rows in (opened, ended):
            due = (c["due_at"][rows] + UTC_OFFSET) // DAY
            gone = np.where(c["closed_at"][rows] == NULL, end + 1, (c["closed_at"][rows] + UTC_OFFSET) // DAY)
            came = np.where(c["due_at"][rows] == NULL, end + 1, due + 1) - (end - DAYS + 1)
            gone = gone - (end - DAYS + 1)
            of = level[c["unit"][rows]]
            for days, sign in ((np.clip(came, 0, DAYS), 1), (np.clip(gone, 0, DAYS), -1)):
                mine = (came < gone) & (days < DAYS)
                change = np.bincount(days[mine] * len(_LEVELS) + of[mine], minlength=late.size)
                late += sign * change.reshape(late.shape)
        return np.cumsum(late, axis=0)


def _midnight(day: date) -> int:
    return (day - EPOCH).days * DAY - UTC_OFFSET


def _level_of_unit() -> Ints:
    return np.array([len(_LEVELS) - 1, *(_LEVELS.index(one.level) for one in province.units())])


def _booked(level: Ints, unit: npt.NDArray[Any], moments: npt.NDArray[Any], end: np.int64) -> Ints:
    """Day x level of the last days."""
    first = end - DAYS + 1
    rows = np.flatnonzero(moments >= start_of(first))
    days = (moments[rows] + UTC_OFFSET) // DAY - first
    counts = np.bincount(days * len(_LEVELS) + level[unit[rows]], minlength=DAYS * len(_LEVELS))
    return counts.reshape(-1, len(_LEVELS))[:DAYS]


def _walked_back(
    now: Ints, late: Ints, received: Ints, closed: Ints
) -> Iterator[tuple[str, list[tuple[int, int, int, int]]]]:
    moved = np.cumsum((received - closed)[::-1], axis=0)[::-1]
    after = np.vstack([moved[1:], np.zeros_like(now)])
    for place, name in enumerate(_LEVELS):
        columns = (now[place] - after[:, place], late[:, place], received[:, place], closed[:, place])
        yield name, list(zip(*(column.tolist() for column in columns), strict=True))
