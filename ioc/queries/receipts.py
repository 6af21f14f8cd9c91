"""The receipt clock: online dossiers waiting to be accepted (8 working hours, Decree 45/2020)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from ioc.clock import local_day
from ioc.model.dossier import Channel
from ioc.model.scope import Period, Scope
from ioc.queries.frames import COUNT, MOMENT, TEXT, frame
from ioc.queries.names import name_or_code
from ioc.queries.narrow import Keys, narrowed
from ioc.queries.rollups import grouped
from ioc.store.tables import agency as agencies
from ioc.store.tables import dossier, procedure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Receipts:
    """Online ones waiting now, past their limit now, and how those of the period were accepted.

    These are never among the dossiers late in processing: nobody has received them yet. The clock is of
    dossiers sent online (Decree 45/2020); those of other channels that nobody has received stand apart.
    """

    waiting: int
    not_online: int
    overdue: int
    accepted_on_time: int
    accepted_late: int
    next: pd.DataFrame
    """The ten whose limit comes next, soonest first."""


NEXT_COLUMNS = {
    "id": COUNT,
    "source_id": TEXT,
    "dossier_code": TEXT,
    "agency_code": TEXT,
    "agency_name": TEXT,
    "procedure_name": TEXT,
    "submitted_at": MOMENT,
    "accept_due_at": MOMENT,
}
_d = dossier.c
_WAITING = _d.standing == literal_column("'waiting'")
_ONLINE = _d.channel == Channel.ONLINE.value


def waiting(
    conn: Connection,
    scope: Scope,
    *,
    now: datetime,
    period: Period | None = None,
    agency: str | None = None,
    limit: int = 10,
) -> Receipts:
    """The receipt clock at `now`; accepted ones over `period` (default: this month so far)."""
    today = local_day(now)
    held = grouped(
        conn, scope, period or Period(first=today.replace(day=1), last=today), Keys(agency=agency)
    )[""]
    everywhere = (_WAITING, *narrowed(dossier, scope, Keys(agency=agency)))
    wanted = (*everywhere, _ONLINE)
    online = _count(conn, wanted)
    return Receipts(
        waiting=online,
        not_online=_count(conn, everywhere) - online,
        overdue=_count(conn, (*wanted, _d.accept_due_at < now)),
        accepted_on_time=held.accepted_on_time,
        accepted_late=held.accepted_late,
        next=_next(conn, (*wanted, _d.accept_due_at >= now), limit),
    )


def _count(conn: Connection, wanted: tuple[ColumnElement[bool], ...]) -> int:
    return int(conn.scalar(select(func.count()).select_from(dossier).where(*wanted)) or 0)


def _next(conn: Connection, wanted: tuple[ColumnElement[bool], ...], limit: int) -> pd.DataFrame:
    computed = {
        "agency_name": name_or_code(_d.agency_code, agencies.c.name),
        "procedure_name": name_or_code(_d.procedure_code, procedure.c.name),
    }
    columns = [computed[name] if name in computed else _d[name] for name in NEXT_COLUMNS]
    joined = dossier.outerjoin(agencies, agencies.c.code == _d.agency_code)
    joined = joined.outerjoin(procedure, procedure.c.code == _d.procedure_code)
    statement = select(*columns).select_from(joined).where(*wanted)
    return frame(conn.execute(statement.order_by(_d.accept_due_at, _d.id).limit(limit)), NEXT_COLUMNS)
