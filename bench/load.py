"""Fill a store at full speed: rows as `store.ingest` would have written them, by bare drivers.

Secondary indexes are made after the rows; SQLite takes `executemany` without a journal, PostgreSQL
takes COPY. Meant for an empty store and for measurements only: nothing here survives a power cut.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import Engine, Table
from sqlalchemy.schema import CreateIndex

from bench import province
from bench.calendar_arrays import EPOCH, Ints
from bench.columns import Column
from bench.derive import Derived
from bench.draw import Drawn
from bench.rollups import Rollups, rollups_of
from bench.tables import Seen, change_columns, dossier_columns, pause_columns, version_columns
from ioc.model.run import Ledger, RunKind, RunState
from ioc.settings import Settings
from ioc.store import tables as t
from ioc.store.bulk import insert_rows
from ioc.store.engine import writing
from ioc.store.migrate import upgrade
from ioc.store.reference import sync_reference
from ioc.store.runs import LEDGER, add_to_run, begin_run, end_run, note_progress
from ioc.store.version import bump

CHUNK = 100_000


def load(
    engine: Engine,
    settings: Settings,
    drawn: Drawn,
    found: Derived,
    *,
    now: datetime,
    readings: bool = True,
    kept: Ints | None = None,
) -> None:
    """Migrate the empty store and fill every table.

    `readings` also writes `dossier_change`; `kept` are the dossiers whose rows are written, while the
    rollups are always of all.
    """
    upgrade(engine)
    with writing(engine) as conn:
        sync_reference(conn, settings)
    runs = _begin(engine, now)
    seen = Seen(np.array(runs), int(now.timestamp()))
    rows = np.arange(len(drawn)) if kept is None else kept
    writer = _sqlite_writer(engine) if engine.dialect.name == "sqlite" else _postgres_writer(engine)
    with writer as write:
        write.indexes(drop=True)
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            _write_chunk(write, drawn.taken(part), _part(found, part), seen, first + 1, readings=readings)
        write.indexes(drop=False)
        _write_rollups(write, rollups_of(drawn, found))
    _end(engine, runs, np.bincount(drawn.source, minlength=len(runs)).tolist(), now)


def add_polls(engine: Engine, now: datetime, count: int) -> None:
    """`count` good polls of every source that found nothing new: what health reads on a store in use."""
    columns = (
        "source_id",
        "kind",
        "state",
        "started_at",
        "progress_at",
        "ended_at",
        "pages",
        *LEDGER,
        "holder",
    )
    at = [now - timedelta(seconds=30 * (count - turn)) for turn in range(count)]
    none = (0,) * len(LEDGER)
    rows = [
        (source, RunKind.CHANGES.value, RunState.OK.value, moment, moment, moment, 1, *none, "bench")
        for moment in at
        for source, _, _ in province.sources()
    ]
    with writing(engine) as conn:
        insert_rows(conn, t.source_run, columns, rows)


def _begin(engine: Engine, now: datetime) -> list[int]:
    return [
        begin_run(engine, source_id=source, kind=RunKind.FULL, holder="bench", now=now)
        for source, _, _ in province.sources()
    ]


def _end(engine: Engine, runs: Sequence[int], counts: Sequence[int], now: datetime) -> None:
    for run, count in zip(runs, counts, strict=True):
        with writing(engine) as conn:
            add_to_run(conn, run, Ledger(fetched=count, inserted=count), now=now)
            if count:
                bump(conn, now)
        note_progress(engine, run, pages=1, expected=count, now=now)
        end_run(engine, run, state=RunState.OK, now=now, as_of=now)


def _part(found: Derived, part: Ints) -> Derived:
    cut = {f.name: getattr(found, f.name)[part] for f in fields(found) if f.name != "steps"}
    return replace(found, **cut)


def _write_chunk(
    write: Writer, drawn: Drawn, found: Derived, seen: Seen, first_id: int, *, readings: bool
) -> None:
    version = version_columns(drawn, range(first_id, first_id + len(drawn)))
    write.columns(t.dossier, dossier_columns(version, drawn, found, seen, first_id))
    write.columns(t.dossier_pause, pause_columns(found, first_id))
    if readings:
        write.columns(t.dossier_change, change_columns(version, drawn, seen, first_id))


def _write_rollups(write: Writer, rollups: Rollups) -> None:
    for table in (t.daily, t.open_due, t.stock, t.unmapped):
        write.rows(table, getattr(rollups, table.name))


class Writer:
    """Writes many rows of a table; one of each dialect."""

    def columns(self, table: Table, columns: dict[str, Column]) -> None:
        """A chunk by column."""
        raise NotImplementedError

    def rows(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Rows in the order of the table's columns; days as numbers."""
        raise NotImplementedError

    def execute(self, statement: str) -> None:
        """One statement on the bare driver."""
        raise NotImplementedError

    def indexes(self, *, drop: bool) -> None:
        """Drop the secondary indexes of `dossier`, or make them again."""
        for index in sorted(t.dossier.indexes, key=lambda index: str(index.name)):
            if drop:
                self.execute(f"DROP INDEX {index.name}")
            else:
                self.execute(self.create(index))

    def create(self, index: Any) -> str:
        """CREATE INDEX in the writer's dialect."""
        raise NotImplementedError

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _SqliteWriter(Writer):
    def __init__(self, engine: Engine, driver: Any) -> None:
        self._engine, self._driver = engine, driver

    def __enter__(self) -> Writer:
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "foreign_keys = OFF",
            "cache_size = -524288",
        ):
            self._driver.execute(f"PRAGMA {pragma}").fetchall()
        self._driver.execute("BEGIN EXCLUSIVE")
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.execute("COMMIT")
        self._driver.execute("PRAGMA journal_mode = WAL").fetchall()
        self._driver.close()

    def columns(self, table: Table, columns: dict[str, Column]) -> None:
        self._many(table, tuple(columns), zip(*(column.plain() for column in columns.values()), strict=False))

    def rows(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        self._many(table, tuple(column.name for column in table.columns), rows)

    def _many(self, table: Table, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(names))
        self._driver.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", rows)

    def execute(self, statement: str) -> None:
        self._driver.execute(statement)

    def create(self, index: Any) -> str:
        return _create(index, self._engine)


class _PostgresWriter(Writer):
    def __init__(self, engine: Engine, driver: Any) -> None:
        self._engine, self._driver = engine, driver

    def __enter__(self) -> Writer:
        # no look-ups of foreign keys row by row: ids are ours, and tests/bench compares the outcome
        self.execute("SET session_replication_role = replica")
        self.execute("SET maintenance_work_mem = '512MB'")
        return self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            for table in (t.dossier, t.dossier_change):
                self.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
                )
            self._driver.commit()
            self._driver.autocommit = True
            self.execute("VACUUM (ANALYZE)")
        self._driver.close()

    def columns(self, table: Table, columns: dict[str, Column]) -> None:
        rows = zip(*(column.copied() for column in columns.values()), strict=False)
        self._copy(table, tuple(columns), map("\t".join, rows))

    def rows(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        names = tuple(column.name for column in table.columns)
        self._copy(table, names, ("\t".join(map(str, row)) for row in _dated(names, rows)))

    def _copy(self, table: Table, names: tuple[str, ...], lines: Iterable[str]) -> None:
        held = list(lines)
        with (
            self._driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy,
        ):
            for first in range(0, len(held), 5_000):
                copy.write("\n".join(held[first : first + 5_000]) + "\n")

    def execute(self, statement: str) -> None:
        self._driver.execute(statement)

    def create(self, index: Any) -> str:
        return _create(index, self._engine)


def _dated(names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    if names[0] not in ("day", "due_day"):
        yield from rows
        return
    for row in rows:
        yield (np.datetime64(EPOCH) + row[0], *row[1:])


def _create(index: Any, engine: Engine) -> str:
    return str(CreateIndex(index).compile(dialect=engine.dialect))


def _sqlite_writer(engine: Engine) -> Writer:
    engine.dispose()  # the journal cannot be switched while anybody else has the file open
    return _SqliteWriter(engine, sqlite3.connect(str(engine.url.database), isolation_level=None))


def _postgres_writer(engine: Engine) -> Writer:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return _PostgresWriter(engine, psycopg.connect(url))
