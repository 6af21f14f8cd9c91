"""A real Chromium for the end-to-end tests, and pages that remember what they asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests import bootstrap_browser

ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",  # what the page did not ask for is not the page's fault
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-first-run",
    "--lang=vi-VN",
)


@dataclass(slots=True)
class Watch:
    """What a page did besides being looked at."""

    urls: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        """Every host (with port) that was asked for anything, over HTTP or WebSocket."""
        return {urlsplit(url).netloc for url in self.urls} - {""}

    def foreign(self, origin: str) -> list[str]:
        """The addresses outside `origin`'s host; a page of ours has none."""
        home = urlsplit(origin).netloc
        return [url for url in self.urls if urlsplit(url).netloc not in {home, ""}]


def chromium_path() -> str:
    """The browser found by `tests/bootstrap_browser.py`, looked for now when it was not run."""
    if not bootstrap_browser.NOTE.exists():
        bootstrap_browser.main()
    return bootstrap_browser.NOTE.read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium a test module: while Playwright is up, its event loop counts as running
    in this thread, and a later module's `asyncio.run` would be refused."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *sandbox])
        yield chromium
        chromium.close()


@contextmanager
def watched_page(browser: Browser, *, width: int = 1280, height: int = 800) -> Iterator[tuple[Page, Watch]]:
    """A page of its own context (no cookies, no cache), and what it asked for and complained of."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    page, watch = context.new_page(), Watch()
    page.on("request", lambda request: watch.urls.append(request.url))
    page.on("websocket", lambda socket: watch.urls.append(socket.url))
    page.on("console", lambda message: _note_error(watch, message))
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    try:
        yield page, watch
    finally:
        context.close()


def _note_error(watch: Watch, message: ConsoleMessage) -> None:
    if message.type == "error":
        watch.errors.append(f"{message.text} ({message.location['url']})")
