"""The body of the overview: tiles, 30-day trends, the agencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ioc.charts.trend import level_name
from ioc.model.dossier import UNMAPPED
from ioc.model.figure import Figures
from ioc.model.run import SourceHealth
from ioc.pages import PATH, _data
from ioc.pages._bundles import Overview
from ioc.pages._html import EMPTY, Html, icon, join, show, tag
from ioc.pages._screen import Here, empty_box
from ioc.pages._strip import bar, no_ranking
from ioc.pages._tables import Column, Sorting, table, twin
from ioc.pages._tiles import basis, not_fresh, oldest_of, opened, tiles
from ioc.pages._view import View, href
from ioc.queries.measures import Measure
from ioc.rules.counting import on_time_rate
from ioc.words import t
from ioc.words.formats import age, number, percent
from ioc.words.names import FRESHNESS, LEVEL

DEFAULT_SORT = "-late"


@dataclass(frozen=True, slots=True)
class Row:
    """One agency in the table."""

    code: str
    name: str
    level: str | None
    figures: Figures
    soon: int
    stale: SourceHealth | None


def board(here: Here) -> None:
    """Draw everything below the truth strip."""
    held = _data.overview(here.view).value
    if held.figures == Figures() and held.before == Figures() and held.trend.empty:
        show(
            empty_box(
                t("Chưa có dữ liệu"),
                t("Chưa nguồn nào được thu thập. Xem tình trạng từng nguồn ở màn hình Nguồn dữ liệu."),
            )
        )
        return
    stale = stale_agencies(held.feeds, here.health)
    show(tag("p", basis(held.period), class_="basis"))
    show(
        tiles(
            held,
            view=here.view,
            oldest=oldest_of(here.view, here.truth, stale),
            now=here.now,
            partial=here.truth.fresh < here.truth.total,
        )
    )
    show(_soon_line(held, here))
    _trends(held.trend, here.view)
    _agencies(held, here, stale)


def stale_agencies(
    feeds: frozenset[tuple[str, str]], health: tuple[SourceHealth, ...]
) -> dict[str, SourceHealth]:
    """Agency -> the source not fresh that feeds it, of several the one heard of longest ago.

    Beside its own source that is every one that holds dossiers of it: the departments share a system.
    """
    silent = not_fresh(health)
    own = {(source.agency, source.id) for source in _data.settings().sources}
    pairs = [(agency, silent[source_id]) for agency, source_id in feeds | own if source_id in silent]
    pairs.sort(key=lambda pair: (pair[1].age_seconds is None, pair[1].age_seconds or 0))
    return dict(pairs)


def _soon_line(held: Overview, here: Here) -> Html:
    """What is about to be late, and what is counted nowhere: two facts, each a link."""
    soon, days = sum(held.soon.values()), number(_data.settings().province.due_soon_days)
    unmapped = sum((g.figures.received_total for g in held.groups if g.code == UNMAPPED), start=0)
    parts = [
        tag(
            "a",
            icon("soon"),
            t("{n} hồ sơ đến hạn trong {days} ngày làm việc tới", n=number(soon), days=days),
            href=href(PATH["due_soon"], here.view, measure=None),
            class_="go fact is-soon" if soon else "go fact",
        )
    ]
    if unmapped:
        words = t("{n} hồ sơ của cơ quan chưa ánh xạ, tính riêng", n=number(unmapped))
        link = href(PATH["sources"], View()) + "#unmapped"
        parts.append(tag("a", icon("unknown"), words, href=link, class_="go fact is-unknown"))
    return tag("p", join(parts), class_="factline")


def _trends(trend: pd.DataFrame, view: View) -> None:
    backlog, late = _data.trend_charts(view)
    left, right = st.columns(2, gap="medium")
    with left:
        show(tag("h2", t("Hồ sơ đang giải quyết theo cấp, 30 ngày"), class_="section"))
        st.vega_lite_chart(spec=backlog, key="trend_backlog")
    with right:
        show(tag("h2", t("Hồ sơ quá hạn theo cấp, 30 ngày"), class_="section"))
        st.vega_lite_chart(spec=late, key="trend_late")
    with st.expander(t("Bảng số liệu của hai biểu đồ")):
        labels = {
            "day": t("Ngày"),
            "level": t("Cấp"),
            "in_progress": t("Đang giải quyết"),
            "late": t("Quá hạn"),
            "received": t("Tiếp nhận"),
            "resolved": t("Đã giải quyết"),
        }
        named = trend.assign(level=[level_name(code) for code in trend["level"]])
        newest = named.sort_values("day", ascending=False, kind="stable")
        show(twin(newest, labels, caption=t("Đang giải quyết và quá hạn theo cấp từng ngày")))


# -- the agencies ----------------------------------------------------------------------------------

_SORTS: dict[str, Any] = {
    "name": lambda row: row.name,
    "received": lambda row: row.figures.received_in_period,
    "resolved": lambda row: row.figures.resolved_total,
    "in_progress": lambda row: row.figures.in_progress_total,
    "late": lambda row: row.figures.in_progress_late,
    "soon": lambda row: row.soon,
}


def _agencies(held: Overview, here: Here, stale: dict[str, SourceHealth]) -> None:
    rows = [
        Row(g.code, g.name, g.level, g.figures, held.soon.get(g.code, 0), stale.get(g.code))
        for g in held.groups
    ]
    listed = [row for row in rows if row.code != UNMAPPED]
    apart = [row for row in rows if row.code == UNMAPPED]
    sort = _sort(here)
    show(tag("h2", _title(here.view), class_="section"))
    if not here.truth.rankings_allowed:
        show(no_ranking(here.truth, _data.settings().province.ranking_coverage))
    columns = _columns(here, held, most=max((r.figures.in_progress_late for r in rows), default=0))
    sorting = Sorting(present=sort, link=lambda key: href(PATH["overview"], here.view, sort=key))
    show(
        table(
            columns,
            [*_sorted(listed, sort), *apart],
            caption=t("Số liệu theo cơ quan"),
            sorting=sorting if here.truth.rankings_allowed else None,
            row_class=_row_class,
        )
    )


def _title(view: View) -> str:
    return LEVEL[view.level].label if view.level else t("Theo cơ quan")


def _sort(here: Here) -> str:
    """The order asked for; by name while ranking is withheld."""
    if not here.truth.rankings_allowed:
        return "name"
    asked = here.view.sort or DEFAULT_SORT
    return asked if asked.removeprefix("-") in _SORTS else DEFAULT_SORT


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    named = sorted(rows, key=lambda row: row.name)
    return sorted(named, key=_SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))


def _row_class(row: Row) -> str:
    if row.code == UNMAPPED:
        return "is-unknown"
    return "is-stale" if row.stale else ""


def _columns(here: Here, held: Overview, *, most: int) -> list[Column]:
    def count(label: str, key: str, measure: Measure, value: Any) -> Column:
        def cell(row: Row) -> object:
            n = value(row.figures)
            link = opened(measure, held.period, _narrowed(here.view, row))
            return tag("a", number(n), href=link, class_="go") if n else number(n)

        return Column(label=label, cell=cell, numeric=True, sort=key, total=value(held.figures))

    return [
        Column(label=t("Cơ quan"), cell=lambda row: _name(row, here), sort="name", class_="name",
               total=t("Tổng cộng")),
        count(t("Tiếp nhận"), "received", Measure.RECEIVED_IN_PERIOD, lambda f: f.received_in_period),
        count(t("Đã giải quyết"), "resolved", Measure.RESOLVED_TOTAL, lambda f: f.resolved_total),
        count(t("Đang giải quyết"), "in_progress", Measure.IN_PROGRESS_TOTAL, lambda f: f.in_progress_total),
        count(t("Đang quá hạn"), "late", Measure.IN_PROGRESS_LATE, lambda f: f.in_progress_late),
        Column(label="", cell=lambda row: _late_bar(row, most), class_="barcell"),
        Column(
            label=t("Sắp đến hạn"),
            cell=lambda row: _soon_cell(row, here),
            numeric=True,
            sort="soon",
            total=sum(held.soon.values()),
        ),
        Column(
            label=t("Đúng hạn"),
            cell=lambda row: percent(on_time_rate(row.figures)),
            numeric=True,
            total=percent(on_time_rate(held.figures)),
        ),
    ]  # fmt: skip


def _narrowed(view: View, row: Row) -> View:
    """The view of one agency; the filters that chose the row stay."""
    return View(span=view.span, first=view.first, last=view.last, agency=row.code, domain=view.domain)


def _name(row: Row, here: Here) -> Html:
    link = href(PATH["overview"], _narrowed(here.view, row))
    name = tag("a", row.name, href=link, class_="go")
    if row.stale is None:
        return name
    word = FRESHNESS[row.stale.freshness]
    words = t("{state}: số liệu {age}", state=word.label, age=age(row.stale.age_seconds))
    return join((name, tag("small", icon(word.icon), words, class_="staleness")))


def _late_bar(row: Row, most: int) -> Html:
    late = row.figures.in_progress_late
    return bar(late / most, kind="late") if late and most else EMPTY


def _soon_cell(row: Row, here: Here) -> object:
    if not row.soon:
        return number(row.soon)
    return tag("a", number(row.soon), href=href(PATH["due_soon"], _narrowed(here.view, row)), class_="go")
