"""The dossiers behind a figure: a page of them, their groups, and the history of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, func, select, union_all

from ioc.model.dossier import UNMAPPED, Channel, Flag, Standing
from ioc.model.scope import Period, Scope
from ioc.queries.frames import COUNT, DAY, MOMENT, TEXT, frame
from ioc.queries.measures import Measure, branches, flagged
from ioc.queries.names import (
    UNKNOWN_LEVEL,
    Named,
    name_or_code,
    named_agencies,
    named_domains,
    named_procedures,
)
from ioc.queries.narrow import Conditions, Keys, in_scope, narrowed
from ioc.rules.ageing import Band, bands
from ioc.store.tables import agency, domain, dossier, dossier_change, procedure

DossierGrouping = Literal["agency", "domain", "procedure", "step", "band"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFilter:
    """Which dossiers: a measure over a period, narrowed by everything that is not None.

    `as_of_day` is the day on which people look: ages (`band`, in calendar days after the due day)
    and the window of `due_soon` (from it to `due_until`) are counted from it.
    """

    measure: Measure
    period: Period
    as_of_day: date
    due_until: date | None = None
    agency: str | None = None
    domain: str | None = None
    procedure: str | None = None
    level: str | None = None
    band: Band | None = None
    source: str | None = None
    flag: Flag | None = None
    channel: Channel | None = None
    step: str | None = None
    text: str | None = None
    """Beginning of a dossier code."""


@dataclass(frozen=True, slots=True, eq=False)
class DossierPage:
    """One page of rows, and how many there are on all pages."""

    rows: pd.DataFrame
    total: int


ROW_COLUMNS = {
    "id": COUNT,
    "source_id": TEXT,
    "dossier_code": TEXT,
    "agency_code": TEXT,
    "agency_name": TEXT,
    "domain_name": TEXT,
    "procedure_name": TEXT,
    "received_at": MOMENT,
    "due_at": MOMENT,
    "due_day": DAY,
    "closed_at": MOMENT,
    "status": TEXT,
    "raw_status": TEXT,
    "standing": TEXT,
    "current_step": TEXT,
    "current_unit": TEXT,
    "channel": TEXT,
    "reopened_count": COUNT,
    "due_moves": COUNT,
    "flags": TEXT,
    "version_at": MOMENT,
    "seen_at": MOMENT,
}
GROUP_COLUMNS = {"code": TEXT, "name": TEXT, "count": COUNT, "oldest_due_day": DAY}
HISTORY_COLUMNS = {
    "version_at": MOMENT,
    "seen_at": MOMENT,
    "status": TEXT,
    "agency_code": TEXT,
    "agency_name": TEXT,
    "received_at": MOMENT,
    "due_at": MOMENT,
    "finished_at": MOMENT,
    "returned_at": MOMENT,
    "supplement_requested_at": MOMENT,
    "supplement_received_at": MOMENT,
    "current_step": TEXT,
    "run_id": COUNT,
}
SORTS = ("due_day", "received_at", "closed_at", "version_at", "dossier_code", "agency_code", "accept_due_at")
"""Columns to sort by; a leading minus reverses. Rows without a value come last either way."""

_NEVER_EMPTY = {"version_at", "agency_code"}
_DUE_MEASURES = {Measure.IN_PROGRESS_LATE, Measure.IN_PROGRESS_WITHIN, Measure.DUE_SOON}
NO_STEP = "Chưa rõ bước"
_d = dossier.c


def dossier_page(
    conn: Connection,
    scope: Scope,
    flt: DossierFilter,
    *,
    limit: int = 50,
    offset: int = 0,
    sort: str = "due_day",
) -> DossierPage:
    """Rows `offset`..`offset + limit` of the dossiers that the figure counts, and their number.

    ValueError for a sort that `SORTS` does not list, or `due_soon` without `due_until`.
    """
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    if name not in SORTS:
        raise ValueError(f"cannot sort dossiers by {sort!r}")
    chosen = _chosen(scope, flt, _d[name].label("sort"))
    column = chosen.c.sort
    order = column.desc() if descending else column.asc()
    if name not in _NEVER_EMPTY and not (name == "due_day" and flt.measure in _DUE_MEASURES):
        order = order.nulls_last()
    wanted = select(chosen.c.id).order_by(order, chosen.c.id).limit(limit).offset(offset)
    ids = list(conn.scalars(wanted))
    total = conn.scalar(select(func.count()).select_from(_chosen(scope, flt)))
    return DossierPage(rows=_rows(conn, ids, flt.as_of_day), total=int(total or 0))


def dossier_groups(
    conn: Connection,
    scope: Scope,
    flt: DossierFilter,
    *,
    by: DossierGrouping,
    age_bands: tuple[Band, ...] | None = None,
) -> pd.DataFrame:
    """Group -> number of dossiers and the oldest due day, the largest group first (bands: youngest first).

    `age_bands` is for `by="band"` (default 1–5, 6–15, 16–30, over 30 days); a dossier that is not
    past its due day on `as_of_day` is in no band.
    """
    if by == "band":
        return _by_band(conn, scope, flt, age_bands or bands((5, 15, 30)))
    column = func.coalesce(_d.current_step, "") if by == "step" else _d[f"{by}_code"]
    found = _counted(conn, _chosen(scope, flt, column.label("code"), _d.due_day))
    names = _group_names(conn, by, [code for code, _, _ in found])
    rows = [(code, names.get(code, Named(code)).name, count, due) for code, count, due in found]
    return frame(sorted(rows, key=lambda row: (-row[2], row[0])), GROUP_COLUMNS)


def dossier_history(conn: Connection, scope: Scope, dossier_id: int) -> pd.DataFrame:
    """What the source told of one dossier, oldest first; no rows for a dossier out of scope."""
    change = dossier_change.c
    columns = [
        name_or_code(change.agency_code, agency.c.name) if name == "agency_name" else change[name]
        for name in HISTORY_COLUMNS
    ]
    joined = dossier_change.join(dossier).outerjoin(agency, agency.c.code == change.agency_code)
    wanted = (change.dossier_id == dossier_id, *in_scope(_d.agency_code, scope))
    order = (change.version_at, change.version_seq, change.content_hash)
    return frame(
        conn.execute(select(*columns).select_from(joined).where(*wanted).order_by(*order)), HISTORY_COLUMNS
    )


def _chosen(scope: Scope, flt: DossierFilter, *columns: ColumnElement[Any]) -> Subquery:
    """The ids, with `columns`, of all dossiers that the filter lets through; each exactly once."""
    window = Period(first=flt.as_of_day, last=flt.due_until) if flt.due_until else None
    wanted = _conditions(scope, flt)
    parts = [
        select(_d.id, *columns).where(*branch, *wanted)
        for branch in branches(flt.measure, flt.period, window)
    ]
    return union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()


def _conditions(scope: Scope, flt: DossierFilter) -> Conditions:
    wanted = list(narrowed(dossier, scope, Keys(agency=flt.agency, domain=flt.domain, source=flt.source)))
    if flt.procedure is not None:
        wanted.append(_d.procedure_code == flt.procedure)
    if flt.level is not None:
        wanted.append(_of_level(flt.level))
    if flt.band is not None:
        wanted.append(_aged(flt.band, flt.as_of_day))
    if flt.flag is not None:
        wanted.append(flagged(flt.flag))
    if flt.channel is not None:
        wanted.append(_d.channel == flt.channel.value)
    if flt.step is not None:
        wanted.append(func.coalesce(_d.current_step, "") == flt.step)
    if flt.text:
        wanted.append(_d.dossier_code.startswith(flt.text.strip().upper(), autoescape=True))
    return tuple(wanted)


def _of_level(level: str) -> ColumnElement[bool]:
    """Dossiers of the agencies of a level; `UNKNOWN_LEVEL` holds all whose agency nobody lists."""
    if level == UNKNOWN_LEVEL:
        return _d.agency_code.not_in(select(agency.c.code).where(agency.c.code != UNMAPPED))
    return _d.agency_code.in_(select(agency.c.code).where(agency.c.level == level))


def _aged(band: Band, day: date) -> ColumnElement[bool]:
    """Past due on `day` by the days of the band."""
    youngest = day - timedelta(days=band.first_day)
    if band.last_day is None:
        return _d.due_day <= youngest
    return _d.due_day.between(day - timedelta(days=band.last_day), youngest)


def _rows(conn: Connection, ids: list[int], day: date) -> pd.DataFrame:
    computed = {
        "agency_name": name_or_code(_d.agency_code, agency.c.name),
        "domain_name": name_or_code(_d.domain_code, domain.c.name),
        "procedure_name": name_or_code(_d.procedure_code, procedure.c.name),
        "standing": _standing_now(day),
    }
    columns = [computed[name] if name in computed else _d[name] for name in ROW_COLUMNS]
    joined = (
        dossier.outerjoin(agency, agency.c.code == _d.agency_code)
        .outerjoin(domain, domain.c.code == _d.domain_code)
        .outerjoin(procedure, procedure.c.code == _d.procedure_code)
    )
    found = {row[0]: row for row in conn.execute(select(*columns).select_from(joined).where(_d.id.in_(ids)))}
    return frame((found[key] for key in ids), ROW_COLUMNS)


def _standing_now(day: date) -> ColumnElement[str]:
    """`within` in the store holds for late too, for it knows no clock."""
    late = (_d.standing == Standing.WITHIN.value) & (_d.due_day < day)
    return case((late, Standing.LATE.value), else_=_d.standing)


def _counted(conn: Connection, chosen: Subquery) -> list[tuple[str, int, date | None]]:
    columns = (chosen.c.code, func.count(), func.min(chosen.c.due_day))
    statement: Select[Any] = select(*columns).group_by(chosen.c.code)
    return [(code, int(count), due) for code, count, due in conn.execute(statement)]


def _group_names(conn: Connection, by: DossierGrouping, codes: list[str]) -> dict[str, Named]:
    if by == "agency":
        return named_agencies(conn)
    if by == "domain":
        return named_domains(conn)
    if by == "procedure":
        return named_procedures(conn, codes)
    return {"": Named(NO_STEP)}


def _by_band(conn: Connection, scope: Scope, flt: DossierFilter, age_bands: tuple[Band, ...]) -> pd.DataFrame:
    """Bands by their first day; every band is listed, an empty one with 0."""
    place = case(*((_aged(band, flt.as_of_day), str(band.first_day)) for band in age_bands), else_="")
    found = {
        code: rest for code, *rest in _counted(conn, _chosen(scope, flt, place.label("code"), _d.due_day))
    }
    codes = [str(band.first_day) for band in age_bands]
    rows = [
        (code, _band_name(band), *found.get(code, (0, None)))
        for code, band in zip(codes, age_bands, strict=True)
    ]
    return frame(rows, GROUP_COLUMNS)


def _band_name(band: Band) -> str:
    return f"> {band.first_day - 1}" if band.last_day is None else f"{band.first_day}–{band.last_day}"
