"""One dossier: its row in a list, and the dialog with everything its source has told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from ioc import words
from ioc.model.dossier import Flag, Standing, Status
from ioc.pages import _data
from ioc.pages._html import EMPTY, Html, icon, join, show, tag
from ioc.pages._rows import Row, day_in, moment_in, records, text_in
from ioc.pages._tables import Column, table
from ioc.pages._view import View, href
from ioc.queries.measures import Measure
from ioc.words import t
from ioc.words.formats import DASH, day, moment, number
from ioc.words.names import CHANNEL, FLAG, STANDING, STATUS

_LATE_LISTS = {Measure.IN_PROGRESS_LATE}
_DUE_LISTS = {Measure.DUE_SOON, Measure.IN_PROGRESS_WITHIN}


def dossier_columns(measure: Measure, view: View, url_path: str, *, as_of: date) -> list[Column]:
    """The columns that a list of `measure` needs; late ones say how late on `as_of`."""
    first = [
        Column(label=t("Mã hồ sơ"), cell=_opener(view, url_path), sort="dossier_code", class_="code"),
        Column(label=t("Thủ tục"), cell=_procedure, class_="name"),
        Column(label=t("Cơ quan"), cell=lambda row: row["agency_name"], sort="agency_code"),
    ]
    holds = Column(label=t("Đang giữ"), cell=_holder)
    received = Column(label=t("Tiếp nhận"), cell=_day_of("received_at"), sort="received_at", class_="day")
    timed = measure in _LATE_LISTS or measure in _DUE_LISTS  # their last column sorts by the due day
    due = Column(label=t("Hẹn trả"), cell=_day_of("due_at"), sort=None if timed else "due_day", class_="day")
    if measure in _LATE_LISTS:
        late = Column(
            label=t("Trễ (ngày làm việc)"), cell=_lateness(as_of), numeric=True, sort="due_day", reverse=True
        )
        return [*first, holds, received, due, late]
    if measure in _DUE_LISTS:
        left = Column(label=t("Còn (ngày làm việc)"), cell=_left(as_of), numeric=True, sort="due_day")
        return [*first, holds, received, due, left]
    closed = Column(label=t("Kết thúc"), cell=_day_of("closed_at"), sort="closed_at", class_="day")
    return [*first, Column(label=t("Tình trạng"), cell=_standing), received, due, closed]


def draw_dossier(dossier_id: int, row: Row | None) -> None:
    """Open the dialog; closing it takes the dossier out of the address."""

    @st.dialog(t("Hồ sơ"), width="medium", on_dismiss=_closed)
    def dialog() -> None:
        words.use(st.session_state.get("language"))
        if row is not None:
            show(_facts(row))
        show(_history(dossier_id))

    dialog()


def _closed() -> None:
    st.query_params.pop("dossier", None)


def _opener(view: View, url_path: str) -> Callable[[Row], Html]:
    def cell(row: Row) -> Html:
        link = href(url_path, view, dossier=int(row["id"]), page=view.page)
        code = text_in(row["dossier_code"]) or t("(không có mã)")
        return join((tag("a", code, href=link, class_="go"), _marks(row)))

    return cell


def _marks(row: Row) -> Html:
    """Re-openings, moved due days and quality marks, each in words."""
    marks = []
    if row["due_moves"]:
        marks.append(t("đổi hẹn {n} lần", n=number(row["due_moves"])))
    if row["reopened_count"]:
        marks.append(t("mở lại {n} lần", n=number(row["reopened_count"])))
    marks += [FLAG[Flag(code)].label for code in row["flags"].split(",") if code in set(Flag)]
    return tag("small", join(marks, " · ")) if marks else EMPTY


def _procedure(row: Row) -> Html:
    name = str(row["procedure_name"])
    return join((tag("span", name, class_="clamp", title=name), tag("small", row["domain_name"])))


def _holder(row: Row) -> Html:
    """The step and the unit that hold it."""
    step, unit = text_in(row["current_step"]), text_in(row["current_unit"])
    return join((tag("span", step or t("Chưa rõ bước")), tag("small", unit) if unit else EMPTY))


def _standing(row: Row) -> Html:
    if row["standing"] not in set(Standing):
        return tag("span", row["standing"])
    standing = Standing(row["standing"])
    word = STANDING[standing]
    late = standing in (Standing.LATE, Standing.RESOLVED_LATE)
    sign = icon(word.icon) if word.icon else EMPTY
    return tag("span", sign, word.label, class_="late" if late else None)


def _lateness(as_of: date) -> Callable[[Row], Html]:
    def cell(row: Row) -> Html:
        due = day_in(row["due_day"])
        days = _data.working_days(due, as_of) if due else None
        return tag("span", number(days), class_="late" if due else None)

    return cell


def _left(as_of: date) -> Callable[[Row], Html]:
    def cell(row: Row) -> Html:
        due = day_in(row["due_day"])
        days = _data.working_days(as_of, due) if due else None
        soon = days is not None and days <= _data.settings().province.due_soon_days
        text = t("hôm nay") if due == _data.today() else number(days)
        return tag("span", text, class_="soon" if soon else None)

    return cell


def _day_of(name: str) -> Callable[[Row], str]:
    """A day as dd/MM/yyyy in Vietnam."""

    def cell(row: Row) -> str:
        return moment(moment_in(row[name]))[:10]

    return cell


# -- the dialog ------------------------------------------------------------------------------------


def _facts(row: Row) -> Html:
    facts = (
        (t("Mã hồ sơ"), text_in(row["dossier_code"])),
        (t("Thủ tục"), row["procedure_name"]),
        (t("Lĩnh vực"), row["domain_name"]),
        (t("Cơ quan"), row["agency_name"]),
        (t("Tình trạng"), _standing(row)),
        (t("Trạng thái của nguồn"), text_in(row["raw_status"])),
        (t("Đang giữ"), _holder(row)),
        (t("Kênh nộp"), CHANNEL[row["channel"]].label),
        (t("Tiếp nhận"), moment(moment_in(row["received_at"]))),
        (t("Hẹn trả"), day(day_in(row["due_day"]))),
        (t("Kết thúc"), moment(moment_in(row["closed_at"]))),
        (t("Nguồn dữ liệu"), _source_name(row["source_id"])),
        (t("Nguồn sửa lần cuối"), moment(moment_in(row["version_at"]))),
        (t("Hệ thống nhận lúc"), moment(moment_in(row["seen_at"]))),
    )
    pairs = (join((tag("dt", name), tag("dd", value or DASH))) for name, value in facts)
    return tag("dl", join(pairs), class_="facts-list")


def _source_name(source_id: str) -> str:
    names = {source.id: source.name for source in _data.settings().sources}
    return names.get(source_id, source_id)


def _history(dossier_id: int) -> Html:
    """Every reading of the source, newest first, what changed marked."""
    rows = records(_data.history(dossier_id).value)
    if not rows:
        return tag("p", t("Không có lịch sử thay đổi, hoặc hồ sơ ngoài phạm vi được xem."), class_="note")
    columns = [
        Column(label=t("Nguồn ghi lúc"), cell=lambda row: moment(moment_in(row["version_at"])), class_="day"),
        Column(label=t("Trạng thái"), cell=lambda row: STATUS[Status(row["status"])].label),
        Column(label=t("Bước"), cell=lambda row: text_in(row["current_step"])),
        Column(label=t("Hẹn trả"), cell=lambda row: moment(moment_in(row["due_at"]))[:10], class_="day"),
        Column(
            label=t("Có kết quả"), cell=lambda row: moment(moment_in(row["finished_at"]))[:10], class_="day"
        ),
        Column(
            label=t("Hệ thống nhận lúc"), cell=lambda row: moment(moment_in(row["seen_at"])), class_="day"
        ),
    ]
    title = t("Lịch sử thay đổi")
    return join((tag("h2", title, class_="section"), table(columns, rows[::-1], caption=title, cards=True)))
