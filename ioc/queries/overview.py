"""Figures of a period: from the rollups, and under other rules from the dossiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, and_, true

from ioc.model.figure import CountingRule, Figures
from ioc.model.scope import Period, Scope
from ioc.queries.channels import figures_by_channel
from ioc.queries.names import UNKNOWN_LEVEL, Named, named_agencies, named_domains
from ioc.queries.narrow import Keys, narrowed
from ioc.queries.rollups import grouped
from ioc.rules.counting import figures_over
from ioc.store.check import iterate_dossiers
from ioc.store.tables import dossier

Grouping = Literal["agency", "domain", "level", "channel", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """The figures of one group; `level` only for agencies.

    Levels, channels and sources carry their code as name: their words belong to the screen.
    """

    code: str
    name: str
    level: str | None
    figures: Figures


def figures(
    conn: Connection,
    scope: Scope,
    period: Period,
    *,
    agency: str | None = None,
    domain: str | None = None,
    source: str | None = None,
) -> Figures:
    """Figures under the standard rule; stocks as at the end of the period's last day."""
    keys = Keys(agency=agency, domain=domain, source=source)
    return grouped(conn, scope, period, keys).get("", Figures())


def figures_by(
    conn: Connection,
    scope: Scope,
    period: Period,
    *,
    by: Grouping,
    agency: str | None = None,
    domain: str | None = None,
    source: str | None = None,
) -> tuple[GroupFigures, ...]:
    """The same figures per group, ascending by code; their sum is `figures`.

    A group of which nothing was ever heard is not listed: unknown is not zero.
    """
    keys = Keys(agency=agency, domain=domain, source=source)
    if by == "channel":
        found = figures_by_channel(conn, scope, period, keys)
        return tuple(_group(code, Named(code), held) for code, held in sorted(found.items()))
    if by == "level":
        return _by_level(conn, scope, period, keys)
    column = {"agency": "agency_code", "domain": "domain_code", "source": "source_id"}[by]
    names = _names(conn, by)
    found = grouped(conn, scope, period, keys, by=column)
    return tuple(_group(code, names.get(code, Named(code)), held) for code, held in found.items())


def figures_scan(
    conn: Connection,
    scope: Scope,
    period: Period,
    *,
    rule: CountingRule,
    agency: str | None = None,
    domain: str | None = None,
) -> Figures:
    """Figures under any rule, from every dossier: takes seconds, so for reports and never for a page."""
    wanted = narrowed(dossier, scope, Keys(agency=agency, domain=domain))
    return figures_over(iterate_dossiers(conn, where=and_(true(), *wanted)), period, rule)


def _names(conn: Connection, by: Grouping) -> dict[str, Named]:
    if by == "agency":
        return named_agencies(conn)
    return named_domains(conn) if by == "domain" else {}


def _by_level(conn: Connection, scope: Scope, period: Period, keys: Keys) -> tuple[GroupFigures, ...]:
    names = named_agencies(conn)
    sums: dict[str, Figures] = {}
    for code, held in grouped(conn, scope, period, keys, by="agency_code").items():
        level = names.get(code, Named(code)).level or UNKNOWN_LEVEL
        sums[level] = sums.get(level, Figures()) + held
    return tuple(_group(level, Named(level, level), held) for level, held in sorted(sums.items()))


def _group(code: str, named: Named, held: Figures) -> GroupFigures:
    return GroupFigures(code=code, name=named.name, level=named.level, figures=held)
