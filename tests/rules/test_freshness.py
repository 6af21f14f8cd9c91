"""No number without its age: the state of a source, and the light over a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.model.run import Freshness, Light, RunState, SourceHealth, Truth
from ioc.rules import freshness as rules

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def state(
    *,
    age: int | None = 0,
    last: RunState | None = RunState.OK,
    paused: bool = False,
    loading: bool = False,
) -> Freshness:
    return rules.freshness(
        now=NOW,
        last_success=None if age is None else NOW - timedelta(seconds=age),
        stale_after_seconds=600,
        last_state=last,
        paused=paused,
        loading=loading,
    )


def a_source(
    freshness: Freshness = Freshness.FRESH, *, name: str = "a", age: int | None = 0, open_dossiers: int = 10
) -> SourceHealth:
    return SourceHealth(
        source_id=name,
        name=f"Nguồn {name}",
        kind="igate2",
        level="commune",
        freshness=freshness,
        last_success=None if age is None else NOW - timedelta(seconds=age),
        age_seconds=age,
        last_run=None,
        next_run_at=None,
        open_dossiers=open_dossiers,
        quarantined=0,
        unmapped=0,
    )


def told(*sources: SourceHealth, defects: int = 0) -> Truth:
    return rules.truth(sources, now=NOW, ranking_coverage=0.9, open_defects=defects)


BROKEN = [RunState.FAILED, RunState.PARTIAL, RunState.HELD]


def test_a_source_is_fresh_until_its_limit_and_stale_after_it() -> None:
    assert state(age=600) is Freshness.FRESH
    assert state(age=601) is Freshness.STALE


@pytest.mark.parametrize("last", BROKEN)
def test_a_failed_run_does_not_age_fresh_figures(last: RunState) -> None:
    assert state(age=600, last=last) is Freshness.FRESH
    assert state(age=601, last=last) is Freshness.FAILING


@pytest.mark.parametrize("last", [None, RunState.OK, RunState.RUNNING, RunState.ABANDONED])
def test_a_source_that_nobody_asked_is_stale_and_not_failing(last: RunState | None) -> None:
    assert state(age=601, last=last) is Freshness.STALE


@pytest.mark.parametrize("last", [None, *RunState])
def test_without_a_good_run_there_are_no_figures(last: RunState | None) -> None:
    assert state(age=None, last=last) is Freshness.NEVER
    assert state(age=None, last=last, loading=True) is Freshness.LOADING


def test_a_first_load_is_loading_and_a_pause_is_told_before_all() -> None:
    assert state(age=5, loading=True) is Freshness.LOADING
    assert state(age=5, loading=True, paused=True) is Freshness.PAUSED
    assert state(age=None, paused=True) is Freshness.PAUSED


def test_figures_from_the_far_future_are_not_fresh() -> None:
    assert state(age=-60) is Freshness.FRESH
    assert state(age=-601) is Freshness.STALE


def test_an_age_is_never_negative_and_unknown_is_not_zero() -> None:
    assert rules.age_seconds(now=NOW, last_success=NOW - timedelta(seconds=90)) == 90
    assert rules.age_seconds(now=NOW, last_success=NOW + timedelta(seconds=90)) == 0
    assert rules.age_seconds(now=NOW, last_success=None) is None


def test_all_fresh_is_green_and_ranked() -> None:
    truth = told(*[a_source(name=str(n)) for n in range(20)])
    assert (truth.light, truth.fresh, truth.total, truth.coverage) == (Light.GREEN, 20, 20, 1.0)
    assert truth.rankings_allowed
    assert truth.stale_open_dossiers == 0


@pytest.mark.parametrize(
    ("stale", "light", "ranked"),
    [(0, Light.GREEN, True), (1, Light.AMBER, True), (2, Light.AMBER, True), (3, Light.RED, False)],
)
def test_the_light_follows_the_coverage_and_its_limits_belong_to_the_better_side(
    stale: int, light: Light, ranked: bool
) -> None:
    sources = [a_source(Freshness.STALE if n < stale else Freshness.FRESH, name=str(n)) for n in range(20)]
    truth = told(*sources)
    assert (truth.light, truth.rankings_allowed) == (light, ranked)
    assert truth.stale_open_dossiers == 10 * stale
    assert len(truth.stale_ids) == stale


def test_a_source_never_heard_of_turns_the_light_red() -> None:
    fresh = [a_source(name=str(n)) for n in range(99)]
    for silent in (Freshness.NEVER, Freshness.PAUSED):
        truth = told(*fresh, a_source(silent, name="x", age=None))
        assert (truth.light, truth.never_ids) == (Light.RED, ("x",))
        assert truth.rankings_allowed  # one of a hundred


def test_a_paused_source_with_figures_is_stale() -> None:
    truth = told(*[a_source(name=str(n)) for n in range(99)], a_source(Freshness.PAUSED, name="x", age=7200))
    assert (truth.stale_ids, truth.never_ids) == (("x",), ())
    assert truth.light is Light.AMBER


def test_loading_and_open_defects_turn_the_light_amber() -> None:
    fresh = [a_source(name=str(n)) for n in range(99)]
    truth = told(*fresh, a_source(Freshness.LOADING, name="x", age=None))
    assert (truth.light, truth.loading_ids, truth.never_ids) == (Light.AMBER, ("x",), ())
    truth = told(*fresh, defects=1)
    assert (truth.light, truth.open_defects) == (Light.AMBER, 1)


def test_the_oldest_source_is_named_with_its_moment() -> None:
    truth = told(a_source(name="a", age=30), a_source(name="b", age=900), a_source(name="c", age=None))
    assert (truth.oldest_name, truth.oldest_success) == ("Nguồn b", NOW - timedelta(seconds=900))
    nothing = told(a_source(Freshness.NEVER, age=None))
    assert (nothing.oldest_name, nothing.oldest_success) == (None, None)


def test_without_any_source_nothing_is_known() -> None:
    for limit in (0.9, 0.0):
        truth = rules.truth((), now=NOW, ranking_coverage=limit, open_defects=0)
        assert (truth.light, truth.rankings_allowed) == (Light.RED, False)
        assert (truth.total, truth.coverage) == (0, None)


healths = st.lists(
    st.builds(
        a_source,
        st.sampled_from(Freshness),
        age=st.none() | st.integers(0, 10_000),
        open_dossiers=st.integers(0, 50),
    ),
    max_size=30,
).map(lambda sources: [replace(source, source_id=str(n)) for n, source in enumerate(sources)])


@given(healths)
def test_every_source_is_told_exactly_once(sources: list[SourceHealth]) -> None:
    truth = told(*sources)
    named = [*truth.stale_ids, *truth.never_ids, *truth.loading_ids]
    assert len(named) == len(set(named))
    assert truth.fresh + len(named) == truth.total == len(sources)


@given(healths, st.integers(0, 3))
def test_a_source_that_grows_stale_never_improves_the_light(
    sources: list[SourceHealth], defects: int
) -> None:
    order = [Light.GREEN, Light.AMBER, Light.RED]
    before = told(*sources, defects=defects)
    for n, source in enumerate(sources):
        if source.freshness is Freshness.FRESH:
            aged = [*sources[:n], replace(source, freshness=Freshness.STALE), *sources[n + 1 :]]
            after = told(*aged, defects=defects)
            assert order.index(after.light) >= order.index(before.light)
            assert after.rankings_allowed <= before.rankings_allowed
