"""The late-dossier page: a page of rows, its total, and the whole screen; at two sizes in one run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from bench import engines
from bench.cpu import Candidate, interleaved
from bench.generate import exact_calendar
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.clock import local_day
from ioc.model.scope import WHOLE_PROVINCE, Period
from ioc.pages import _bundles
from ioc.pages._bundles import Asked
from ioc.pages._view import View
from ioc.queries.dossiers import DossierFilter, dossier_groups, dossier_page
from ioc.queries.measures import Measure
from ioc.store.engine import reading

ROUNDS = 7


def measure(stage: Stage, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Every question at every size on every engine, interleaved."""
    with ExitStack() as stack:
        candidates: dict[str, Candidate] = {}
        totals = {}
        for size in sizes:
            for name in stage.engines:
                engine = engines.opened(stage.store(name, size))
                stack.callback(engine.dispose)
                conn = stack.enter_context(reading(engine))
                asked, total = _of(stage, conn, name, size)
                candidates |= asked
                totals[f"{name} {size}"] = total
        costs = interleaved(candidates, rounds=ROUNDS)
    for key, cost in costs.items():
        say(f"  {key:55} cpu {cost.cpu_ms:9.1f} ms  wall {cost.wall_ms:9.1f} ms")
    return {"costs": {key: asdict(cost) for key, cost in costs.items()}, "late": totals, "sizes": sizes}


def _of(stage: Stage, conn: Connection, name: str, size: int) -> tuple[dict[str, Candidate], int]:
    today, backend = local_day(stage.now(size)), engines.backend_of(conn)
    period = Period(first=today, last=today)
    late = DossierFilter(measure=Measure.IN_PROGRESS_LATE, period=period, as_of_day=today)
    worst = str(dossier_groups(conn, WHOLE_PROVINCE, late, by="agency")["code"].iloc[0])
    of_one = DossierFilter(measure=Measure.IN_PROGRESS_LATE, period=period, as_of_day=today, agency=worst)
    question = Asked(
        measure=Measure.IN_PROGRESS_LATE, today=today, due_until=today, sort="due_day", limits=(5, 15, 30)
    )
    calendar = exact_calendar(stage.settings(name, size))
    asked: dict[str, Callable[[], object]] = {
        "page, all agencies": lambda: dossier_page(conn, WHOLE_PROVINCE, late),
        "page, worst agency": lambda: dossier_page(conn, WHOLE_PROVINCE, of_one),
        "page 11, worst agency": lambda: dossier_page(conn, WHOLE_PROVINCE, of_one, offset=500),
        "whole screen": lambda: _bundles.drill(conn, WHOLE_PROVINCE, View(span="today"), question, calendar),
        "whole screen, worst agency": lambda: _bundles.drill(
            conn, WHOLE_PROVINCE, View(span="today", agency=worst), question, calendar
        ),
    }
    total = dossier_page(conn, WHOLE_PROVINCE, late, limit=1).total
    return {f"{name} {size} {what}": Candidate(run, backend) for what, run in asked.items()}, total


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--beside", type=int, help="a second size, asked in the same rounds")
    given = parser.parse_args()
    with stage_of(given) as stage:
        sizes = (given.size, given.beside) if given.beside else (given.size,)
        keep("lists", max(sizes), measure(stage, sizes))


if __name__ == "__main__":
    main()
