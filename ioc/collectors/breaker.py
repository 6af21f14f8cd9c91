"""When to leave a failing source alone, and for how long: pure arithmetic over what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ioc.faults import FaultKind

FAILURES = 5
"""Failed runs in a row before the source is asked less often."""
LONGEST = timedelta(minutes=15)
REFUSED = timedelta(minutes=30)
"""Refused credentials lock accounts when they are hammered; a person may resume sooner."""
_REFUSALS = {FaultKind.AUTH, FaultKind.PERMISSION}


@dataclass(frozen=True, slots=True)
class Pause:
    """Do not ask before `until`; `reason` is the sentence that people read."""

    until: datetime
    reason: str


def pause_after(
    *,
    fault: FaultKind | None,
    error: str,
    failures: int,
    every_seconds: int,
    now: datetime,
    after_seconds: float | None = None,
) -> Pause | None:
    """The pause that a failed run earns; `failures` counts it too. None: go on as planned.

    `after_seconds` is the source's own wish (Retry-After).
    """
    if fault in _REFUSALS:
        return Pause(now + REFUSED, f"Tạm ngừng 30 phút: {error}")
    if failures >= FAILURES:
        wait = min(timedelta(seconds=max(every_seconds, 30)) * 2 ** min(failures - FAILURES, 10), LONGEST)
        return Pause(now + wait, f"Lỗi {failures} lần liên tiếp, thử lại sau {_minutes(wait)}: {error}")
    if after_seconds is not None and after_seconds > every_seconds:
        wait = timedelta(seconds=after_seconds)
        return Pause(now + wait, f"Nguồn đề nghị chờ {_minutes(wait)}: {error}")
    return None


def _minutes(wait: timedelta) -> str:
    seconds = round(wait.total_seconds())
    return f"{seconds} giây" if seconds < 120 else f"{round(seconds / 60)} phút"
