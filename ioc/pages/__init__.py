"""The screens: one file each, filters, then one query, then one drawing. Files with `_` are shared parts.

`SCREENS` is the whole list; navigation, links, tests and the README are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ioc.words import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen. `url_path` "" is the root; `hidden` screens are reached by links only."""

    file: str
    title: str
    icon: str
    url_path: str
    section: str
    refresh_seconds: int
    hidden: bool = False


_RUN, _DATA = mark("Điều hành"), mark("Dữ liệu")

SCREENS: tuple[Screen, ...] = (
    Screen(
        file="overview",
        title=mark("Tổng quan"),
        icon="monitoring",
        url_path="",
        section=_RUN,
        refresh_seconds=10,
    ),
    Screen(
        file="late",
        title=mark("Hồ sơ trễ hạn"),
        icon="running_with_errors",
        url_path="tre-han",
        section=_RUN,
        refresh_seconds=60,
    ),
    Screen(
        file="due_soon",
        title=mark("Sắp đến hạn"),
        icon="hourglass_bottom",
        url_path="sap-den-han",
        section=_RUN,
        refresh_seconds=60,
    ),
    Screen(
        file="receipts",
        title=mark("Chờ tiếp nhận"),
        icon="inbox",
        url_path="cho-tiep-nhan",
        section=_RUN,
        refresh_seconds=10,
    ),
    Screen(
        file="sources",
        title=mark("Nguồn dữ liệu"),
        icon="lan",
        url_path="nguon-du-lieu",
        section=_DATA,
        refresh_seconds=5,
    ),
    Screen(
        file="dossiers",
        title=mark("Danh sách hồ sơ"),
        icon="list_alt",
        url_path="ho-so",
        section=_DATA,
        refresh_seconds=60,
        hidden=True,
    ),
    Screen(
        file="wall",
        title=mark("Màn hình lớn"),
        icon="tv",
        url_path="man-hinh-lon",
        section=_DATA,
        refresh_seconds=10,
        hidden=True,
    ),
)

PATH = {screen.file: screen.url_path for screen in SCREENS}
"""Address of each screen by its file name, for links."""


def screen(file: str) -> Screen:
    """The screen of a file name; KeyError when there is none."""
    return {held.file: held for held in SCREENS}[file]


def screens_for(roles: frozenset[str] = frozenset()) -> tuple[Screen, ...]:
    """The screens that a reader with `roles` has; no role opens or closes any of these yet."""
    return SCREENS
