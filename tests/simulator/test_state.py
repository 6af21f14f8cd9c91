"""One dossier at a time: what its system says of it before and after each event, and how it counts."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from ioc.clock import start_of_day
from ioc.model.dossier import Status
from ioc.simulator.lives import Event, Lives
from ioc.simulator.province import Site
from ioc.simulator.state import STATUSES, State, state_at, updated_at
from ioc.simulator.truth import truth
from ioc.simulator.worktime import NEVER, day_of

START = int(start_of_day(day_of(20_700)).timestamp()) + 9 * 3_600


def hours(count: float) -> int:
    """A moment so many hours after the dossier was handed in."""
    return START + int(count * 3_600)


def a_life(*, due: tuple[float | None, ...] = (48, None, None, None), **moments: float) -> Lives:
    """A dossier handed in and accepted, with the events named, in hours."""
    events = np.full((len(Event), 1), NEVER)
    told = {"submit": 0.0, "accept": 1.0, "step1": 2.0, **moments}
    for name, at in told.items():
        events[Event[name.upper()]] = NEVER if at < 0 else hours(at)
    one, no = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool)
    dues = np.array([[NEVER if at is None else hours(at)] for at in due])
    return Lives(one.astype(np.uint64), one, one, one, one, one, events, dues, one, one, no, no, no)


def at(lives: Lives, hour: float) -> State:
    return state_at(lives, hours(hour), np.array([0]))


def status(lives: Lives, hour: float) -> Status:
    return STATUSES[at(lives, hour).status[0]]


def standing(lives: Lives, hour: float) -> str:
    """The one count of the truth in which the dossier stands."""

    class Held:
        def lives(self, _moment: int) -> Lives:
            return lives

    told = truth(cast(Site, Held()), hours(hour))
    names = ("waiting_acceptance", "refused", "removed")
    names += tuple(name for name in told if name.startswith(("in_progress_", "resolved_", "closed_")))
    (found,) = [name for name in names if told[name]]
    return found


ROADS = [
    (a_life(), [(0, Status.NEW), (1, Status.RECEIVED), (2, Status.PROCESSING)]),
    (a_life(accept=-1, step1=-1, reject=3), [(0, Status.NEW), (3, Status.REJECTED)]),
    (a_life(ask=5, back=9), [(4, Status.PROCESSING), (5, Status.SUPPLEMENT), (9, Status.PROCESSING)]),
    (a_life(fee_ask=5, fee_paid=9), [(5, Status.FINANCIAL), (9, Status.PROCESSING)]),
    (a_life(ask=5, stop=90), [(89, Status.SUPPLEMENT), (90, Status.STOPPED)]),
    (a_life(withdraw=5), [(4, Status.PROCESSING), (5, Status.WITHDRAWN)]),
    (a_life(finish=5, **{"return": 8}), [(5, Status.COMPLETED), (8, Status.RETURNED)]),
    (
        a_life(finish=5, reopen=6, finish_again=9, **{"return": 10}),
        [(5, Status.COMPLETED), (6, Status.PROCESSING), (9, Status.COMPLETED), (10, Status.RETURNED)],
    ),
    (
        a_life(finish=5, forced_reopen=10, forced_finish=12, **{"return": 8}),
        [(8, Status.RETURNED), (10, Status.PROCESSING), (12, Status.COMPLETED)],
    ),
    (a_life(apology=5, touch=6), [(5, Status.PROCESSING), (6, Status.PROCESSING)]),
]


@pytest.mark.parametrize(("lives", "road"), ROADS)
def test_the_status_follows_the_last_event(lives: Lives, road: list[tuple[float, Status]]) -> None:
    assert [status(lives, hour) for hour, _ in road] == [told for _, told in road]


def test_every_event_moves_the_change_date() -> None:
    for event in Event:
        lives = a_life(**{event.name.lower(): 7.0})
        assert updated_at(lives, hours(7) - 1)[0] < hours(7)
        assert updated_at(lives, hours(7))[0] == hours(7)
        assert at(lives, 7).updated[0] == hours(7)
    assert updated_at(a_life(), START - 1)[0] == 0


def test_a_result_is_known_until_the_dossier_is_taken_up_again() -> None:
    lives = a_life(finish=5, reopen=6, finish_again=9, **{"return": 10})
    assert [at(lives, h).finished[0] for h in (4, 5, 6, 9)] == [NEVER, hours(5), NEVER, hours(9)]
    assert [at(lives, h).returned[0] for h in (9, 10)] == [NEVER, hours(10)]


def test_a_forced_opening_takes_result_and_hand_over_back() -> None:
    lives = a_life(finish=5, forced_reopen=10, forced_finish=12, **{"return": 8})
    assert [at(lives, h).finished[0] for h in (8, 10, 12)] == [hours(5), NEVER, hours(12)]
    assert [at(lives, h).returned[0] for h in (8, 10, 12)] == [hours(8), NEVER, NEVER]


def test_the_due_day_is_told_on_acceptance_and_moves_with_events() -> None:
    lives = a_life(due=(48, 96, 120, 240), ask=5, back=9, apology=20, forced_due=30)
    assert [at(lives, h).due[0] for h in (0, 1, 8, 9, 20, 30)] == [
        NEVER,
        *(hours(h) for h in (48, 48, 96, 120, 240)),
    ]


@pytest.mark.parametrize(
    ("lives", "hour", "told"),
    [
        (a_life(), 0.5, "waiting_acceptance"),
        (a_life(accept=-1, step1=-1, reject=3), 4, "refused"),
        (a_life(remove=3), 4, "removed"),
        (a_life(), 4, "in_progress_within"),
        (a_life(), 48 + 14, "in_progress_within"),  # 23:00 of the due day
        (a_life(), 48 + 16, "in_progress_late"),
        (a_life(due=(None,) * 4), 400, "in_progress_no_due"),
        (a_life(ask=5), 400, "in_progress_paused"),
        (a_life(fee_ask=5), 400, "in_progress_paused"),
        (a_life(ask=5, stop=90), 400, "closed_without_result"),
        (a_life(withdraw=5), 400, "closed_without_result"),
        (a_life(finish=5), 400, "resolved_early"),
        (a_life(finish=50), 400, "resolved_on_time"),
        (a_life(finish=64), 400, "resolved_late"),
        (a_life(finish=5, due=(None,) * 4), 400, "resolved_no_due"),
        (a_life(finish=5, reopen=6), 400, "in_progress_late"),
        (a_life(finish=64, apology=20, due=(48, None, 72, None)), 400, "resolved_on_time"),
    ],
)
def test_each_dossier_counts_in_one_place(lives: Lives, hour: float, told: str) -> None:
    assert standing(lives, hour) == told
