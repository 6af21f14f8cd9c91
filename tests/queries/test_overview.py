"""Figures from the rollups equal a brute-force count of the dossiers, for every unit, period and rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import Connection, Engine

from ioc.model.dossier import UNMAPPED, Dossier, DossierVersion, Status
from ioc.model.figure import Figures
from ioc.model.scope import WHOLE_PROVINCE, Period, Scope
from ioc.queries.overview import Grouping, figures, figures_by, figures_scan
from ioc.rules.counting import figures_over
from ioc.store.engine import reading
from tests.builders import OTHER_RULES, a_version, local, stores
from tests.queries.filled import Narrow, Question, empty, fill, level_of, on_stores, questions, take

GROUPINGS: tuple[Grouping, ...] = ("agency", "domain", "level", "channel", "source")
Stores = tuple[tuple[DossierVersion, ...], ...]


CODE_OF: dict[Grouping, Callable[[DossierVersion], str]] = {
    "agency": lambda latest: latest.agency_code,
    "domain": lambda latest: latest.domain_code,
    "level": lambda latest: level_of(latest.agency_code),
    "channel": lambda latest: latest.channel.value,
    "source": lambda latest: latest.source_id,
}


@on_stores
@given(histories=stores(), asked=questions())
def test_figures_equal_the_brute_force_count(
    engine: Engine, histories: Stores, asked: list[Question]
) -> None:
    dossiers = fill(engine, histories)
    with reading(engine) as conn:
        for period, narrow in asked:
            assert_figures(conn, [d for d in dossiers if narrow.passes(d)], period, narrow)


def assert_figures(conn: Connection, dossiers: list[Dossier], period: Period, narrow: Narrow) -> None:
    keys = {"agency": narrow.agency, "domain": narrow.domain, "source": narrow.source}
    held = figures(conn, narrow.scope, period, **keys)
    assert held == figures_over(dossiers, period)
    assert_identities(held)
    for by in GROUPINGS:
        found = figures_by(conn, narrow.scope, period, by=by, **keys)
        for group in found:
            of_group = [d for d in dossiers if CODE_OF[by](d.latest) == group.code]
            assert (by, group.code, group.figures) == (by, group.code, figures_over(of_group, period))
        assert sum((group.figures for group in found), Figures()) == held


@on_stores
@given(histories=stores(), asked=questions())
def test_other_rules_are_counted_from_the_dossiers(
    engine: Engine, histories: Stores, asked: list[Question]
) -> None:
    dossiers = fill(engine, histories)
    with reading(engine) as conn:
        for period, any_source in asked:
            narrow = replace(any_source, source=None)
            passed = [d for d in dossiers if narrow.passes(d)]
            for rule in OTHER_RULES:
                keys = {"agency": narrow.agency, "domain": narrow.domain}
                held = figures_scan(conn, narrow.scope, period, rule=rule, **keys)
                assert held == figures_over(passed, period, rule)
                assert_identities(held)


def assert_identities(held: Figures) -> None:
    """`design.md` §4."""
    assert held.received_total == held.carried_over + held.received_in_period
    assert held.received_total == held.resolved_total + held.in_progress_total
    assert min(getattr(held, name) for name in Figures.__slots__) >= 0


def test_an_empty_store_has_no_groups(engine: Engine) -> None:
    empty(engine)
    week = Period(first=date(2026, 11, 16), last=date(2026, 11, 22))
    with reading(engine) as conn:
        assert figures(conn, WHOLE_PROVINCE, week) == Figures()
        assert [figures_by(conn, WHOLE_PROVINCE, week, by=by) for by in GROUPINGS] == [()] * 5


def test_a_scope_of_nobody_sees_nothing(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version()])
    week = Period(first=date(2026, 11, 14), last=date(2026, 11, 20))
    with reading(engine) as conn:
        assert figures(conn, WHOLE_PROVINCE, week).received_in_period == 1
        assert figures(conn, Scope(agencies=frozenset()), week) == Figures()
        assert figures_by(conn, Scope(agencies=frozenset({"H49"})), week, by="agency") == ()


def test_groups_carry_names_and_the_unmapped_are_named_so(engine: Engine) -> None:
    empty(engine)
    unknown = a_version(source_key="K2", agency_code=UNMAPPED, domain_code=UNMAPPED)
    unlisted = a_version(source_key="K3", agency_code="H49.99")
    take(engine, [a_version(), unknown, unlisted])
    week = Period(first=date(2026, 11, 14), last=date(2026, 11, 20))
    with reading(engine) as conn:
        agencies = figures_by(conn, WHOLE_PROVINCE, week, by="agency")
        domains = figures_by(conn, WHOLE_PROVINCE, week, by="domain")
        levels = figures_by(conn, WHOLE_PROVINCE, week, by="level")
    assert [(g.code, g.name, g.level) for g in agencies] == [
        ("?", "Chưa ánh xạ", None),
        ("H49.101", "Phường Hạ Long", "commune"),
        ("H49.99", "H49.99", None),
    ]
    assert [(g.code, g.name) for g in domains] == [("?", "Chưa ánh xạ"), ("dat-dai", "Đất đai")]
    assert [(g.code, g.figures.in_progress_total) for g in levels] == [("commune", 1), ("unknown", 2)]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2026, 11, 17), {"in_progress_within": 1}),
        (date(2026, 11, 18), {"in_progress_paused": 1}),
        (date(2026, 11, 20), {"in_progress_late": 1}),
        (date(2026, 11, 21), {"resolved_late": 1}),
    ],
)
def test_each_day_of_a_life_is_told_as_it_was(engine: Engine, last: date, expected: dict[str, int]) -> None:
    """Received on the 16th, due on the 19th, waiting for papers on the 18th and 19th, closed on the 21st."""
    empty(engine)
    base = a_version(
        received_at=local(date(2026, 11, 16)), due_at=local(date(2026, 11, 19), time(23, 59, 59))
    )
    asked = local(date(2026, 11, 18))
    given_back = local(date(2026, 11, 20))
    steps: list[dict[str, Any]] = [
        {"version_at": local(date(2026, 11, 16))},
        {"version_at": asked, "status": Status.SUPPLEMENT, "supplement_requested_at": asked},
        {
            "version_at": given_back,
            "supplement_requested_at": asked,
            "supplement_received_at": given_back,
        },
        {
            "version_at": local(date(2026, 11, 21)),
            "status": Status.COMPLETED,
            "supplement_requested_at": asked,
            "supplement_received_at": given_back,
            "finished_at": local(date(2026, 11, 21)),
        },
    ]
    take(engine, [replace(base, **step) for step in steps])
    with reading(engine) as conn:
        held = figures(conn, WHOLE_PROVINCE, Period(first=last, last=last))
    assert {name: getattr(held, name) for name in expected} == expected
    assert held.received_total == 1
