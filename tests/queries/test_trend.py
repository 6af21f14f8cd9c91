"""Curves say of each day what the figures of that day say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from ioc.model.dossier import DossierVersion
from ioc.model.scope import WHOLE_PROVINCE, Period
from ioc.queries.trend import SPARK_COLUMNS, TREND_COLUMNS, backlog_trend, sparklines
from ioc.rules.counting import figures_over
from ioc.store.engine import reading
from tests.builders import a_version, days, stores
from tests.queries.filled import Narrow, empty, fill, level_of, narrows, on_stores, take

Stores = tuple[tuple[DossierVersion, ...], ...]


@on_stores
@given(histories=stores(), last=days(), span=st.integers(1, 12), narrow=narrows())
def test_each_day_of_a_curve_is_the_figure_of_that_day(
    engine: Engine, histories: Stores, last: date, span: int, narrow: Narrow
) -> None:
    narrow = replace(narrow, source=None)
    dossiers = [dossier for dossier in fill(engine, histories) if narrow.passes(dossier)]
    with reading(engine) as conn:
        asked = {"last": last, "days": span, "agency": narrow.agency, "domain": narrow.domain}
        trend = backlog_trend(conn, narrow.scope, **asked)
        sparks = sparklines(conn, narrow.scope, **asked)
    expected_days = [last - timedelta(days=back) for back in range(span)][::-1]
    for level, rows in trend.groupby("level"):
        assert [day.date() for day in rows["day"]] == expected_days
        of_level = [d for d in dossiers if level_of(d.latest.agency_code) == level]
        for row in rows.to_dict("records"):
            day = row["day"].date()
            held = figures_over(of_level, Period(first=day, last=day))
            assert (row["in_progress"], row["late"]) == (held.in_progress_total, held.in_progress_late)
            assert (row["received"], row["resolved"]) == (held.received_in_period, held.resolved_total)
    for row in sparks.to_dict("records"):
        held = figures_over(dossiers, Period(first=row["day"].date(), last=row["day"].date()))
        same = {name: getattr(held, name) for name in SPARK_COLUMNS if hasattr(held, name)}
        assert {name: row[name] for name in same} == same
        assert (row["in_progress"], row["late"]) == (held.in_progress_total, held.in_progress_late)
        assert (row["received"], row["resolved"]) == (held.received_in_period, held.resolved_total)
    assert sparks.empty or [day.date() for day in sparks["day"]] == expected_days


def test_curves_keep_their_columns_when_nothing_was_ever_heard(engine: Engine) -> None:
    empty(engine)
    with reading(engine) as conn:
        trend = backlog_trend(conn, WHOLE_PROVINCE, last=date(2026, 11, 20))
        sparks = sparklines(conn, WHOLE_PROVINCE, last=date(2026, 11, 20))
    assert trend.empty
    assert sparks.empty
    assert {name: str(dtype) for name, dtype in trend.dtypes.items()} == TREND_COLUMNS
    assert {name: str(dtype) for name, dtype in sparks.dtypes.items()} == SPARK_COLUMNS


def test_a_running_dossier_turns_late_on_the_day_after_its_due_day(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version()])  # received 17/11, due 04/12/2026
    with reading(engine) as conn:
        trend = backlog_trend(conn, WHOLE_PROVINCE, last=date(2026, 12, 6), days=4)
    assert list(trend["late"]) == [0, 0, 1, 1]
    assert list(trend["in_progress"]) == [1, 1, 1, 1]
