"""The browser probe sees what it is there to see, so that a quiet page means a quiet page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from tests.browser import watched_page

PAGE = """<!doctype html><meta charset="utf-8"><title>Xin chào</title><link rel="icon" href="data:,">
<p>Hồ sơ trễ hạn</p>"""
NOISY = (
    PAGE
    + """<img src="http://other.invalid/pixel.png"><script>
new WebSocket("ws://sockets.invalid/"); console.error("hỏng rồi"); throw new Error("vỡ")</script>"""
)


class Pages(BaseHTTPRequestHandler):
    """Two pages, one quiet, one noisy."""

    def do_GET(self) -> None:
        body = (NOISY if self.path == "/noisy" else PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_a_quiet_page_is_seen_as_quiet(browser: Browser, address: str) -> None:
    with watched_page(browser, width=390) as (page, watch):
        page.goto(address)
        assert page.title() == "Xin chào"
        assert page.evaluate("[navigator.language, innerWidth]") == ["vi-VN", 390]
    assert watch.errors == []
    assert watch.foreign(address) == []
    assert watch.urls


@pytest.mark.browser
def test_a_foreign_request_and_an_error_are_seen(browser: Browser, address: str) -> None:
    with watched_page(browser) as (page, watch):
        page.goto(f"{address}/noisy", wait_until="networkidle")
    assert {"other.invalid", "sockets.invalid"} <= watch.hosts
    assert sorted(watch.foreign(address)) == ["http://other.invalid/pixel.png", "ws://sockets.invalid/"]
    assert any("hỏng rồi" in error for error in watch.errors)
    assert "vỡ" in watch.errors
