"""Scene 2: where dossiers are late, for how long, at which step; and what comes next."""

from __future__ import annotations

from typing import Any

from ioc.model.run import Truth
from ioc.pages import _data
from ioc.pages._bundles import Drill, Overview
from ioc.pages._html import EMPTY, Html, icon, join, tag
from ioc.pages._rows import records
from ioc.pages._strip import bar, no_ranking
from ioc.words import t
from ioc.words.formats import number, percent

TOP = 10


def late_scene(late: Drill, overview: Overview, truth: Truth) -> Html:
    """The whole scene."""
    return tag(
        "div",
        tag("h2", t("Trễ hạn và sắp đến hạn")),
        tag(
            "div",
            _total(late),
            _soon(overview),
            _bands(late),
            class_="w-left",
        ),
        tag("div", _agencies(late, truth), _steps(late), class_="w-right"),
        class_="w-scene w-split",
    )


def _total(late: Drill) -> Html:
    kind = "w-big is-late" if late.page.total else "w-big"
    return tag(
        "section",
        tag("h3", t("Đang quá hạn")),
        tag("b", number(late.page.total)),
        tag("small", t("hồ sơ")),
        class_=kind,
    )


def _soon(overview: Overview) -> Html:
    soon = sum(overview.soon.values())
    days = number(_data.settings().province.due_soon_days)
    return tag(
        "section",
        tag("h3", t("Đến hạn trong {days} ngày làm việc tới", days=days)),
        tag("b", number(soon)),
        tag("small", t("hồ sơ")),
        class_="w-big is-soon" if soon else "w-big",
    )


def _bands(late: Drill) -> Html:
    most = max((count for _, count in late.bands), default=0)
    rows = [
        _row(
            t("{band} ngày", band=band.label),
            count,
            most,
            percent(count / late.page.total if late.page.total else None),
        )
        for band, count in late.bands
    ]
    return tag(
        "section",
        tag("h3", t("Trễ bao lâu (ngày làm việc)")),
        tag("div", join(rows), class_="w-rows"),
        class_="w-panel",
    )


def _agencies(late: Drill, truth: Truth) -> Html:
    title = t("Cơ quan có nhiều hồ sơ quá hạn nhất")
    if not truth.rankings_allowed:
        note = no_ranking(truth, _data.settings().province.ranking_coverage)
        return tag(
            "section", tag("h3", title), tag("div", note, class_="w-withheld"), class_="w-panel is-stale"
        )
    return tag(
        "section",
        tag("h3", title),
        tag("div", join(_top(late.groups, TOP)), class_="w-rows"),
        class_="w-panel",
    )


def _steps(late: Drill) -> Html:
    title = t("Đang nằm ở bước nào")
    return tag(
        "section", tag("h3", title), tag("div", join(_top(late.steps, 5)), class_="w-rows"), class_="w-panel"
    )


def _top(frame: Any, count: int) -> list[Html]:
    rows = records(frame.head(count))
    if not rows:
        return [tag("p", icon("check"), t("Không có hồ sơ quá hạn."))]
    most = int(rows[0]["count"])
    return [_row(str(row["name"]), int(row["count"]), most) for row in rows]


def _row(name: str, count: int, most: int, note: str = "") -> Html:
    return tag(
        "div",
        tag("span", name),
        bar(count / most if most else 0.0, kind="late"),
        tag("b", number(count)),
        tag("small", note) if note else EMPTY,
        class_="w-row",
    )
