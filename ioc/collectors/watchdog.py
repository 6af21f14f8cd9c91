"""Does the scheduler still live? APScheduler stops for an hour when the clock steps back an hour.

Two signs, both told by the monotonic clock: the wall clock went back while no time was lost, or the
scheduler's own beat has not been heard for too long.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ioc.clock import Clock

STEP_SECONDS = 2.0
"""The wall clock may be set back by less than this (a correction by NTP) without a new start."""


class Watchdog:
    """Watches one scheduler; `beat` is called by a job of its own, `trouble` by the loop around it."""

    def __init__(self, *, clock: Clock, monotonic: Callable[[], float], silence_seconds: float) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._silence = silence_seconds
        self._wall: datetime = clock()
        self._at = monotonic()
        self._heard = monotonic()

    def beat(self) -> None:
        """The scheduler has run a job."""
        self._heard = self._monotonic()

    def trouble(self) -> str | None:
        """Why the scheduler must be built anew; None when all is well. Asking takes the measure afresh."""
        wall, at = self._clock(), self._monotonic()
        passed, elapsed = (wall - self._wall).total_seconds(), at - self._at
        self._wall, self._at = wall, at
        # whole seconds on one side, fractions on the other: one second is no step
        if passed - elapsed < -(STEP_SECONDS + 1):
            return f"the clock stepped back {elapsed - passed:.0f} s"
        if at - self._heard > self._silence:
            return f"no job has run for {at - self._heard:.0f} s"
        return None
