"""The overview and the 30-day trend against a numpy scan of the same columns; answers compared first."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from bench import engines
from bench.cpu import Candidate, interleaved
from bench.scan import Scan
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.clock import local_day
from ioc.model.scope import WHOLE_PROVINCE, Period
from ioc.pages import _bundles
from ioc.pages._view import View
from ioc.queries.overview import figures, figures_by
from ioc.queries.trend import backlog_trend
from ioc.store import tables as t
from ioc.store.engine import reading

ROUNDS = 9


def measure(stage: Stage) -> dict[str, Any]:
    """All candidates in one run."""
    with ExitStack() as stack:
        candidates: dict[str, Candidate] = {}
        stores = {}
        for name in stage.engines:
            engine = engines.opened(stage.store(name, stage.size))
            stack.callback(engine.dispose)
            stores[name] = stack.enter_context(reading(engine))
        today = local_day(stage.now(stage.size))
        month = Period(first=today.replace(day=1), last=today)
        scan = Scan.opened(stage.folder(stage.size) / "columns")
        for name, conn in stores.items():
            _compare(conn, scan, month)
            say(f"  {name}: the answers are those of the scan")
        candidates["numpy overview"] = Candidate(lambda: scan.overview(month.first, today))
        candidates["numpy trend"] = Candidate(lambda: scan.trend(today))
        for name, conn in stores.items():
            candidates |= _of(name, conn, month)
        costs = interleaved(candidates, rounds=ROUNDS)
        rows = {name: _rows(conn, month.first) for name, conn in stores.items()}
    told = {name: asdict(cost) | {"ratio": _ratio(costs, name)} for name, cost in costs.items()}
    for name, cost in told.items():
        say(f"  {name:40} cpu {cost['cpu_ms']:9.1f} ms  wall {cost['wall_ms']:9.1f} ms  x{cost['ratio']}")
    return {"costs": told, "days": month.days, "rollup_rows": rows}


def _of(name: str, conn: Connection, month: Period) -> dict[str, Candidate]:
    backend, last = engines.backend_of(conn), month.last

    def overview() -> None:
        figures(conn, WHOLE_PROVINCE, month)
        figures_by(conn, WHOLE_PROVINCE, month, by="agency")

    asked: dict[str, Callable[[], object]] = {
        "overview": overview,
        "figures": lambda: figures(conn, WHOLE_PROVINCE, month),
        "figures by agency": lambda: figures_by(conn, WHOLE_PROVINCE, month, by="agency"),
        "trend": lambda: backlog_trend(conn, WHOLE_PROVINCE, last=last),
        "whole screen": lambda: _bundles.overview(conn, WHOLE_PROVINCE, View(), last, last),
    }
    return {f"{name} {what}": Candidate(run, backend) for what, run in asked.items()}


def _ratio(costs: dict[str, Any], name: str) -> float:
    limit = costs["numpy trend" if name.endswith("trend") else "numpy overview"].cpu_ms
    return round(float(costs[name].cpu_ms / limit), 2)


def _compare(conn: Connection, scan: Scan, month: Period) -> None:
    """The same numbers from both, or no measurement: a fast wrong answer scores nothing."""
    groups = figures_by(conn, WHOLE_PROVINCE, month, by="agency")
    told = {group.code: group.figures for group in groups}
    for code, counts in scan.overview(month.first, month.last).items():
        for name, count in counts.items():
            ours = getattr(told[code], name) if code in told else 0
            if ours != count:
                raise AssertionError(f"{code}: {name} is {ours}, the scan says {count}")
    frame = backlog_trend(conn, WHOLE_PROVINCE, last=month.last)
    ours_by_level = {
        level: list(zip(part["in_progress"], part["received"], part["resolved"], strict=True))
        for level, part in frame.groupby("level")
    }
    for level, days in scan.trend(month.last).items():
        if level in ours_by_level and ours_by_level[level] != [(a, c, d) for a, _, c, d in days]:
            raise AssertionError(f"the trend of {level} is not the scan's")


def _rows(conn: Connection, first: date) -> dict[str, int]:
    def count(table: Any, *wanted: Any) -> int:
        return int(conn.scalar(select(func.count()).select_from(table).where(*wanted)) or 0)

    return {
        "daily": count(t.daily),
        "daily since the first of the month": count(t.daily, t.daily.c.day >= first),
        "open_due": count(t.open_due),
        "stock": count(t.stock),
    }


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    with stage_of(parser.parse_args()) as stage:
        keep("figures", stage.size, measure(stage))


if __name__ == "__main__":
    main()
