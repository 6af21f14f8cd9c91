"""What turning a switch does to dossiers themselves: re-openings and moved due days."""

from __future__ import annotations

import numpy as np

from ioc.model.dossier import Status
from ioc.simulator.chance import Ints
from ioc.simulator.lives import Event, Lives
from ioc.simulator.province import Site
from ioc.simulator.state import state_at, updated_at
from ioc.simulator.switches import Fault
from ioc.simulator.worktime import NEVER, local_days

SOME = 5
"""How many dossiers one turn of a switch changes."""


def apply_switch(site: Site, fault: Fault, moment: int, *, on: bool) -> None:
    """Change the dossiers that `fault` is about; nothing for faults of transport."""
    lives = site.lives(moment)
    if fault is Fault.REOPENED and on:
        rows = _newest(lives, moment, Status.RETURNED)
        site.force(Event.FORCED_FINISH, rows, NEVER)
        site.force(Event.FORCED_REOPEN, rows, moment)
    elif fault is Fault.REOPENED:
        events = lives.events
        again = np.flatnonzero((events[Event.FORCED_REOPEN] < NEVER) & (events[Event.FORCED_FINISH] == NEVER))
        site.force(Event.FORCED_FINISH, again, moment)
    elif fault is Fault.MOVED_DUE and on:
        _move_due(site, lives, moment)


def _newest(lives: Lives, moment: int, *statuses: Status) -> Ints:
    """Rows at one of `statuses` that changed last."""
    updated = updated_at(lives, moment)
    rows = np.flatnonzero(updated > 0)
    rows = rows[state_at(lives, moment, rows).has_status(*statuses)]
    return rows[np.argsort(updated[rows], kind="stable")[-SOME:]]


def _move_due(site: Site, lives: Lives, moment: int) -> None:
    """Open dossiers get five working days more, late ones first."""
    rows = np.flatnonzero(updated_at(lives, moment) > 0)
    state = state_at(lives, moment, rows)
    open_now = state.has_status(Status.PROCESSING) & (state.due < NEVER) & ~state.removed
    soonest = rows[open_now][np.argsort(state.due[open_now], kind="stable")[:SOME]]
    time = site.world.time
    later = time.closing(time.add_days(local_days(np.array([moment])), np.array([5])))
    site.force(Event.FORCED_DUE, soonest, moment, due=int(later[0]))
