"""Figures per channel: the rollups hold it only for receipts, so the rest is counted through the indexes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields

from sqlalchemy import Connection, func, select, union_all

from ioc.model.dossier import Channel
from ioc.model.figure import Figures
from ioc.model.scope import Period, Scope
from ioc.queries.measures import Measure, branches
from ioc.queries.narrow import Keys, narrowed
from ioc.store.tables import dossier

_MEASURES = tuple(Measure(field.name) for field in fields(Figures))


def figures_by_channel(conn: Connection, scope: Scope, period: Period, keys: Keys) -> dict[str, Figures]:
    """Channel -> figures; the sum over the channels is `overview.figures`."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for measure in _MEASURES:
        for channel, count in _counts(conn, scope, period, keys, measure):
            found[channel][measure.value] = count
    return {channel: Figures(**found[channel]) for channel in Channel if channel in found}


def _counts(
    conn: Connection, scope: Scope, period: Period, keys: Keys, measure: Measure
) -> list[tuple[str, int]]:
    wanted = narrowed(dossier, scope, keys)
    parts = (
        select(dossier.c.channel, func.count().label("count"))
        .where(*branch, *wanted)
        .group_by(dossier.c.channel)
        for branch in branches(measure, period)
    )
    held = union_all(*parts).subquery()
    total = func.sum(held.c.count).label("total")
    return [
        (code, int(n)) for code, n in conn.execute(select(held.c.channel, total).group_by(held.c.channel))
    ]
