"""The filter row: filled from the address, writing to the address; period, agency and level go along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from ioc.model.agency import Level
from ioc.model.dossier import UNMAPPED
from ioc.pages import _data
from ioc.pages._html import icon, join, show, tag
from ioc.pages._view import SPANS, View, changed, parse, period_of, query, sticky
from ioc.settings import Settings
from ioc.words import t
from ioc.words.names import LEVEL

KEPT = "kept_view"
"""Session key of the part of the view that goes along to other pages."""

_SPAN, _DAYS, _AGENCY, _LEVEL = "w_span", "w_days", "w_agency", "w_level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which filters a screen offers."""

    period: bool = False
    agency: bool = False
    level: bool = False


def draw(filters: Filters) -> View:
    """Draw the filter row; the view. Parts of the address that make no sense are told, not guessed."""
    view, strange = read()
    _remember(view)
    if filters != Filters():
        _widgets(filters, view)
    if strange:
        words = t("Liên kết có phần không hiểu được, đã bỏ qua: {parts}", parts=", ".join(strange))
        show(tag("p", icon("alert"), words, class_="note"))
    return view


def read() -> tuple[View, tuple[str, ...]]:
    """The view of the address, with what was kept from the page before where the address is silent."""
    params = {key: st.query_params[key] for key in st.query_params}
    view, strange = parse(params)
    kept: View = st.session_state.get(KEPT, View())
    if "period" not in params and "from" not in params and "measure" not in params:
        view = replace(view, span=kept.span, first=kept.first, last=kept.last)
        view = replace(view, agency=kept.agency, level=kept.level)
    return _known(view, strange, _data.settings())


def _known(view: View, strange: tuple[str, ...], held: Settings) -> tuple[View, tuple[str, ...]]:
    """Codes that the configuration does not know are told and dropped: they would show a quiet nothing."""
    codes = {
        "agency": {a.code for a in held.agencies},
        "domain": {d.code for d in held.domains},
        "procedure": {p.code for p in held.procedures},
        "source": {s.id for s in held.sources},
    }
    for name, known in codes.items():
        value = getattr(view, name)
        if value is not None and value not in known | {UNMAPPED}:
            strange = (*strange, f"{name}={value[:40]}")
            view = changed(view, {name: None})
    return view, strange


def _remember(view: View) -> None:
    """Keep the shared part for the next page, and make the address say what is shown."""
    if view.measure is None:  # the days behind a number are that number's, not the reader's choice
        st.session_state[KEPT] = sticky(view)
    wanted = query(view)
    if wanted != {key: st.query_params[key] for key in st.query_params if key != "lang"}:
        lang = st.query_params.get("lang")
        st.query_params.from_dict(wanted | ({"lang": lang} if lang else {}))


def _widgets(filters: Filters, view: View) -> None:
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        if filters.period:
            _period(view)
        if filters.level:
            _level(view)
        if filters.agency:
            _agency(view)


def _period(view: View) -> None:
    period = period_of(view, _data.today())
    _set(_SPAN, view.span)
    st.segmented_control(
        t("Kỳ số liệu"),
        options=[code for code, _ in SPANS],
        format_func=lambda code: t(dict(SPANS)[code]),
        key=_SPAN,
        on_change=_span_changed,
    )
    if view.span == "custom":
        _set(_DAYS, (period.first, period.last))
        st.date_input(
            t("Từ ngày – đến ngày"), key=_DAYS, format="DD/MM/YYYY", on_change=_days_changed, width=230
        )


def _agency(view: View) -> None:
    agencies = {a.code: a for a in _data.settings().agencies if view.level in (None, a.level)}
    if view.agency is not None and view.agency not in agencies:
        agencies |= {a.code: a for a in _data.settings().agencies if a.code == view.agency}
    _set(_AGENCY, view.agency or "")
    st.selectbox(
        t("Cơ quan"),
        options=["", *sorted(agencies, key=lambda code: agencies[code].name)],
        format_func=lambda code: agencies[code].name if code else t("Tất cả cơ quan"),
        key=_AGENCY,
        on_change=_changed,
        args=(_AGENCY, "agency"),
        width=290,
    )


def _level(view: View) -> None:
    present = {a.level for a in _data.settings().agencies}
    _set(_LEVEL, view.level.value if view.level else "")
    st.selectbox(
        t("Cấp"),
        options=["", *(level.value for level in Level if level in present)],
        format_func=lambda level: LEVEL[Level(level)].label if level else t("Tất cả các cấp"),
        key=_LEVEL,
        on_change=_changed,
        args=(_LEVEL, "level"),
        width=180,
    )


def _set(key: str, value: Any) -> None:
    """Fill a widget from the address before it is drawn; always, for each page has widgets of its own."""
    st.session_state[key] = value


def _changed(key: str, name: str) -> None:
    read_as = Level if name == "level" else str
    chosen = read_as(st.session_state[key]) if st.session_state[key] else None
    _go(changed(_present(), {name: chosen, "domain": None, "procedure": None, "step": None}))


def _span_changed() -> None:
    chosen = st.session_state[_SPAN] or View().span
    view = _present()
    if chosen != "custom":
        _go(replace(view, span=chosen, first=None, last=None))
        return
    period = period_of(view, _data.today())
    _go(replace(view, span="custom", first=period.first, last=period.last))


def _days_changed() -> None:
    days: tuple[date, ...] = st.session_state[_DAYS]
    if len(days) == 2:
        _go(replace(_present(), span="custom", first=days[0], last=days[1]))


def _present() -> View:
    return read()[0]


def _go(view: View) -> None:
    st.session_state[KEPT] = sticky(view)
    st.query_params.from_dict(query(replace(view, page=1, dossier=None)))


def crumbs(parts: list[tuple[str, str]]) -> None:
    """Where the reader is: links from the whole down to here; the last part is where he stands."""
    links = [tag("a", text, href=link, class_="go") for text, link in parts[:-1]]
    here = tag("b", parts[-1][0], aria_current="page")
    show(tag("nav", join([*links, here], " › "), class_="crumbs", aria_label=t("Đường dẫn")))
