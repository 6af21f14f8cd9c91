"""Page frame and navigation: which screens this reader has. `app.py` calls `main` at every run."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ioc import words
from ioc.pages import PATH, SCREENS, Screen, screens_for
from ioc.pages._html import Html, show, tag
from ioc.pages._screen import LANGUAGE
from ioc.words import t

ICON = Path(__file__).parent / "static" / "fav.png"
"""A local file: an icon by name would be fetched from another host."""

LOGO = ICON.with_name("logo.png")
SIDEBAR_PX = 232


def main() -> None:
    """Frame of every screen; runs the one asked for."""
    st.set_page_config(
        page_title=t("IOC một cửa"),
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state=SIDEBAR_PX,
    )
    _choose_language()
    st.logo(str(LOGO), size="medium", icon_image=str(ICON))
    page = st.navigation(_sections(screens_for()), expanded=True)
    with st.sidebar:
        show(_aside())
    page.run()


def _aside() -> Html:
    """Below the menu: the wall in a window of its own, and the other language."""
    other, name = ("en", "English") if words.language() == "vi" else ("vi", "Tiếng Việt")
    wall = tag("a", t("Màn hình lớn"), href=f"./{PATH['wall']}", target="_blank")
    switch = tag("a", name, href=f"?lang={other}", lang=other)
    return tag("p", wall, switch, class_="aside")


def _choose_language() -> None:
    """`?lang=en` switches; the session keeps it."""
    asked = st.query_params.get("lang")
    if asked in words.LANGUAGES:
        st.session_state[LANGUAGE] = asked
    words.use(st.session_state.get(LANGUAGE))


def _sections(screens: tuple[Screen, ...]) -> dict[str, list[st.Page]]:
    sections: dict[str, list[st.Page]] = {}
    for screen in screens:
        sections.setdefault(t(screen.section), []).append(_page(screen))
    return sections


def _page(screen: Screen) -> st.Page:
    return st.Page(
        Path(__file__).parent / "pages" / f"{screen.file}.py",
        title=t(screen.title),
        icon=f":material/{screen.icon}:",
        url_path=screen.url_path or screen.file,
        default=screen.file == SCREENS[0].file,
        visibility="hidden" if screen.hidden else "visible",
    )
