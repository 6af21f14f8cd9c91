"""The screens in a real Chromium: they open, ask no other host, complain of nothing, and can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ioc.pages import SCREENS
from tests.browser import Watch, watched_page
from tests.pages.looking import faint, quiet, small, texts
from tests.pages.province import Filled, environ_of
from tests.pages.server import Dashboard, dashboard

pytestmark = pytest.mark.browser

READY = ".strip, .w-head"
SIZES = [(1280, 900), (1920, 1080), (390, 844)]


@pytest.fixture(scope="module")
def office(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard over the filled store."""
    log = tmp_path_factory.mktemp("office") / "dashboard.log"
    with dashboard(environ_of(filled.home), log) as held:
        yield held


def harmless(error: str) -> bool:
    """Streamlit's client looks for its base path: two 404s on the first load of a deep address."""
    return bool(re.search(r"404.*/_stcore/(health|host-config)\)", error))


def complaints(watch: Watch) -> list[str]:
    return [error for error in watch.errors if not harmless(error)]


def go(page: Page, origin: str, address: str) -> None:
    page.goto(f"{origin}/{address}")
    page.wait_for_selector(READY, timeout=60_000)
    quiet(page)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.file)
def test_a_screen_opens_asks_no_other_host_and_complains_of_nothing(
    browser: Browser, office: Dashboard, screen: object
) -> None:
    for width, height in SIZES:
        with watched_page(browser, width=width, height=height) as (page, watch):
            go(page, office.origin, screen.url_path)  # type: ignore[attr-defined]
            assert watch.foreign(office.origin) == []
            assert complaints(watch) == []
            assert page.title() != "pwned"
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate("document.documentElement.lang") == "vi"


@pytest.mark.parametrize(
    "address", ["", "tre-han", "cho-tiep-nhan", "nguon-du-lieu?period=7d&source=h49-hcc"]
)
def test_everything_on_an_office_screen_can_be_read(
    browser: Browser, office: Dashboard, address: str
) -> None:
    with watched_page(browser, width=1280, height=2400) as (page, _):
        go(page, office.origin, address)
        found = [text for text in texts(page) if text["left"] > 240]  # the menu is Streamlit's
        assert len(found) > 40
        assert faint(found) == []
        assert small(found, least=12) == []


def test_hostile_text_runs_nothing_and_fetches_nothing(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser, width=1280, height=2000) as (page, watch):
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for address in ("tre-han?period=7d&agency=H49", "nguon-du-lieu?period=7d&source=h49-hcc"):
            go(page, office.origin, address)
            page.wait_for_timeout(500)
            assert "onerror" in page.inner_text("body")
            assert page.evaluate("document.querySelectorAll('img[src=x], [onerror]').length") == 0
            assert page.title() != "pwned"
        go(page, office.origin, "tre-han?period=7d&agency=H49")
        page.click("table.cards td.code a >> nth=0")
        page.wait_for_selector("[role=dialog] .facts-list")
        assert page.title() != "pwned"
        assert watch.foreign(office.origin) == []


def test_a_number_opens_its_list_without_loading_the_page_again(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser) as (page, watch):
        go(page, office.origin, "")
        page.evaluate("window.still_here = true")
        count = page.inner_text(".tile.is-late .value a")
        page.click(".tile.is-late .value a")
        page.wait_for_selector(".headline .big")
        assert page.inner_text(".headline .big") == count
        assert "/ho-so?" in page.url
        assert "measure=in_progress_late" in page.url
        page.go_back()
        page.wait_for_selector(".tiles")
        assert page.evaluate("window.still_here") is True
        assert complaints(watch) == []


def test_the_keyboard_reaches_a_number_and_opens_it(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser) as (page, _):
        go(page, office.origin, "")
        page.focus(".tile .value a >> nth=0")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Enter")
        page.wait_for_selector(".headline .big")


def test_late_dossiers_are_three_clicks_away_and_a_link_gives_the_same(
    browser: Browser, office: Dashboard
) -> None:
    with watched_page(browser, height=1400) as (page, _):
        go(page, office.origin, "tre-han")
        for step in range(3):
            count = page.inner_text(".two td.num >> nth=0")
            page.click(".two td.name a >> nth=0")
            page.wait_for_selector(f".crumbs > a >> nth={step}")
            quiet(page)
            assert page.inner_text(".headline .big") == count
        address, shown = page.url, page.inner_text("table.cards")
    with watched_page(browser, height=1400) as (page, _):
        page.goto(address)
        page.wait_for_selector("table.cards")
        assert page.inner_text("table.cards") == shown


def test_a_dossier_dialog_is_in_the_address_and_leaves_it(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser, height=1400) as (page, _):
        go(page, office.origin, "tre-han")
        page.click("table.cards td.code a >> nth=0")
        page.wait_for_selector("[role=dialog] table")
        assert "dossier=" in page.url
        page.keyboard.press("Escape")
        page.wait_for_selector("[role=dialog]", state="detached")
        page.wait_for_url(re.compile(r"tre-han\?(?!.*dossier=)"))


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf# "), ("xlsx", b"PK")])
def test_a_list_is_downloaded_whole_and_never_kept(
    browser: Browser, office: Dashboard, kind: str, start: bytes
) -> None:
    with watched_page(browser, height=1400) as (page, _):
        go(page, office.origin, "tre-han")
        total = int(page.inner_text(".headline .big").replace(".", ""))
        link = page.locator(f".downloads a[href*='.{kind}?']")
        with page.expect_download() as waiting:
            link.click()
        body = Path(waiting.value.path()).read_bytes()
        assert body.startswith(start)
        assert re.fullmatch(
            rf"ho-so-in-progress-late_\d{{8}}-\d{{6}}_[0-9a-f]{{6}}\.{kind}", waiting.value.suggested_filename
        )
        if kind == "csv":
            rows = [
                line for line in body.decode("utf-8-sig").split("\r\n") if re.search(r",h49-[a-z0-9]+,", line)
            ]
            assert len(rows) == total
        answer = page.request.get(f"{office.origin}/{link.get_attribute('href')}")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_template_is_downloaded_and_other_kinds_are_not(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser) as (page, _):
        assert page.request.get(f"{office.origin}/xuat/mau-tep.xlsx").body().startswith(b"PK")
        assert page.request.get(f"{office.origin}/xuat/ho-so.exe").status == 404


@pytest.mark.parametrize(
    "path",
    ["", "tre-han", "_stcore/health", "tinh/ioc.js", "tinh/ioc.css", "xuat/mau-tep.xlsx", "media/none"],
)
def test_every_answer_of_the_server_carries_the_security_headers(
    browser: Browser, office: Dashboard, path: str
) -> None:
    with watched_page(browser) as (page, _):
        headers = page.request.get(f"{office.origin}/{path}", headers={"accept": "text/html"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "script-src 'self' 'sha256-" in policy
        assert "unsafe-eval" not in policy
        assert "frame-ancestors 'self'" in policy


def test_filters_go_into_the_address_and_stay_on_the_next_screen(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser) as (page, _):
        go(page, office.origin, "")
        page.click("text=Tháng này")
        page.wait_for_url(re.compile("period=month"))
        quiet(page)
        page.click("[data-testid=stSidebar] >> text=Hồ sơ trễ hạn")
        page.wait_for_selector(".headline .big")
        page.wait_for_url(re.compile("period=month"))


def test_english_is_one_click_away(browser: Browser, office: Dashboard) -> None:
    with watched_page(browser) as (page, watch):
        go(page, office.origin, "")
        page.click("text=English")
        page.wait_for_selector("text=Late now")
        assert page.inner_text(".lamp") == "Figures in part missing"
        assert complaints(watch) == []
