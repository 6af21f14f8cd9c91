"""Fill a store in tests, look at all that it says, and empty it between examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, select

from ioc.model.dossier import DossierVersion
from ioc.model.run import Ledger, Reject, RunKind
from ioc.rules.counting import STANDARD
from ioc.store import tables as t
from ioc.store.engine import reading, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.rows import DOSSIER_COLUMNS, PAUSE_COLUMNS, READING_COLUMNS
from ioc.store.runs import begin_run
from tests.builders import NOON, accept_in_a_day

Dump = dict[str, list[tuple[Any, ...]]]


def a_run(engine: Engine, source_id: str = "s1") -> int:
    """An open run."""
    return begin_run(engine, source_id=source_id, kind=RunKind.CHANGES, holder="test", now=NOON)


def take(
    engine: Engine,
    versions: Sequence[DossierVersion],
    *,
    source_id: str = "s1",
    run_id: int | None = None,
    rejects: Sequence[Reject] = (),
    **changes: Any,
) -> Ledger:
    """Ingest one batch under the standard rule."""
    run = a_run(engine, source_id) if run_id is None else run_id
    batch_values = {name: changes.pop(name) for name in ("cursor", "fence", "in_order") if name in changes}
    values: dict[str, Any] = {"now": NOON, "rule": STANDARD, "accept_due": accept_in_a_day} | changes
    batch = Batch(source_id=source_id, run_id=run, versions=versions, rejects=rejects, **batch_values)
    return ingest(engine, batch, **values)


def take_all(engine: Engine, batches: Iterable[Sequence[DossierVersion]]) -> Ledger:
    """Ingest batches in their order; a batch of several sources is cut by source."""
    runs: dict[str, int] = {}
    total = Ledger()
    for batch in batches:
        for source_id in sorted({version.source_id for version in batch}):
            mine = [version for version in batch if version.source_id == source_id]
            if source_id not in runs:
                runs[source_id] = a_run(engine, source_id)
            total += take(engine, mine, source_id=source_id, run_id=runs[source_id])
    return total


def dump(engine: Engine) -> Dump:
    """Everything the store says about dossiers; not when and in which run it came to know it."""
    with reading(engine) as conn:
        return {
            "dossier": _rows(conn, *(t.dossier.c[name] for name in DOSSIER_COLUMNS)),
            "readings": _rows(conn, *_key(), *(t.dossier_change.c[name] for name in READING_COLUMNS)),
            "pauses": _rows(conn, *_key(), *(t.dossier_pause.c[name] for name in PAUSE_COLUMNS[1:])),
            **{
                table.name: _rows(conn, *table.columns)
                for table in (t.daily, t.open_due, t.stock, t.unmapped)
            },
        }


def everything(engine: Engine) -> Dump:
    """Every row of every table."""
    with reading(engine) as conn:
        return {table.name: _rows(conn, *table.columns) for table in t.metadata.sorted_tables}


def empty(engine: Engine) -> None:
    """Take every row out, for the next example on the same store."""
    with writing(engine) as conn:
        for table in reversed(t.metadata.sorted_tables):
            conn.execute(delete(table))


def _key() -> tuple[Any, Any]:
    return (t.dossier.c.source_id, t.dossier.c.source_key)


def _rows(conn: Connection, *columns: Any) -> list[tuple[Any, ...]]:
    wanted = select(*columns)
    others = {column.table for column in columns} - {t.dossier}
    if len({column.table for column in columns}) > 1:
        (other,) = others
        wanted = wanted.join_from(t.dossier, other, other.c.dossier_id == t.dossier.c.id)
    return sorted((tuple(row) for row in conn.execute(wanted)), key=repr)
