"""The size of a store, how long the fast loader takes, and the first load through the product's door."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, make_url

from bench import engines
from bench.cpu import memory_mb, scheduled_ms
from bench.generate import exact_calendar, make, versions
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.model.run import RunKind
from ioc.rules.counting import STANDARD
from ioc.rules.receipt import acceptance
from ioc.settings import Settings
from ioc.store.engine import reading, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.migrate import upgrade
from ioc.store.reference import sync_reference
from ioc.store.runs import begin_run

BATCH = 1_000


def measure(stage: Stage, rows: int) -> dict[str, Any]:
    """Size and fast load of the store of this run; `rows` dossiers through the door into an empty one."""
    told: dict[str, Any] = {"megabytes": {}, "fast_load": {}, "door": {}}
    for name in stage.engines:
        url = stage.store(name, stage.size)
        told["fast_load"][name] = stage.told(name, stage.size)
        engine = engines.opened(url)
        with reading(engine) as conn:
            told["megabytes"][name] = _sizes(conn, url)
        engine.dispose()
        say(f"  {name}: {told['size'][name]}")
        told["door"][name] = _door(stage, name, rows)
        say(f"  {name} first load: {told['door'][name]}")
    return told


def _sizes(conn: Connection, url: str) -> dict[str, float]:
    """MB of tables with their indexes (SQLite without dbstat tells only the file), the largest first."""
    if conn.dialect.name == "sqlite":
        path = Path(str(make_url(url).database))
        return {"all": round(path.stat().st_size / 1e6, 1)}
    found = {"all": conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one() / 1e6}
    tables = conn.exec_driver_sql(
        "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " ORDER BY pg_total_relation_size(oid) DESC"
    )
    for table, rows, indexes in tables.fetchmany(4):
        found[f"{table}: rows"], found[f"{table}: indexes"] = rows / 1e6, indexes / 1e6
    return {key: round(value, 1) for key, value in found.items()}


def _door(stage: Stage, name: str, rows: int) -> dict[str, Any]:
    with ExitStack() as stack:
        engine = _empty(stage, stack, name)
        settings = stage.settings(name, stage.size)
        made = make(settings, rows, seed=3, now=stage.now(stage.size))
        upgrade(engine)
        with writing(engine) as conn:
            sync_reference(conn, settings)
        return _pour(engine, settings, list(versions(made.drawn)), made.now)


def _empty(stage: Stage, stack: ExitStack, name: str) -> Engine:
    if name == "sqlite":
        path = stage.home / "door.sqlite"
        stack.callback(path.unlink, missing_ok=True)
        url = f"sqlite:///{path}"
    else:
        assert stage.server is not None
        stack.callback(engines.drop_database, stage.server, "door")
        url = engines.make_database(stage.server, "door")
    engine = engines.opened(url, read_only=False)
    stack.callback(engine.dispose)
    return engine


def _pour(engine: Engine, settings: Settings, readings: list[Any], now: Any) -> dict[str, Any]:
    accept_due = acceptance(exact_calendar(settings), settings.province.accept_hours)
    with engine.connect() as conn:
        backend = engines.backend_of(conn)
    own, before, began = time.process_time(), scheduled_ms(backend), time.perf_counter()
    for source, group in groupby(readings, key=lambda version: version.source_id):
        run = begin_run(engine, source_id=source, kind=RunKind.FULL, holder="bench", now=now)
        while batch := list(islice(group, BATCH)):
            held = Batch(source_id=source, run_id=run, versions=batch)
            ingest(engine, held, now=now, rule=STANDARD, accept_due=accept_due)
    wall = time.perf_counter() - began
    cpu = time.process_time() - own + (scheduled_ms(backend) - before) / 1e3
    return {
        "rows": len(readings),
        "seconds": round(wall, 1),
        "rows_a_second": round(len(readings) / wall),
        "cpu_us_a_row": round(cpu / len(readings) * 1e6),
        "peak_mb": round(memory_mb(_own(), "VmHWM")),
    }


def _own() -> int:
    return int(Path("/proc/self").resolve().name)


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--rows", type=int, default=100_000, help="dossiers taken in through the door")
    given = parser.parse_args()
    with stage_of(given) as stage:
        keep("load", stage.size, measure(stage, given.rows))


if __name__ == "__main__":
    main()
