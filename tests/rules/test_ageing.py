"""Ageing bands cut the late dossiers without gap or overlap."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.rules.ageing import Band, band_of, bands

TODAY = date(2026, 11, 22)
limits = st.sets(st.integers(1, 400), max_size=6).map(sorted)


def test_the_usual_limits_give_four_bands() -> None:
    assert bands((5, 15, 30)) == (Band(1, 5), Band(6, 15), Band(16, 30), Band(31, None))
    assert bands(()) == (Band(1, None),)


@pytest.mark.parametrize("wrong", [(0,), (-1, 5), (5, 5), (15, 5)])
def test_limits_out_of_order_are_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        bands(wrong)


def test_a_dossier_due_today_or_later_is_in_no_band() -> None:
    assert band_of(0, bands((5, 15, 30))) is None
    assert band_of(-3, bands((5, 15, 30))) is None


@given(limits, st.integers(1, 2_000))
def test_every_late_dossier_is_in_exactly_one_band(cut: list[int], days_late: int) -> None:
    hits = [band for band in bands(cut) if band.contains(days_late)]
    assert hits == [band_of(days_late, bands(cut))]


@given(limits, st.integers(-50, 500))
def test_the_due_days_of_a_band_are_those_of_its_dossiers(cut: list[int], days_late: int) -> None:
    due = TODAY - timedelta(days=days_late)
    for band in bands(cut):
        first, last = band.due_days(TODAY)
        assert band.contains(days_late) == ((first is None or first <= due) and due <= last)
