"""What a system knows of its dossiers at a moment: a pure function of their lives and of that moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ioc.model.dossier import Status
from ioc.simulator.chance import Bools, Ints
from ioc.simulator.lives import Event, Lives
from ioc.simulator.worktime import NEVER, local_days

STATUSES = tuple(Status)
"""Statuses by the small numbers that columns hold."""

_AFTER = {
    Event.SUBMIT: Status.NEW,
    Event.REJECT: Status.REJECTED,
    Event.ACCEPT: Status.RECEIVED,
    Event.STEP1: Status.PROCESSING,
    Event.ASK: Status.SUPPLEMENT,
    Event.BACK: Status.PROCESSING,
    Event.STEP2: Status.PROCESSING,
    Event.FEE_ASK: Status.FINANCIAL,
    Event.FEE_PAID: Status.PROCESSING,
    Event.STEP3: Status.PROCESSING,
    Event.WITHDRAW: Status.WITHDRAWN,
    Event.STOP: Status.STOPPED,
    Event.FINISH: Status.COMPLETED,
    Event.REOPEN: Status.PROCESSING,
    Event.FINISH_AGAIN: Status.COMPLETED,
    Event.RETURN: Status.RETURNED,
    Event.FORCED_REOPEN: Status.PROCESSING,
    Event.FORCED_FINISH: Status.COMPLETED,
}
"""Status from each event on; the others (a new due day, a removal) leave it as it was."""

_STEPS = (Event.ACCEPT, Event.STEP1, Event.STEP2, Event.STEP3, Event.FINISH)


@dataclass(frozen=True, slots=True)
class State:
    """Some dossiers at one moment; moments not known then are `NEVER`."""

    rows: Ints
    status: Ints
    """Places in `STATUSES`."""
    updated: Ints
    accepted: Ints
    due: Ints
    finished: Ints
    returned: Ints
    asked: Ints
    supplied: Ints
    rejected: Ints
    withdrawn: Ints
    step: Ints
    """How many of acceptance, examination, consultation, signature and result are done."""
    removed: Bools

    def has_status(self, *statuses: Status) -> Bools:
        """Which dossiers stand at one of `statuses`."""
        return np.isin(self.status, [STATUSES.index(status) for status in statuses])


def updated_at(lives: Lives, moment: int) -> Ints:
    """For every dossier the last event by `moment`; 0 for those that do not exist yet."""
    return np.asarray(np.where(lives.events <= moment, lives.events, 0).max(axis=0))


def state_at(lives: Lives, moment: int, rows: Ints) -> State:
    """The state of the dossiers at `rows`, all of them handed in by `moment`."""
    events = lives.events[:, rows]
    known = np.where(events <= moment, events, NEVER)
    status, updated = _last(known)
    return State(
        rows=rows,
        status=status,
        updated=updated,
        accepted=known[Event.ACCEPT],
        due=_due(lives.due[:, rows], known),
        finished=_finished(known, lives.finish_shift[rows]),
        returned=_returned(known),
        asked=known[Event.ASK],
        supplied=known[Event.BACK],
        rejected=known[Event.REJECT],
        withdrawn=known[Event.WITHDRAW],
        step=np.asarray(sum((known[event] < NEVER).astype(np.int64) for event in _STEPS)),
        removed=known[Event.REMOVE] < NEVER,
    )


def _last(known: Ints) -> tuple[Ints, Ints]:
    """Status after, and moment of, the last known event; later kinds win a tie."""
    status = np.zeros(known.shape[1], dtype=np.int64)
    latest = np.full(known.shape[1], -1)
    for event, after in _AFTER.items():
        newer = (known[event] < NEVER) & (known[event] >= latest)
        status[newer] = STATUSES.index(after)
        latest = np.where(newer, known[event], latest)
    return status, np.asarray(np.where(known < NEVER, known, -1).max(axis=0))


def _due(due: Ints, known: Ints) -> Ints:
    """The due day as told so far: none before receipt."""
    present = np.where(known[Event.ACCEPT] < NEVER, due[0], NEVER)
    for row, event in ((1, Event.BACK), (2, Event.APOLOGY), (3, Event.FORCED_DUE)):
        present = np.where((known[event] < NEVER) & (due[row] < NEVER), due[row], present)
    return np.asarray(present)


def _finished(known: Ints, shift: Ints) -> Ints:
    first = known[Event.FINISH]
    finished = np.where(first < NEVER, first + shift, NEVER)
    finished = np.where(known[Event.STOP] < NEVER, known[Event.STOP], finished)
    finished = np.where(known[Event.REOPEN] < NEVER, NEVER, finished)
    finished = np.where(known[Event.FINISH_AGAIN] < NEVER, known[Event.FINISH_AGAIN], finished)
    finished = np.where(known[Event.FORCED_REOPEN] < NEVER, NEVER, finished)
    return np.asarray(np.where(known[Event.FORCED_FINISH] < NEVER, known[Event.FORCED_FINISH], finished))


def _returned(known: Ints) -> Ints:
    return np.asarray(np.where(known[Event.FORCED_REOPEN] < NEVER, NEVER, known[Event.RETURN]))


def late_days(state: State, day: int) -> Bools:
    """Whether the due day of each passed before `day`; false without one."""
    return np.asarray((state.due < NEVER) & (local_days(np.minimum(state.due, 1 << 40)) < day))
