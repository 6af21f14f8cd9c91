"""Names behind codes, from the reference tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, func, select

from ioc.model.dossier import UNMAPPED
from ioc.store.tables import agency, domain, procedure

UNMAPPED_NAME = "Chưa ánh xạ"
UNKNOWN_LEVEL = "unknown"
"""Level of an agency that the configuration does not list."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a code stands for; `level` only for agencies, None when the code is not listed."""

    name: str
    level: str | None = None


def named_agencies(conn: Connection) -> dict[str, Named]:
    """Code -> name and level of every agency."""
    rows = conn.execute(select(agency.c.code, agency.c.name, agency.c.level))
    found = {code: Named(name, level) for code, name, level in rows}
    return {**found, UNMAPPED: Named(UNMAPPED_NAME)}


def named_domains(conn: Connection) -> dict[str, Named]:
    """Code -> name of every domain."""
    rows = conn.execute(select(domain.c.code, domain.c.name))
    return {**{code: Named(name) for code, name in rows}, UNMAPPED: Named(UNMAPPED_NAME)}


def named_procedures(conn: Connection, codes: Iterable[str]) -> dict[str, Named]:
    """Code -> name of the procedures among `codes`."""
    wanted = procedure.c.code.in_(sorted(set(codes)))
    rows = conn.execute(select(procedure.c.code, procedure.c.name).where(wanted))
    return {**{code: Named(name) for code, name in rows}, UNMAPPED: Named(UNMAPPED_NAME)}


def name_or_code(code: ColumnElement[str], name: ColumnElement[str]) -> ColumnElement[str]:
    """The name beside a code in a joined row; a code that nobody lists stands for itself."""
    return case((code == UNMAPPED, UNMAPPED_NAME), else_=func.coalesce(name, code))
