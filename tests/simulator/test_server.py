"""The server on a real socket: tokens, Spring pages, filters, shapes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest

from ioc.settings import Settings
from ioc.simulator.lives import Event
from ioc.simulator.province import Province
from ioc.simulator.run import Simulation
from ioc.simulator.search import Shelf
from ioc.simulator.worktime import seconds_of
from tests.simulator.conftest import SINCE, Hand, Visitor, plan

LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0700")
UTC_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


def stamp(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


# -- log-in ------------------------------------------------------------------------------------------


def test_a_page_needs_a_token(visitor: Visitor) -> None:
    for header in ("", "Bearer nonsense", "Basic abc"):
        assert (
            visitor.client.get("/igate/h49/pa/dossier/search", headers={"Authorization": header}).status_code
            == 401
        )
    assert visitor.ask().status_code == 200


def test_a_token_is_good_for_five_minutes_and_for_every_site(visitor: Visitor) -> None:
    form = {"grant_type": "client_credentials", "client_id": "ioc", "client_secret": "x"}
    assert visitor.client.post("/sso/token", data=form).json()["expires_in"] == 300
    assert visitor.ask("06673").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "client_credentials", "client_id": "ioc", "client_secret": "wrong"},
        {"grant_type": "password", "client_id": "ioc", "client_secret": "right"},
        {"grant_type": "client_credentials", "client_secret": "right"},
        {},
    ],
)
def test_a_wrong_log_in_is_refused(province_settings: Settings, form: dict[str, str]) -> None:
    with Simulation(province_settings, plan(), now=Hand(), secret="right", drop_seconds=None) as simulation:
        assert httpx.post(f"{simulation.base_url}/sso/token", data=form).status_code == 401


# -- pages -------------------------------------------------------------------------------------------


def test_pages_hold_every_dossier_once_newest_first(visitor: Visitor) -> None:
    rows = visitor.all(size="100", spec="page", sort="updatedDate,desc")
    updated = [stamp(row["updatedDate"]).replace(microsecond=0) for row in rows]
    assert len({row["id"] for row in rows}) == len(rows) == visitor.truth("h49-hcc")["dossiers"]
    assert updated == sorted(updated, reverse=True)
    assert max(updated) <= SINCE


def test_a_page_tells_totals_and_a_slice_does_not(visitor: Visitor) -> None:
    page, slice_ = visitor.page(size="50"), visitor.page(size="50", spec="slice")
    assert (page["number"], page["size"], page["numberOfElements"], page["first"]) == (0, 50, 50, True)
    assert page["totalPages"] == -(-page["totalElements"] // 50)
    assert {"totalElements", "totalPages"} & slice_.keys() == set()
    assert slice_["content"] == page["content"]


def test_a_page_beyond_the_last_is_empty_and_the_size_is_capped(visitor: Visitor) -> None:
    beyond = visitor.page(page="5000")
    assert (beyond["content"], beyond["last"]) == ([], True)
    assert visitor.page(size="9000")["size"] == 500


def test_the_list_moves_with_the_clock(visitor: Visitor) -> None:
    before = visitor.page(size="1")["content"][0]
    visitor.clock.at = SINCE + timedelta(hours=5)
    after = visitor.page(size="1")["content"][0]
    assert stamp(after["updatedDate"]) > stamp(before["updatedDate"])


def test_filters_by_acceptance_read_z_as_local_time(visitor: Visitor) -> None:
    rows = visitor.all(accepted_from="2026-11-02T00:00:00.000Z", accepted_to="2026-11-06T23:59:59.999Z")
    days = [row["acceptedDate"][:10] for row in rows]
    everything = visitor.all(size="500")
    wanted = [
        r for r in everything if r["acceptedDate"] and "2026-11-02" <= r["acceptedDate"][:10] <= "2026-11-06"
    ]
    assert (min(days), max(days)) == ("2026-11-02", "2026-11-06")
    assert {row["id"] for row in rows} == {row["id"] for row in wanted}


def test_the_hour_of_a_filter_is_a_local_hour(visitor: Visitor) -> None:
    rows = visitor.all(accepted_from="2026-11-05T10:00:00.000Z", accepted_to="2026-11-05T14:00:00.000Z")
    assert rows
    assert all("2026-11-05T10:00" <= row["acceptedDate"] <= "2026-11-05T14:00:01" for row in rows)


def test_filters_by_submission_day_status_and_code(visitor: Visitor) -> None:
    everything = visitor.all(size="500")
    day = everything[0]["appliedDate"][:10]
    written = datetime.fromisoformat(day).strftime("%d/%m/%Y")
    applied = visitor.all(applied_from=written, applied_to=written)
    assert {r["id"] for r in applied} == {r["id"] for r in everything if r["appliedDate"][:10] == day}
    running = visitor.all(dossier_status="2,5")
    assert {r["dossierStatus"]["id"] for r in running} <= {2, 5}
    assert len(running) == sum(r["dossierStatus"]["id"] in (2, 5) for r in everything)
    (one,) = visitor.page(code=everything[7]["code"])["content"]
    assert one["id"] == everything[7]["id"]


def test_sorting_by_acceptance(visitor: Visitor) -> None:
    rows = visitor.page(sort="acceptedDate,asc", accepted_from="2026-01-01T00:00:00Z", size="100")["content"]
    moments = [stamp(row["acceptedDate"]) for row in rows]
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "-1"),
        ("size", "x"),
        ("accepted_from", "01/11/2026"),
        ("accepted_from", "2026-13-41T00:00:00Z"),
        ("applied_from", "2026-11-01"),
        ("applied_to", "31/02/2026"),
        ("dossier_status", "new"),
        ("sort", "applicant,desc"),
    ],
)
def test_what_spring_cannot_bind_is_a_bad_request(visitor: Visitor, name: str, value: str) -> None:
    answer = visitor.ask(**{name: value})
    assert answer.status_code == 400
    assert answer.json().keys() >= {"status", "error", "path"}


def test_what_was_removed_is_only_in_its_own_list(visitor: Visitor) -> None:
    visitor.clock.at = SINCE + timedelta(days=200)
    removed = visitor.all(remove_status="1", size="500")
    shown = visitor.all(size="500")
    assert len(removed) == visitor.truth("h49-hcc")["removed"] > 0
    assert {row["removeStatus"] for row in removed} == {1}
    assert {row["removeStatus"] for row in shown} == {0}
    assert not {row["id"] for row in removed} & {row["id"] for row in shown}


def test_an_unknown_site_is_not_found(visitor: Visitor) -> None:
    assert visitor.ask("nowhere").status_code == 404


# -- shapes ------------------------------------------------------------------------------------------


def kinds(rows: list[dict[str, Any]], *path: str) -> set[type]:
    found = set()
    for row in rows:
        value: Any = row
        for key in path:
            value = value[key]
        found.add(type(value))
    return found


def test_names_come_in_every_shape(visitor: Visitor) -> None:
    rows = visitor.all(size="500")
    for path in [
        ("agency", "name"),
        ("procedure", "sector", "name"),
        ("procedureLevel", "name"),
        ("dossierTaskStatus", "name"),
    ]:
        assert kinds(rows, *path) == {str, list}
    assert kinds(rows, "procedure", "translate") == {dict, list}
    assert kinds(rows, "currentTask") == {dict, list}
    languages = {
        item["languageId"]
        for r in rows
        if isinstance(r["agency"]["name"], list)
        for item in r["agency"]["name"]
    }
    assert languages == {46, 228}


def test_moments_come_in_two_zones_in_one_record(visitor: Visitor) -> None:
    row = next(r for r in visitor.all(size="500") if r["returnedDate"])
    assert LOCAL.fullmatch(row["acceptedDate"])
    assert UTC_TEXT.fullmatch(row["updatedDate"])
    assert UTC_TEXT.fullmatch(row["returnedDate"])


def test_half_of_the_departments_use_their_old_codes(visitor: Visitor) -> None:
    codes = {row["agency"]["code"] for row in visitor.all(size="500")}
    old = {code for code in codes if code.startswith("000.")}
    assert old
    assert codes - old


def test_sites_number_their_statuses_each_in_its_own_way(visitor: Visitor) -> None:
    def ids(site: str) -> dict[str, int]:
        return {r["dossierStatus"]["name"]: r["dossierStatus"]["id"] for r in visitor.all(site, size="500")}

    assert ids("06673")["Đã trả kết quả"] == 4
    assert ids("06712")["Đã trả kết quả"] == 12


def test_applicants_are_nobody(visitor: Visitor) -> None:
    for row in visitor.all(size="500"):
        person = row["applicant"]["data"]
        assert re.fullmatch(r"CÔNG DÂN MẪU \d{4}", person["fullname"])
        assert re.fullmatch(r"0{8}\d{4}", person["identityNumber"])
        assert person["email"].endswith("@example.invalid")


def test_a_dossier_without_due_date_says_so(visitor: Visitor) -> None:
    visitor.clock.at = SINCE + timedelta(days=100)
    rows = [r for r in visitor.all(size="500") if r["undefindedCompleteTime"]]
    assert rows
    assert all(row["appointmentDate"] is None for row in rows)


# -- the rest ----------------------------------------------------------------------------------------


def test_the_simulator_says_what_it_is(visitor: Visitor) -> None:
    told = visitor.client.get("/sim").json()
    assert "mô phỏng" in told["notice"]
    assert (told["seed"], told["scale"]) == (1, 0.01)
    assert len(told["sources"]) == 55


def test_truth_can_be_asked_for_any_moment(visitor: Visitor) -> None:
    at = (SINCE - timedelta(days=30)).isoformat()
    told = visitor.client.get("/sim/truth", params={"at": at, "days": "3"}).json()
    assert told["at"] == at
    assert len(told["sources"]) == 55
    assert list(told["sources"]["h49-hcc"]["by_day"]) == ["2026-10-17", "2026-10-18", "2026-10-19"]
    assert visitor.client.get("/sim/truth", params={"at": "hôm qua"}).status_code == 400


def test_a_fee_asked_for_is_not_yet_paid(demo_settings: Settings) -> None:
    site = Province(demo_settings, plan(scale=0.1)).by_id["h49-hcc"]
    lives = site.lives(seconds_of(SINCE))
    asked, paid = lives.events[Event.FEE_ASK], lives.events[Event.FEE_PAID]
    row = int(np.flatnonzero((paid < seconds_of(SINCE)) & (lives.fee > 0))[-1])
    before, after = (Shelf(site).written(lives, int(at[row]), np.array([row]))[0] for at in (asked, paid))
    assert before["dossierStatus"]["name"] == "Yêu cầu thực hiện nghĩa vụ tài chính"
    assert (before["dossierFee"]["paid"], before["paymentMethod"]) == (0, None)
    assert after["dossierFee"]["paid"] == after["dossierFee"]["total"] > 0
