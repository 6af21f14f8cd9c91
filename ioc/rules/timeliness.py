"""Where a dossier stands at the end of each day: the one place that decides early, on time and late.

Rules: `design.md` §4 and `domain.md` §2.4 (QĐ 766-style counting by days; by the hour as an option).
A timeline holds no clock: a running dossier turns late on the day after its due day, also when that
day is still to come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ioc.clock import local_day
from ioc.model.dossier import Dossier, Pause, PauseKind, Standing, Status
from ioc.model.figure import CountingRule, EndMoment, PausedAs, WithoutResult

_ONE_DAY = timedelta(days=1)
_NO_RESULT = {Status.WITHDRAWN, Status.REJECTED, Status.STOPPED}


@dataclass(frozen=True, slots=True)
class Step:
    """From the end of `day` on, the dossier stands at `standing`."""

    day: date
    standing: Standing


def timeline(dossier: Dossier, rule: CountingRule) -> tuple[Step, ...]:
    """The steps of a counted dossier, days ascending; () for one that was never received or is deleted."""
    if dossier.latest.deleted or dossier.received_at is None:
        return ()
    received = local_day(dossier.received_at)
    closed = _closing(dossier, rule)
    steps: list[Step] = []
    for day in _boundaries(dossier, rule, received, closed):
        is_last = closed is not None and day == closed.day
        standing = closed.standing if closed and is_last else _open_standing(dossier, rule, day)
        if not steps or steps[-1].standing is not standing:
            steps.append(Step(day, standing))
    return tuple(steps)


def standing_on(steps: Sequence[Step], day: date) -> Standing | None:
    """The standing at the end of `day`; None before receipt."""
    place = bisect_right(steps, day, key=lambda step: step.day)
    return steps[place - 1].standing if place else None


def final_standing(dossier: Dossier, rule: CountingRule) -> Standing:
    """The standing when nothing more happens; WITHIN for every running dossier with a due day."""
    return standing_at_last(dossier, timeline(dossier, rule))


def standing_at_last(dossier: Dossier, steps: Sequence[Step]) -> Standing:
    """`final_standing` for one whose timeline is at hand."""
    if dossier.latest.deleted:
        return Standing.EXCLUDED
    if steps:
        last = steps[-1].standing
        return Standing.WITHIN if last is Standing.LATE else last
    return Standing.WAITING if dossier.latest.status is Status.NEW else Standing.EXCLUDED


def due_day(dossier: Dossier, rule: CountingRule) -> date | None:
    """The last day at whose end a running dossier is not yet late; None without a due date."""
    due_at = dossier.latest.due_at
    if due_at is None:
        return None
    if rule.by_hour:
        return local_day(due_at + timedelta(seconds=1)) - _ONE_DAY
    return local_day(due_at)


def received_day(dossier: Dossier) -> date | None:
    """The day on which the dossier counts as received."""
    return local_day(dossier.received_at) if dossier.received_at else None


def closed_day(dossier: Dossier, rule: CountingRule) -> date | None:
    """The day on which the dossier counts as closed; never before its receipt."""
    closed = _closing(dossier, rule) if dossier.received_at else None
    return closed.day if closed else None


def _boundaries(dossier: Dossier, rule: CountingRule, received: date, closed: Step | None) -> list[date]:
    days = {received}
    due = due_day(dossier, rule)
    if due is not None:
        days.add(due + _ONE_DAY)
    if rule.paused_as is PausedAs.PAUSED:
        for pause in dossier.pauses:
            days.add(local_day(pause.began_at))
            if pause.ended_at:
                days.add(local_day(pause.ended_at))
    if closed is None:
        return sorted(day for day in days if day >= received)
    return sorted({day for day in days if received <= day < closed.day} | {closed.day})


def _open_standing(dossier: Dossier, rule: CountingRule, day: date) -> Standing:
    if rule.paused_as is PausedAs.PAUSED and any(_covers(p, day) for p in dossier.pauses):
        return Standing.PAUSED
    due = due_day(dossier, rule)
    if due is None:
        return Standing.NO_DUE
    return Standing.LATE if day > due else Standing.WITHIN


def _covers(pause: Pause, day: date) -> bool:
    return local_day(pause.began_at) <= day and (pause.ended_at is None or local_day(pause.ended_at) > day)


def _closing(dossier: Dossier, rule: CountingRule) -> Step | None:
    """The day of closing and its class under `rule`; None while the dossier is open."""
    ended_at = _end(dossier, rule)
    if ended_at is None:
        waiting = _closed_by_waiting(dossier, rule)
        return None if waiting is None else _step(dossier, waiting, _waiting_class(dossier, waiting, rule))
    if dossier.latest.status in _NO_RESULT:
        return _step(dossier, ended_at, _without_result(dossier, ended_at, rule))
    return _step(dossier, ended_at, _by_due(dossier, ended_at, rule))


def _step(dossier: Dossier, moment: datetime, standing: Standing) -> Step:
    assert dossier.received_at is not None
    return Step(max(local_day(moment), local_day(dossier.received_at)), standing)


def _end(dossier: Dossier, rule: CountingRule) -> datetime | None:
    if rule.end_moment is EndMoment.RETURNED and dossier.closed_at:
        return dossier.latest.returned_at or dossier.closed_at
    return dossier.closed_at


def _by_due(dossier: Dossier, ended_at: datetime, rule: CountingRule) -> Standing:
    due_at = dossier.latest.due_at
    if due_at is None:
        return Standing.RESOLVED_NO_DUE
    if (ended_at > due_at) if rule.by_hour else (local_day(ended_at) > local_day(due_at)):
        return Standing.RESOLVED_LATE
    if local_day(ended_at) < local_day(due_at):
        return Standing.RESOLVED_EARLY
    return Standing.RESOLVED_ON_TIME


def _without_result(dossier: Dossier, ended_at: datetime, rule: CountingRule) -> Standing:
    if rule.without_result is WithoutResult.BY_DUE:
        return _by_due(dossier, ended_at, rule)
    if rule.without_result is WithoutResult.ON_TIME:
        return Standing.RESOLVED_ON_TIME
    return Standing.WITHOUT_RESULT


def _closed_by_waiting(dossier: Dossier, rule: CountingRule) -> datetime | None:
    """Portal 766 ends a dossier when its applicant is asked (5) or its processing is stopped (8)."""
    if rule.paused_as is PausedAs.PAUSED or not dossier.pauses:
        return None
    last = dossier.pauses[-1]
    is_over = last.ended_at is not None or last.kind is PauseKind.FINANCIAL
    return None if is_over else last.began_at


def _waiting_class(dossier: Dossier, asked_at: datetime, rule: CountingRule) -> Standing:
    """Asked once: by the day of asking; asked again: late (`domain.md` §2.3, supplement at most once)."""
    asked = sum(1 for pause in dossier.pauses if pause.kind is PauseKind.SUPPLEMENT)
    return Standing.RESOLVED_LATE if asked > 1 else _by_due(dossier, asked_at, rule)
