"""Take one batch into the store: one transaction, exact rollups, and a ledger that balances.

The order inside (`design.md` §5): lock the source, look at the fence, load what is known, lay the
batch upon it, add the difference to the rollups, write dossiers and readings, then quarantine, run
row, cursor, and last the data version. Any order, repetition and cutting of the same readings into
batches leaves the same store.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from ioc.faults import RejectReason
from ioc.model.dossier import Dossier, DossierVersion
from ioc.model.figure import CountingRule
from ioc.model.run import Ledger, Reject
from ioc.rules.history import AcceptDue
from ioc.rules.rollup import Delta, contribution
from ioc.store import quarantine
from ioc.store.bulk import lock
from ioc.store.engine import writing
from ioc.store.lease import require_fence
from ioc.store.load import known_dossiers
from ioc.store.merge import Known, Merge, Tally, looks_the_same, merge, refold
from ioc.store.rollups import apply_delta
from ioc.store.rows import VERSION_COLUMNS, version_values
from ioc.store.runs import add_to_run
from ioc.store.sources import change_state
from ioc.store.text import unstorable
from ioc.store.version import bump
from ioc.store.write import Change, write_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of one source that are stored together or not at all.

    `cursor` moves with them (None: leave it). `fence` is the lease and the fence under which its
    holder writes; LeaseLost when it is not the lease's any more. `in_order` is the source's promise
    never to bring a reading older than the last: lists sent whole each day then leave only news.
    """

    source_id: str
    run_id: int
    versions: Sequence[DossierVersion]
    rejects: Sequence[Reject] = ()
    cursor: str | None = None
    fence: tuple[str, int] | None = None
    in_order: bool = False


@dataclass(slots=True)
class _Plan:
    tally: Tally = field(default_factory=Tally)
    delta: Delta = field(default_factory=Delta)
    changes: list[Change] = field(default_factory=list)
    is_visible: bool = False


def ingest(
    engine: Engine, batch: Batch, *, now: datetime, rule: CountingRule, accept_due: AcceptDue
) -> Ledger:
    """Store the batch; what became of its records. On any exception nothing of it is stored."""
    by_key, rejects = _sift(batch)
    with writing(engine) as conn:
        lock(conn, f"source:{batch.source_id}")
        if batch.fence:
            require_fence(conn, *batch.fence)
        known = known_dossiers(conn, batch.source_id, by_key) if by_key else {}
        plan = _plan(by_key, known, rule, accept_due, in_order=batch.in_order)
        delta = plan.delta.pruned()
        apply_delta(conn, delta)
        write_changes(conn, plan.changes, rule, run_id=batch.run_id, now=now)
        quarantine.put(conn, batch.source_id, rejects, run_id=batch.run_id, now=now)
        quarantine.settle_keys(conn, batch.source_id, by_key, now=now)
        ledger = _ledger(plan.tally, len(rejects))
        _close(conn, batch, ledger, now=now)
        if plan.is_visible or not delta.is_empty:
            bump(conn, now)
    return ledger


def _sift(batch: Batch) -> tuple[dict[str, list[DossierVersion]], tuple[Reject, ...]]:
    """Readings by key, and the rejects with those added that no database can hold."""
    by_key: dict[str, list[DossierVersion]] = defaultdict(list)
    refused: list[Reject] = []
    for version in batch.versions:
        if version.source_id != batch.source_id:
            raise ValueError(f"a reading of {version.source_id!r} in a batch of {batch.source_id!r}")
        why = unstorable(version)
        if why is None:
            by_key[version.source_key].append(version)
        else:
            refused.append(_refusal(version, why))
    return by_key, (*batch.rejects, *refused)


def _refusal(version: DossierVersion, why: str) -> Reject:
    values = zip(VERSION_COLUMNS, version_values(version), strict=True)
    payload = {name: str(value) for name, value in values if value is not None}
    return Reject(
        reason=RejectReason.BAD_TEXT,
        detail=why,
        position="",
        payload=json.dumps(payload, ensure_ascii=True),
        source_key=version.source_key,
    )


def _plan(
    by_key: dict[str, list[DossierVersion]],
    known: dict[str, Known],
    rule: CountingRule,
    accept_due: AcceptDue,
    *,
    in_order: bool,
) -> _Plan:
    plan = _Plan()
    for key, versions in by_key.items():
        before = known.get(key)
        outcome = merge(before, versions, plan.tally, in_order=in_order)
        if outcome.fresh:
            _add_change(plan, before, outcome, refold(before, outcome, accept_due), rule)
    return plan


def _add_change(
    plan: _Plan, before: Known | None, outcome: Merge, after: Dossier, rule: CountingRule
) -> None:
    assert outcome.newest is not None
    plan.changes.append(Change(before, after, outcome.newest.content_hash, outcome.fresh))
    if before is None:
        plan.delta.add(contribution(after, rule), 1)
        plan.is_visible = True
    elif not looks_the_same(before.dossier, after):
        plan.delta.add(contribution(before.dossier, rule), -1)
        plan.delta.add(contribution(after, rule), 1)
        plan.is_visible = True


def _ledger(tally: Tally, quarantined: int) -> Ledger:
    parts = (tally.inserted, tally.updated, tally.unchanged, tally.stale, quarantined)
    return Ledger(
        fetched=sum(parts),
        inserted=tally.inserted,
        updated=tally.updated,
        unchanged=tally.unchanged,
        stale=tally.stale,
        quarantined=quarantined,
    )


def _close(conn: Connection, batch: Batch, ledger: Ledger, *, now: datetime) -> None:
    add_to_run(conn, batch.run_id, ledger, now=now)
    if batch.cursor is not None:
        change_state(conn, batch.source_id, cursor=batch.cursor)


__all__ = ["Batch", "ingest"]
