"""The wall in a real Chromium: it turns without remounting, tells when it is cut off, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import URL

from ioc.clock import utc_now
from tests import postgres
from tests.browser import watched_page
from tests.pages.conftest import ROOT
from tests.pages.looking import faint, small, texts
from tests.pages.province import Filled, environ_of, fill
from tests.pages.server import Dashboard, dashboard

pytestmark = pytest.mark.browser

SCREENS = [(1920, 1080), (3840, 2160)]


@pytest.fixture
def tower(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard of one's own, to be killed."""
    with dashboard(environ_of(filled.home), tmp_path_factory.mktemp("tower") / "log") as held:
        yield held


def wall(page: Page, origin: str, query: str) -> None:
    page.goto(f"{origin}/man-hinh-lon?{query}")
    page.wait_for_selector(".st-key-wall .w-foot", timeout=60_000)
    page.wait_for_timeout(1200)


_SHOWN = """() => [1, 2, 3].filter((n) => {
  const scene = document.querySelector(`.st-key-wall_scene_${n}`);
  return scene && getComputedStyle(scene).visibility === 'visible' && +getComputedStyle(scene).opacity > 0.5;
})"""


def test_scenes_turn_without_remounting(browser: Browser, tower: Dashboard) -> None:
    with watched_page(browser, width=1920, height=1080) as (page, watch):
        wall(page, tower.origin, "hold=5&every=2")
        page.evaluate("[1, 2, 3].forEach((n) => document.querySelector(`.st-key-wall_scene_${n}`).mark = n)")
        beat = page.get_attribute("[data-ioc-beat]", "data-ioc-beat")
        seen = []
        for _ in range(36):
            seen += page.evaluate(_SHOWN)
            page.wait_for_timeout(500)
        assert set(seen) == {1, 2, 3}
        turns = [scene for place, scene in enumerate(seen) if place == 0 or seen[place - 1] != scene]
        assert all(after == before % 3 + 1 for before, after in pairwise(turns))
        marks = page.evaluate("[1, 2, 3].map((n) => document.querySelector(`.st-key-wall_scene_${n}`).mark)")
        assert marks == [1, 2, 3]
        assert page.get_attribute("[data-ioc-beat]", "data-ioc-beat") != beat
        assert watch.foreign(tower.origin) == []


@pytest.mark.parametrize(("width", "height"), SCREENS)
@pytest.mark.parametrize("scene", [1, 2, 3])
def test_everything_is_legible_at_five_metres(
    browser: Browser, tower: Dashboard, scene: int, width: int, height: int
) -> None:
    with watched_page(browser, width=width, height=height) as (page, _):
        wall(page, tower.origin, f"scene={scene}")
        found = texts(page)
        assert len(found) > 25
        assert small(found, least=height * 0.016) == []
        assert faint(found) == []
        assert len({round(text["size"], 1) for text in found}) == 3
        assert [t["text"] for t in found if t["cut"] or t["right"] > width or t["bottom"] > height] == []


def test_the_clock_walks_by_itself(browser: Browser, tower: Dashboard) -> None:
    with watched_page(browser, width=1920, height=1080) as (page, _):
        wall(page, tower.origin, "scene=1&every=600")
        first = page.inner_text("[data-ioc-face]")
        page.wait_for_timeout(2500)
        assert page.inner_text("[data-ioc-face]") > first


def test_the_page_is_loaded_anew_every_six_hours(browser: Browser, tower: Dashboard) -> None:
    with watched_page(browser, width=1920, height=1080) as (page, _):
        page.clock.install()
        wall(page, tower.origin, "scene=1&every=600")
        page.evaluate("window.old = true")
        for _ in range(5):  # an hour is less than the silence that asks for a reload
            page.clock.fast_forward("01:00:00")
            page.wait_for_timeout(2000)
        assert page.evaluate("window.old") is True
        with page.expect_event("load", timeout=30_000):
            page.clock.fast_forward("01:01:00")
        page.wait_for_selector(".st-key-wall .w-foot", timeout=60_000)
        assert page.evaluate("window.old") is None


def test_a_dead_server_is_told_and_forgotten_when_it_is_back(browser: Browser, tower: Dashboard) -> None:
    with watched_page(browser, width=1920, height=1080) as (page, _):
        wall(page, tower.origin, "scene=1&every=2")
        assert page.locator("#ioc-lost").count() == 0
        tower.kill()
        page.wait_for_selector("#ioc-lost", timeout=20_000)
        assert page.inner_text("#ioc-lost").startswith("MẤT KẾT NỐI MÁY CHỦ, số liệu lúc ")
        box = page.locator("#ioc-lost").bounding_box()
        assert box is not None
        assert box["y"] == 0
        assert box["height"] > 80
        assert not page.locator(".stDialog").is_visible()  # Streamlit's own, in English
        assert page.locator(".w-tile").count() == 8
        tower.start()
        page.wait_for_selector("#ioc-lost", state="detached", timeout=60_000)
        assert page.locator(".w-tile").count() == 8
        assert "scene=1" in page.url


def test_an_office_screen_tells_it_too(browser: Browser, tower: Dashboard) -> None:
    with watched_page(browser) as (page, _):
        page.goto(f"{tower.origin}/nguon-du-lieu")
        page.wait_for_selector(".strip", timeout=60_000)
        tower.kill()
        page.wait_for_selector("#ioc-lost", timeout=30_000)
        tower.start()
        page.wait_for_selector("#ioc-lost", state="detached", timeout=60_000)


def test_a_lost_store_keeps_the_last_figures_and_comes_back_by_itself(
    browser: Browser,
    postgres_url: URL,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("lost")
    with postgres.fresh_database(postgres_url) as url:
        address = url.render_as_string(hide_password=False)
        fill(home, now=utc_now(), dossiers=200, database_url=address)
        environ = {**environ_of(home), "IOC_DATABASE_URL": address}
        with (
            dashboard(environ, home / "log") as held,
            watched_page(browser, width=1920, height=1080) as (page, _),
        ):
            wall(page, held.origin, "scene=1&every=2")
            figures = page.locator(".w-tile > b").all_inner_texts()
            with _locked_out(postgres_url, url):
                page.wait_for_selector(".lamp-lost", timeout=30_000)
                assert "MẤT KẾT NỐI KHO DỮ LIỆU, số liệu lúc" in page.inner_text(".lamp-lost")
                assert page.locator(".w-tile > b").all_inner_texts() == figures
                assert page.locator("#ioc-lost").count() == 0
            page.wait_for_selector(".lamp-lost", state="detached", timeout=40_000)
            assert page.locator(".w-tile > b").all_inner_texts() == figures


class _locked_out:
    """Nobody gets into a database for a while."""

    def __init__(self, maintenance: URL, url: URL) -> None:
        self._address = maintenance.set(drivername="postgresql").render_as_string(hide_password=False)
        self._name = str(url.database)

    def __enter__(self) -> None:
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        self._run(kill, self._name)

    def __exit__(self, *_: object) -> None:
        self._run(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')

    def _run(self, statement: str, *values: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement.encode(), values or None)


def test_the_browser_gives_the_day_of_figures_once_midnight_has_passed(browser: Browser) -> None:
    last_second = 1_795_366_799  # 22/11/2026 23:59:59 in Vietnam
    beat = (
        f'<span data-ioc-beat="{last_second}" data-ioc-every="1" data-ioc-clock="23:59" '
        'data-ioc-day="22/11/2026" data-ioc-lost="MẤT KẾT NỐI, số liệu lúc" hidden></span>'
    )
    with watched_page(browser) as (page, _):
        page.set_content(beat)
        page.add_script_tag(path=ROOT / "ioc" / "static" / "ioc.js")
        page.wait_for_selector("#ioc-lost", timeout=20_000)
        assert page.inner_text("#ioc-lost") == "MẤT KẾT NỐI, số liệu lúc 22/11/2026 23:59"
