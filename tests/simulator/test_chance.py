"""Draws: pure in what they are drawn for, and distributed as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.simulator.chance import Draw, keys, one, root


def some_keys(count: int = 20_000, start: int = 7) -> Draw:
    return Draw(keys(start, np.zeros(count, dtype=np.int64), np.arange(count)))


@given(st.integers(0, 2**63), st.integers(0, 30_000), st.lists(st.integers(0, 2**20), min_size=1))
def test_a_draw_depends_on_nothing_but_its_own_key(start: int, day: int, places: list[int]) -> None:
    every = np.array(places)
    together = Draw(keys(start, np.full(len(every), day), every)).unit("x")
    alone = Draw(keys(start, np.array([day]), every[-1:])).unit("x")
    assert together[-1] == alone[0]


def test_names_seeds_days_and_places_all_matter() -> None:
    draw = some_keys(1_000)
    assert np.corrcoef(draw.unit("a"), draw.unit("b"))[0, 1] == pytest.approx(0, abs=0.1)
    assert not (draw.unit("a") == some_keys(1_000, start=8).unit("a")).any()
    assert one(1, "a") != one(1, "b") != one(2, "a")
    assert root(1, "ab") != root(1, "a", "b")


def test_uniform_draws_fill_their_range_evenly() -> None:
    counts, _ = np.histogram(some_keys().unit("x"), bins=20, range=(0, 1))
    assert counts.min() > 850
    assert counts.max() < 1_150


def test_normal_draws_have_mean_0_and_deviation_1() -> None:
    values = some_keys().normal("x")
    assert values.mean() == pytest.approx(0, abs=0.03)
    assert values.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("mean", [0.05, 0.7, 3.0, 25.0, 39.9, 41.0, 160.0])
def test_poisson_draws_have_the_mean_and_variance_asked_for(mean: float) -> None:
    counts = some_keys().poisson("x", np.full(20_000, mean))
    assert counts.min() >= 0
    assert counts.mean() == pytest.approx(mean, rel=0.06)
    assert counts.var() == pytest.approx(mean, rel=0.08)
