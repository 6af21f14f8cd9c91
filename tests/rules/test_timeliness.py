"""Early, on time and late by days: hand-made cases at every border."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given

from ioc.model.dossier import Dossier, DossierVersion, PauseKind, Standing, Status
from ioc.model.figure import CountingRule, EndMoment, PausedAs, WithoutResult
from ioc.rules.counting import STANDARD
from ioc.rules.timeliness import closed_day, due_day, final_standing, standing_on, timeline
from tests.builders import a_dossier, a_pause, a_version, days, histories, local
from tests.rules.test_history import folded

DUE = date(2026, 11, 20)
RECEIVED = date(2026, 11, 10)
PORTAL = CountingRule(
    name="portal-766",
    label="",
    source="",
    without_result=WithoutResult.BY_DUE,
    paused_as=PausedAs.RESOLVED_AT_REQUEST,
)
VPCP = CountingRule(
    name="vpcp-06",
    label="",
    source="",
    end_moment=EndMoment.RETURNED,
    without_result=WithoutResult.ON_TIME,
)
BY_HOUR = replace(STANDARD, by_hour=True)


def a_case(due: time | None = time(17, 0), **changes: object) -> Dossier:
    due_at = local(DUE, due) if due else None
    values = {"received_at": local(RECEIVED), "due_at": due_at} | changes
    return a_dossier(a_version(**values))


@pytest.mark.parametrize(
    ("finish", "standing"),
    [
        (local(DUE - timedelta(days=1), time(23, 59, 59)), Standing.RESOLVED_EARLY),
        (local(DUE, time(0, 0)), Standing.RESOLVED_ON_TIME),
        (local(DUE, time(23, 59, 59)), Standing.RESOLVED_ON_TIME),
        (local(DUE + timedelta(days=1), time(0, 0)), Standing.RESOLVED_LATE),
    ],
)
def test_a_closing_is_judged_by_days(finish: object, standing: Standing) -> None:
    assert final_standing(a_case(finished_at=finish, status=Status.COMPLETED), STANDARD) is standing


def test_by_the_hour_the_same_day_can_be_late() -> None:
    finished = a_case(finished_at=local(DUE, time(17, 0, 1)), status=Status.COMPLETED)
    assert final_standing(finished, BY_HOUR) is Standing.RESOLVED_LATE
    assert final_standing(finished, STANDARD) is Standing.RESOLVED_ON_TIME


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        (RECEIVED - timedelta(days=1), None),
        (RECEIVED, Standing.WITHIN),
        (DUE, Standing.WITHIN),
        (DUE + timedelta(days=1), Standing.LATE),
    ],
)
def test_an_open_dossier_is_late_from_the_day_after_its_due_day(day: date, standing: Standing | None) -> None:
    assert standing_on(timeline(a_case(), STANDARD), day) is standing


def test_by_the_hour_an_open_dossier_is_late_at_the_end_of_its_due_day() -> None:
    assert standing_on(timeline(a_case(), BY_HOUR), DUE) is Standing.LATE
    at_midnight = a_case(due=time(23, 59, 59))
    assert standing_on(timeline(at_midnight, BY_HOUR), DUE) is Standing.WITHIN


def test_without_a_due_date_it_is_never_late_and_never_on_time() -> None:
    open_, closed = a_case(due=None), a_case(due=None, finished_at=local(DUE), status=Status.COMPLETED)
    assert final_standing(open_, STANDARD) is Standing.NO_DUE
    assert final_standing(closed, STANDARD) is Standing.RESOLVED_NO_DUE


def test_a_pause_hides_lateness_only_while_it_lasts() -> None:
    pause = a_pause(local(DUE - timedelta(days=2)), local(DUE + timedelta(days=3)))
    steps = timeline(replace(a_case(), pauses=(pause,)), STANDARD)
    assert [(s.day, s.standing) for s in steps] == [
        (RECEIVED, Standing.WITHIN),
        (DUE - timedelta(days=2), Standing.PAUSED),
        (DUE + timedelta(days=3), Standing.LATE),
    ]


def test_a_finish_before_receipt_counts_on_the_day_of_receipt() -> None:
    dossier = a_case(finished_at=local(RECEIVED - timedelta(days=3)), status=Status.COMPLETED)
    assert closed_day(dossier, STANDARD) == RECEIVED
    assert [s.day for s in timeline(dossier, STANDARD)] == [RECEIVED]


def test_due_before_receipt_is_late_from_the_first_day() -> None:
    dossier = a_case(due_at=local(RECEIVED - timedelta(days=5)))
    assert standing_on(timeline(dossier, STANDARD), RECEIVED) is Standing.LATE


@pytest.mark.parametrize(
    ("rule", "standing"),
    [
        (STANDARD, Standing.WITHOUT_RESULT),
        (VPCP, Standing.RESOLVED_ON_TIME),
        (PORTAL, Standing.RESOLVED_LATE),
    ],
)
def test_a_late_withdrawal_stands_where_the_rule_says(rule: CountingRule, standing: Standing) -> None:
    late = local(DUE + timedelta(days=2))
    dossier = folded(a_case(status=Status.WITHDRAWN, withdrawn_at=late).latest)
    assert final_standing(dossier, rule) is standing


def test_the_vpcp_form_counts_the_return_and_not_the_finish() -> None:
    dossier = a_case(
        finished_at=local(DUE), returned_at=local(DUE + timedelta(days=1)), status=Status.RETURNED
    )
    assert final_standing(dossier, STANDARD) is Standing.RESOLVED_ON_TIME
    assert final_standing(dossier, VPCP) is Standing.RESOLVED_LATE


@pytest.mark.parametrize(("earlier", "standing"), [(0, Standing.RESOLVED_EARLY), (1, Standing.RESOLVED_LATE)])
def test_the_portal_closes_at_the_request_and_punishes_a_second_one(earlier: int, standing: Standing) -> None:
    before = tuple(a_pause(local(RECEIVED), local(RECEIVED + timedelta(days=1))) for _ in range(earlier))
    now = a_pause(local(DUE - timedelta(days=3)))
    dossier = replace(a_case(status=Status.SUPPLEMENT), pauses=(*before, now))
    assert final_standing(dossier, PORTAL) is standing
    assert final_standing(dossier, STANDARD) is Standing.PAUSED


def test_the_portal_does_not_close_for_a_fee() -> None:
    pause = a_pause(local(DUE - timedelta(days=3)), kind=PauseKind.FINANCIAL)
    dossier = replace(a_case(status=Status.FINANCIAL), pauses=(pause,))
    assert final_standing(dossier, PORTAL) is Standing.WITHIN


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"status": Status.NEW, "received_at": None}, Standing.WAITING),
        ({"status": Status.REJECTED, "received_at": None}, Standing.EXCLUDED),
        ({"status": Status.WITHDRAWN, "received_at": None}, Standing.EXCLUDED),
        ({"deleted": True}, Standing.EXCLUDED),
    ],
)
def test_what_was_never_received_is_outside_the_counts(
    changes: dict[str, object], standing: Standing
) -> None:
    dossier = folded(a_case(**changes).latest)
    assert timeline(dossier, STANDARD) == ()
    assert final_standing(dossier, STANDARD) is standing


@given(histories(), days())
def test_a_timeline_opens_with_receipt_and_nothing_follows_a_closing(
    readings: tuple[DossierVersion, ...], day: date
) -> None:
    for rule in (STANDARD, VPCP, PORTAL, BY_HOUR):
        dossier = folded(*readings)
        steps = timeline(dossier, rule)
        assert list(steps) == sorted(steps, key=lambda s: s.day)
        assert len({s.day for s in steps}) == len(steps)
        assert all(not s.standing.is_closed for s in steps[:-1])
        if rule in (PORTAL,):
            assert all(s.standing is not Standing.PAUSED for s in steps)
        due = due_day(dossier, rule)
        if standing_on(steps, day) is Standing.LATE:
            assert due is not None
            assert day > due


def test_received_on_its_due_day_it_is_within_until_that_day_ends() -> None:
    dossier = a_case(received_at=local(DUE))
    assert standing_on(timeline(dossier, STANDARD), DUE) is Standing.WITHIN


def test_resumed_on_its_due_day_it_is_within_until_that_day_ends() -> None:
    pause = a_pause(local(DUE - timedelta(days=2)), local(DUE))
    steps = timeline(replace(a_case(), pauses=(pause,)), STANDARD)
    assert standing_on(steps, DUE) is Standing.WITHIN
    assert standing_on(steps, DUE + timedelta(days=1)) is Standing.LATE
