"""Take the pictures of `docs/screenshots/` from a running dashboard, to be looked at before they are kept.

python -m tests.pages.take_screenshots http://127.0.0.1:8501
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium_path
from tests.pages.looking import quiet

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
MOST_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its name, the address, and the window."""

    name: str
    address: str
    width: int
    height: int
    open_first: str | None = None


SHOTS = (
    Shot("overview-1280", "", 1280, 1250),
    Shot("overview-1920", "", 1920, 1080),
    Shot("overview-390", "", 390, 1400),
    Shot("overview-english-1280", "?lang=en", 1280, 900),
    Shot("late-1280", "tre-han", 1280, 1250),
    Shot("late-1920", "tre-han", 1920, 1080),
    Shot("late-390", "tre-han", 390, 1400),
    Shot("dossier-1280", "tre-han", 1280, 900, "table.cards td.code a >> nth=0"),
    Shot("due-soon-1280", "sap-den-han", 1280, 1000),
    Shot("due-soon-390", "sap-den-han", 390, 1200),
    Shot("receipts-1280", "cho-tiep-nhan", 1280, 1000),
    Shot("receipts-1920", "cho-tiep-nhan", 1920, 1080),
    Shot("receipts-390", "cho-tiep-nhan", 390, 1200),
    Shot("sources-1280", "nguon-du-lieu", 1280, 1000),
    Shot("sources-1920", "nguon-du-lieu?period=7d&source=h49-hcc", 1920, 1080),
    Shot("sources-390", "nguon-du-lieu", 390, 1200),
    Shot("dossiers-1280", "ho-so?measure=resolved_late&period=month", 1280, 1000),
    Shot("wall-1-1920", "man-hinh-lon?scene=1", 1920, 1080),
    Shot("wall-2-1920", "man-hinh-lon?scene=2", 1920, 1080),
    Shot("wall-3-1920", "man-hinh-lon?scene=3", 1920, 1080),
    Shot("wall-1-3840", "man-hinh-lon?scene=1", 3840, 2160),
)


def take(browser: Browser, origin: str, shot: Shot) -> Path:
    """One picture, made small enough for a repository."""
    phone = shot.width < 500
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        device_scale_factor=2 if phone else 1,
        is_mobile=phone,
    )
    page = context.new_page()
    page.goto(f"{origin}/{shot.address}")
    page.wait_for_selector(".strip, .st-key-wall .w-foot", timeout=60_000)
    quiet(page, more_ms=1500)
    if shot.open_first:
        page.click(shot.open_first)
        page.wait_for_selector("[role=dialog] table")
        quiet(page, more_ms=800)
    path = TARGET / f"{shot.name}.png"
    page.screenshot(path=path)
    context.close()
    _shrink(path)
    return path


def _shrink(path: Path) -> None:
    """Fewer colours: these are flat pictures, and 256 are enough to look the same."""
    with Image.open(path) as picture:
        colours = picture.convert("RGB").quantize(
            256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    colours.save(path, optimize=True)


def main() -> int:
    """Take them all; 1 when one is too large to keep."""
    origin = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8501"
    TARGET.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[2:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        taken = [take(browser, origin, shot) for shot in SHOTS if not wanted or shot.name in wanted]
        browser.close()
    too_large = [path for path in taken if path.stat().st_size > MOST_BYTES]
    sys.stdout.write("".join(f"{path.name} {path.stat().st_size // 1000} kB\n" for path in taken))
    return 1 if too_large else 0


if __name__ == "__main__":
    raise SystemExit(main())
