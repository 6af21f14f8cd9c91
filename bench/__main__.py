"""How fast the store takes dossiers in, and how fast the screens' questions are answered.

    python -m bench                        a SQLite file of its own, 50,000 dossiers
    python -m bench --dossiers 500000      more of them
    python -m bench --postgres             on PostgreSQL 18, the tests' own server

Everything is made up from a seed and thrown away. Times are medians; what else the machine does matters.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection, Engine

from ioc.clock import end_of_day, local_day
from ioc.model.dossier import Channel, DossierVersion, DuePrecision, Status
from ioc.model.run import RunKind
from ioc.model.scope import WHOLE_PROVINCE, Period
from ioc.queries.dossiers import DossierFilter, dossier_groups, dossier_page
from ioc.queries.measures import Measure
from ioc.queries.overview import figures, figures_by
from ioc.queries.receipts import waiting
from ioc.queries.trend import backlog_trend
from ioc.rules.calendar import WorkCalendar, vietnam_calendar
from ioc.rules.counting import STANDARD
from ioc.rules.receipt import acceptance
from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.store.engine import open_engine, reading, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.migrate import upgrade
from ioc.store.reference import sync_reference
from ioc.store.runs import begin_run
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = local_day(NOW)
MONTH = Period(first=TODAY.replace(day=1), last=TODAY)
LATE = DossierFilter(measure=Measure.IN_PROGRESS_LATE, period=MONTH, as_of_day=TODAY)
BATCH = 2_000
REPEATS = 15
SETTLED = (Status.COMPLETED, Status.RETURNED)
STATUSES = (Status.NEW, Status.PROCESSING, Status.PROCESSING, Status.SUPPLEMENT, *SETTLED * 12)

QUESTIONS: Mapping[str, Callable[[Connection], object]] = {
    "figures of the month": lambda conn: figures(conn, WHOLE_PROVINCE, MONTH),
    "figures by agency": lambda conn: figures_by(conn, WHOLE_PROVINCE, MONTH, by="agency"),
    "trend of 30 days": lambda conn: backlog_trend(conn, WHOLE_PROVINCE, last=TODAY),
    "late dossiers, first page": lambda conn: dossier_page(conn, WHOLE_PROVINCE, LATE),
    "late dossiers, page 20": lambda conn: dossier_page(conn, WHOLE_PROVINCE, LATE, offset=1_000),
    "late dossiers by agency": lambda conn: dossier_groups(conn, WHOLE_PROVINCE, LATE, by="agency"),
    "late dossiers by age": lambda conn: dossier_groups(conn, WHOLE_PROVINCE, LATE, by="band"),
    "receipt clock": lambda conn: waiting(conn, WHOLE_PROVINCE, now=NOW),
}
"""What the screens ask, by the name printed."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that taking a batch in needs."""

    engine: Engine
    run_id: int
    calendar: WorkCalendar

    def take(self, versions: Sequence[DossierVersion]) -> float:
        """Seconds to store the readings, in batches."""
        began = perf_counter()
        for start in range(0, len(versions), BATCH):
            part = versions[start : start + BATCH]
            ingest(
                self.engine,
                Batch(source_id="bench", run_id=self.run_id, versions=part),
                now=NOW,
                rule=STANDARD,
                accept_due=acceptance(self.calendar, 8),
            )
        return perf_counter() - began


def made_up(count: int, settings: Settings, calendar: WorkCalendar) -> list[DossierVersion]:
    """A year of dossiers, most of them settled, some late."""
    chance = random.Random(49)
    return [_one(number, chance, settings, calendar) for number in range(count)]


def _one(number: int, chance: random.Random, settings: Settings, calendar: WorkCalendar) -> DossierVersion:
    procedure = chance.choice(settings.procedures)
    submitted = NOW - timedelta(minutes=chance.randrange(365 * 1_440))
    days = procedure.working_days or 5
    due = calendar.add_working_days(local_day(submitted), days)
    status = chance.choice(STATUSES) if local_day(submitted) < MONTH.first else Status.PROCESSING
    hours = int(24 * chance.expovariate(1 / (days + 1)))
    finished = min(submitted + timedelta(hours=hours), NOW)
    return DossierVersion(
        source_id="bench",
        source_key=f"K{number}",
        version_at=finished,
        status=status,
        dossier_code=f"H49-{number:07}",
        agency_code=chance.choice(settings.agencies).code,
        procedure_code=procedure.code,
        domain_code=procedure.domain_code,
        channel=chance.choice((Channel.ONLINE, Channel.ONLINE, Channel.COUNTER)),
        submitted_at=submitted,
        received_at=None if status is Status.NEW else submitted,
        due_at=end_of_day(due),
        due_precision=DuePrecision.DAY,
        finished_at=finished if status in SETTLED else None,
    )


@contextmanager
def opened(on_postgres: bool) -> Iterator[Engine]:
    """An empty store at head."""
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as folder:
        if on_postgres:
            with postgres.server() as server, postgres.fresh_database(server) as url:
                yield from _engine(url.render_as_string(hide_password=False))
        else:
            yield from _engine(f"sqlite:///{folder}/bench.sqlite")


def _engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    upgrade(engine)
    yield engine
    engine.dispose()


def measure_intake(engine: Engine, settings: Settings, count: int) -> None:
    """Rows a second: new ones, the same again, and changed ones."""
    calendar = vietnam_calendar(first_year=2024, last_year=2028)
    with writing(engine) as conn:
        sync_reference(conn, settings)
    run_id = begin_run(engine, source_id="bench", kind=RunKind.FULL, holder="bench", now=NOW)
    intake = Intake(engine, run_id, calendar)
    versions = made_up(count, settings, calendar)
    moved = [replace(v, version_at=NOW, status=Status.RETURNED, finished_at=NOW) for v in versions[::5]]
    for name, rows in (("new", versions), ("unchanged", versions), ("changed", moved)):
        say(f"take in {name} dossiers", f"{len(rows) / intake.take(rows):12,.0f} rows/s")


def measure_questions(engine: Engine) -> None:
    """Median of each question, each in a snapshot of its own as on a screen."""
    for name, ask in QUESTIONS.items():
        times = []
        for _ in range(REPEATS):
            with reading(engine) as conn:
                began = perf_counter()
                ask(conn)
                times.append(perf_counter() - began)
        say(name, f"{1_000 * median(times):12.1f} ms")


def say(what: str, value: str) -> None:
    """One line of the result."""
    print(f"  {what:<28}{value}", flush=True)


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dossiers", type=int, default=50_000)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    settings = load_settings({"IOC_CONFIG": str(ROOT / "config")})
    print(f"{asked.dossiers:,} dossiers on {'PostgreSQL' if asked.postgres else 'SQLite'}")
    with opened(asked.postgres) as engine:
        measure_intake(engine, settings, asked.dossiers)
        measure_questions(engine)


if __name__ == "__main__":
    main()
