"""Tokens, the probe of `doctor`, the breaker and the memory of what vanished."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ioc.collectors.breaker import pause_after
from ioc.collectors.http import AT_ONCE, Http
from ioc.collectors.reach import probe
from ioc.collectors.vanished import Memory, after_part, after_whole, restored, tombstone
from ioc.errors import AccessRefused, IocError, RetryLater, SettingsError
from ioc.faults import FaultKind
from ioc.settings import Auth
from tests.builders import NOON, a_source, a_version
from tests.collectors.building import ENVIRON, FixedClock, igate_source, many
from tests.collectors.servers import FakeIgate, RawServer, reply


def client(site: FakeIgate, ticks: list[float], **changes: Any) -> Http:
    return Http(
        igate_source(site, request_seconds=30.0, **changes),
        secret=lambda: FakeIgate.SECRET,
        retry=AT_ONCE,
        clock=FixedClock(),
        monotonic=lambda: ticks[0],
    )


def ask(http: Http) -> object:
    return http.fetch_json("/pa/dossier/search", [("spec", "page")]).document.value


def test_a_token_is_renewed_at_four_fifths_of_its_life(site: FakeIgate) -> None:
    ticks = [0.0]
    site.token_life = 100
    http = client(site, ticks)
    for moment, logins in ((0.0, 1), (79.0, 1), (81.0, 2), (150.0, 2), (162.0, 3)):
        ticks[0] = moment
        ask(http)
        assert site.logins == logins
    http.close()


def test_a_password_grant_sends_the_user(site: FakeIgate) -> None:
    auth = Auth(
        type="oidc", token_url=site.token_url, client_id="ioc", username="doc", secret_env="S1_SECRET"
    )
    http = client(site, [0.0], auth=auth)
    ask(http)
    http.close()
    assert site.logins == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"access_token": 5, "expires_in": 300}', AccessRefused),
        (b'{"access_token": ""}', AccessRefused),
        (b'{"access_token": "a\\nb"}', AccessRefused),
        (b"{}", AccessRefused),
        (b"[]", AccessRefused),
        (b"<html>login</html>", AccessRefused),
    ],
)
def test_a_token_that_cannot_be_used_is_a_refusal(body: bytes, kind: type[IocError]) -> None:
    with RawServer(reply(body)) as server:
        auth = Auth(type="oidc", token_url=f"{server.url}/token", client_id="ioc", secret_env="X")
        http = Http(
            a_source(base_url=server.url, auth=auth), secret=lambda: "s", retry=AT_ONCE, clock=FixedClock()
        )
        with pytest.raises(kind):
            ask(http)
        http.close()
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "expires", [b"", b', "expires_in": "300"', b', "expires_in": null', b', "expires_in": -5']
)
def test_the_life_of_a_token_may_be_missing_or_odd(expires: bytes) -> None:
    token = b'{"access_token": "t"' + expires + b"}"
    with RawServer(reply(token), reply(b'{"content": []}')) as server:
        auth = Auth(type="oidc", token_url=f"{server.url}/token", client_id="ioc", secret_env="X")
        http = Http(
            a_source(base_url=server.url, auth=auth), secret=lambda: "s", retry=AT_ONCE, clock=FixedClock()
        )
        assert ask(http) == {"content": []}
        http.close()


def test_a_token_server_that_is_down_is_asked_again() -> None:
    with RawServer(reply(status="503 Busy")) as server:
        auth = Auth(type="oidc", token_url=f"{server.url}/token", client_id="ioc", secret_env="X")
        http = Http(
            a_source(base_url=server.url, auth=auth), secret=lambda: "s", retry=AT_ONCE, clock=FixedClock()
        )
        with pytest.raises(RetryLater):
            ask(http)
        http.close()
        assert len(server.requests) == 3


@pytest.mark.parametrize("auth", [Auth(type="magic"), Auth(type="oidc", client_id="x", secret_env="X")])
def test_a_way_in_that_nobody_knows_is_a_fault_of_the_settings(auth: Auth) -> None:
    http = Http(a_source(auth=auth), secret=lambda: "s", retry=AT_ONCE)
    with pytest.raises(SettingsError, match="auth"):
        ask(http)
    http.close()


# -- the probe ------------------------------------------------------------------------------------------


def test_the_probe_says_nothing_when_all_is_well(site: FakeIgate, tmp_path: Path) -> None:
    site.put(*many(3))
    assert probe(igate_source(site), ENVIRON, home=tmp_path) is None
    drop = a_source("s2", kind="file_drop", folder="in/s2")
    assert probe(drop, ENVIRON, home=tmp_path) is None
    assert (tmp_path / "in" / "s2").is_dir()


def test_the_probe_tells_what_is_wrong(site: FakeIgate, tmp_path: Path) -> None:
    assert "S1_SECRET" in (probe(igate_source(site), {}, home=tmp_path) or "")
    wrong = probe(igate_source(site), {"S1_SECRET": "sai"}, home=tmp_path)
    assert "S1_SECRET" in (wrong or "")
    assert "sai" not in (wrong or "").split()
    assert probe(igate_source(site, base_url="http://127.0.0.1:1"), ENVIRON, home=tmp_path)
    assert "opencps" in (probe(a_source(kind="opencps"), ENVIRON, home=tmp_path) or "")


# -- the breaker ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "failures", "after", "seconds"),
    [
        (FaultKind.SERVER, 1, None, None),
        (FaultKind.SERVER, 4, None, None),
        (FaultKind.SERVER, 5, None, 60),
        (FaultKind.SERVER, 7, None, 240),
        (FaultKind.SERVER, 50, None, 900),
        (FaultKind.RATE, 1, 30.0, None),
        (FaultKind.RATE, 1, 600.0, 600),
        (FaultKind.AUTH, 1, None, 1800),
        (FaultKind.PERMISSION, 1, None, 1800),
    ],
)
def test_pauses(fault: FaultKind, failures: int, after: float | None, seconds: float | None) -> None:
    pause = pause_after(
        fault=fault, error="lý do", failures=failures, every_seconds=60, now=NOON, after_seconds=after
    )
    assert (None if pause is None else (pause.until - NOON).total_seconds()) == seconds
    assert pause is None or "lý do" in pause.reason


# -- what vanished -------------------------------------------------------------------------------------------


def test_absent_once_is_remembered_twice_is_dead_and_shown_again_is_forgotten() -> None:
    memory = Memory(cursor="c")
    dead, memory = after_whole(memory, live={"a", "b", "c"}, found=frozenset("ab"))
    assert (dead, memory.missing) == (frozenset(), {"c"})
    back, again = after_whole(memory, live={"a", "b", "c"}, found=frozenset("abc"))
    assert (back, again.missing) == (frozenset(), frozenset())
    dead, memory = after_whole(memory, live={"a", "b", "c"}, found=frozenset("ab"))
    assert (dead, memory.missing, memory.gone) == ({"c"}, frozenset(), {"c"})
    assert after_part(memory, found=frozenset("c")).gone == frozenset()
    assert memory.cursor == "c"


def test_a_memory_survives_its_text_and_reads_older_cursors() -> None:
    memory = Memory(cursor='{"updated": 1}', missing=frozenset("xy"), gone=frozenset("z"))
    assert Memory.read(memory.text()) == memory
    assert Memory.read('{"updated": 1}') == Memory(cursor='{"updated": 1}')
    assert Memory.read(None) == Memory()
    assert json.loads(memory.text())["missing"] == ["x", "y"]


def test_a_dossier_shown_again_is_newer_than_its_tombstone() -> None:
    version = a_version()
    stone = tombstone(version, now=NOON)
    (back,) = restored([version], Memory(gone=frozenset({"K1"})), seen_at=NOON + timedelta(hours=1))
    assert stone.deleted
    assert stone.order > version.order
    assert back.order > stone.order
    assert not back.deleted
    assert restored([version], Memory(), seen_at=NOON) == (version,)
