"""Quarantine (cách ly): records refused at the edge, kept with their reason until they come right."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from ioc.faults import RejectReason
from ioc.model.run import Reject
from ioc.store.bulk import among, upsert_into
from ioc.store.engine import writing
from ioc.store.tables import quarantine as q
from ioc.store.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """A refused record; seen `seen_count` times, the last of them in run `run_id` at `seen_at`."""

    id: int
    source_id: str
    run_id: int
    seen_at: datetime
    seen_count: int
    reason: RejectReason
    detail: str
    position: str
    source_key: str | None
    payload: str
    settled_at: datetime | None


def put(conn: Connection, source_id: str, rejects: Sequence[Reject], *, run_id: int, now: datetime) -> None:
    """Keep rejects; the same payload again only counts, and opens its row again if it was settled."""
    rows = [_row(source_id, reject, run_id=run_id, now=now) for reject in rejects]
    times = Counter(row["payload_hash"] for row in rows)
    last = {row["payload_hash"]: row | {"seen_count": times[row["payload_hash"]]} for row in rows}
    if not last:
        return
    insert = upsert_into(conn, q)
    fresh = ("run_id", "seen_at", "reason", "detail", "position", "source_key")
    changes: dict[str, Any] = {name: insert.excluded[name] for name in fresh}
    changes |= {"seen_count": q.c.seen_count + insert.excluded.seen_count, "settled_at": None}
    statement = insert.on_conflict_do_update(index_elements=["source_id", "payload_hash"], set_=changes)
    # sorted: two writers would meet on these rows in one order
    conn.execute(statement, [last[key] for key in sorted(last)])


def settle_keys(conn: Connection, source_id: str, keys: Iterable[str], *, now: datetime) -> None:
    """Settle what was refused under keys that have now come in good order."""
    is_open = (q.c.source_id == source_id) & q.c.settled_at.is_(None)
    waiting = set(conn.execute(select(q.c.source_key).where(is_open, q.c.source_key.is_not(None))).scalars())
    if good := sorted(waiting.intersection(keys)):
        conn.execute(update(q).where(is_open, among(conn, q.c.source_key, good)).values(settled_at=now))


def settle(engine: Engine, ids: Iterable[int], *, now: datetime) -> int:
    """Settle rows by hand or after a good retry; how many were still open."""
    with writing(engine) as conn:
        chosen = among(conn, q.c.id, sorted(set(ids)))
        return conn.execute(update(q).where(chosen, q.c.settled_at.is_(None)).values(settled_at=now)).rowcount


def quarantine_rows(
    conn: Connection, source_id: str | None, *, limit: int, settled: bool = False
) -> tuple[QuarantineRow, ...]:
    """Rows of a source (None: of all), newest first: the open ones, or with `settled` the settled ones."""
    wanted = select(q).where(q.c.settled_at.is_not(None) if settled else q.c.settled_at.is_(None))
    if source_id is not None:
        wanted = wanted.where(q.c.source_id == source_id)
    return tuple(_from(row) for row in conn.execute(wanted.order_by(q.c.id.desc()).limit(limit)))


def quarantine_row(conn: Connection, row_id: int) -> QuarantineRow | None:
    """One row by its id, settled or not."""
    found = conn.execute(select(q).where(q.c.id == row_id)).one_or_none()
    return _from(found) if found else None


def _row(source_id: str, reject: Reject, *, run_id: int, now: datetime) -> dict[str, Any]:
    payload = storable(reject.payload)
    key = reject.source_key
    return {
        "source_id": source_id,
        "run_id": run_id,
        "seen_at": now,
        "reason": reject.reason.value,
        "detail": storable(reject.detail),
        "position": storable(reject.position)[:200],
        "source_key": storable(key)[:120] if key is not None else None,
        "payload": payload,
        "payload_hash": hashlib.blake2b(payload.encode(), digest_size=8).hexdigest(),
    }


def _from(row: Row[Any]) -> QuarantineRow:
    values = dict(row._mapping)
    values.pop("payload_hash")
    return QuarantineRow(**values | {"reason": RejectReason(row.reason)})
