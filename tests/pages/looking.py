"""Looking at a page as a careful eye would: what is too small, too faint, cut off, or out of the frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

QUIET = '[data-testid="stApp"][data-test-script-state="notRunning"]'

_TEXTS = Path(__file__).with_name("looking.js").read_text("utf-8")


def texts(page: Page, *, within: str | None = None) -> list[dict[str, Any]]:
    """Every piece of text that can be seen, with its size, contrast, place and whether it is cut."""
    found: list[dict[str, Any]] = page.evaluate(_TEXTS)
    if within is None:
        return found
    box = page.locator(within).first.bounding_box()
    assert box is not None
    return [text for text in found if box["y"] <= text["top"] <= box["y"] + box["height"]]


def faint(found: list[dict[str, Any]], *, least: float = 4.5) -> list[tuple[str, float]]:
    """Texts whose contrast is below `least`."""
    return [(t["text"], round(t["contrast"], 2)) for t in found if t["contrast"] < least]


def small(found: list[dict[str, Any]], *, least: float) -> list[tuple[str, float]]:
    """Texts smaller than `least` pixels."""
    return [(t["text"], t["size"]) for t in found if t["size"] < least - 0.01]


def quiet(page: Page, *, more_ms: int = 300) -> None:
    """Wait until the script has run and its last element is there."""
    page.wait_for_timeout(200)
    page.wait_for_selector(QUIET, timeout=40_000)
    page.wait_for_timeout(more_ms)
