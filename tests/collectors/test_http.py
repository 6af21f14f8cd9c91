"""The one fetch against servers that lie, stop, drip and stutter: whole or an exception, never a part."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ioc.collectors.http import AT_ONCE, ONE_TRY, Http
from ioc.errors import AccessRefused, RetryLater, SourceChanged, SourceFault
from ioc.faults import FaultKind
from ioc.settings import Auth
from tests.builders import NOON, a_source
from tests.collectors.building import FixedClock
from tests.collectors.servers import RawServer, Script, chunked, drip, reply, reset, silent, zipped

ROWS = json.dumps({"content": [{"id": str(n), "name": "Nguyễn " * 5} for n in range(400)]}).encode()


def fetch(*scripts: Script, **changes: Any) -> Any:
    """The decoded answer of a server that plays `scripts`."""
    with RawServer(*scripts) as server:
        values: dict[str, Any] = {"base_url": server.url, "request_seconds": 3.0} | changes
        http = Http(a_source(**values), secret=lambda: "canary", retry=ONE_TRY, clock=FixedClock())
        try:
            return http.fetch_json("/x").document.value
        finally:
            http.close()


def test_a_plain_answer_is_read() -> None:
    assert fetch(reply(ROWS)) == json.loads(ROWS)


@pytest.mark.parametrize(
    "script",
    [
        zipped(ROWS),
        reply(gzip.compress(ROWS[:700]) + gzip.compress(ROWS[700:]), headers={"Content-Encoding": "gzip"}),
        reply(gzip.compress(ROWS), headers={"Content-Encoding": "x-gzip"}, length=None),
        reply(ROWS, length=None),
        chunked([ROWS[:100], ROWS[100:]]),
        reply(b"\xef\xbb\xbf" + ROWS),
        reply(ROWS, headers={"Content-Type": "text/plain; charset=iso-8859-1"}),
        reply(json.dumps({"content": ["Hồ sơ"]}, ensure_ascii=False).encode("utf-16")),
    ],
    ids=["gzip", "two members", "x-gzip", "no length", "chunked", "bom", "wrong label", "utf-16"],
)
def test_what_is_whole_is_taken_whatever_its_wrapping(script: Script) -> None:
    value = fetch(script)
    assert value == json.loads(ROWS) or value == {"content": ["Hồ sơ"]}


def test_every_member_of_a_gzip_body_counts() -> None:
    body = b"".join(gzip.compress(ROWS[n : n + 50]) for n in range(0, len(ROWS), 50))
    assert fetch(reply(body, headers={"Content-Encoding": "gzip"})) == json.loads(ROWS)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (zipped(ROWS, cut=-200), FaultKind.NETWORK),
        (zipped(ROWS, cut=-4), FaultKind.NETWORK),
        (zipped(ROWS, cut=40, length=None), FaultKind.NETWORK),
        (
            reply(gzip.compress(ROWS[:700]), headers={"Content-Encoding": "gzip"}, length=None),
            FaultKind.NETWORK,
        ),
        (reply(ROWS[:3000], length=len(ROWS)), FaultKind.NETWORK),
        (reply(ROWS[:3000], length=None), FaultKind.NETWORK),
        (reply(ROWS[:3000]), FaultKind.NETWORK),
        (chunked([ROWS[:3000]], finish=False), FaultKind.NETWORK),
        (reset(), FaultKind.NETWORK),
        (reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + ROWS[:2000]), FaultKind.NETWORK),
        (reply(status="504 Gateway Timeout"), FaultKind.TIMEOUT),
        (reply(status="500 Oops"), FaultKind.SERVER),
        (reply(status="429 Too Many"), FaultKind.RATE),
    ],
    ids=[
        "cut gzip",
        "gzip without checksum",
        "cut gzip no length",
        "one member of two",
        "cut body",
        "cut body no length",
        "cut json",
        "unfinished chunks",
        "reset",
        "reset in the body",
        "504",
        "500",
        "429",
    ],
)
def test_a_part_is_never_taken_for_the_whole(script: Script, kind: FaultKind) -> None:
    with pytest.raises(RetryLater) as caught:
        fetch(script)
    assert caught.value.kind is kind


def test_a_bad_checksum_is_refused() -> None:
    body = bytearray(gzip.compress(ROWS))
    body[-6] ^= 1
    with pytest.raises(SourceChanged):
        fetch(reply(bytes(body), headers={"Content-Encoding": "gzip"}))


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (reply(b"<html><body>Bao tri</body></html>"), FaultKind.HTML),
        (reply(b"  <!DOCTYPE html><title>WAF</title>"), FaultKind.HTML),
        (reply(b""), FaultKind.SCHEMA),
        (reply(b"null"), FaultKind.SCHEMA),
        (reply(b"nothing here"), FaultKind.SCHEMA),
        (reply(b'"text"'), FaultKind.SCHEMA),
        (reply(b'{"a": 1,, "b": 2, "ccccccccccccccccccc": 3}'), FaultKind.SCHEMA),
        (reply(b"[" * 100_000 + b"]" * 100_000), FaultKind.SCHEMA),
        (reply(b'{"a":' + b"[" * 80 + b"]" * 80 + b"}"), FaultKind.SCHEMA),
        (reply(b'{"n": ' + b"9" * 5000 + b"}"), FaultKind.SCHEMA),
        (reply(status="204 No Content", body=b""), FaultKind.SCHEMA),
        (reply(status="404 Not Found"), FaultKind.SCHEMA),
        (reply(status="400 Bad"), FaultKind.SCHEMA),
        (reply(ROWS, headers={"Content-Encoding": "deflate"}), FaultKind.SCHEMA),
        (reply(ROWS, headers={"Content-Encoding": "br"}), FaultKind.SCHEMA),
        (reply('{"a": "Hồ sơ"}'.encode("utf-16")[:-1] + b"\xd8"), FaultKind.SCHEMA),
    ],
)
def test_what_a_person_must_look_at(script: Script, kind: FaultKind) -> None:
    with pytest.raises(SourceChanged) as caught:
        fetch(script)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (reply(status="401 Unauthorized"), FaultKind.AUTH),
        (reply(b"Non-Authoritative", status="203 Non-Authoritative"), FaultKind.AUTH),
        (reply(status="403 Forbidden"), FaultKind.PERMISSION),
        (reply("<html><form>Đăng nhập hệ thống</form>".encode()), FaultKind.AUTH),
        (reply(b"<html><input type=password>"), FaultKind.AUTH),
        (reply(b'{"error":"invalid_token","error_description":"Token expired"}'), FaultKind.AUTH),
        (reply(b'{"error_code":"-1","message":"Phien dang nhap het han"}'), FaultKind.AUTH),
        (reply(b'{"timestamp":1,"status":403,"error":"Forbidden","path":"/x"}'), FaultKind.PERMISSION),
        (
            reply(status="302 Found", headers={"Location": "https://sso.example.gov.vn/login?next=1"}),
            FaultKind.AUTH,
        ),
    ],
)
def test_refusals_stop_instead_of_hammering(script: Script, kind: FaultKind) -> None:
    with pytest.raises(AccessRefused) as caught:
        fetch(script)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    "body",
    [
        b'{"error_code":"-1","message":"Loi he thong"}',
        b'{"error_code":-1,"message":"x"}',
        b'{"response_code":"-1","response_data":"x"}',
        b'{"succeeded":false,"message":"x"}',
        b'{"timestamp":"t","status":500,"error":"Internal","message":"x","path":"/p"}',
        b'{"faultCode":"E1","faultMessage":"x"}',
        b'{"error":"boom"}',
    ],
)
def test_an_error_inside_a_200_is_an_error(body: bytes) -> None:
    with pytest.raises(RetryLater):
        fetch(reply(body))


@pytest.mark.parametrize(
    "body", [b'{"error_code":"0","content":[]}', b'{"response_code":"00"}', b'{"error":null,"content":[]}']
)
def test_a_good_code_is_no_error(body: bytes) -> None:
    assert fetch(reply(body)) == json.loads(body)


def test_a_redirect_is_not_followed_and_names_its_target() -> None:
    with RawServer(reply(ROWS)) as other:
        target = f"{other.url}/elsewhere?key=secret"
        with pytest.raises(SourceChanged, match=r"127\.0\.0\.1"):
            fetch(reply(status="301 Moved", headers={"Location": target}))
        assert other.requests == []
    with pytest.raises(SourceChanged, match=r"khac\.example\.gov\.vn") as caught:
        fetch(reply(status="307 Moved", headers={"Location": "https://khac.example.gov.vn/x?key=secret"}))
    assert "secret" not in str(caught.value)


def test_a_bomb_stops_at_the_cap() -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    with pytest.raises(SourceChanged, match="lớn hơn"):
        fetch(reply(bomb, headers={"Content-Encoding": "gzip"}), max_page_bytes=1_000_000)


def test_a_long_body_stops_at_the_cap() -> None:
    with pytest.raises(SourceChanged, match="lớn hơn"):
        fetch(reply(b'{"a":"' + b"x" * 2_000_000 + b'"}'), max_page_bytes=1_000_000)


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Ends a dripping server with its test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 500,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b" " * 9999,
    ],
    ids=["headers", "body"],
)
def test_a_drip_ends_at_the_deadline_of_the_request(data: bytes, stop: threading.Event) -> None:
    begun = time.monotonic()
    with pytest.raises(RetryLater) as caught:
        fetch(drip(data, every=0.05, stop=stop), request_seconds=0.6)
    assert caught.value.kind is FaultKind.TIMEOUT
    assert time.monotonic() - begun < 2.5


def test_a_silent_server_ends_at_the_deadline() -> None:
    with pytest.raises(RetryLater) as caught:
        fetch(silent(), request_seconds=0.5)
    assert caught.value.kind is FaultKind.TIMEOUT


def test_a_wish_to_stop_ends_a_silent_request_at_once(stop: threading.Event) -> None:
    with RawServer(silent()) as server:
        source = a_source(base_url=server.url, request_seconds=30.0)
        http = Http(source, secret=lambda: "", retry=ONE_TRY, clock=FixedClock(), stop=stop.is_set)
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        with pytest.raises(Exception, match="dừng"):
            http.fetch_json("/x")
        http.close()
    assert time.monotonic() - begun < 3


def test_nobody_listening_and_no_such_name() -> None:
    with pytest.raises(RetryLater, match="không nhận kết nối") as caught:
        fetch(reply(), base_url="http://127.0.0.1:1")
    assert caught.value.kind is FaultKind.NETWORK
    with pytest.raises(RetryLater, match="tên máy"):
        fetch(reply(), base_url="http://khong-co.invalid")


@pytest.mark.parametrize("base_url", ["ftp://x", "http://[bad", "http:///"])
def test_an_address_that_cannot_be_read_says_so(base_url: str) -> None:
    with pytest.raises(SourceFault):
        fetch(reply(), base_url=base_url)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 1.0), ("999999", 3600.0), ("Fri, 20 Nov 2026 05:02:00 GMT", 120.0), ("soon", None)],
)
def test_retry_after_is_read_and_clamped(header: str, seconds: float | None) -> None:
    with pytest.raises(RetryLater) as caught:
        fetch(reply(status="429 Slow", headers={"Retry-After": header}))
    assert caught.value.after_seconds == seconds
    assert NOON.isoformat() == "2026-11-20T05:00:00+00:00"


def client(server: RawServer, **changes: Any) -> Http:
    """An impatient client that still tries three times."""
    return Http(
        a_source(base_url=server.url, **changes), secret=lambda: "s", retry=AT_ONCE, clock=FixedClock()
    )


def test_three_tries_and_no_more() -> None:
    with RawServer(reply(status="500 Oops"), reset(), reply(ROWS)) as server:
        assert client(server).fetch_json("/x").document.value == json.loads(ROWS)
    with RawServer(reply(status="500 Oops")) as server:
        with pytest.raises(RetryLater):
            client(server).fetch_json("/x")
        assert len(server.requests) == 3


def test_a_refusal_is_not_tried_again() -> None:
    with RawServer(reply(status="403 Forbidden")) as server:
        with pytest.raises(AccessRefused):
            client(server).fetch_json("/x")
        assert len(server.requests) == 1


def test_a_long_retry_after_ends_the_run_instead_of_sleeping() -> None:
    with RawServer(reply(status="503 Busy", headers={"Retry-After": "600"})) as server:
        with pytest.raises(RetryLater) as caught:
            client(server).fetch_json("/x")
        assert caught.value.after_seconds == 600
        assert len(server.requests) == 1


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(reply(b"{}")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert fetch(reply(ROWS)) == json.loads(ROWS)
        assert proxy.requests == []


def test_only_gzip_is_offered() -> None:
    with RawServer(reply(ROWS)) as server:
        client(server).fetch_json("/x")
        assert b"Accept-Encoding: gzip\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (Auth(type="basic", username="u", secret_env="X"), b"Authorization: Basic dTpz"),
        (Auth(type="bearer", secret_env="X"), b"Authorization: Bearer s"),
    ],
)
def test_simple_credentials_are_sent(auth: Auth, header: bytes) -> None:
    with RawServer(reply(ROWS)) as server:
        client(server, auth=auth).fetch_json("/x")
        assert header in server.requests[0]


def test_no_secret_reaches_a_text_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = b'{"error":"boom","message":"token canary-7 refused for 001090123456 a@b.vn"}'
    with RawServer(reply(body)) as server:
        source = a_source(base_url=server.url, auth=Auth(type="bearer", secret_env="X"))
        http = Http(source, secret=lambda: "canary-7", retry=AT_ONCE, clock=FixedClock())
        with pytest.raises(SourceFault) as caught:
            http.fetch_json("/x", [("api_key", "canary-8")])
        http.close()
    said = str(caught.value) + caplog.text
    assert not [word for word in ("canary-7", "canary-8", "001090123456", "a@b.vn", "/x") if word in said]


def test_the_clock_of_the_source_is_measured() -> None:
    with RawServer(reply(ROWS, headers={"Date": "Fri, 20 Nov 2026 05:20:00 GMT"})) as server:
        http = client(server)
        http.fetch_json("/x")
        assert http.clock_offset_seconds == 1200
