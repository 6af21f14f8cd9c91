"""A closed day keeps its figures, whatever the sources restate later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from ioc.model.figure import Figures
from ioc.rules.counting import STANDARD
from ioc.store import tables as t
from ioc.store.day_close import close_day, closed_figures, day_closed, last_closed_day
from ioc.store.engine import reading
from tests.builders import NOON, a_version
from tests.store.filling import take

RECEIVED = date(2026, 11, 17)
NEXT_DAY = NOON + timedelta(days=1)


def test_the_first_close_wins(engine: Engine) -> None:
    take(engine, [a_version()])
    assert close_day(engine, RECEIVED, now=NOON, rule=STANDARD, stale_sources=["s2", "s1"])
    take(engine, [a_version(source_key="K2")])  # comes late, for the same day
    assert not close_day(engine, RECEIVED, now=NEXT_DAY, rule=STANDARD)
    with reading(engine) as conn:
        assert closed_figures(conn, RECEIVED) == {
            "H49.101": Figures(received_online_full=1, in_progress_within=1, accepted_on_time=1)
        }
        row = conn.execute(
            select(t.day_close.c.rule, t.day_close.c.closed_at, t.day_close.c.stale_sources)
        ).one()
    assert tuple(row) == ("standard", NOON, '["s1", "s2"]')


def test_a_past_day_is_walked_back_from_now(engine: Engine) -> None:
    take(engine, [a_version(), replace(a_version(source_key="K2"), finished_at=NOON)])
    day = RECEIVED + timedelta(days=1)
    close_day(engine, day, now=NOON, rule=STANDARD)
    with reading(engine) as conn:
        assert closed_figures(conn, day)["H49.101"] == Figures(carried_over=2, in_progress_within=2)


def test_a_day_that_lasts_cannot_be_closed(engine: Engine) -> None:
    with pytest.raises(ValueError, match="not over"):
        close_day(engine, date(2026, 11, 20), now=NOON, rule=STANDARD)


def test_what_is_closed_can_be_asked(engine: Engine) -> None:
    take(engine, [a_version()])
    with reading(engine) as conn:
        assert (day_closed(conn, RECEIVED), last_closed_day(conn)) == (False, None)
        assert closed_figures(conn, RECEIVED) == {}
    close_day(engine, RECEIVED, now=NOON, rule=STANDARD)
    with reading(engine) as conn:
        assert (day_closed(conn, RECEIVED), last_closed_day(conn)) == (True, RECEIVED)
