"""Lists that open step by step: agency, field, procedure, dossier; the same filters and total on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from ioc.pages import _data
from ioc.pages._bundles import PAGE_ROWS, Drill, list_day
from ioc.pages._dossier import dossier_columns, draw_dossier
from ioc.pages._filters import crumbs
from ioc.pages._html import EMPTY, Html, icon, join, show, tag
from ioc.pages._measures import MEANINGS
from ioc.pages._rows import records
from ioc.pages._screen import Here
from ioc.pages._strip import bar, no_ranking
from ioc.pages._tables import Column, Sorting, pager, table
from ioc.pages._view import View, href, query
from ioc.queries.dossiers import SORTS
from ioc.queries.measures import Measure
from ioc.words import mark, t
from ioc.words.formats import clock, day, number, percent

_GROUPED = {
    "agency": (mark("Theo cơ quan"), mark("Cơ quan"), mark("{n} cơ quan")),
    "domain": (mark("Theo lĩnh vực"), mark("Lĩnh vực"), mark("{n} lĩnh vực")),
    "procedure": (mark("Theo thủ tục"), mark("Thủ tục"), mark("{n} thủ tục")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which list: its measure, the address of its screen, its order unless another is asked for."""

    measure: Measure
    url_path: str
    sort: str = "due_day"
    bar_kind: str = "accent"
    of_today: bool = False
    """As of today, whatever period was chosen elsewhere."""
    noun: str = ""
    """What is counted; the title of the measure when it is not said."""


def draw_listing(listing: Listing, here: Here) -> None:
    """The whole body of a drill screen."""
    sort = _sort(listing, here.view)
    loaded = _ask(listing, here.view)
    held = loaded.value
    path = _crumbs(listing, here.view)
    if len(path) > 1:
        crumbs(path)
    show(_headline(listing, held, here))
    if held.bands:
        show(_bands(listing, held, here.view))
    if not held.page.total:
        show(tag("p", icon("check"), t("Không có hồ sơ nào trong danh sách này."), class_="note"))
        return
    _groups(listing, held, here)
    show(_list_head(listing, held, here, read_at=clock(loaded.read_at, seconds=True)))
    link = _sort_link(listing, here.view)
    as_of = list_day(listing.measure, held.period, _data.today())
    columns = dossier_columns(listing.measure, here.view, listing.url_path, as_of=as_of)
    rows = records(held.page.rows)
    show(
        table(
            columns,
            rows,
            caption=t(MEANINGS[listing.measure].title),
            sorting=Sorting(present=sort, link=link),
            cards=True,
        )
    )
    pages = -(-held.page.total // PAGE_ROWS)
    if pages > 1:
        show(
            pager(page=here.view.page, pages=pages, link=lambda n: href(listing.url_path, here.view, page=n))
        )


def open_dossier(listing: Listing, view: View) -> None:
    """The dialog of the dossier that the address names; outside the live part, so that it stays open."""
    if view.dossier is None:
        return
    held = _ask(listing, view).value
    found = held.page.rows[held.page.rows["id"] == view.dossier]
    draw_dossier(view.dossier, records(found)[0] if len(found) else None)


def _ask(listing: Listing, view: View) -> _data.Loaded[Drill]:
    return _data.drill(_present(listing, view), listing.measure, _sort(listing, view))


def _present(listing: Listing, view: View) -> View:
    """The view that the list answers; its files must answer the same."""
    return replace(view, span="today", first=None, last=None) if listing.of_today else view


def _sort(listing: Listing, view: View) -> str:
    asked = view.sort or listing.sort
    return asked if asked.removeprefix("-") in SORTS else listing.sort


def _sort_link(listing: Listing, view: View) -> Any:
    return lambda key: href(listing.url_path, view, sort=key)


def _crumbs(listing: Listing, view: View) -> list[tuple[str, str]]:
    """The whole, then each step down that was taken."""
    held = _data.settings()
    none = {"agency": None, "domain": None, "procedure": None, "step": None}
    names = {
        "agency": {a.code: a.name for a in held.agencies},
        "domain": {d.code: d.name for d in held.domains},
        "procedure": {p.code: p.name for p in held.procedures},
    }
    parts = [(held.province.name, href(listing.url_path, view, **none))]
    for name, known in names.items():
        code = getattr(view, name)
        none.pop(name)
        if code is not None:
            parts.append((known.get(code, t("Chưa ánh xạ")), href(listing.url_path, view, **none)))
    return parts


def _headline(listing: Listing, held: Drill, here: Here) -> Html:
    meaning = MEANINGS[listing.measure]
    kind = {"late": "late", "soon": "soon"}.get(listing.bar_kind, "") if held.page.total else ""
    formula = t(meaning.formula)
    if listing.measure is Measure.DUE_SOON:
        days = number(_data.settings().province.due_soon_days)
        until = day(_data.due_until(_data.today()))
        formula = t(
            "Đang giải quyết, ngày hẹn trả từ hôm nay đến hết {until} ({days} ngày làm việc tới).",
            until=until,
            days=days,
        )
    return tag(
        "p",
        tag("b", number(held.page.total), class_=f"big {kind}".strip()),
        tag("span", t(listing.noun) if listing.noun else f"{t('hồ sơ')} · {t(meaning.title)}"),
        tag("small", formula),
        class_="headline",
    )


# -- ageing bands ----------------------------------------------------------------------------------


def _bands(listing: Listing, held: Drill, view: View) -> Html:
    """How long they have been late; each band narrows the list, the chosen one opens it again."""
    most = max((count for _, count in held.bands), default=0)
    total = sum(count for _, count in held.bands)
    cards = []
    for band, count in held.bands:
        chosen = view.band == band.code
        link = href(listing.url_path, view, band=None if chosen else band.code)
        words = t("Trễ {band} ngày làm việc", band=band.label)
        cards.append(
            tag(
                "a",
                tag("span", words),
                tag("b", number(count)),
                tag("small", percent(count / total if total else None)),
                bar(count / most if most else 0.0, kind="late"),
                href=link,
                class_=f"go band{' is-chosen' if chosen else ''}",
                aria_current="true" if chosen else None,
            )
        )
    return tag("div", join(cards), class_="bands")


# -- groups ----------------------------------------------------------------------------------------


def _groups(listing: Listing, held: Drill, here: Here) -> None:
    parts = []
    if here.view.procedure is None:
        parts.append(_next_step(listing, held, here))
    if MEANINGS[listing.measure].stock:  # what is closed lies nowhere any more
        parts.append(_steps(listing, held, here))
    if parts:
        show(tag("div", join(parts), class_="two" if len(parts) == 2 else "one"))


def _next_step(listing: Listing, held: Drill, here: Here) -> Html:
    title, label, count = _GROUPED[held.grouped_by]
    ranked = here.truth.rankings_allowed or held.grouped_by != "agency"
    frame = held.groups if ranked else held.groups.sort_values("name")
    note = EMPTY if ranked else no_ranking(here.truth, _data.settings().province.ranking_coverage)
    columns = _group_columns(
        t(label), frame, listing, lambda code: href(listing.url_path, here.view, **{held.grouped_by: code})
    )
    return tag(
        "section",
        tag("h2", t(title), tag("small", t(count, n=number(len(frame)))), class_="section"),
        note,
        tag("div", table(columns, records(frame), caption=t(title)), class_="tall"),
    )


def _steps(listing: Listing, held: Drill, here: Here) -> Html:
    title = t("Đang nằm ở bước nào")

    def link(code: str) -> str:
        return href(listing.url_path, here.view, step=None if here.view.step == code else code)

    columns = _group_columns(t("Bước"), held.steps, listing, link, chosen=here.view.step)[:-1]
    return tag(
        "section",
        tag("h2", title, class_="section"),
        tag("div", table(columns, records(held.steps), caption=title), class_="tall"),
    )


def _group_columns(
    label: str, frame: pd.DataFrame, listing: Listing, link: Any, chosen: str | None = None
) -> list[Column]:
    most = int(frame["count"].max()) if len(frame) else 0

    def name(row: dict[str, Any]) -> Html:
        words = tag("b", row["name"]) if row["code"] == chosen else row["name"]
        return tag("a", words, href=link(row["code"]), class_="go")

    def oldest(row: dict[str, Any]) -> str:
        due = row["oldest_due_day"]
        return day(None if pd.isna(due) else due.date())

    return [
        Column(label=label, cell=name, class_="name"),
        Column(label=t("Hồ sơ"), cell=lambda row: int(row["count"]), numeric=True),
        Column(
            label="",
            cell=lambda row: bar(row["count"] / most if most else 0.0, kind=listing.bar_kind),
            class_="barcell",
        ),
        Column(label=t("Hẹn trả sớm nhất"), cell=oldest, numeric=True),
    ]


def _list_head(listing: Listing, held: Drill, here: Here, *, read_at: str) -> Html:
    first = (here.view.page - 1) * PAGE_ROWS + 1
    last = min(held.page.total, here.view.page * PAGE_ROWS)
    count = t(
        "{first}–{last} trong {total}", first=number(first), last=number(last), total=number(held.page.total)
    )
    return tag(
        "div",
        tag("h2", t("Hồ sơ"), tag("small", f"{count} · {t('lúc {time}', time=read_at)}"), class_="section"),
        tag("span", join(_downloads(listing, here.view)), class_="downloads"),
        class_="listhead",
    )


def _downloads(listing: Listing, view: View) -> list[Html]:
    """Links to exactly this list as files, all pages of it."""
    present = replace(_present(listing, view), sort=_sort(listing, view))
    params = View(**{name: getattr(present, name) for name in _EXPORTED})
    asked = {**query(params), "measure": listing.measure.value}
    return [
        tag(
            "a",
            icon("file"),
            t("Tải {kind}", kind=kind.upper()),
            href=export_link(kind, asked),
            download=True,
        )
        for kind in ("xlsx", "csv")
    ]


_EXPORTED = (
    "span", "first", "last", "agency", "level", "domain", "procedure", "step", "band", "channel", "source",
    "flag", "sort", "text",
)  # fmt: skip


def export_link(kind: str, params: dict[str, str]) -> str:
    """Address of a file of the list."""
    return f"./xuat/ho-so.{kind}?{urlencode(params)}"
