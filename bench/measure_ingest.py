"""Taking batches in with and without rollups, on copies of one store; and readers while it goes on.

A batch: 30 % new dossiers, 60 % newer readings (half of them closing), 10 % older readings. "Without" is the
product's own door less the rollups: no contribution worked out, no rollup written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import Engine

from bench import engines
from bench.cpu import percentile, scheduled_ms
from bench.generate import Made, exact_calendar, make, versions
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.model.dossier import DossierVersion, Status
from ioc.model.run import RunKind
from ioc.rules.counting import STANDARD
from ioc.rules.history import AcceptDue
from ioc.rules.receipt import acceptance
from ioc.store import ingest as door
from ioc.store import quarantine
from ioc.store.bulk import lock
from ioc.store.engine import writing
from ioc.store.load import known_dossiers
from ioc.store.merge import Tally, merge, refold
from ioc.store.runs import begin_run
from ioc.store.version import bump
from ioc.store.write import Change, write_changes

ROUNDS = 5
SOURCE = "tinh"
READER_SECONDS = 20


class Intake:
    """One store that takes batches."""

    def __init__(self, engine: Engine, accept_due: AcceptDue, now: datetime) -> None:
        self.engine, self.accept_due, self.now = engine, accept_due, now
        self.run = begin_run(engine, source_id=SOURCE, kind=RunKind.CHANGES, holder="bench", now=now)
        with engine.connect() as conn:
            self.backend = engines.backend_of(conn)

    def with_rollups(self, batch: Sequence[DossierVersion]) -> None:
        """The product's door."""
        held = door.Batch(source_id=SOURCE, run_id=self.run, versions=batch)
        door.ingest(self.engine, held, now=self.now, rule=STANDARD, accept_due=self.accept_due)

    def without_rollups(self, batch: Sequence[DossierVersion]) -> None:
        """The same steps, less contributions and rollups."""
        held = door.Batch(source_id=SOURCE, run_id=self.run, versions=batch)
        by_key, rejects = door._sift(held)
        with writing(self.engine) as conn:
            lock(conn, f"source:{SOURCE}")
            known = known_dossiers(conn, SOURCE, by_key)
            tally, changes = Tally(), []
            for key, readings in by_key.items():
                before = known.get(key)
                outcome = merge(before, readings, tally)
                if outcome.fresh and outcome.newest is not None:
                    after = refold(before, outcome, self.accept_due)
                    changes.append(Change(before, after, outcome.newest.content_hash, outcome.fresh))
            write_changes(conn, changes, STANDARD, run_id=self.run, now=self.now)
            quarantine.put(conn, SOURCE, rejects, run_id=self.run, now=self.now)
            quarantine.settle_keys(conn, SOURCE, by_key, now=self.now)
            door._close(conn, held, door._ledger(tally, len(rejects)), now=self.now)
            bump(conn, self.now)


def batches(made: Made, fresh: Made, size: int, *, skip: int = 0) -> Iterator[list[DossierVersion]]:
    """Batch after batch, no dossier twice; `skip` dossiers are left to others."""
    mine = np.flatnonzero(made.drawn.source == 0)
    np.random.default_rng(1).shuffle(mine)
    new = np.flatnonzero(fresh.drawn.source == 0)
    olds, news = skip, 0
    while True:
        old = mine[olds : olds + size * 7 // 10]
        added = new[news : news + size - len(old)]
        olds, news = olds + len(old), news + len(added)
        if len(old) + len(added) < size:
            return
        known = versions(made.drawn.taken(old), (old + 1).tolist())
        made_new = versions(fresh.drawn.taken(added))
        yield [
            *(_moved(version, place, size, made.now) for place, version in enumerate(known)),
            *(replace(found, source_key=f"N{skip}-{news}-{place}") for place, found in enumerate(made_new)),
        ]


def _moved(version: DossierVersion, place: int, size: int, now: datetime) -> DossierVersion:
    """A newer reading that closes, a newer one that moves a step, or an older one."""
    if place < size * 3 // 10:
        return replace(
            version,
            version_at=now,
            status=Status.COMPLETED,
            received_at=version.received_at or now - timedelta(days=1),
            finished_at=now - timedelta(minutes=10),
            signed_result=True,
        )
    if place < size * 6 // 10:
        return replace(version, version_at=now, current_step="Trình ký", current_unit="Lãnh đạo phòng")
    return replace(version, version_at=version.version_at - timedelta(days=1), current_step="Cũ")


def measure(stage: Stage, sizes: tuple[int, ...], *, with_readers: bool) -> dict[str, Any]:
    """Rows a second for each batch size, way and engine; then the readers."""
    told: dict[str, Any] = {"rates": {}, "readers": {}}
    made = None
    for name in stage.engines:
        url = stage.store(name, stage.size)
        made = made or stage.made(stage.size)
        settings = stage.settings(name, stage.size)
        accept_due = acceptance(exact_calendar(settings), settings.province.accept_hours)
        fresh = make(settings, max(100_000, max(sizes) * 15), seed=99, now=made.now)
        with ExitStack() as stack:
            copies = [_copied(stage, stack, name, url, way) for way in ("with", "without")]
            intakes = [Intake(engine, accept_due, made.now) for engine in copies]
            for size in sizes:
                found = _rounds(intakes, batches(made, fresh, size))
                told["rates"][f"{name} {size}"] = found
                say(f"  {name} {size:,} a batch: {found}")
            if with_readers:
                told["readers"][name] = _read_along(
                    intakes[0], batches(made, fresh, 1_000, skip=stage.size // 5), copies[0]
                )
                say(f"  {name} readers: {told['readers'][name]}")
    return told


def _copied(stage: Stage, stack: ExitStack, name: str, url: str, way: str) -> Engine:
    if name == "sqlite":
        path = stage.folder(stage.size) / f"ingest-{way}.sqlite"
        stack.callback(path.unlink, missing_ok=True)
        copy = engines.copy_sqlite(url, path)
    else:
        assert stage.server is not None
        database = f"ingest_{way}"
        stack.callback(engines.drop_database, stage.server, database)
        copy = engines.make_database(stage.server, database, template=f"bench_{stage.size}")
    engine = engines.opened(copy, read_only=False)
    stack.callback(engine.dispose)
    return engine


def _rounds(intakes: list[Intake], source: Iterator[list[DossierVersion]]) -> dict[str, Any]:
    """The same batch to both, the order changing from round to round; the first is not counted."""
    wall: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    rows = 0
    for turn in range(ROUNDS + 1):
        batch = next(source)
        rows = len(batch)
        ways = [
            ("with", intakes[0].with_rollups, intakes[0]),
            ("without", intakes[1].without_rollups, intakes[1]),
        ]
        for way, take, intake in ways if turn % 2 else ways[::-1]:
            before, own, began = scheduled_ms(intake.backend), time.process_time(), time.perf_counter()
            take(batch)
            if turn:
                wall[way].append(time.perf_counter() - began)
                used = time.process_time() - own
                cpu[way].append(used + (scheduled_ms(intake.backend) - before) / 1e3)
    return {
        "with": round(rows / median(wall["with"])),
        "without": round(rows / median(wall["without"])),
        "ratio": round(median(wall["without"]) / median(wall["with"]), 2),
        "cpu_ratio": round(median(cpu["without"]) / median(cpu["with"]), 2),
        "cpu_us_a_row": round(median(cpu["with"]) / rows * 1e6),
        "rounds": ROUNDS,
    }


def _read_along(intake: Intake, source: Iterator[list[DossierVersion]], engine: Engine) -> dict[str, Any]:
    """Latencies of one reader process, five questions a second, in peace and then while batches come in."""
    url = engine.url.render_as_string(hide_password=False)
    peace = _reader(url)
    still = _latencies(peace)
    busy = _reader(url)
    began, rows = time.perf_counter(), 0
    while busy.poll() is None and (batch := next(source, None)):
        intake.with_rollups(batch)
        rows += len(batch)
    rate = rows / (time.perf_counter() - began)
    found = _latencies(busy)
    return {"in_peace": still, "during_ingest": found, "rows_a_second": round(rate)}


def _reader(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.reader", url, str(READER_SECONDS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _latencies(reader: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = reader.communicate(timeout=READER_SECONDS + 60)
    if reader.returncode:
        raise RuntimeError("the reader failed")
    values = [float(word) for word in out.split()]
    middle, high = median(values), percentile(values, 0.95)
    return {
        "median_ms": round(middle, 1),
        "p95_ms": round(high, 1),
        "max_ms": round(max(values), 1),
        "ratio": round(high / middle, 2),
        "reads": len(values),
    }


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--batches", default="1000,10000")
    parser.add_argument("--no-readers", action="store_true")
    given = parser.parse_args()
    with stage_of(given) as stage:
        sizes = tuple(int(size) for size in given.batches.split(","))
        keep("ingest", stage.size, measure(stage, sizes, with_readers=not given.no_readers))


if __name__ == "__main__":
    main()
