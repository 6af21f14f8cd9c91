"""`python -m bench.generate --size 1000000 --home DIR [--url URL]`: a store of one simulated province."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from bench.calendar_arrays import Calendar, Ints, calendar_of
from bench.derive import Derived, derive
from bench.draw import Drawn, draw
from bench.load import load
from bench.province import settings_of
from bench.tables import version_columns
from ioc.clock import utc_now
from ioc.model.dossier import (
    ApplicantType,
    Channel,
    DossierVersion,
    DuePrecision,
    Flag,
    ServiceLevel,
    Status,
)
from ioc.rules.calendar import WorkCalendar, vietnam_calendar
from ioc.settings import Settings
from ioc.store.engine import open_engine

SEED = 7

_STATED = {"stated_received_at": "received_at", "stated_flags": "flags"}


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What was drawn, what follows from it, and as of when."""

    drawn: Drawn
    found: Derived
    now: datetime


def make(settings: Settings, size: int, *, seed: int = SEED, now: datetime) -> Made:
    """Draw and derive `size` dossiers; the same for the same arguments."""
    calendar = bench_calendar(settings, now)
    drawn = draw(size, seed, now, calendar)
    return Made(drawn, derive(drawn, calendar, settings.province.accept_hours), now)


def bench_calendar(settings: Settings, now: datetime) -> Calendar:
    """The years that the dossiers speak of."""
    return calendar_of(settings, first_year=now.year - 4, last_year=now.year + 2)


def exact_calendar(settings: Settings) -> WorkCalendar:
    """The product's own calendar, over the same years and more."""
    return vietnam_calendar(
        first_year=2015, last_year=2030, overrides=settings.calendar, hours=settings.office_hours
    )


def fill(
    engine: Engine,
    settings: Settings,
    made: Made,
    *,
    readings: bool = True,
    kept: Ints | None = None,
) -> float:
    """Load everything (`kept`: the rows of these dossiers only, but all rollups); seconds taken."""
    began = time.perf_counter()
    load(engine, settings, made.drawn, made.found, now=made.now, readings=readings, kept=kept)
    return time.perf_counter() - began


def versions(drawn: Drawn, ids: Sequence[int] | None = None) -> Iterator[DossierVersion]:
    """The same readings as objects of the product, for its own door (`store.ingest`); ids from 1 on."""
    columns = version_columns(drawn, ids or range(1, len(drawn) + 1))
    names = [_STATED.get(name, name) for name in columns]
    makers = [_MAKERS.get(name, _as_is) if not name.endswith("_at") else _moment for name in names]
    for row in zip(*(column.plain() for column in columns.values()), strict=False):
        values = {name: made(value) for name, made, value in zip(names, makers, row, strict=True)}
        yield DossierVersion(**values)


def _as_is(value: Any) -> Any:
    return value


def _moment(value: int | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _flags(value: str) -> frozenset[Flag]:
    return frozenset(Flag(word) for word in value.split(",") if word)


def _maybe(kind: Callable[[str], Any]) -> Callable[[str | None], Any]:
    return lambda value: None if value is None else kind(value)


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "status": Status,
    "service_level": _maybe(ServiceLevel),
    "channel": Channel,
    "applicant_type": ApplicantType,
    "due_precision": _maybe(DuePrecision),
    "flags": _flags,
    "paid_online": _truth,
    "digitised_input": _truth,
    "digitised_result": _truth,
    "signed_result": _truth,
    "deleted": _truth,
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--url", help="default: a SQLite file below HOME")
    parser.add_argument("--no-readings", action="store_true", help="leave dossier_change empty")
    given = parser.parse_args()
    given.home.mkdir(parents=True, exist_ok=True)
    url = given.url or f"sqlite:///{given.home / 'ioc.sqlite'}"
    settings = settings_of(given.home, url)
    made = make(settings, given.size, seed=given.seed, now=utc_now())
    engine = open_engine(url)
    seconds = fill(engine, settings, made, readings=not given.no_readings)
    engine.dispose()
    print(f"{given.size} dossiers in {seconds:.1f} s: {url}")


if __name__ == "__main__":
    main()
