"""The truth adds up, and is what our own rules make of the records that the server sends."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ioc.clock import local_day
from ioc.collectors import igate2
from ioc.collectors.base import Payload
from ioc.collectors.lookup import Lookup
from ioc.model.dossier import reading_of
from ioc.model.figure import Figures
from ioc.model.scope import Period
from ioc.rules.calendar import vietnam_calendar
from ioc.rules.counting import figures_over
from ioc.rules.history import fold
from ioc.settings import Settings
from ioc.simulator.province import Province
from ioc.simulator.search import Search, Shelf
from ioc.simulator.truth import truth
from ioc.simulator.worktime import seconds_of
from tests.simulator.conftest import SINCE

MOMENTS = [SINCE, SINCE + timedelta(days=3, hours=11), SINCE - timedelta(days=100, hours=2)]


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_identities_hold_for_every_source(small: Province, moment: datetime) -> None:
    for site in small.sites:
        t = truth(site, seconds_of(moment))
        assert t["received"] == t["resolved"] + t["in_progress"]
        assert t["dossiers"] == t["received"] + t["waiting_acceptance"] + t["refused"]
        assert t["resolved"] == sum(
            t[name]
            for name in (
                "resolved_early",
                "resolved_on_time",
                "resolved_late",
                "resolved_no_due",
                "closed_without_result",
            )
        )
        assert t["in_progress"] == sum(
            t[f"in_progress_{name}"] for name in ("within", "late", "paused", "no_due")
        )


def test_days_add_up_to_the_year(small: Province) -> None:
    t = truth(small.by_id["h49-hcc"], seconds_of(SINCE), days=400)
    for name in ("received", "received_online", "resolved"):
        assert sum(day[name] for day in t["by_day"].values()) == t[name]


def figures_of(site_id: str, province: Province, settings: Settings, moment: datetime) -> Figures:
    """Figures that the product makes of every record of a site."""
    calendar = vietnam_calendar(first_year=2024, last_year=2028)
    accept_due = partial(calendar.add_working_hours, hours=8)
    source = settings.source(site_id)
    lookup, shelf = Lookup(settings, source), Shelf(province.by_id[site_id])
    dossiers, number = [], 0
    while True:
        page = shelf.page(Search(page=number, size=500), seconds_of(moment))
        body = json.dumps(page, ensure_ascii=False).encode()
        parsed = igate2.parse(Payload(body=body, position="x", fetched_at=moment), source, lookup)
        assert parsed.rejects == ()
        assert parsed.new_fields == frozenset()
        for version in parsed.versions:
            assert not version.flags
            dossiers.append(fold(version, [reading_of(version)], accept_due=accept_due))
        number += 1
        if page["last"]:
            break
    return figures_over(dossiers, Period(first=date(2025, 1, 1), last=local_day(moment)))


@pytest.mark.parametrize("site_id", ["h49-hcc", "h49-06712"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_product_counts_what_the_simulator_knows(
    small: Province, demo_settings: Settings, site_id: str, moment: datetime
) -> None:
    told = truth(small.by_id[site_id], seconds_of(moment))
    figures = figures_of(site_id, small, demo_settings, moment)
    for name in (
        "waiting_acceptance",
        "resolved_early",
        "resolved_on_time",
        "resolved_late",
        "resolved_no_due",
        "closed_without_result",
        "in_progress_within",
        "in_progress_late",
        "in_progress_paused",
        "in_progress_no_due",
    ):
        assert getattr(figures, name) == told[name], name
    assert figures.received_in_period == told["received"]
    assert figures.received_online == told["received_online"]


def test_no_code_of_ours_is_in_the_simulator() -> None:
    """The truth would be worth nothing if it were counted by what it is to check."""
    texts = [
        p.read_text(encoding="utf-8") for p in (Path(__file__).parents[2] / "ioc/simulator").glob("*.py")
    ]
    assert not any("ioc.rules.timeliness" in text or "ioc.collectors" in text for text in texts)
