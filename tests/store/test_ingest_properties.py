"""Nothing that happens on the way of a reading may change what the store says in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from ioc.model.dossier import DossierVersion
from ioc.model.figure import Figures
from ioc.model.scope import Period
from ioc.rules.counting import STANDARD, figures_over
from ioc.store import tables as t
from ioc.store.check import iterate_dossiers, recompute_differences
from ioc.store.day_close import day_figures
from ioc.store.engine import reading
from ioc.store.rebuild import rebuild
from ioc.store.retention import thin_history
from tests.builders import FIRST_DAY, LAST_DAY, NOON, flat, stores, versions
from tests.store.filling import dump, empty, everything, take_all

many = settings(
    max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

Batches = list[list[DossierVersion]]


@st.composite
def readings(draw: st.DrawFn) -> tuple[DossierVersion, ...]:
    """Histories of several dossiers, with readings that fit no history thrown in."""
    orderly = flat(draw(stores(max_size=5)))
    wild = draw(st.lists(versions("s1", "K0"), max_size=2))
    return (*orderly, *wild)


@st.composite
def batches(draw: st.DrawFn, all_readings: Sequence[DossierVersion]) -> Batches:
    """All readings in some order, some of them repeated, cut anywhere."""
    repeated = draw(st.lists(st.sampled_from(all_readings), max_size=4))
    order = draw(st.permutations([*all_readings, *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    edges = zip([0, *cuts], [*cuts, len(order)], strict=True)
    return [list(order[a:b]) for a, b in edges if a < b]


@many
@given(data=st.data())
def test_any_order_repetition_and_cutting_gives_the_same_store(engine: Engine, data: st.DataObject) -> None:
    all_readings = data.draw(readings())
    empty(engine)
    take_all(engine, [list(all_readings)])
    at_once = dump(engine)
    empty(engine)
    take_all(engine, data.draw(batches(all_readings)))
    assert dump(engine) == at_once


@many
@given(data=st.data())
def test_the_store_is_sound_after_every_batch_and_the_ledger_balances(
    engine: Engine, data: st.DataObject
) -> None:
    empty(engine)
    all_batches = data.draw(batches(data.draw(readings())))
    for batch in all_batches:
        ledger = take_all(engine, [batch])
        assert ledger.balances
        assert ledger.fetched == len(batch)
        with reading(engine) as conn:
            assert recompute_differences(conn, STANDARD) == ()
    with reading(engine) as conn:
        inserted = conn.execute(select(func.sum(t.source_run.c.inserted))).scalar_one()
        assert inserted == conn.execute(select(func.count()).select_from(t.dossier)).scalar_one()


@many
@given(data=st.data())
def test_the_same_readings_again_write_nothing(engine: Engine, data: st.DataObject) -> None:
    all_readings = data.draw(readings())
    empty(engine)
    take_all(engine, [list(all_readings)])
    before = _without_runs(engine)
    ledger = take_all(engine, data.draw(batches(all_readings)))
    assert ledger.unchanged == ledger.fetched
    assert _without_runs(engine) == before


def _without_runs(engine: Engine) -> dict[str, object]:
    tables = everything(engine)
    return {name: rows for name, rows in tables.items() if name not in ("source_run", "source_state")}


@many
@given(all_readings=readings(), day=st.dates(FIRST_DAY - timedelta(days=2), LAST_DAY + timedelta(days=2)))
def test_a_day_read_from_the_rollups_equals_the_count_of_its_dossiers(
    engine: Engine, all_readings: tuple[DossierVersion, ...], day: date
) -> None:
    empty(engine)
    take_all(engine, [list(all_readings)])
    with reading(engine) as conn:
        per_agency = day_figures(conn, day)
        for agency, figures in per_agency.items():
            mine = iterate_dossiers(conn, where=t.dossier.c.agency_code == agency)
            assert figures == figures_over(mine, Period(first=day, last=day), STANDARD)
        whole = figures_over(iterate_dossiers(conn, chunk=2), Period(first=day, last=day), STANDARD)
    assert sum(per_agency.values(), start=Figures()) == whole


@many
@given(all_readings=readings(), before=st.integers(0, 12))
def test_thinning_the_history_changes_no_dossier(
    engine: Engine, all_readings: tuple[DossierVersion, ...], before: int
) -> None:
    empty(engine)
    repeats = [_later(version) for version in all_readings]
    take_all(engine, [[*all_readings, *repeats, *map(_later, repeats)]])
    told = dump(engine)
    thin_history(engine, before=NOON.replace(year=2025, month=12, day=27) + timedelta(days=before))
    after = dump(engine)
    assert {**after, "readings": None} == {**told, "readings": None}
    with reading(engine) as conn:
        assert recompute_differences(conn, STANDARD) == ()


def _later(version: DossierVersion) -> DossierVersion:
    """The same words read again in a later file."""
    return replace(version, version_at=version.version_at + timedelta(minutes=1))


@many
@given(all_readings=readings())
def test_rebuilding_a_sound_store_changes_nothing(
    engine: Engine, all_readings: tuple[DossierVersion, ...]
) -> None:
    empty(engine)
    take_all(engine, [list(all_readings)])
    told = dump(engine)
    assert rebuild(engine, STANDARD, now=NOON) == 0
    assert dump(engine) == told
