"""Make the derived anew from the readings: after the check found differences, or a rule was mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete

from ioc.model.figure import CountingRule
from ioc.rules.rollup import Delta, contribution
from ioc.store import tables as t
from ioc.store.bulk import lock_out_writers
from ioc.store.check import CHUNK, Progress, refolded, watched
from ioc.store.engine import writing
from ioc.store.rollups import ROLLUPS, apply_delta
from ioc.store.rows import derived_of, dossier_row
from ioc.store.version import bump
from ioc.store.write import Change, write_changes


def rebuild(engine: Engine, rule: CountingRule, *, now: datetime, progress: Progress | None = None) -> int:
    """Fold every dossier again and make the rollups anew, in one transaction; how many were mended."""
    mended, total = 0, Delta()
    wrong: list[Change] = []
    with writing(engine) as conn:
        lock_out_writers(conn, t.dossier)
        for known in watched(conn, progress):
            after = refolded(known)
            total.add(contribution(after, rule), 1)
            newest = max(known.readings, key=lambda reading: reading.order)
            row = dossier_row(after, rule, content_hash=newest.content_hash)
            if after != known.dossier or derived_of(row) != known.derived:
                wrong.append(Change(known, after, newest.content_hash, ()))
            if len(wrong) >= CHUNK:
                mended += _mend(conn, wrong, rule, now)
                wrong = []
        mended += _mend(conn, wrong, rule, now)
        for table in ROLLUPS:
            conn.execute(delete(table))
        apply_delta(conn, total.pruned())
        bump(conn, now)
    return mended


def _mend(conn: Connection, wrong: Sequence[Change], rule: CountingRule, now: datetime) -> int:
    write_changes(conn, wrong, rule, run_id=0, now=now)
    return len(wrong)
