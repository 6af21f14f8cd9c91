"""Agencies, areas, domains and procedures: copied from the configuration, so that SQL can join names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from ioc.model.agency import Agency, Area, Domain, Procedure
from ioc.model.dossier import UNMAPPED
from ioc.settings import Settings
from ioc.store import tables as t
from ioc.store.bulk import insert_rows, lock
from ioc.store.version import bump

UNMAPPED_NAME = "Chưa ánh xạ"

Rows = list[tuple[Any, ...]]


def sync_reference(conn: Connection, settings: Settings) -> bool:
    """Make the reference tables equal to `settings`; whether anything changed.

    A row UNMAPPED ("Chưa ánh xạ", level "?") stands for codes the configuration does not know.
    """
    lock(conn, "reference")
    changes = [
        _sync(conn, t.agency, _agencies(settings.agencies)),
        _sync(conn, t.area, _areas(settings.areas)),
        _sync(conn, t.domain, _domains(settings.domains)),
        _sync(conn, t.procedure, _procedures(settings.procedures)),
    ]
    if any(changes):
        bump(conn)  # names are shown: what is cached must go
    return any(changes)


def _sync(conn: Connection, table: Table, wanted: Rows) -> bool:
    if sorted(map(repr, wanted)) == sorted(repr(tuple(row)) for row in conn.execute(select(table))):
        return False
    conn.execute(delete(table))
    insert_rows(conn, table, [column.name for column in table.columns], wanted)
    return True


def _agencies(agencies: Sequence[Agency]) -> Rows:
    known: Rows = [
        (a.code, a.name, a.short_name, a.level.value, a.parent_code, a.area_code, a.valid_from, a.valid_to)
        for a in agencies
    ]
    return [*known, (UNMAPPED, UNMAPPED_NAME, UNMAPPED_NAME, UNMAPPED, None, None, None, None)]


def _areas(areas: Iterable[Area]) -> Rows:
    return [
        (a.code, a.name, a.kind, a.province_code, round(a.lat * 1_000_000), round(a.lon * 1_000_000))
        for a in areas
    ]


def _domains(domains: Sequence[Domain]) -> Rows:
    return [*((d.code, d.name) for d in domains), (UNMAPPED, UNMAPPED_NAME)]


def _procedures(procedures: Sequence[Procedure]) -> Rows:
    known: Rows = [
        (p.code, p.name, p.domain_code, p.level.value, p.working_days, p.fee_vnd) for p in procedures
    ]
    return [*known, (UNMAPPED, UNMAPPED_NAME, UNMAPPED, UNMAPPED, None, None)]
