"""No page query scans the dossiers: each goes through an index, whatever the measure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from ioc.model.scope import WHOLE_PROVINCE, Period, Scope
from ioc.queries.dossiers import DossierFilter, DossierGrouping, dossier_groups, dossier_page
from ioc.queries.measures import Measure
from ioc.queries.overview import figures, figures_by
from ioc.queries.receipts import waiting
from ioc.queries.sources import truth
from ioc.queries.trend import backlog_trend, sparklines
from ioc.store.engine import reading
from tests.queries.filled import SMALL_PROVINCE

PARTIAL = ("ix_dossier_running", "ix_dossier_still", "ix_dossier_waiting")
"""Indexes that hold a few dossiers only: to walk one from end to end is no scan of the table."""

YEAR = Period(first=date(2026, 1, 1), last=date(2026, 11, 20))
GROUPINGS: tuple[DossierGrouping, ...] = ("agency", "domain", "procedure", "step", "band")


class Plans:
    """Listens to a connection, and asks SQLite how it would carry out each statement."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._statements: list[tuple[str, Any]] = []
        event.listen(conn, "before_cursor_execute", self._note)

    def _note(self, _conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        self._statements.append((statement, parameters))

    def scans(self) -> list[str]:
        """Steps of all plans that read the whole table of dossiers, or a full index of it."""
        asked, self._statements = self._statements, []
        assert asked
        steps = [
            str(row[3])
            for statement, parameters in asked
            for row in self._conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
        self._statements = []
        return [step for step in steps if reads_everything(step)]


def reads_everything(step: str) -> bool:
    """A scan of the table, or an index walked from its beginning: "received by then" is nearly all."""
    is_scan = step.startswith("SCAN dossier") and not any(name in step for name in PARTIAL)
    return is_scan or "(received_day<?" in step or "(closed_day<?" in step


def filters(measure: Measure) -> list[DossierFilter]:
    base = DossierFilter(measure=measure, period=YEAR, as_of_day=YEAR.last, due_until=date(2026, 11, 25))
    return [base, replace(base, agency="H49.101"), replace(base, domain="dat-dai", level="commune")]


@pytest.mark.parametrize("measure", Measure)
def test_lists_and_groups_go_through_an_index(sqlite_engine: Engine, measure: Measure) -> None:
    scopes = (WHOLE_PROVINCE, Scope(agencies=frozenset({"H49.101", "H49"})))
    with reading(sqlite_engine) as conn:
        plans = Plans(conn)
        for scope in scopes:
            for flt in filters(measure):
                dossier_page(conn, scope, flt)
                for by in GROUPINGS:
                    dossier_groups(conn, scope, flt, by=by)
        assert plans.scans() == []


def test_figures_trends_and_the_receipt_clock_read_no_dossiers_or_go_through_an_index(
    sqlite_engine: Engine,
) -> None:
    now = datetime(2026, 11, 20, 5, tzinfo=UTC)
    with reading(sqlite_engine) as conn:
        plans = Plans(conn)
        figures(conn, WHOLE_PROVINCE, YEAR)
        for by in ("agency", "domain", "level", "channel", "source"):
            figures_by(conn, WHOLE_PROVINCE, YEAR, by=by)
        backlog_trend(conn, WHOLE_PROVINCE, last=YEAR.last)
        sparklines(conn, WHOLE_PROVINCE, last=YEAR.last)
        waiting(conn, WHOLE_PROVINCE, now=now)
        truth(conn, SMALL_PROVINCE, WHOLE_PROVINCE, now=now)
        assert plans.scans() == []


def test_a_late_page_follows_the_order_of_its_index(sqlite_engine: Engine) -> None:
    """The first rows come without sorting all late dossiers of the agency."""
    flt = filters(Measure.DUE_SOON)[1]
    with reading(sqlite_engine) as conn:
        plans = Plans(conn)
        dossier_page(conn, WHOLE_PROVINCE, flt)
        statement, parameters = plans._statements[0]
        steps = [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any("ix_dossier_running " in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)


def test_the_listener_sees_a_scan(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as conn:
        plans = Plans(conn)
        conn.exec_driver_sql("SELECT count(*) FROM dossier WHERE fee_total = ?", (1,))
        assert plans.scans() == ["SCAN dossier"]
        conn.exec_driver_sql("SELECT count(*) FROM dossier WHERE received_day <= ?", (20_000,))
        assert len(plans.scans()) == 1
