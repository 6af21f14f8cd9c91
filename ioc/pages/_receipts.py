"""The receipt clock: online dossiers that nobody has accepted yet, against their eight working hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ioc.model.dossier import Channel
from ioc.pages import PATH, _data
from ioc.pages._html import EMPTY, Html, icon, join, show, tag
from ioc.pages._rows import Row, moment_in, records
from ioc.pages._screen import Here
from ioc.pages._strip import bar, no_ranking
from ioc.pages._tables import Column, table
from ioc.pages._tiles import opened
from ioc.pages._view import View, href
from ioc.queries.measures import Measure
from ioc.queries.receipts import Receipts
from ioc.rules.counting import share
from ioc.words import t
from ioc.words.formats import DASH, duration, moment, number, percent

_WAITING: dict[str, Any] = {"measure": Measure.WAITING_ACCEPTANCE, "channel": Channel.ONLINE}
"""What narrows a list to the dossiers that the clock runs for."""

URGENT_HOURS = 1.0
"""Office time left below which a countdown is shown as urgent."""


def draw_receipts(here: Here) -> None:
    """Four counts, the next to expire, and the agencies where they wait."""
    board = _data.receipts(here.view).value
    show(_tiles(board.clock, here))
    show(
        tag(
            "p",
            icon("clock"),
            t(
                "Hồ sơ trực tuyến phải được tiếp nhận trong {hours} giờ làm việc (Nghị định 45/2020/NĐ-CP). "
                "Chậm tiếp nhận được tính riêng, không nằm trong số hồ sơ quá hạn giải quyết.",
                hours=number(_data.settings().province.accept_hours),
            ),
            class_="note",
        )
    )
    if board.clock.not_online:
        words = t(
            "Ngoài ra {n} hồ sơ nộp qua kênh khác cũng chưa được tiếp nhận; không tính ở đây.",
            n=number(board.clock.not_online),
        )
        show(tag("p", icon("dash"), words, class_="note"))
    show(tag("div", _next(board.clock, here), _agencies(board.agencies, here), class_="two two-wide"))


def _tiles(held: Receipts, here: Here) -> Html:
    month = _data.month()
    accepted = held.accepted_on_time + held.accepted_late
    # the clock knows no level; the lists behind it must count the same dossiers
    view = replace(here.view, level=None)
    waiting = href(PATH["dossiers"], view, span="today", first=None, last=None, **_WAITING)
    drawn = (
        _tile(t("Đang chờ tiếp nhận"), number(held.waiting), t("hồ sơ trực tuyến"), link=waiting),
        _tile(
            t("Đã quá giờ tiếp nhận"),
            number(held.overdue),
            t("trong số đang chờ"),
            link=None,
            class_="is-late" if held.overdue else "",
        ),
        _tile(
            t("Tiếp nhận kịp thời tháng này"),
            number(held.accepted_on_time),
            percent(share(held.accepted_on_time, accepted)),
            link=opened(Measure.ACCEPTED_ON_TIME, month, view),
        ),
        _tile(
            t("Tiếp nhận chậm tháng này"),
            number(held.accepted_late),
            percent(share(held.accepted_late, accepted)),
            link=opened(Measure.ACCEPTED_LATE, month, view),
            class_="is-late" if held.accepted_late else "",
        ),
    )
    return tag("div", join(drawn), class_="tiles")


def _tile(label: str, value: str, unit: str, *, link: str | None, class_: str = "") -> Html:
    shown = tag("a", value, href=link, class_="go cover") if link else tag("b", value)
    return tag(
        "article",
        tag("h3", label),
        tag("p", shown, tag("small", unit), class_="value"),
        class_=f"tile tile-plain {class_}".strip(),
    )


def _next(held: Receipts, here: Here) -> Html:
    title = t("Mười hồ sơ hết giờ tiếp nhận sớm nhất")
    rows = records(held.next)
    head = tag("h2", title, class_="section")
    if not rows:
        return tag(
            "section",
            head,
            tag("p", icon("check"), t("Không có hồ sơ nào đang chờ trong hạn."), class_="note"),
        )
    columns = [
        Column(label=t("Còn (giờ làm việc)"), cell=lambda row: _countdown(row, here.now), class_="day"),
        Column(
            label=t("Hết giờ lúc"), cell=lambda row: moment(moment_in(row["accept_due_at"])), class_="day"
        ),
        Column(label=t("Mã hồ sơ"), cell=lambda row: row["dossier_code"], class_="code"),
        Column(label=t("Cơ quan"), cell=lambda row: row["agency_name"]),
        Column(label=t("Thủ tục"), cell=lambda row: tag("span", row["procedure_name"], class_="clamp")),
        Column(label=t("Nộp lúc"), cell=lambda row: moment(moment_in(row["submitted_at"])), class_="day"),
    ]
    return tag("section", head, table(columns, rows, caption=title, cards=True))


def _countdown(row: Row, now: datetime) -> Html:
    """Office time left; nights and days off do not run it down."""
    due = moment_in(row["accept_due_at"])
    hours = _data.working_hours(now, due) if due else None
    if hours is None:
        return tag("span", DASH)
    urgent = hours < URGENT_HOURS
    return tag(
        "span", icon("soon") if urgent else EMPTY, duration(hours * 3600), class_="soon" if urgent else None
    )


def _agencies(rows: tuple[_data.AgencyWaiting, ...], here: Here) -> Html:
    title = t("Đang chờ theo cơ quan")
    head = tag("h2", title, class_="section")
    if not rows:
        return tag(
            "section",
            head,
            tag("p", icon("check"), t("Không cơ quan nào có hồ sơ chờ tiếp nhận."), class_="note"),
        )
    most = max(row.waiting for row in rows)
    ranked = here.truth.rankings_allowed
    shown = rows if ranked else tuple(sorted(rows, key=lambda row: row.name))
    note = EMPTY if ranked else no_ranking(here.truth, _data.settings().province.ranking_coverage)

    def count(row: _data.AgencyWaiting) -> Html:
        view = View(span="today", agency=row.code)
        return tag(
            "a",
            number(row.waiting),
            href=href(PATH["dossiers"], view, **_WAITING),
            class_="go",
        )

    columns = [
        Column(label=t("Cơ quan"), cell=lambda row: row.name, class_="name"),
        Column(label=t("Đang chờ"), cell=count, numeric=True),
        Column(label="", cell=lambda row: bar(row.waiting / most), class_="barcell"),
        Column(
            label=t("Đã quá giờ"),
            cell=lambda row: tag("span", number(row.overdue), class_="late" if row.overdue else None),
            numeric=True,
        ),
    ]
    return tag("section", head, note, tag("div", table(columns, shown, caption=title), class_="tall"))
