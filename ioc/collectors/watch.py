"""The scheduler's own guard: APScheduler sleeps on the wall clock, and stops when that steps back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

STEP_SECONDS = 20.0
"""A wall clock that leaves the monotonic one by more than this was set by somebody."""


@dataclass(slots=True)
class Watch:
    """Compares two clocks between ticks, and counts the silence since the last finished run."""

    silence_seconds: float
    """Longest time without any run finished before the scheduler counts as stuck."""
    _wall: datetime | None = None
    _mono: float = 0.0
    _heard: float | None = None

    def heard(self, mono: float) -> None:
        """A run has finished."""
        self._heard = mono

    def fault(self, wall: datetime, mono: float) -> str | None:
        """Why the scheduler must be built anew; None while all is well. Call it at every tick."""
        before, self._wall = self._wall, wall
        passed, self._mono = mono - self._mono, mono
        if before is not None and abs((wall - before).total_seconds() - passed) > STEP_SECONDS:
            return "clock_stepped"
        if self._heard is not None and mono - self._heard > self.silence_seconds:
            return "no_run_finished"
        return None

    def reset(self, mono: float) -> None:
        """The scheduler is new: its silence begins now."""
        self._heard = mono
