"""Màn hình lớn: `?scene=1,2,3&hold=20&every=10`. Aggregates only; runs alone for weeks."""

from __future__ import annotations

import logging

import streamlit as st

from ioc import words
from ioc.errors import IocError
from ioc.pages import _data
from ioc.pages._html import show as draw
from ioc.pages._screen import LANGUAGE, fault_box
from ioc.pages._wall import SCENES, Show, compose, rotation, show_of
from ioc.pages._wall_memory import drawn_from
from ioc.words import t

log = logging.getLogger(__name__)


def wall(show: Show) -> None:
    """The boxes stay; what is in them is drawn anew."""
    frame = drawn_from(show, lambda: compose(show))
    with st.container(key="wall_head"):
        draw(frame.head)
    for number, _ in SCENES:
        if number in frame.scenes:
            with st.container(key=f"wall_scene_{number}"):
                draw(frame.scenes[number])
    with st.container(key="wall_foot"):
        draw(frame.foot)


def start() -> None:
    """Read the address, set the rotation, and refresh for ever."""
    words.use(st.session_state.get(LANGUAGE))
    try:
        province = _data.settings().province
    except IocError as fault:
        draw(fault_box(t("Chưa đọc được số liệu"), str(fault)))
        return
    params = {key: st.query_params[key] for key in st.query_params}
    show = show_of(params, every=province.wall_every_seconds, hold=province.wall_scene_seconds)
    if style := rotation(show):
        draw(style)

    @st.fragment(run_every=show.every_seconds)
    def live() -> None:
        words.use(st.session_state.get(LANGUAGE))
        with st.container(key="wall"):
            wall(show)

    live()


start()
