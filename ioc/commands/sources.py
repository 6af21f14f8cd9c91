"""`sources`: how fresh every source is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from ioc import clock
from ioc.commands import desk
from ioc.commands.options import AsJson
from ioc.model.run import Freshness, SourceHealth
from ioc.model.scope import WHOLE_PROVINCE
from ioc.queries.sources import health, truth
from ioc.words import formats
from ioc.words.names import FRESHNESS


def sources(as_json: AsJson = False) -> None:
    """Tình trạng từng nguồn: độ mới, lần thành công cuối, lỗi cuối, số bị từ chối."""
    chosen = desk.settings()
    now = clock.utc_now()
    with desk.snapshot(chosen) as conn:
        found = health(conn, chosen, now=now)
        over_all = truth(conn, chosen, WHOLE_PROVINCE, now=now)
    if as_json:
        held = [entry(source) for source in found]
        desk.emit(
            {"as_of": now, "light": over_all.light.value, "coverage": over_all.coverage, "sources": held}
        )
        return
    desk.console().print(_table(found))
    desk.console().print(desk.age_line(over_all))


def entry(source: SourceHealth) -> dict[str, Any]:
    """One source in JSON."""
    last = source.last_run
    return {
        "id": source.source_id,
        "name": source.name,
        "kind": source.kind,
        "level": source.level,
        "state": source.freshness.value,
        "stale": source.freshness is not Freshness.FRESH,
        "last_success": source.last_success,
        "age_seconds": source.age_seconds,
        "next_run": source.next_run_at,
        "last_run": None if last is None else last.id,
        "last_state": None if last is None else last.state.value,
        "error": None if last is None else last.error,
        "open_dossiers": source.open_dossiers,
        "quarantined": source.quarantined,
        "unmapped": source.unmapped,
        "simulated": source.simulated,
    }


def _table(found: Sequence[SourceHealth]) -> Table:
    table = desk.grid(
        "Nguồn",
        "Tên",
        "Tình trạng",
        "Thành công cuối",
        ("Đang giải quyết", "right"),
        ("Cách ly", "right"),
        ("Chưa ánh xạ", "right"),
        "Lỗi cuối",
    )
    for source in found:
        table.add_row(
            source.source_id,
            source.name,
            FRESHNESS[source.freshness].label,
            formats.age(source.age_seconds),
            formats.number(source.open_dossiers if source.last_run else None),
            formats.number(source.quarantined),
            formats.number(source.unmapped),
            (source.last_run.error if source.last_run else None) or "",
        )
    return table
