"""Fault switches: each is met by requests while it is on, and not after."""

from __future__ import annotations

import time

import httpx
import pytest

from ioc.errors import SettingsError
from ioc.settings import Settings
from ioc.simulator.run import Simulation
from ioc.simulator.switches import Fault, Switch, Switchboard, read_switch
from tests.simulator.conftest import Hand, Visitor, plan


def test_a_source_that_is_down_answers_500_and_comes_back(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "down")
    assert visitor.ask().status_code == 500
    assert visitor.ask("06673").status_code == 200  # the others are not touched
    visitor.turn("h49-hcc", "down", on=False)
    assert visitor.ask().status_code == 200


def test_a_crowded_source_asks_for_patience(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "rate_429", every=2)
    answers = [visitor.ask() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 200, 429]
    assert answers[1].headers["Retry-After"] == "2"


def test_a_gateway_answers_in_html(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "gateway_504")
    answer = visitor.ask()
    assert (answer.status_code, answer.text[:6]) == (504, "<html>")


def test_a_log_in_page_comes_with_status_200(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "html_200")
    answer = visitor.ask()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_body_is_cut_and_the_connection_closed(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "truncated_body")
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.ask()
    visitor.turn("h49-hcc", "truncated_body", on=False)
    assert visitor.ask().status_code == 200


def test_a_token_wears_out_amid_paging(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "token_expiry")
    visitor.log_in()
    assert [visitor.ask(page=str(n)).status_code for n in range(4)] == [200, 200, 200, 401]
    visitor.log_in()
    assert visitor.ask(page="3").status_code == 200


def test_a_slow_page_comes_late(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "slow_page")
    before = time.monotonic()
    assert visitor.ask().status_code == 200
    assert time.monotonic() - before > 0.25


def test_rows_move_while_pages_are_turned(visitor: Visitor) -> None:
    quiet = [row["id"] for row in visitor.all(size="200")]
    visitor.turn("h49-hcc", "insert_while_paging")
    moving = [row["id"] for row in visitor.all(size="200")]
    assert len(set(moving)) < len(moving) == len(quiet)  # seen twice, or missed
    visitor.turn("h49-hcc", "insert_while_paging", on=False)
    assert set(quiet) == {row["id"] for row in visitor.all(size="200")}


def test_rows_come_twice(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "duplicate_rows")
    ids = [row["id"] for row in visitor.page(size="50")["content"]]
    assert (len(ids), len(set(ids))) == (52, 50)


def test_old_readings_come_beside_new_ones(visitor: Visitor) -> None:
    visitor.turn("h49-hcc", "stale_rows")
    rows = visitor.page(size="500")["content"]
    newest = {row["id"]: row["updatedDate"] for row in rows[:500]}
    stale = [row for row in rows[500:] if row["id"] in newest]
    assert stale
    assert all(row["updatedDate"] < newest[row["id"]] for row in stale)


def test_finished_dossiers_are_taken_up_again_until_switched_off(visitor: Visitor) -> None:
    before = visitor.truth("h49-hcc")
    visitor.turn("h49-hcc", "reopened")
    during = visitor.truth("h49-hcc")
    rows = visitor.page(size="5")["content"]
    assert during["in_progress"] == before["in_progress"] + 5
    assert {(r["dossierStatus"]["name"], r["completedDate"], r["returnedDate"]) for r in rows} == {
        ("Đang xử lý", None, None)
    }
    visitor.turn("h49-hcc", "reopened", on=False)
    assert visitor.truth("h49-hcc")["resolved"] == before["resolved"]


def test_due_days_are_moved_out(visitor: Visitor) -> None:
    before = visitor.truth("h49-hcc")
    dues = {row["id"]: row["appointmentDate"] for row in visitor.all(size="500")}
    visitor.turn("h49-hcc", "moved_due")
    after = visitor.truth("h49-hcc")
    rows = visitor.page(size="5")["content"]
    assert all(row["appointmentDate"] > dues[row["id"]] for row in rows)
    assert after["in_progress"] == before["in_progress"]
    assert after["in_progress_late"] == max(before["in_progress_late"] - 5, 0)


def test_switches_are_listed(visitor: Visitor) -> None:
    visitor.turn("h49-06673", "down")
    told = visitor.client.get("/sim/faults").json()
    assert told["h49-06673"] == [{"fault": "down", "every": 1}]
    assert told["h49-hcc"] == []


@pytest.mark.parametrize(
    ("source", "fault", "every"),
    [
        ("h49-nowhere", "down", 1),
        ("h49-hcc", "explode", 1),
        ("h49-hcc", "down", 0),
        ("h49-07192", "rate_429", 1),
    ],
)
def test_a_wrong_switch_is_refused_in_words(visitor: Visitor, source: str, fault: str, every: int) -> None:
    answer = visitor.turn(source, fault, every=every)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_no_web_page_can_turn_a_switch(visitor: Visitor) -> None:
    form = visitor.client.post("/sim/faults/h49-hcc", data={"fault": "down", "on": "true"})
    text = visitor.client.post(
        "/sim/faults/h49-hcc", content='{"fault":"down","on":true}', headers={"Content-Type": "text/plain"}
    )
    assert (form.status_code, text.status_code) == (415, 415)
    assert visitor.client.get("/sim/faults").json()["h49-hcc"] == []


def test_switches_are_read_from_the_command_line() -> None:
    assert read_switch("h49-hcc:down") == ("h49-hcc", Switch(Fault.DOWN))
    assert read_switch("h49-hcc:rate_429:3") == ("h49-hcc", Switch(Fault.RATE_429, 3))
    for wrong in ("h49-hcc", "h49-hcc:x", "h49-hcc:down:0", "h49-hcc:down:x"):
        with pytest.raises(SettingsError, match="NGUỒN:TÊN"):
            read_switch(wrong)


def test_an_unknown_source_is_refused_before_anything_starts(province_settings: Settings) -> None:
    with pytest.raises(SettingsError, match="h49-nowhere"):
        Simulation(province_settings, plan(), now=Hand(), faults=["h49-nowhere:down"])


def test_a_switch_counts_the_requests_it_is_asked_about() -> None:
    board = Switchboard({"a": "igate2"}, [("a", Switch(Fault.DOWN, 3))])
    assert [board.meets("a", Fault.DOWN) for _ in range(6)] == [False, False, True, False, False, True]
    assert not board.meets("a", Fault.HTML_200)
