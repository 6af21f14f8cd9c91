"""What every screen shares: title, filters, the live part with its truth strip, and the designed faults."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from ioc import words
from ioc.errors import IocError
from ioc.model.run import SourceHealth, Truth
from ioc.pages import Screen, _data, _filters
from ioc.pages._html import Html, icon, show, tag
from ioc.pages._strip import loading, strip
from ioc.pages._view import View
from ioc.words import t

log = logging.getLogger(__name__)

LANGUAGE = "language"
"""Key of the session's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What a drawing may need to know beside its own figures."""

    view: View
    now: datetime
    truth: Truth
    health: tuple[SourceHealth, ...]


def draw_screen(
    screen: Screen,
    body: Callable[[Here], None],
    *,
    filters: _filters.Filters,
    dialog: Callable[[View], None] | None = None,
) -> None:
    """Title, filters, then the part that refreshes by itself; `dialog` opens what the address names."""
    words.use(st.session_state.get(LANGUAGE))
    view = _guarded(lambda: _start(screen, filters))
    if view is None:
        return

    @st.fragment(run_every=screen.refresh_seconds)
    def live() -> None:
        words.use(st.session_state.get(LANGUAGE))
        _guarded(lambda: _live(screen, body, view))

    live()
    if dialog is not None:
        _guarded(lambda: dialog(view))


def _start(screen: Screen, filters: _filters.Filters) -> View:
    show(tag("h1", t(screen.title), tag("small", _data.settings().province.name), class_="title"))
    return _filters.draw(filters)


def _live(screen: Screen, body: Callable[[Here], None], view: View) -> None:
    truth, health, now = _data.truth(), _data.health(), _data.now()
    here = Here(view=view, now=now, truth=truth.value, health=health.value)
    show(
        strip(
            truth.value,
            now=now,
            lost_since=truth.read_at if truth.lost else None,
            demo=_data.settings().province.demo,
            every=screen.refresh_seconds,
        )
    )
    bar = loading(health.value, now=now)
    if bar:
        show(bar)
    body(here)


def _guarded(step: Callable[[], View | None]) -> View | None:
    """Run a step of a screen; a fault becomes a sentence in its place, never a traceback."""
    try:
        return step()
    except IocError as fault:
        show(fault_box(t("Chưa đọc được số liệu"), str(fault)))
    except Exception:  # the last stop before the reader: anything else would show Streamlit's own box
        log.exception("a screen could not be drawn")
        show(
            fault_box(
                t("Màn hình này gặp lỗi"), t("Lỗi đã ghi vào nhật ký. Các màn hình khác vẫn dùng được.")
            )
        )
    return None


def fault_box(title: str, sentence: str) -> Html:
    """The designed error state."""
    again = t("Màn hình tự thử lại; không cần tải lại trang.")
    return tag(
        "section",
        icon("cross"),
        tag("div", tag("h2", title), tag("p", sentence), tag("p", again, class_="muted")),
        class_="state state-fault",
        role="alert",
    )


def empty_box(title: str, sentence: str) -> Html:
    """The designed empty state."""
    return tag(
        "section",
        icon("dash"),
        tag("div", tag("h2", title), tag("p", sentence)),
        class_="state state-empty",
    )
