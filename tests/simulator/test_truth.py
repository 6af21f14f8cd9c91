"""The truth adds up, and is what our own rules make of the records that the server sends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from ioc.clock import local_day
from ioc.collectors import file_drop, igate2
from ioc.collectors.base import Ask, Payload
from ioc.collectors.http import Http
from ioc.collectors.lookup import Lookup
from ioc.model.dossier import DossierVersion, reading_of
from ioc.model.figure import Figures
from ioc.model.run import RunKind
from ioc.model.scope import Period
from ioc.rules.calendar import vietnam_calendar
from ioc.rules.counting import figures_over
from ioc.rules.history import fold
from ioc.settings import Settings
from ioc.simulator.dropper import put_whole
from ioc.simulator.province import Province
from ioc.simulator.search import Search, Shelf
from ioc.simulator.sheet import workbook
from ioc.simulator.truth import truth
from ioc.simulator.worktime import seconds_of
from tests.simulator.conftest import SINCE, plan

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


COUNTED = (
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
    "received_in_period",
    "received_online",
)


def agree(figures: Figures, told: dict[str, Any]) -> None:
    """Our figures over all time are the simulator's own counts."""
    known = {**told, "received_in_period": told["received"]}
    assert {name: getattr(figures, name) for name in COUNTED} == {name: known[name] for name in COUNTED}


def figures_over_all(versions: Iterable[DossierVersion], moment: datetime) -> Figures:
    calendar = vietnam_calendar(first_year=2024, last_year=2028)
    accept_due = partial(calendar.add_working_hours, hours=8)
    dossiers = [fold(version, [reading_of(version)], accept_due=accept_due) for version in versions]
    return figures_over(dossiers, Period(first=date(2025, 1, 1), last=local_day(moment)))


def paged(shelf: Shelf, settings: Settings, moment: datetime) -> Iterator[DossierVersion]:
    """Every record of a site, as the collector reads it."""
    source = settings.source(shelf.site.id)
    lookup, number, last = Lookup(settings, source), 0, False
    while not last:
        page = shelf.page(Search(page=number, size=500), seconds_of(moment))
        body = json.dumps(page, ensure_ascii=False).encode()
        parsed = igate2.parse(Payload(body=body, position="x", fetched_at=moment), source, lookup)
        assert (parsed.rejects, parsed.new_fields) == ((), frozenset())
        assert not any(version.flags for version in parsed.versions)
        yield from parsed.versions
        number, last = number + 1, page["last"]


@pytest.mark.parametrize("site_id", ["h49-hcc", "h49-06712"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_product_counts_what_the_simulator_knows(
    small: Province, demo_settings: Settings, site_id: str, moment: datetime
) -> None:
    site = small.by_id[site_id]
    figures = figures_over_all(paged(Shelf(site), demo_settings, moment), moment)
    agree(figures, truth(site, seconds_of(moment)))
    assert figures.fee_due > figures.fee_paid_online > 0
    assert figures.results_known >= figures.results_signed > 0


def test_the_product_counts_the_same_from_files(demo_settings: Settings, tmp_path: Path) -> None:
    province = Province(demo_settings, plan(scale=0.2))  # enough for withdrawals and removals
    source = demo_settings.source("h49-06967")
    book = workbook(province.by_id[source.id], seconds_of(SINCE))
    put_whole(tmp_path / "inbox/06967/06967_ho-so_20261118-1000.xlsx", book)
    ask = Ask(source=source, kind=RunKind.FULL, cursor=None, now=SINCE, home=tmp_path)
    payload = next(iter(file_drop.fetch(ask, cast(Http, None))))
    parsed = file_drop.parse(payload, source, Lookup(demo_settings, source))
    assert (parsed.rejects, parsed.as_of) == ((), SINCE)
    told = truth(province.by_id[source.id], seconds_of(SINCE))
    assert told["closed_without_result"] > 0 < told["removed"]
    agree(figures_over_all(parsed.versions, SINCE), told)


def test_no_code_of_ours_is_in_the_simulator() -> None:
    """The truth would be worth nothing if it were counted by what it is to check."""
    texts = [
        p.read_text(encoding="utf-8") for p in (Path(__file__).parents[2] / "ioc/simulator").glob("*.py")
    ]
    assert not any("ioc.rules.timeliness" in text or "ioc.collectors" in text for text in texts)
