"""Lists of dossiers: one strange day costs one cell, and a file is exactly the list on the screen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from ioc.clock import local_day, utc_now
from ioc.model.dossier import Channel, DossierVersion, DuePrecision, Status
from ioc.pages import _files
from tests.pages.conftest import Open, html_of
from tests.pages.province import Filled, fill

Params = dict[str, str]


def open_version(key: str, *, due_at: datetime, received_at: datetime) -> DossierVersion:
    """A dossier of one ward, running, with a due day of one's own."""
    return DossierVersion(
        source_id="h49-hcc",
        source_key=key,
        version_at=received_at,
        status=Status.PROCESSING,
        raw_status="Đang xử lý",
        dossier_code=key,
        agency_code="H49",
        channel=Channel.ONLINE,
        received_at=received_at,
        submitted_at=received_at,
        due_at=due_at,
        due_precision=DuePrecision.DAY,
    )


def _versions(now: datetime) -> tuple[DossierVersion, ...]:
    received = now - timedelta(days=60)
    closed = open_version("CLOSED", due_at=now - timedelta(days=40), received_at=received)
    return (
        open_version("OLD", due_at=datetime(1991, 3, 1, 5, tzinfo=UTC), received_at=received),
        open_version("FAR", due_at=datetime(2099, 3, 1, 5, tzinfo=UTC), received_at=received),
        open_version("LATE", due_at=now - timedelta(days=40), received_at=received),
        _returned(closed, now - timedelta(days=1)),
    )


def _returned(version: DossierVersion, at: datetime) -> DossierVersion:
    return replace(version, status=Status.RETURNED, finished_at=at, version_at=at)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Dossiers with due days of 1991 and 2099 among plain ones."""
    now = utc_now()
    return fill(tmp_path_factory.mktemp("odd"), now=now, dossiers=60, extra=_versions(now))


def row_of(markup: str, code: str) -> str:
    """The row of a dossier, as markup."""
    return next(row for row in markup.split("<tr") if f">{code}</a>" in row)


def exported(markup: str) -> tuple[str, list[str]]:
    """What the CSV link of a screen gives: its whole text, and the codes in it."""
    found = re.search(r'href="\./xuat/ho-so\.csv\?([^"]+)"', markup)
    assert found
    params = {name: values[0] for name, values in parse_qs(found[1].replace("&amp;", "&")).items()}
    text = _files.list_file("csv", params).body.decode("utf-8-sig")
    return text, text.splitlines()


def test_a_due_day_outside_the_calendar_costs_one_cell_not_the_list(open_screen: Open, odd: Filled) -> None:
    at = open_screen(odd.home, "late", period="7d", agency="H49")
    markup = html_of(at)
    assert "state-fault" not in markup
    assert '<td class="num" data-label="Trễ (ngày làm việc)"><span class="late">—</span>' in row_of(
        markup, "OLD"
    )
    text, _ = exported(markup)
    assert "01/03/1991" in text or "1991-03-01" in text
    within = html_of(open_screen(odd.home, "dossiers", measure="in_progress_within", agency="H49"))
    assert "state-fault" not in within
    assert "<span>—</span>" in row_of(within, "FAR")


def test_the_file_of_a_list_as_of_today_is_that_list_whatever_the_period(
    open_screen: Open, odd: Filled
) -> None:
    past = local_day(odd.now) - timedelta(days=3)
    period = {"period": "custom", "from": past.isoformat(), "to": past.isoformat()}
    at = open_screen(odd.home, "late", **period, agency="H49")
    markup = html_of(at)
    assert ">CLOSED</a>" not in markup
    text, _ = exported(markup)
    assert "LATE" in text
    assert "CLOSED" not in text


def test_days_late_on_a_past_day_end_with_that_day(open_screen: Open, odd: Filled) -> None:
    def lateness(days_ago: int) -> int:
        day = (local_day(odd.now) - timedelta(days=days_ago)).isoformat()
        params: Params = {"period": "custom", "from": day, "to": day, "agency": "H49"}
        shown = row_of(
            html_of(open_screen(odd.home, "dossiers", measure="in_progress_late", **params)), "CLOSED"
        )
        found = re.search(r'<span class="late">(\d+)</span>', shown)
        assert found
        return int(found[1])

    assert lateness(30) < 10
    assert 10 < lateness(20) < 16
