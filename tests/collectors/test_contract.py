"""What every collector must hold to (`wire.md` §13), tried on each of them over its own wire."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from ioc.collectors import jsontext, raw
from ioc.collectors.base import Parsed, Payload
from ioc.collectors.registry import COLLECTORS, collector_of
from ioc.collectors.replay import replay
from ioc.collectors.runner import accept_due
from ioc.errors import SettingsError
from ioc.model.run import RunKind, RunState
from ioc.settings_file import KNOWN_KINDS
from ioc.store import tables as t
from ioc.store.engine import open_engine, reading
from ioc.store.ingest import Batch, ingest
from ioc.store.migrate import upgrade
from ioc.store.runs import begin_run
from tests.builders import NOON, STANDARD, a_source
from tests.collectors.building import ENVIRON, lookup, settings_for
from tests.collectors.worlds import WORLDS, World, contents, run


@pytest.fixture(params=sorted(COLLECTORS))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with WORLDS[request.param](tmp_path) as made:
        yield made


def fresh(folder: Path, name: str) -> Engine:
    engine = open_engine(f"sqlite:///{folder / name}.sqlite")
    upgrade(engine)
    return engine


def parsed(world: World, payload: Payload) -> Parsed:
    collector = collector_of(world.source)
    masked = raw.masked_payload(payload, keep=collector.KEEP, reads=collector.READS, fallback=None)
    return collector.parse(masked, world.source, lookup(world.source))


def test_every_kind_is_registered_known_to_the_settings_and_tried_here() -> None:
    assert set(COLLECTORS) == set(KNOWN_KINDS) == set(WORLDS)
    assert {name: collector.KIND for name, collector in COLLECTORS.items()} == {n: n for n in COLLECTORS}
    with pytest.raises(SettingsError, match="opencps"):
        collector_of(a_source(kind="opencps"))


def test_keys_are_unique_and_the_ledger_accounts_for_every_record(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    world.put(17)
    report = run(world, engine, tmp_path)
    assert report.ok, report.error
    assert report.run.ledger.balances
    assert report.run.ledger.inserted == 17
    with reading(engine) as conn:
        keys = conn.execute(select(t.dossier.c.source_key)).scalars().all()
    assert len(set(keys)) == 17
    assert all(keys)


def test_parsing_twice_or_what_was_kept_says_the_same(world: World) -> None:
    world.put(12)
    collector = collector_of(world.source)
    for payload in world.fetch():
        masked = raw.masked_payload(payload, keep=collector.KEEP, reads=collector.READS, fallback=None)
        bare = Payload(
            body=masked.body, position=payload.position, fetched_at=payload.fetched_at, notes=payload.notes
        )
        first = collector.parse(masked, world.source, lookup(world.source))
        assert first == collector.parse(masked, world.source, lookup(world.source))
        assert first == collector.parse(bare, world.source, lookup(world.source))
        assert jsontext.load(masked.body).value is not None


def test_two_runs_without_news_write_nothing(world: World, engine: Engine, tmp_path: Path) -> None:
    world.put(12)
    run(world, engine, tmp_path)
    tables = ("dossier", "dossier_change", "daily", "open_due", "stock", "data_version", "quarantine")
    before = contents(engine, *tables)
    for kind in (RunKind.CHANGES, RunKind.FULL):
        assert run(world, engine, tmp_path, kind).ok
    assert contents(engine, *tables) == before


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_repetition_of_the_same_payloads_gives_the_same_store(
    world: World, tmp_path: Path, seed: int
) -> None:
    payloads: list[Payload] = []
    for state in range(4):
        world.put(9 - state, state=state)
        payloads += world.fetch()
        world.heal()
        world.clock.on(hours=20)
    chance = random.Random(seed)
    shuffled = [*payloads, *chance.sample(payloads, len(payloads) // 2)]
    chance.shuffle(shuffled)
    stores = []
    for name, order in (("one", payloads), ("two", shuffled)):
        engine = fresh(tmp_path, name)
        _ingest_all(engine, world, order, tmp_path)
        stores.append(contents(engine))
        engine.dispose()
    assert stores[0] == stores[1]
    assert stores[0]


def _ingest_all(engine: Engine, world: World, payloads: list[Payload], home: Path) -> None:
    due = accept_due(settings_for(home, world.source), NOON)
    for payload in payloads:
        run_id = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="t", now=NOON)
        found = parsed(world, payload)
        batch = Batch(source_id="s1", run_id=run_id, versions=found.versions, rejects=found.rejects)
        ingest(engine, batch, now=NOON, rule=STANDARD, accept_due=due)


@pytest.mark.parametrize("how", range(8))
def test_an_interrupted_and_resumed_cycle_equals_an_uninterrupted_one(
    world: World, tmp_path: Path, how: int
) -> None:
    smooth, rough = fresh(tmp_path, "smooth"), fresh(tmp_path, "rough")
    world.put(14)
    world.break_next(how)
    assert not run(world, rough, tmp_path).ok
    world.heal()
    world.put(14)
    assert run(world, rough, tmp_path).ok
    world.put(14)
    assert run(world, smooth, tmp_path).ok
    assert contents(smooth) == contents(rough)
    for engine in (smooth, rough):
        engine.dispose()


@pytest.mark.parametrize("how", range(8))
def test_no_fault_of_transport_changes_a_figure(
    world: World, engine: Engine, tmp_path: Path, how: int
) -> None:
    world.put(14, state=1)
    assert run(world, engine, tmp_path).ok
    before = contents(engine)
    for kind in (RunKind.CHANGES, RunKind.FULL, RunKind.FULL):
        world.clock.on(hours=1)
        world.heal()
        world.break_next(how)
        report = run(world, engine, tmp_path, kind)
        # a full pass may find another way round the fault
        assert kind is RunKind.FULL or (not report.ok and report.error)
        assert report.ok == (report.run.state is RunState.OK)
        assert contents(engine) == before


def test_composed_and_decomposed_letters_are_one(world: World, tmp_path: Path) -> None:
    stores = []
    for name, decomposed in (("nfc", False), ("nfd", True)):
        engine = fresh(tmp_path, name)
        world.put(6, decomposed=decomposed)
        assert run(world, engine, tmp_path).ok
        stores.append(contents(engine))
        engine.dispose()
    assert stores[0] == stores[1]


def test_a_kept_run_can_be_replayed(world: World, engine: Engine, tmp_path: Path) -> None:
    world.put(8)
    first = run(world, engine, tmp_path)
    before = contents(engine)
    world.clock.on(hours=2)
    again = replay(
        settings_for(tmp_path, world.source),
        world.source,
        first.run.id,
        engine=engine,
        holder="t",
        environ=ENVIRON,
        clock=world.clock,
    )
    assert again.ok, again.error
    assert again.run.ledger.unchanged == 8
    assert again.run.as_of is not None
    assert again.run.as_of <= NOON + timedelta(minutes=1)
    assert contents(engine) == before
    missing = replay(
        settings_for(tmp_path, world.source), world.source, 999, engine=engine, holder="t", environ=ENVIRON
    )
    assert not missing.ok
    assert "999" in (missing.error or "")
