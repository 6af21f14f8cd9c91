"""What a screen must not hide: silent shared sources, other channels, failed checks, a figure's day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ioc import words
from ioc.clock import utc_now
from ioc.faults import FaultKind, RejectReason
from ioc.model.dossier import Channel, DossierVersion, Status
from ioc.model.run import CHECK, Freshness, Ledger, Reject, Run, RunKind, RunState, SourceHealth
from ioc.pages._html import Html
from ioc.pages._strip import loading, lost_banner
from ioc.pages._wall import Frame, Show
from ioc.pages._wall_memory import drawn_from
from ioc.rules.counting import STANDARD
from ioc.store.engine import open_engine
from ioc.store.ingest import Batch, ingest
from ioc.store.requests import take_poll_requests
from ioc.store.runs import begin_run, end_run
from ioc.words.formats import moment, told
from tests.builders import NOON
from tests.pages.conftest import Open, html_of, text_of
from tests.pages.province import Filled, fill

SHARED = "h49-hcc"
REFUSED = 60


@pytest.fixture(autouse=True)
def vietnamese() -> None:
    words.use("vi")


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """The shared source is silent and refuses much, the nightly check failed, a letter waits at the post."""
    now = utc_now()
    letter = DossierVersion(
        source_id=SHARED,
        source_key="LETTER",
        version_at=now - timedelta(hours=20),
        status=Status.NEW,
        raw_status="Mới",
        dossier_code="LETTER",
        agency_code="H49",
        channel=Channel.POSTAL,
        submitted_at=now - timedelta(hours=20),
    )
    online = replace(letter, source_key="ONLINE", dossier_code="ONLINE", channel=Channel.ONLINE)
    home = tmp_path_factory.mktemp("troubled")
    held = fill(home, now=now, dossiers=200, stale={SHARED: FaultKind.SERVER}, extra=(letter, online))
    _trouble(held)
    return held


def _trouble(held: Filled) -> None:
    engine = open_engine(held.settings.database_url)
    at = held.now - timedelta(hours=9)
    run = begin_run(engine, source_id=SHARED, kind=RunKind.CHANGES, holder="test", now=at)
    rejects = tuple(
        Reject(reason=RejectReason.BAD_DATE, detail="Ngày 31/02", position=f"dòng {n}", payload=f"[{n}]")
        for n in range(REFUSED)
    )
    batch = Batch(source_id=SHARED, run_id=run, versions=(), rejects=rejects)
    ingest(engine, batch, now=at, rule=STANDARD, accept_due=lambda _: None)
    end_run(engine, run, state=RunState.FAILED, now=at, fault=FaultKind.SERVER, error="Mã 504")
    check = begin_run(engine, source_id=CHECK, kind=RunKind.FULL, holder=CHECK, now=held.now)
    end_run(engine, check, state=RunState.FAILED, now=held.now, error="Tổng của H49 lệch 3 hồ sơ")
    engine.dispose()


# -- the receipt clock -----------------------------------------------------------------------------


def test_the_clock_counts_online_dossiers_and_opens_exactly_them(open_screen: Open, troubled: Filled) -> None:
    at = open_screen(troubled.home, "receipts", period="7d", level="department")
    markup = html_of(at).replace("&amp;", "&")
    assert "Ngoài ra 1 hồ sơ nộp qua kênh khác cũng chưa được tiếp nhận" in text_of(at)
    found = re.findall(r'<a href="([^"]+)" class="go(?: cover)?">([\d.]+)</a>', markup)
    assert len(found) > 3
    assert not [address for address, _ in found if "level=" in address]
    for address, count in found[:5]:
        params = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        shown = html_of(open_screen(troubled.home, "dossiers", **params))
        total = re.search(r'<b class="big[^"]*">([\d.]+)</b>', shown)
        assert total
        assert total[1] == count, address


@pytest.mark.parametrize(("file", "notes"), [("receipts", 1), ("wall", 2)])
def test_waiting_agencies_are_not_ranked_by_too_few_sources(
    open_screen: Open, dark_home: Path, file: str, notes: int
) -> None:
    at = open_screen(dark_home, file)
    assert text_of(at).count("Không xếp hạng đơn vị") == notes
    if file == "receipts":
        names = re.findall(r'<td class="name"[^>]*data-label="Cơ quan">([^<]+)</td>', html_of(at))
        assert len(names) > 1
        assert names == sorted(names)


# -- the sources -----------------------------------------------------------------------------------


def test_agencies_behind_a_silent_shared_source_are_marked(open_screen: Open, troubled: Filled) -> None:
    markup = html_of(open_screen(troubled.home, period="year"))
    own = {source.agency for source in troubled.settings.sources}
    sharing = [agency.name for agency in troubled.settings.agencies if agency.code not in own]
    rows = [row for row in markup.split("<tr") if any(f">{name}</a>" in row for name in sharing)]
    assert len([row for row in rows if 'class="is-stale"' in row]) > 3
    wards = [row for row in markup.split("<tr") if ">UBND phường " in row]
    assert wards
    assert not [row for row in wards if 'class="is-stale"' in row]


def test_a_failed_nightly_check_is_told_with_its_words(open_screen: Open, troubled: Filled) -> None:
    shown = text_of(open_screen(troubled.home, "sources"))
    assert f"Kiểm tra đêm phát hiện số liệu sai lệch, lúc {moment(troubled.now)}" in shown
    assert "Tổng của H49 lệch 3 hồ sơ" in shown


def test_a_long_quarantine_says_how_long_and_can_be_tried_again(open_screen: Open, troubled: Filled) -> None:
    at = open_screen(troubled.home, "sources", source=SHARED)
    assert f"50 dòng mới nhất trong {REFUSED + 2}" in text_of(at)
    at.button(key="quarantine_retry").click().run()
    assert "bản ghi nào đọc được sẽ vào kho và rời danh sách này" in text_of(at)
    engine = open_engine(troubled.settings.database_url)
    asked = [(request.source_id, request.full) for request in take_poll_requests(engine, now=utc_now())]
    engine.dispose()
    assert asked == [(SHARED, True)]


# -- the first load --------------------------------------------------------------------------------


def a_source(name: str, freshness: Freshness, run: Run | None) -> SourceHealth:
    """A source that was heard of just now: a first look succeeds within seconds."""
    return SourceHealth(
        source_id=name,
        name=name,
        kind="igate2",
        level="commune",
        freshness=freshness,
        last_success=NOON,
        age_seconds=0,
        last_run=run,
        next_run_at=None,
        open_dossiers=0,
        quarantined=0,
        unmapped=0,
    )


def test_a_first_look_does_not_fill_the_bar_of_the_first_load() -> None:
    look = Run(id=1, source_id="a", kind=RunKind.CHANGES, state=RunState.OK, started_at=NOON)
    full = replace(
        look, id=2, kind=RunKind.FULL, state=RunState.RUNNING, expected=1000, ledger=Ledger(fetched=500)
    )
    health = (
        a_source("a", Freshness.LOADING, look),
        a_source("b", Freshness.LOADING, full),
        a_source("c", Freshness.FRESH, look),
        a_source("d", Freshness.LOADING, replace(full, kind=RunKind.CHANGES)),
    )
    made = loading(health, now=NOON).replace("\u00a0", " ")
    assert "Đang nạp lịch sử 12 tháng: 38 % · 1/4 nguồn đã xong" in made


# -- lost ------------------------------------------------------------------------------------------


def test_a_lost_figure_of_another_day_is_told_with_its_day() -> None:
    yesterday = NOON - timedelta(days=1)
    assert told(NOON, now=NOON + timedelta(hours=2)) == "12:00"
    assert told(yesterday, now=NOON, seconds=True).endswith("/2026 12:00:00")
    assert f"số liệu lúc {moment(yesterday)}" in lost_banner(yesterday, now=NOON)
    assert "số liệu lúc 11:50" in lost_banner(NOON - timedelta(minutes=10), now=NOON)


def test_the_foot_of_a_wall_that_is_lost_dates_its_figures(open_screen: Open, troubled: Filled) -> None:
    open_screen(troubled.home, "sources")
    show = Show(scenes=(1,), hold_seconds=20, every_seconds=10)
    read_at = utc_now() - timedelta(days=2)
    good = Frame(head=Html(""), scenes={1: Html("")}, foot=Html(""), read_at=read_at)

    def lost() -> Frame:
        raise RuntimeError("no store")

    assert drawn_from(show, lambda: good) is good
    again = drawn_from(show, lost)
    assert f"Số liệu lúc {moment(read_at)}:" in again.foot
    assert f"số liệu lúc {moment(read_at)}" in again.head
    never = drawn_from(replace(show, hold_seconds=21), lost)
    assert "Số liệu lúc —" in never.foot
