"""Screens over stores of their own: filled once a test process, opened by AppTest or by a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ioc import words
from ioc.clock import utc_now
from ioc.faults import FaultKind
from tests.pages.province import Filled, environ_of, fill, hostile_versions, make_home

ROOT = Path(__file__).parents[2]

SILENT = {"h49-06652": FaultKind.SERVER, "h49-06673": FaultKind.HTML}
"""Sources of the filled store that failed since nine hours."""

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A year of dossiers, two sources silent, some records refused, some text hostile."""
    now = utc_now()
    home = tmp_path_factory.mktemp("filled")
    return fill(home, now=now, dossiers=900, stale=SILENT, extra=hostile_versions(now))


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nothing was ever collected into."""
    home = tmp_path_factory.mktemp("empty")
    make_home(home)
    return home


@pytest.fixture(scope="session")
def dark_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store most of whose sources were never heard of: too little to rank by."""
    home = tmp_path_factory.mktemp("dark")
    now = utc_now()
    never = tuple(f"h49-{code}" for code in _communes())
    fill(home, now=now, dossiers=200, never=never)
    return home


def _communes() -> list[str]:
    lines = (ROOT / "config" / "areas.csv").read_text("utf-8").splitlines()[1:]
    return [line.split(",")[0] for line in lines][:30]


@pytest.fixture
def open_screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`open_screen(home, "late", agency="H49")`: the screen after its first run, nothing cached before."""

    def open_it(home: Path, file: str = "overview", **params: str) -> AppTest:
        for name, value in environ_of(home).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("IOC_DATABASE_URL", raising=False)
        forget()
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        at.run()
        at.query_params.clear()
        for name, value in params.items():
            at.query_params[name] = value
        return at.switch_page(f"ioc/pages/{file}.py").run() if file != "overview" or params else at

    yield open_it
    forget()
    words.use("vi")


def forget() -> None:
    """Nothing is cached; the next question goes to the store."""
    st.cache_data.clear()
    st.cache_resource.clear()


def html_of(at: AppTest) -> str:
    """Everything that the screen draws as HTML."""
    return "\n".join(element.proto.body for element in at.get("html"))


def text_of(at: AppTest) -> str:
    """The same without tags, entities resolved: what a reader reads."""
    reader = _Reader()
    reader.feed(html_of(at))
    return " ".join(" ".join(reader.parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
