"""Find a Chromium for the end-to-end tests, or fetch one; its path goes to `.tools/chromium`.

Uses the standard library only. In this order: $IOC_CHROMIUM, one on PATH, Debian's package when
root, Playwright's own download (kept below `.tools/`, removed by `make clean`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
NOTE = TOOLS / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-core")
PLAYWRIGHT_PATH = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as playwright: print(playwright.chromium.executable_path)"
)


def named() -> Iterator[str]:
    """The browser that the environment names; a name that does not work is a fault, not a hint."""
    path = os.environ.get("IOC_CHROMIUM")
    if path:
        if not works(path):
            sys.exit(f"IOC_CHROMIUM names {path}, which does not run.")
        yield path


def on_path() -> Iterator[str]:
    """Browsers installed on this machine."""
    yield from filter(None, map(shutil.which, NAMES))


def from_debian() -> Iterator[str]:
    """Debian's own package, where we may install it; Ubuntu's is an empty shell, and will not run."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium from the distribution ...")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], quiet)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], quiet)
        yield from on_path()


def from_playwright() -> Iterator[str]:
    """Playwright's download, with the libraries it wants when we may install them."""
    say("Downloading Chromium ...")
    own = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(TOOLS / "playwright")}
    extra = ["--with-deps"] if os.geteuid() == 0 and shutil.which("apt-get") else []
    run([sys.executable, "-m", "playwright", "install", *extra, "chromium"], own)
    asked = [sys.executable, "-c", PLAYWRIGHT_PATH]
    yield subprocess.run(asked, env=own, capture_output=True, text=True, check=False).stdout.strip()


def run(command: list[str], environ: dict[str, str]) -> None:
    """Run a command whose failure only means that the next way is tried."""
    done = subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        say(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


def say(sentence: str) -> None:
    """Tell what takes so long, or what went wrong."""
    sys.stderr.write(f"{sentence}\n")


def works(path: str) -> bool:
    """Whether the file is a browser that starts."""
    try:
        done = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout)


WAYS: tuple[Callable[[], Iterator[str]], ...] = (named, on_path, from_debian, from_playwright)


def find() -> str:
    """The first browser that starts; exits with a sentence when there is none."""
    for way in WAYS:
        for path in way():
            if works(path):
                return path
    sys.exit(
        "No Chromium was found and none could be installed. Install chromium, or name one in IOC_CHROMIUM."
    )


def main() -> None:
    """Write the path down."""
    path = find()
    TOOLS.mkdir(exist_ok=True)
    NOTE.write_text(path + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
