"""What a reader looks at, as the address says it: a link reproduces the view.

The address is the only truth: widgets are filled from it and write to it, links are made from it.
Period, agency and level stay when the page changes; everything else belongs to one page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from ioc.model.agency import Level
from ioc.model.dossier import Channel, Flag
from ioc.model.scope import Period
from ioc.queries.measures import Measure
from ioc.words import language, mark

SPANS: tuple[tuple[str, str], ...] = (
    ("today", mark("Hôm nay")),
    ("7d", mark("7 ngày qua")),
    ("month", mark("Tháng này")),
    ("year", mark("Năm nay")),
    ("custom", mark("Tùy chọn")),
)
"""Code in the address, and its words."""

DEFAULT_SPAN = "7d"
STICKY = ("span", "first", "last", "agency", "level")
"""Kept when the reader goes to another page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view; None means not narrowed. `first` and `last` count only when `span` is custom."""

    span: str = DEFAULT_SPAN
    first: date | None = None
    last: date | None = None
    agency: str | None = None
    level: Level | None = None
    domain: str | None = None
    procedure: str | None = None
    step: str | None = None
    band: str | None = None
    channel: Channel | None = None
    source: str | None = None
    flag: Flag | None = None
    measure: Measure | None = None
    sort: str | None = None
    text: str | None = None
    page: int = 1
    dossier: int | None = None


_NAMES = {"span": "period", "first": "from", "last": "to", "text": "q"}
"""Names in the address where they differ from the field."""


def parse(params: Mapping[str, str]) -> tuple[View, tuple[str, ...]]:
    """The view of an address, and the parameters that could not be understood (and were left out)."""
    values: dict[str, Any] = {}
    strange: list[str] = []
    for field in fields(View):
        raw = params.get(_NAMES.get(field.name, field.name), "")
        if not raw:
            continue
        try:
            values[field.name] = _READ.get(field.name, _text)(raw)
        except ValueError:
            strange.append(f"{_NAMES.get(field.name, field.name)}={raw[:40]}")
    return _consistent(View(**values)), tuple(strange)


def query(view: View) -> dict[str, str]:
    """The address parameters of a view; what is as by default is left out, but never the period.

    So an address of ours always names a period, and one without any is a click in the menu, where what
    the reader had chosen before is kept.
    """
    found = {}
    for field in fields(View):
        value = getattr(view, field.name)
        if value != field.default or field.name == "span":
            shown = value.isoformat() if isinstance(value, date) else str(value)
            found[_NAMES.get(field.name, field.name)] = shown
    return found


def href(url_path: str, view: View, **changes: Any) -> str:
    """A relative link to the page `url_path` with the view changed; paging starts over unless it is given."""
    wanted = changed(view, {"page": 1, "dossier": None} | changes)
    params = query(wanted) | ({"lang": language()} if language() != "vi" else {})
    return f"./{url_path}" + (f"?{urlencode(params)}" if params else "")


def changed(view: View, changes: Mapping[str, Any]) -> View:
    """The view with fields changed by name."""
    return replace(view, **changes)


def sticky(view: View) -> View:
    """The part of a view that goes along to another page."""
    return View(**{name: getattr(view, name) for name in STICKY})


def period_of(view: View, today: date) -> Period:
    """The days that a view speaks of."""
    if view.span == "custom" and view.first and view.last:
        return Period(first=view.first, last=view.last)
    first = {
        "today": today,
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }.get(view.span, today - timedelta(days=6))
    return Period(first=first, last=today)


def _consistent(view: View) -> View:
    """Days given mean a custom span; a custom span without both days means the default one."""
    if view.first is not None and view.last is not None and view.first <= view.last:
        return replace(view, span="custom")
    span = DEFAULT_SPAN if view.span == "custom" else view.span
    return replace(view, span=span, first=None, last=None)


def _span(raw: str) -> str:
    if raw not in dict(SPANS):
        raise ValueError(raw)
    return raw


def _text(raw: str) -> str:
    if len(raw) > 200 or not raw.isprintable():
        raise ValueError("not a value")
    return raw


def _day(raw: str) -> date:
    day = date.fromisoformat(raw)
    if not 2000 <= day.year <= 2100:
        raise ValueError(raw)
    return day


def _positive(raw: str) -> int:
    value = int(raw)
    if not 1 <= value <= 10**15:
        raise ValueError(raw)
    return value


_READ: dict[str, Callable[[str], Any]] = {
    "span": _span,
    "first": _day,
    "last": _day,
    "level": Level,
    "channel": Channel,
    "flag": Flag,
    "measure": Measure,
    "page": _positive,
    "dossier": _positive,
}
