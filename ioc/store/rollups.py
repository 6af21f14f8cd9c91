"""Add a delta to the rollups: upsert each touched cell, drop the rows that become all zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select, true, tuple_
from sqlalchemy.sql import Delete, Insert

from ioc.rules.rollup import Delta, RollupKey
from ioc.store import tables as t
from ioc.store.bulk import staged, upsert_into

Cells = Mapping[tuple[Any, ...], tuple[int, ...]]
"""Key values in the order of the table's primary key -> counters in the order of its other columns."""

ROLLUPS = (t.daily, t.open_due, t.stock, t.unmapped)


def apply_delta(conn: Connection, delta: Delta) -> None:
    """Bring the four rollup tables from old to new; `delta` must be pruned."""
    for table in ROLLUPS:
        _add(conn, table, cells_of(delta, table))


def cells_of(delta: Delta, table: Table) -> Cells:
    """The cells of `delta` that belong to `table`, sorted: writers meet in one order."""
    return dict(sorted(_CELLS[table.name](delta)))


def key_columns(table: Table) -> tuple[str, ...]:
    """Names of the primary key, in its order."""
    return tuple(column.name for column in table.primary_key)


def counter_columns(table: Table) -> tuple[str, ...]:
    """Names of the counters, in the order of the table."""
    return tuple(column.name for column in table.columns if not column.primary_key)


_DAILY_PLACES = {name: place for place, name in enumerate(t.DAILY_COUNTERS)}
_STOCK_PLACES = {name: place for place, name in enumerate(t.STOCK_COUNTERS)}


def _counters(counts: Mapping[str, int], places: Mapping[str, int]) -> tuple[int, ...]:
    row = [0] * len(places)
    for name, count in counts.items():
        row[places[name]] = count
    return tuple(row)


def _daily(delta: Delta) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    for (key, day), counts in delta.daily.items():
        yield (day, *_names(key)), _counters(counts, _DAILY_PLACES)


def _open_due(delta: Delta) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    for (key, day), count in delta.open_due.items():
        yield (day, *_names(key)), (count,)


def _stock(delta: Delta) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    for key, counts in delta.stock.items():
        yield _names(key), _counters(counts, _STOCK_PLACES)


def _unmapped(delta: Delta) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    for key, count in delta.unmapped.items():
        yield key, (count,)


_CELLS = {"daily": _daily, "open_due": _open_due, "stock": _stock, "unmapped": _unmapped}


def _names(key: RollupKey) -> tuple[str, str, str]:
    return (key.agency_code, key.domain_code, key.source_id)


def _add(conn: Connection, table: Table, cells: Cells) -> None:
    if not cells:
        return
    columns = key_columns(table) + counter_columns(table)
    stage = staged(conn, table, columns, [key + counters for key, counters in cells.items()])
    conn.execute(_upsert(conn.dialect.name, table, stage, upsert_into(conn, table)))
    if any(counter < 0 for counters in cells.values() for counter in counters):
        conn.execute(_drop_zeros(table, stage))


def _upsert(dialect: str, table: Table, stage: Table, insert: Any) -> Insert:
    names = key_columns(table) + counter_columns(table)
    # SQLite needs a WHERE here to tell ON CONFLICT from a join's ON
    source = select(*(stage.c[name] for name in names)).where(true())
    statement = insert.from_select(names, source)
    sums = {name: table.c[name] + statement.excluded[name] for name in counter_columns(table)}
    made: Insert = statement.on_conflict_do_update(index_elements=key_columns(table), set_=sums)
    return made


@lru_cache(maxsize=8)
def _drop_zeros(table: Table, stage: Table) -> Delete:
    touched = select(*(stage.c[name] for name in key_columns(table)))
    key = tuple_(*(table.c[name] for name in key_columns(table)))
    is_zero = and_(*(table.c[name] == 0 for name in counter_columns(table)))
    return delete(table).where(key.in_(touched), is_zero)
