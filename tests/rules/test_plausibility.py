"""A batch that is not believable is held, with the numbers that make it so."""

from __future__ import annotations

import pytest

from ioc.errors import SourceChanged, SuspectBatch
from ioc.faults import FaultKind
from ioc.rules.plausibility import check_full_pass, check_total


@pytest.mark.parametrize("found", [0, 1, 8_399])
def test_a_full_pass_below_the_floor_is_held(found: int) -> None:
    with pytest.raises(SuspectBatch, match=r"12\.000 .* 70 %") as held:
        check_full_pass(found=found, stored=12_000, floor_share=0.7)
    assert held.value.kind is FaultKind.SUSPICIOUS


@pytest.mark.parametrize(
    ("found", "stored", "share"),
    [
        (8_400, 12_000, 0.7),
        (12_000, 12_000, 0.7),
        (20_000, 12_000, 0.7),
        (0, 0, 0.7),
        (7, 100, 0.07),
        (0, 9, 0),
    ],
)
def test_a_full_pass_on_the_floor_or_above_is_taken(found: int, stored: int, share: float) -> None:
    check_full_pass(found=found, stored=stored, floor_share=share)


def test_a_share_is_written_as_people_here_write_it() -> None:
    with pytest.raises(SuspectBatch, match="62,5 %"):
        check_full_pass(found=1, stored=10, floor_share=0.625)


def test_fewer_records_than_the_source_states_is_a_partial_answer() -> None:
    with pytest.raises(SourceChanged, match=r"1\.200 .* 1\.189") as partial:
        check_total(stated=1_200, received=1_189, tolerance=10)
    assert partial.value.kind is FaultKind.PARTIAL


@pytest.mark.parametrize(("stated", "received"), [(1_200, 1_190), (1_200, 1_300), (0, 0), (None, 0)])
def test_a_total_within_tolerance_or_unknown_or_exceeded_is_taken(stated: int | None, received: int) -> None:
    check_total(stated=stated, received=received, tolerance=10)
