"""The wall never goes blank: whatever fails, the last good picture stays, dated and marked."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from ioc.errors import IocError
from ioc.pages import _data
from ioc.pages._html import Html, tag
from ioc.pages._wall import Frame, Show, foot, head
from ioc.words import language, t

log = logging.getLogger(__name__)

KEPT_SHOWS = 32


@st.cache_resource(show_spinner=False)
def _pictures() -> dict[tuple[Show, str], Frame]:
    return {}


def drawn_from(show: Show, compose: Callable[[], Frame]) -> Frame:
    """The picture now; on any fault the last good one under a banner with its time."""
    try:
        frame = compose()
    except Exception as fault:
        log.warning("the wall could not be drawn anew: %s", type(fault).__name__, exc_info=fault)
        return _again(show, fault)
    pictures = _pictures()
    if len(pictures) >= KEPT_SHOWS:
        pictures.clear()
    pictures[show, language()] = frame
    return frame


def _again(show: Show, fault: Exception) -> Frame:
    """The last good picture with its head and foot of now; the beat goes on, for the server lives."""
    now = _data.now()
    last = _pictures().get((show, language()))
    read_at = last.read_at if last else None
    scenes = last.scenes if last else dict.fromkeys(show.scenes, _nothing(fault))
    return Frame(
        head=head(None, now=now, lost_since=read_at),
        scenes=scenes,
        foot=foot((), read_at=read_at, now=now, every=show.every_seconds),
        read_at=read_at or now,
    )


def _nothing(fault: Exception) -> Html:
    sentence = str(fault) if isinstance(fault, IocError) else t("Lỗi đã ghi vào nhật ký.")
    again = t("Màn hình tự thử lại; không cần tải lại trang.")
    box = tag(
        "div",
        tag("h2", t("Chưa có số liệu để hiện")),
        tag("p", sentence),
        tag("p", again),
        class_="w-nothing",
    )
    return tag("div", box, class_="w-scene")
