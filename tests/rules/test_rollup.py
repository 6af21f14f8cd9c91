"""Contributions: they add up to the figures of every day, and an update is new − old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.model.dossier import UNMAPPED, Channel, DossierVersion, Flag, ServiceLevel, Status
from ioc.model.figure import CountingRule, Figures
from ioc.model.scope import Period
from ioc.rules.counting import STANDARD, figures_over, on_time_rate
from ioc.rules.rollup import Delta, contribution
from tests.builders import NOON, a_version, local, periods, stores
from tests.rules.test_history import folded
from tests.rules.test_timeliness import BY_HOUR, PORTAL, VPCP

RULES = st.sampled_from([STANDARD, VPCP, PORTAL, BY_HOUR])
Store = tuple[tuple[DossierVersion, ...], ...]


def summed(store: Store, rule: CountingRule) -> Delta:
    total = Delta()
    for readings in store:
        total.add(contribution(folded(*readings), rule), 1)
    return total.pruned()


def booked(total: Delta, names: Sequence[str], first: date | None, last: date | None) -> int:
    """Σ counters over days in [first, last]; None is open-ended."""
    return sum(
        row.get(name, 0)
        for (_, day), row in total.daily.items()
        for name in names
        if (first is None or day >= first) and (last is None or day <= last)
    )


def walked_back(total: Delta, period: Period) -> Figures:
    """The figures as a reader makes them from the rollups: stocks now, minus what came after."""
    after = period.last + timedelta(days=1)
    received = [f for f in Figures.__dataclass_fields__ if f.startswith("received_")]
    resolved = [f for f in Figures.__dataclass_fields__ if f.startswith("resolved_")]
    closed = [*resolved, "closed_without_result"]
    stocks = {name: sum(row.get(name, 0) for row in total.stock.values()) for name in _STOCKS}
    open_now = stocks["running"] + stocks["paused"] + stocks["no_due"]

    def open_at_end_of(day: date) -> int:
        next_day = day + timedelta(days=1)
        return open_now - booked(total, received, next_day, None) + booked(total, closed, next_day, None)

    def lasting(name: str, stock: int) -> int:
        return (
            stock - booked(total, [f"{name}_in"], after, None) + booked(total, [f"{name}_out"], after, None)
        )

    late = lasting("late", sum(total.open_due.values()))
    paused, no_due = lasting("paused", stocks["paused"]), lasting("no_due", stocks["no_due"])
    in_progress = open_at_end_of(period.last)
    flows = {name: booked(total, [name], period.first, period.last) for name in (*received, *closed, *_FLOWS)}
    return Figures(
        **flows,
        carried_over=open_at_end_of(period.first - timedelta(days=1)),
        in_progress_late=late,
        in_progress_paused=paused,
        in_progress_no_due=no_due,
        in_progress_within=in_progress - late - paused - no_due,
        waiting_acceptance=stocks["waiting"],
    )


_STOCKS = ("running", "paused", "no_due", "waiting")
_FLOWS = (
    "accepted_on_time",
    "accepted_late",
    "fee_due",
    "fee_paid_online",
    "results_known",
    "results_signed",
)


@given(stores(), periods(), RULES)
def test_rollups_walked_back_equal_brute_force(store: Store, period: Period, rule: CountingRule) -> None:
    dossiers = [folded(*readings) for readings in store]
    assert walked_back(summed(store, rule), period) == figures_over(dossiers, period, rule)


@given(stores(), periods(), RULES)
def test_identities_hold(store: Store, period: Period, rule: CountingRule) -> None:
    f = figures_over([folded(*readings) for readings in store], period, rule)
    assert f.received_total == f.carried_over + f.received_in_period
    assert f.received_total == f.resolved_total + f.in_progress_total
    assert all(getattr(f, name) >= 0 for name in Figures.__dataclass_fields__)
    assert f.fee_paid_online <= f.fee_due
    assert f.results_signed <= f.results_known
    rate = on_time_rate(f, rule)
    assert rate is None or 0 <= rate <= 1


@given(stores(min_size=2), st.data())
def test_late_now_is_what_is_open_and_due_before_today(store: Store, data: Any) -> None:
    today = data.draw(st.dates(date(2025, 12, 20), date(2026, 1, 20)))
    total = summed(store, STANDARD)
    figures = figures_over(
        [folded(*readings) for readings in store], Period(first=today, last=today), STANDARD
    )
    received_later = booked(total, ["late_in"], today + timedelta(days=1), None)
    assert received_later >= 0
    late_now = sum(n for (_, due), n in total.open_due.items() if due < today)
    late_out_later = booked(total, ["late_out"], today + timedelta(days=1), None)
    future = [r for r in store if _has_future(r, today)]
    if not future:
        assert late_out_later == 0
        assert figures.in_progress_late == late_now


def _has_future(readings: Sequence[DossierVersion], today: date) -> bool:
    """Whether a fact of the dossier lies after today, as only a source with a wrong clock would say."""
    steps = contribution(folded(*readings), STANDARD).daily
    return any(day > today and not name.startswith("late_in") for day, name in steps)


@given(stores(min_size=1, max_size=5), st.data())
def test_an_update_is_new_minus_old(store: Store, data: Any) -> None:
    total = Delta()
    for readings in store:
        cut = data.draw(st.integers(1, len(readings)))
        old = contribution(folded(*readings[:cut]), STANDARD)
        total.add(old, 1)
        total.add(old, -1)
        total.add(contribution(folded(*readings), STANDARD), 1)
    assert total.pruned() == summed(store, STANDARD)


def test_taking_everything_away_leaves_nothing() -> None:
    share = contribution(folded(a_version()), STANDARD)
    total = Delta()
    total.add(share, 1)
    assert not total.pruned().is_empty
    total.add(share, -1)
    assert total.pruned().is_empty


@pytest.mark.parametrize(
    ("channel", "level", "counter"),
    [
        (Channel.ONLINE, ServiceLevel.FULL, "received_online_full"),
        (Channel.ONLINE, ServiceLevel.PARTIAL, "received_online_partial"),
        (Channel.ONLINE, None, "received_online_other"),
        (Channel.COUNTER, ServiceLevel.FULL, "received_counter"),
        (Channel.POSTAL, None, "received_postal"),
        (Channel.UNKNOWN, None, "received_unknown"),
    ],
)
def test_a_receipt_is_counted_by_channel_and_level(
    channel: Channel, level: ServiceLevel | None, counter: str
) -> None:
    share = contribution(folded(a_version(channel=channel, service_level=level)), STANDARD)
    names = {name for (_, name), _ in share.daily.items() if name.startswith("received_")}
    assert names == {counter}


def test_a_fee_whose_payment_is_not_known_is_on_neither_side() -> None:
    def counters(**changes: object) -> set[str]:
        share = contribution(folded(a_version(**changes)), STANDARD)
        return {name for _, name in share.daily if name.startswith("fee_")}

    assert counters(fee_total=10_000, paid_online=None) == set()
    assert counters(fee_total=10_000, paid_online=False) == {"fee_due"}
    assert counters(fee_total=10_000, paid_online=True) == {"fee_due", "fee_paid_online"}
    assert counters(fee_total=0, paid_online=True) == set()


def test_a_signed_result_counts_on_the_day_of_closing() -> None:
    finished = local(date(2026, 11, 19))
    share = contribution(
        folded(a_version(status=Status.COMPLETED, finished_at=finished, signed_result=True)), STANDARD
    )
    assert share.daily[date(2026, 11, 19), "results_signed"] == 1


def test_unknown_words_are_counted_apart_and_listed() -> None:
    dossier = folded(
        a_version(
            status=Status.UNKNOWN,
            raw_status="Trạng thái lạ",
            agency_code=UNMAPPED,
            agency_raw="Đơn vị lạ",
            flags=frozenset({Flag.UNKNOWN_STATUS, Flag.UNKNOWN_AGENCY}),
        )
    )
    share = contribution(dossier, STANDARD)
    assert share.unmapped == {("status", "Trạng thái lạ"), ("agency", "Đơn vị lạ")}
    assert share.stock == "running"


def test_an_empty_denominator_is_not_a_hundred_percent() -> None:
    assert on_time_rate(Figures()) is None
    assert on_time_rate(Figures(resolved_no_due=5)) is None
    assert on_time_rate(Figures(resolved_early=3, resolved_late=1)) == 0.75


def test_acceptance_is_judged_at_the_receipt() -> None:
    submitted = NOON - timedelta(days=3)
    for hours, name in ((24, "accepted_on_time"), (25, "accepted_late")):
        received = submitted + timedelta(hours=hours)
        share = contribution(folded(a_version(submitted_at=submitted, received_at=received)), STANDARD)
        assert name in {counter for _, counter in share.daily}
