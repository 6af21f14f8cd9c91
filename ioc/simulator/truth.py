"""What is really so: counts of a site from its lives alone, to hold the store's figures against."""

from __future__ import annotations

from typing import Any

import numpy as np

from ioc.model.dossier import Status
from ioc.simulator.chance import Bools, Ints
from ioc.simulator.lives import ONLINE
from ioc.simulator.province import Site
from ioc.simulator.state import State, late_days, state_at, updated_at
from ioc.simulator.worktime import NEVER, OFFSET, day_of, local_days


def truth(site: Site, moment: int, *, days: int = 31) -> dict[str, Any]:
    """Counts under the standard rule at `moment`; `by_day` holds the last `days` days.

    received = resolved + in_progress; resolved and in_progress are the sums of their parts.
    """
    lives = site.lives(moment)
    state = state_at(lives, moment, np.flatnonzero(updated_at(lives, moment) > 0))
    today = (moment + OFFSET) // 86_400
    kept = ~state.removed
    received = kept & (state.accepted < NEVER)
    return {
        "dossiers": int(kept.sum()),
        "removed": int(state.removed.sum()),
        "waiting_acceptance": int((kept & state.has_status(Status.NEW)).sum()),
        "refused": int((kept & state.has_status(Status.REJECTED)).sum()),
        "received": int(received.sum()),
        "received_online": int((received & (lives.channel[state.rows] == ONLINE)).sum()),
        **_open(state, received, today),
        **_closed(state, received),
        "last_change": int(state.updated.max(initial=0)),
        "by_day": _by_day(state, received, lives.channel[state.rows] == ONLINE, today, days),
    }


def closing(state: State) -> tuple[Bools, Ints]:
    """Whether each dossier is closed, and the local day on which; never before its receipt."""
    end = np.minimum(np.minimum(state.finished, state.returned), state.withdrawn)
    end = np.where(state.finished < NEVER, state.finished, end)
    closed = end < NEVER
    day = local_days(np.where(closed, end, 0))
    return closed, np.maximum(day, local_days(np.where(state.accepted < NEVER, state.accepted, 0)))


def _open(state: State, received: Bools, today: int) -> dict[str, int]:
    closed, _ = closing(state)
    running = received & ~closed
    paused = running & state.has_status(Status.SUPPLEMENT, Status.FINANCIAL, Status.STOPPED)
    no_due = running & ~paused & (state.due == NEVER)
    late = running & ~paused & late_days(state, today)
    return {
        "in_progress": int(running.sum()),
        "in_progress_within": int((running & ~paused & ~no_due & ~late).sum()),
        "in_progress_late": int(late.sum()),
        "in_progress_paused": int(paused.sum()),
        "in_progress_no_due": int(no_due.sum()),
    }


def _closed(state: State, received: Bools) -> dict[str, int]:
    closed, _ = closing(state)
    done = received & closed
    without = done & state.has_status(Status.WITHDRAWN, Status.STOPPED, Status.REJECTED)
    no_due = done & ~without & (state.due == NEVER)
    timed = done & ~without & ~no_due
    # by the day as typed in, so that a slip of the keyboard counts as the source wrote it
    end = local_days(np.where(timed, np.where(state.finished < NEVER, state.finished, state.returned), 0))
    due = local_days(np.where(timed, state.due, 0))
    return {
        "resolved": int(done.sum()),
        "resolved_early": int((timed & (end < due)).sum()),
        "resolved_on_time": int((timed & (end == due)).sum()),
        "resolved_late": int((timed & (end > due)).sum()),
        "resolved_no_due": int(no_due.sum()),
        "closed_without_result": int(without.sum()),
    }


def _by_day(state: State, received: Bools, online: Bools, today: int, days: int) -> dict[str, dict[str, int]]:
    closed, closing_day = closing(state)
    first = today - days + 1
    accepted_day = local_days(np.where(received, state.accepted, 0))
    columns = {
        "received": _histogram(accepted_day[received], first, days),
        "received_online": _histogram(accepted_day[received & online], first, days),
        "resolved": _histogram(closing_day[received & closed], first, days),
    }
    return {
        day_of(first + place).isoformat(): {name: int(column[place]) for name, column in columns.items()}
        for place in range(days)
    }


def _histogram(values: Ints, first: int, days: int) -> Ints:
    inside = values[(values >= first) & (values < first + days)] - first
    return np.bincount(inside, minlength=days)
