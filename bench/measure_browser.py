"""The screens in a real Chromium: opening, refreshing, and the memory of the wall (`peers.md` §6.3).

A new profile for every opening; drawn means that the last tile, chart and table row is in the page.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench.cpu import memory_mb, process_ms
from bench.dashboard import Dashboard, new_data, running
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.pages import PATH
from tests.browser import ARGUMENTS, chromium_path

RUNS = 5
DRAWN = {
    "overview": """() => document.querySelectorAll('.tile').length >= 8
        && document.querySelectorAll('[data-testid="stVegaLiteChart"] svg.marks').length >= 2
        && [...document.querySelectorAll('table')].some(t => t.tBodies[0].rows.length >= 150)
        && performance.now()""",
    "late": """() => document.querySelectorAll('.band').length >= 4
        && document.querySelectorAll('table').length >= 3
        && [...document.querySelectorAll('table.cards')].some(t => t.tBodies[0].rows.length >= 50)
        && performance.now()""",
    "wall": """() => document.querySelectorAll('.w-tile').length >= 8
        && document.querySelectorAll('.w-plot img').length >= 2 && performance.now()""",
}
FIRST_BYTE = "() => performance.getEntriesByType('navigation')[0].responseStart"
BYTES = """() => performance.getEntriesByType('resource').reduce((sum, e) => sum + e.transferSize, 0)"""
HEAP = "() => performance.memory.usedJSHeapSize / 1048576"


def measure(stage: Stage, pages: tuple[str, ...], *, minutes: float) -> dict[str, Any]:
    """Openings and refreshes on each engine; the wall's memory on the first."""
    told: dict[str, Any] = {}
    for name in stage.engines:
        url = stage.store(name, stage.size)
        with running(stage.folder(stage.size), url) as dashboard, _chromium() as browser:
            told[name] = {page: _openings(browser, dashboard, page, url) for page in pages}
            for page, found in told[name].items():
                say(f"  {name} {page}: {found}")
            if minutes and name == stage.engines[0]:
                told["wall"] = _wall(browser, dashboard, url, minutes)
    return told


@contextmanager
def _chromium() -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        flags = [*ARGUMENTS, *sandbox, "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield browser
        browser.close()


def _openings(browser: Browser, dashboard: Dashboard, page: str, url: str) -> dict[str, Any]:
    """The first opening of a process, then with warm and with cold answers, then reloads over new data."""
    address = dashboard.url + PATH[page]
    first = _opened(browser, address, page)
    warm = [_opened(browser, address, page) for _ in range(RUNS)]
    cold, reloads = [], []
    before = process_ms(dashboard.pid)
    for _ in range(RUNS):
        new_data(url)
        cold.append(_opened(browser, address, page))
    used = (process_ms(dashboard.pid) - before) / RUNS
    with _tab(browser) as tab:
        tab.goto(address)
        _drawn(tab, page)
        for _ in range(RUNS):
            new_data(url)
            tab.reload()
            reloads.append(_drawn(tab, page))
    return {
        "first_ms": round(first[1]),
        "first_after_first_byte_ms": round(first[1] - first[0]),
        "open_warm_ms": _told([drawn for _, drawn, _ in warm]),
        "open_new_data_ms": _told([drawn for _, drawn, _ in cold]),
        "open_new_data_after_first_byte_ms": _told([drawn - byte for byte, drawn, _ in cold]),
        "reload_new_data_ms": _told(reloads),
        "server_cpu_an_open_ms": round(used),
        "transferred_kb": round(median(size for _, _, size in cold) / 1024),
        "runs": RUNS,
    }


def _told(values: list[float]) -> dict[str, int]:
    return {"median": round(median(values)), "worst": round(max(values))}


@contextmanager
def _tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="vi-VN")
    try:
        yield context.new_page()
    finally:
        context.close()


def _opened(browser: Browser, address: str, page: str) -> tuple[float, float, float]:
    """Milliseconds from the navigation to the first byte and to the last thing drawn; bytes over the wire."""
    with _tab(browser) as tab:
        tab.goto(address, wait_until="commit")
        drawn = _drawn(tab, page)
        return float(tab.evaluate(FIRST_BYTE)), drawn, float(tab.evaluate(BYTES))


def _drawn(tab: Page, page: str) -> float:
    return float(tab.wait_for_function(DRAWN[page], polling="raf", timeout=20_000).json_value())


def _wall(browser: Browser, dashboard: Dashboard, url: str, minutes: float) -> dict[str, Any]:
    """The wall refreshing every ten seconds over new data: memory of renderer and server, every half minute.

    The debugger stays attached, which only ever adds memory (`peers.md` §6.2).
    """
    with _tab(browser) as tab:
        tab.goto(dashboard.url + PATH["wall"])
        _drawn(tab, "wall")
        curve, end = [], time.perf_counter() + minutes * 60
        while time.perf_counter() < end:
            for _ in range(3):
                new_data(url)
                tab.wait_for_timeout(10_000)
            sample = {
                "renderers_mb": round(_renderers()),
                "heap_mb": round(float(tab.evaluate(HEAP)), 1),
                "server_mb": round(memory_mb(dashboard.pid)),
            }
            curve.append(sample)
            say(f"  wall: {sample}")
        alive = bool(tab.evaluate(f"Boolean(({DRAWN['wall']})())"))
    return {"minutes": minutes, "curve": curve, "drawn_at_end": alive}


def _renderers() -> float:
    """Resident memory of all renderers below this process, in MB."""
    children = psutil.Process().children(recursive=True)
    return sum(
        child.memory_info().rss / 2**20
        for child in children
        if "--type=renderer" in " ".join(child.cmdline())
    )


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long the wall is watched (0: not)")
    parser.add_argument("--pages", default="overview,late")
    given = parser.parse_args()
    with stage_of(given) as stage:
        keep("browser", stage.size, measure(stage, tuple(given.pages.split(",")), minutes=given.minutes))


if __name__ == "__main__":
    main()
