"""Ageing bands (nhóm ngày quá hạn): how long dossiers have been late.

Bands count calendar days after the due day, so that they add up to the late dossiers on every day
of the week; on a Sunday a dossier due on Friday is late, though by no working day yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Band:
    """Days late from `first_day` to `last_day`, both included; None stands for no end."""

    first_day: int
    last_day: int | None

    def contains(self, days_late: int) -> bool:
        """Whether a dossier `days_late` calendar days past its due day falls in this band."""
        return self.first_day <= days_late and (self.last_day is None or days_late <= self.last_day)

    def due_days(self, today: date) -> tuple[date | None, date]:
        """First and last due day of the band's dossiers, seen on `today`; None: since ever."""
        oldest = None if self.last_day is None else today - timedelta(days=self.last_day)
        return oldest, today - timedelta(days=self.first_day)


def bands(limits: Sequence[int]) -> tuple[Band, ...]:
    """(5, 15, 30) gives 1-5, 6-15, 16-30 and more than 30 days; ValueError unless ascending from 1."""
    edges = (0, *limits)
    if any(later <= earlier for earlier, later in zip(edges, limits, strict=False)):
        raise ValueError(f"ageing limits must ascend from 1: {tuple(limits)}")
    ends = (*limits, None)
    return tuple(Band(before + 1, end) for before, end in zip(edges, ends, strict=True))


def band_of(days_late: int, among: Sequence[Band]) -> Band | None:
    """The band of a dossier; None when it is not late."""
    return next((band for band in among if band.contains(days_late)), None)
