"""The one border between the two dialects when many rows are read or written at once.

SQLite takes `executemany` on the bare driver, PostgreSQL takes COPY: both several times faster than
statements built row by row (`storage.md` §5).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

import psycopg
from sqlalchemy import ColumnElement, Connection, MetaData, String, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import Column, CreateTable
from sqlalchemy.types import BigInteger

from ioc.store.types import Day, Moment

Rows = Sequence[tuple[Any, ...]]


def lock(conn: Connection, name: str) -> None:
    """Wait for the turn of `name` until the commit; SQLite's BEGIN IMMEDIATE has waited already."""
    if conn.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
        conn.execute(select(func.pg_advisory_xact_lock(key)))


def lock_out_writers(conn: Connection, table: Table) -> None:
    """Let nobody else write to `table` until the commit; readers go on."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")


def upsert_into(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of `conn`."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def among(conn: Connection, column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """`column IN values` with one bound parameter, however many the values (text or integers)."""
    wanted = list(values)
    if conn.dialect.name == "sqlite":
        entries = func.json_each(bindparam(None, json.dumps(wanted), String)).table_valued("value")
        return column.in_(select(entries.c.value))
    # without a length: a cast to VARCHAR(n) would cut longer values and find the wrong row
    kind = String() if isinstance(column.type, String) else BigInteger()
    return column == func.any(bindparam(None, wanted, postgresql.ARRAY(kind)))


def insert_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
    """Insert plain rows; the order of values is that of `columns`."""
    if not rows:
        return
    ready = _encoded(conn.dialect, table, tuple(columns), rows)
    names = ", ".join(columns)
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        conn.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(ready))
    else:
        _copy(conn, f"COPY {table.name} ({names}) FROM STDIN", ready)


def update_rows(conn: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
    """Set `columns[1:]` of the rows whose `columns[0]` (the key) equals the first value."""
    if not rows:
        return
    key, *others = columns
    if conn.dialect.name == "sqlite":
        ready = _encoded(conn.dialect, table, (*others, key), [(*row[1:], row[0]) for row in rows])
        sets = ", ".join(f"{name} = ?" for name in others)
        conn.exec_driver_sql(f"UPDATE {table.name} SET {sets} WHERE {key} = ?", list(ready))
        return
    stage = staged(conn, table, tuple(columns), rows)
    sets = ", ".join(f"{name} = s.{name}" for name in others)
    conn.exec_driver_sql(f"UPDATE {table.name} t SET {sets} FROM {stage.name} s WHERE t.{key} = s.{key}")


def staged(conn: Connection, table: Table, columns: tuple[str, ...], rows: Rows) -> Table:
    """A temporary table with `rows`, gone at the end of the transaction's use."""
    stage = _stage(table, columns)
    conn.execute(CreateTable(stage, if_not_exists=True))
    conn.execute(stage.delete())
    insert_rows(conn, stage, columns, rows)
    return stage


def new_ids(conn: Connection, table: Table, count: int) -> list[int]:
    """Keys for rows to come; the caller holds the lock that keeps others from taking them (SQLite)."""
    if not count:
        return []
    if conn.dialect.name == "sqlite":
        last = conn.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    wanted = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return list(conn.execute(wanted).scalars())


def _copy(conn: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    driver: psycopg.Connection[Any] = conn.connection.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.OperationalError as exc:
        raise OperationalError(statement, None, exc, hide_parameters=True) from exc


def _encoded(
    dialect: Dialect, table: Table, columns: tuple[str, ...], rows: Rows
) -> Iterable[tuple[Any, ...]]:
    """Rows with moments and days as the driver stores them; plain values pass through."""
    encoders = _encoders(dialect, table, columns)
    for row in rows:
        values = list(row)
        for place, encode in encoders:
            if values[place] is not None:
                values[place] = encode(values[place])
        yield tuple(values)


@lru_cache(maxsize=256)
def _encoders(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Only our own types need help: drivers take text, numbers and truth values as they are."""
    kinds = ((place, table.c[column].type) for place, column in enumerate(columns))
    return tuple(
        (place, partial(kind.process_bind_param, dialect=dialect))
        for place, kind in kinds
        if isinstance(kind, Moment | Day)
    )


@lru_cache(maxsize=64)
def _stage(table: Table, columns: tuple[str, ...]) -> Table:
    return Table(
        f"stage_{table.name}",
        MetaData(),
        *(Column(name, table.c[name].type) for name in columns),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DELETE ROWS",
    )
