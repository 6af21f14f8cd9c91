"""Does the store agree with itself? Rollups against dossiers, dossiers against their readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, select

from ioc.model.dossier import Dossier
from ioc.model.figure import CountingRule
from ioc.rules.history import fold, with_accept_due
from ioc.rules.rollup import Delta, contribution
from ioc.store import tables as t
from ioc.store.load import iterate_dossiers, iterate_known
from ioc.store.merge import Known
from ioc.store.rollups import ROLLUPS, cells_of, counter_columns, key_columns
from ioc.store.rows import DERIVED_COLUMNS, derived_of, dossier_row
from ioc.store.runs import LEDGER

__all__ = ["iterate_dossiers", "recompute_differences", "refolded", "watched"]

Progress = Callable[[int, int], None]
"""Called now and then with dossiers done and dossiers in all."""

MOST = 1_000
"""A broken rollup differs everywhere; the first thousand places tell as much as all."""

CHUNK = 2_000


def recompute_differences(
    conn: Connection, rule: CountingRule, progress: Progress | None = None
) -> tuple[str, ...]:
    """Every difference, one sentence each, at most MOST; () when the store is sound.

    Reads all dossiers and readings within the snapshot of `conn`; memory holds the rollups.
    """
    found = list(_unbalanced_runs(conn))
    total = Delta()
    for known in watched(conn, progress):
        total.add(contribution(known.dossier, rule), 1)
        if len(found) < MOST:
            found.extend(_dossier_differences(known, rule))
    expected = total.pruned()
    for table in ROLLUPS:
        found.extend(islice(_rollup_differences(conn, table, expected), MOST))
    return tuple(found[:MOST])


def watched(conn: Connection, progress: Progress | None) -> Iterator[Known]:
    """Every dossier with its readings, telling `progress` on the way."""
    count = conn.execute(select(func.count()).select_from(t.dossier)).scalar_one()
    for done, known in enumerate(iterate_known(conn, chunk=CHUNK), start=1):
        yield known
        if progress and (done % CHUNK == 0 or done == count):
            progress(done, count)


def refolded(known: Known) -> Dossier:
    """The fold of all readings, with the limit of acceptance as it was once given."""
    again = fold(known.dossier.latest, known.readings, accept_due=lambda submitted_at: submitted_at)
    return with_accept_due(again, known.dossier.accept_due_at)


def _unbalanced_runs(conn: Connection) -> Iterator[str]:
    run = t.source_run.c
    parts = sum((run[name] for name in LEDGER[2:]), start=run[LEDGER[1]])
    for row in conn.execute(select(run.id, run.source_id).where(run.fetched != parts).order_by(run.id)):
        yield f"lần thu thập {row.id} ({row.source_id}): số nhận không bằng tổng các phần"


def _dossier_differences(known: Known, rule: CountingRule) -> Iterator[str]:
    name = f"hồ sơ {known.dossier.latest.source_id}/{known.dossier.latest.source_key}"
    if not known.readings:
        yield f"{name}: không còn lần đọc nào trong lịch sử"
        return
    newest = max(known.readings, key=lambda reading: reading.order)
    latest = known.dossier.latest
    if newest.order != (latest.version_at, latest.version_seq, known.derived[0]):
        yield f"{name}: không phải lần đọc mới nhất"
    if refolded(known) != known.dossier:
        yield f"{name}: lịch sử cho kết quả khác"
    row = dossier_row(known.dossier, rule, content_hash=newest.content_hash)
    for column, stored, again in zip(DERIVED_COLUMNS, known.derived, derived_of(row), strict=True):
        if stored != again:
            yield f"{name}: {column} đang lưu {stored}, tính lại {again}"


def _rollup_differences(conn: Connection, table: Table, expected: Delta) -> Iterator[str]:
    keys, counters = key_columns(table), counter_columns(table)
    rows = conn.execute(select(*(table.c[name] for name in keys + counters)))
    stored = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in rows}
    again = cells_of(expected, table)
    nothing = (0,) * len(counters)
    for key in sorted(stored.keys() | again.keys()):
        pairs = zip(counters, stored.get(key, nothing), again.get(key, nothing), strict=True)
        for counter, kept, counted in pairs:
            if kept != counted:
                yield f"{table.name} {_told(key)}: {counter} đang lưu {kept}, tính lại {counted}"
        if key in stored and not any(stored[key]):
            yield f"{table.name} {_told(key)}: dòng toàn số 0 còn sót lại"


def _told(key: tuple[Any, ...]) -> str:
    return " · ".join(f"{part:%d/%m/%Y}" if isinstance(part, date) else str(part) for part in key)
