"""The fold of readings: what it tells, and that no order or repetition changes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ioc.model.dossier import Channel, Dossier, DossierVersion, Flag, PauseKind, Status, reading_of
from ioc.rules.history import fold
from tests.builders import NOON, a_version, accept_in_a_day, histories, local, versions

HOUR = timedelta(hours=1)


def folded(*readings: DossierVersion) -> Dossier:
    latest = max(readings, key=lambda v: v.order)
    return fold(latest, [reading_of(v) for v in readings], accept_due=accept_in_a_day)


def in_turn(*changes: dict[str, object]) -> list[DossierVersion]:
    """Readings an hour apart, each changing the one before."""
    merged: dict[str, object] = {}
    readings = []
    for place, change in enumerate(changes):
        merged |= change
        readings.append(a_version(**(merged | {"version_at": NOON + place * HOUR})))
    return readings


@given(st.lists(versions(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same_dossier(
    readings: list[DossierVersion], random: object
) -> None:
    shuffled = [*readings, *readings[:2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert folded(*shuffled) == folded(*readings)


@given(histories())
def test_pauses_are_ordered_apart_and_only_the_last_may_last(readings: Sequence[DossierVersion]) -> None:
    pauses = folded(*readings).pauses
    for before, after in pairwise(pauses):
        assert before.ended_at is not None
        assert before.began_at <= before.ended_at < after.began_at


def test_a_supplement_seen_between_readings_is_a_pause() -> None:
    dossier = folded(
        *in_turn({}, {"status": Status.SUPPLEMENT}, {}, {"status": Status.PROCESSING}, {"current_step": "x"})
    )
    assert [(p.kind, p.began_at, p.ended_at) for p in dossier.pauses] == [
        (PauseKind.SUPPLEMENT, NOON + HOUR, NOON + 3 * HOUR)
    ]


def test_a_supplement_that_the_source_states_needs_no_reading_of_it() -> None:
    asked, brought = local(date(2026, 11, 10)), local(date(2026, 11, 12))
    dossier = folded(a_version(supplement_requested_at=asked, supplement_received_at=brought))
    assert [(p.began_at, p.ended_at) for p in dossier.pauses] == [(asked, brought)]


def test_seen_and_stated_pauses_that_overlap_are_one() -> None:
    asked, brought = NOON - HOUR, NOON + 4 * HOUR
    dossier = folded(
        *in_turn(
            {},
            {"status": Status.SUPPLEMENT, "supplement_requested_at": asked},
            {"status": Status.PROCESSING, "supplement_received_at": brought},
        )
    )
    assert [(p.began_at, p.ended_at) for p in dossier.pauses] == [(asked, brought)]


def test_stopped_pauses_without_a_finish_and_closes_with_one() -> None:
    stopped = {"status": Status.STOPPED}
    assert folded(*in_turn({}, stopped)).pauses[0].kind is PauseKind.STOPPED
    closed = folded(*in_turn({}, stopped | {"finished_at": NOON + HOUR}))
    assert closed.pauses == ()
    assert closed.closed_at == NOON + HOUR


def test_a_reopened_dossier_is_open_and_counted_as_reopened() -> None:
    dossier = folded(
        *in_turn(
            {},
            {"status": Status.COMPLETED, "finished_at": NOON},
            {"status": Status.PROCESSING, "finished_at": None},
        )
    )
    assert (dossier.closed_at, dossier.reopened_count) == (None, 1)


def test_a_moved_due_date_keeps_the_first_one() -> None:
    first, second = NOON + timedelta(days=3), NOON + timedelta(days=9)
    dossier = folded(*in_turn({"due_at": first}, {"due_at": None}, {"due_at": second}))
    assert (dossier.due_original_at, dossier.due_moves, dossier.latest.due_at) == (first, 1, second)


def test_the_return_closes_when_no_finish_is_stated() -> None:
    dossier = folded(a_version(status=Status.RETURNED, returned_at=NOON))
    assert dossier.closed_at == NOON


def test_a_closing_status_without_a_date_closes_when_first_read_and_is_flagged() -> None:
    dossier = folded(*in_turn({}, {"status": Status.COMPLETED}, {"current_step": "x"}))
    assert dossier.closed_at == NOON + HOUR
    assert Flag.NO_FINISH_DATE in dossier.flags


def test_a_withdrawal_after_receipt_closes_and_before_receipt_never_counts() -> None:
    after = folded(a_version(status=Status.WITHDRAWN, withdrawn_at=NOON))
    before = folded(a_version(status=Status.WITHDRAWN, received_at=None, withdrawn_at=NOON))
    assert (after.closed_at, before.received_at, before.closed_at) == (NOON, None, None)


def test_a_dossier_in_processing_without_receipt_counts_from_its_submission() -> None:
    submitted = NOON - timedelta(days=4)
    dossier = folded(a_version(received_at=None, submitted_at=submitted))
    assert dossier.received_at == submitted
    assert Flag.NO_RECEIVED in dossier.flags


def test_a_waiting_dossier_has_no_receipt() -> None:
    assert folded(a_version(status=Status.NEW, received_at=None)).received_at is None


def test_impossible_dates_are_flagged_and_kept() -> None:
    dossier = folded(
        a_version(
            due_at=NOON - timedelta(days=9),
            finished_at=NOON - timedelta(days=8),
            status=Status.COMPLETED,
        )
    )
    assert {Flag.DUE_BEFORE_RECEIVED, Flag.FINISHED_BEFORE_RECEIVED} <= dossier.flags


def test_only_online_dossiers_have_a_limit_for_acceptance() -> None:
    submitted = local(date(2026, 11, 19), time(8, 0))
    online = folded(a_version(submitted_at=submitted))
    counter = folded(a_version(submitted_at=submitted, channel=Channel.COUNTER))
    assert (online.accept_due_at, counter.accept_due_at) == (submitted + timedelta(days=1), None)


def test_an_old_date_of_bringing_cannot_end_a_later_pause_before_it_began() -> None:
    long_ago = NOON - timedelta(days=30)
    dossier = folded(
        *in_turn(
            {"supplement_received_at": long_ago},
            {"status": Status.SUPPLEMENT},
            {"status": Status.PROCESSING},
        )
    )
    assert all(p.ended_at is None or p.ended_at >= p.began_at for p in dossier.pauses)
