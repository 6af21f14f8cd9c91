"""HTML tables: figures right-aligned in tabular digits, sortable by links, readable without eyes or mouse.

On a phone a table of dossiers becomes cards (each cell carries its column's name), a table of figures
scrolls sideways under its first column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ioc.pages._html import EMPTY, Html, icon, join, tag, text
from ioc.pages._rows import records
from ioc.words import t
from ioc.words.formats import DASH, day, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its words, how a row is shown in it, and the sort key it offers."""

    label: str
    cell: Callable[[Any], object]
    numeric: bool = False
    sort: str | None = None
    reverse: bool = False
    """What is shown falls where the sort key rises: the earlier the due day, the later the dossier."""
    class_: str = ""
    total: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """The present order, and the link that asks for another (`-key` is descending)."""

    present: str
    link: Callable[[str], str]


def table(
    columns: Sequence[Column],
    rows: Iterable[Any],
    *,
    caption: str,
    sorting: Sorting | None = None,
    cards: bool = False,
    row_class: Callable[[Any], str] | None = None,
) -> Html:
    """The whole table in its scrolling frame; `caption` names it for readers who cannot see it."""
    body = [_row(columns, row, row_class(row) if row_class else "") for row in rows]
    has_total = any(column.total is not None for column in columns)
    inner = tag(
        "table",
        tag("caption", caption, class_="unseen"),
        tag("thead", tag("tr", join(_head(column, sorting) for column in columns))),
        tag("tbody", join(body)),
        tag("tfoot", tag("tr", join(_total(column) for column in columns))) if has_total else EMPTY,
        class_="cards" if cards else None,
    )
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _row(columns: Sequence[Column], row: Any, class_: str) -> Html:
    cells = (
        tag("td", _shown(column.cell(row)), class_=_classes(column), data_label=column.label)
        for column in columns
    )
    return tag("tr", join(cells), class_=class_ or None)


def _head(column: Column, sorting: Sorting | None) -> Html:
    classes = _classes(column)
    if sorting is None or column.sort is None:
        return tag("th", column.label, scope="col", class_=classes)
    down, up = f"-{column.sort}", column.sort
    if column.reverse:
        down, up = up, down
    direction = {down: "descending", up: "ascending"}.get(sorting.present)
    first = down if column.numeric else up
    other = {down: up, up: down}.get(sorting.present, first)
    sign = icon("down" if direction == "descending" else "up") if direction else EMPTY
    link = tag("a", column.label, sign, href=sorting.link(other), class_="go")
    return tag("th", link, scope="col", class_=classes, aria_sort=direction)


def _total(column: Column) -> Html:
    return tag("td", _shown(column.total) if column.total is not None else EMPTY, class_=_classes(column))


def _classes(column: Column) -> str | None:
    return f"{'num ' if column.numeric else ''}{column.class_}".strip() or None


def _shown(value: object) -> Html:
    if isinstance(value, Html):
        return value
    if isinstance(value, bool):
        return text(t("có") if value else t("không"))
    if isinstance(value, int | float):
        return text(number(value))
    return text(value if value not in (None, "") else DASH)


def twin(frame: pd.DataFrame, labels: dict[str, str], *, caption: str) -> Html:
    """The table that says what a chart draws: every row, days as dd/MM/yyyy, counts right-aligned."""
    columns = [
        Column(label=label, numeric=frame[name].dtype.kind in "if", cell=_picker(name))
        for name, label in labels.items()
    ]
    return table(columns, records(frame), caption=caption)


def _picker(name: str) -> Callable[[dict[str, Any]], object]:
    def pick(row: dict[str, Any]) -> object:
        value = row[name]
        return day(value.date()) if isinstance(value, pd.Timestamp) else value

    return pick


def pager(*, page: int, pages: int, link: Callable[[int], str]) -> Html:
    """Links to the first, near and last pages; nothing for a single page."""
    if pages <= 1:
        return EMPTY
    wanted = sorted({1, 2, pages, *range(page - 2, page + 3)} & set(range(1, pages + 1)))
    parts: list[Html] = []
    for before, number_ in zip([0, *wanted], wanted, strict=False):
        if number_ - before > 1:
            parts.append(tag("span", "…", class_="gap"))
        parts.append(_page_link(number_, number_ == page, link))
    return tag("nav", join(parts), class_="pager", aria_label=t("Trang của danh sách"))


def _page_link(number_: int, present: bool, link: Callable[[int], str]) -> Html:
    if present:
        return tag("b", number(number_), aria_current="page")
    label = t("Trang {n}", n=number(number_))
    return tag("a", number(number_), href=link(number_), class_="go", aria_label=label)
