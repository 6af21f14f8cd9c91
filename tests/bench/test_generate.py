"""The generator of the measurements writes exactly what the product's own door would have written."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from bench.calendar_arrays import NULL
from bench.derive import STANDINGS
from bench.generate import Made, fill, make, versions
from bench.province import PROVINCIAL, settings_of, sources
from ioc.model.dossier import Standing
from ioc.model.run import RunKind, RunState
from ioc.rules.calendar import vietnam_calendar
from ioc.rules.counting import STANDARD
from ioc.rules.receipt import acceptance
from ioc.settings import Settings
from ioc.store.check import recompute_differences
from ioc.store.engine import open_engine, reading, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.migrate import upgrade
from ioc.store.reference import sync_reference
from ioc.store.runs import begin_run, end_run, note_progress
from tests.store.filling import Dump, everything

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("bench")
    return settings_of(home, f"sqlite:///{home / 'unused.sqlite'}")


def test_same_as_through_ingest(province: Settings, store_url: str, tmp_path: Path) -> None:
    made = make(province, 20_000 if store_url.startswith("sqlite") else 3_000, now=NOW)
    fast, sound = _loaded(store_url, province, made)
    expected = _ingested(f"sqlite:///{tmp_path / 'door.sqlite'}", province, made)
    assert {name: len(rows) for name, rows in fast.items()} == {
        name: len(rows) for name, rows in expected.items()
    }
    for name in expected:
        assert fast[name] == expected[name], name
    assert sound == ()


def test_drawn_twice_is_the_same(province: Settings) -> None:
    first, second = (list(versions(make(province, 500, now=NOW).drawn)) for _ in range(2))
    assert first == second


def test_shares_are_those_of_a_province(province: Settings) -> None:
    made = make(province, 50_000, now=NOW)
    today = (NOW.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    running = made.found.standing == STANDINGS.index(Standing.WITHIN)
    known_due = made.found.due_day != NULL
    assert 0.016 < np.mean(running & known_due & (made.found.due_day < today)) < 0.020
    assert 0.022 < np.mean(running) < 0.029
    assert 0.024 < np.mean(made.found.standing == STANDINGS.index(Standing.RESOLVED_LATE)) < 0.030
    assert 0.28 < np.mean(made.found.pause_kind >= 0) < 0.36


def _loaded(url: str, settings: Settings, made: Made) -> tuple[Dump, tuple[str, ...]]:
    engine = open_engine(url)
    fill(engine, settings, made)
    with reading(engine) as conn:
        differences = recompute_differences(conn, STANDARD)
    found = everything(engine)
    engine.dispose()
    return found, differences


def _ingested(url: str, settings: Settings, made: Made) -> Dump:
    """The same readings, source by source, one batch each."""
    engine = open_engine(url)
    upgrade(engine)
    with writing(engine) as conn:
        sync_reference(conn, settings)
    calendar = vietnam_calendar(
        first_year=2020, last_year=2030, overrides=settings.calendar, hours=settings.office_hours
    )
    accept_due = acceptance(calendar, settings.province.accept_hours)
    by_source = {
        source: list(group)
        for source, group in groupby(versions(made.drawn), key=lambda version: version.source_id)
    }
    names = [source for source, _, _ in sources()]
    assert names[0] == PROVINCIAL
    runs = {
        name: begin_run(engine, source_id=name, kind=RunKind.FULL, holder="bench", now=NOW) for name in names
    }
    for name in names:
        mine = by_source.get(name, [])
        if mine:
            batch = Batch(source_id=name, run_id=runs[name], versions=mine)
            ingest(engine, batch, now=NOW, rule=STANDARD, accept_due=accept_due)
        note_progress(engine, runs[name], pages=1, expected=len(mine), now=NOW)
        end_run(engine, runs[name], state=RunState.OK, now=NOW, as_of=NOW)
    found = everything(engine)
    engine.dispose()
    return found
