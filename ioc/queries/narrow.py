"""Conditions that narrow a table to what the reader may see and has asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause

from ioc.model.scope import Scope

Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Codes asked for; None asks for all."""

    agency: str | None = None
    domain: str | None = None
    source: str | None = None


def narrowed(table: FromClause, scope: Scope, keys: Keys) -> Conditions:
    """Scope and keys on any table that has agency, domain and source codes."""
    wanted = (("agency_code", keys.agency), ("domain_code", keys.domain), ("source_id", keys.source))
    equal = tuple(table.c[name] == value for name, value in wanted if value is not None)
    return (*in_scope(table.c.agency_code, scope), *equal)


def in_scope(agency_code: ColumnElement[str], scope: Scope) -> Conditions:
    """What the scope allows; an empty scope allows nothing."""
    if scope.agencies is None:
        return ()
    return (agency_code.in_(sorted(scope.agencies)),)
