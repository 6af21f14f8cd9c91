"""One source: what can be asked of it, its last runs, and what was refused of it."""

from __future__ import annotations

import streamlit as st

from ioc import words
from ioc.faults import FaultKind, RejectReason
from ioc.model.run import RunKind, RunState, SourceHealth
from ioc.pages import PATH, _actions, _data
from ioc.pages._html import EMPTY, Html, icon, join, show, tag
from ioc.pages._rows import Row, moment_in, records, text_in
from ioc.pages._screen import Here
from ioc.pages._tables import Column, table
from ioc.pages._view import href
from ioc.settings import SourceSettings
from ioc.words import t
from ioc.words.formats import DASH, clock, duration, moment, number
from ioc.words.names import FAULT, REJECT, RUN_KIND, RUN_STATE

ASKED = "asked_of_sources"
"""Session key of the answer to the last button."""


def draw_source(health: SourceHealth, here: Here) -> None:
    """The panel of the chosen source."""
    source = _data.settings().source(health.source_id)
    close = tag("a", t("Đóng"), href=href(PATH["sources"], here.view, source=None), class_="go")
    show(tag("div", tag("h2", source.name, class_="section"), close, class_="listhead"))
    with st.container(key="source_actions", horizontal=True, gap="small"):
        _buttons(source)
    if answer := st.session_state.get(ASKED):
        show(tag("p", icon("check"), answer, class_="note", role="status"))
    if source.simulated:
        _fault_switches(source)
    _runs(source)
    _quarantine(source, health.quarantined)


def _buttons(source: SourceSettings) -> None:
    if st.button(t("Thu thập ngay"), icon=":material/sync:", key="poll_now", type="primary"):
        _asked(_actions.poll_now(source.id, full=False))
    again = t("Đọc lại mọi hồ sơ của nguồn; bản ghi cách ly đã sửa ở nguồn sẽ được nhận lại.")
    if st.button(t("Lấy lại toàn bộ"), icon=":material/restart_alt:", key="poll_full", help=again):
        _asked(_actions.poll_now(source.id, full=True))
    if source.kind == "file_drop":
        show(
            tag(
                "a",
                icon("file"),
                t("Tải mẫu tệp"),
                href="./xuat/mau-tep.xlsx",
                download=True,
                class_="filelink",
            )
        )


def _asked(answer: str) -> None:
    """What came of a button; it stays until the screen is drawn anew."""
    st.session_state[ASKED] = f"{clock(_data.now(), seconds=True)} {answer}"


# -- the demo's fault switches ---------------------------------------------------------------------


def _fault_switches(source: SourceSettings) -> None:
    on = _actions.switches(source)
    if on is None:
        show(tag("p", icon("dash"), t("Tỉnh mô phỏng không trả lời; không bật được lỗi thử."), class_="note"))
        return
    offered = _actions.FILE_FAULTS if source.kind == "file_drop" else tuple(_actions.FAULTS)
    key = f"faults_{source.id}"
    present = [fault for fault in offered if fault in on]
    if sorted(st.session_state.get(key) or []) != sorted(present):
        st.session_state[key] = present
    st.pills(
        t("Lỗi thử (chỉ có ở dữ liệu mô phỏng)"),
        options=offered,
        format_func=lambda fault: t(_actions.FAULTS[fault]),
        selection_mode="multi",
        key=key,
        on_change=_turned,
        args=(source, key, frozenset(present)),
    )


def _turned(source: SourceSettings, key: str, before: frozenset[str]) -> None:
    after = frozenset(st.session_state[key] or [])
    for fault in sorted(before ^ after):
        _actions.turn(source, fault, on=fault in after)


# -- runs ------------------------------------------------------------------------------------------


def _runs(source: SourceSettings) -> None:
    rows = records(_data.runs(source.id).value)
    title = t("Các lần thu thập gần nhất")
    if not rows:
        show(tag("p", icon("dash"), t("Nguồn này chưa được thu thập lần nào."), class_="note"))
        return
    columns = [
        Column(label=t("Bắt đầu"), cell=lambda row: _when(row["started_at"]), class_="day"),
        Column(label=t("Phạm vi"), cell=lambda row: RUN_KIND[RunKind(row["kind"])].label),
        Column(label=t("Kết quả"), cell=_outcome),
        Column(label=t("Thời gian"), cell=_took, numeric=True),
        Column(label=t("Trang"), cell=lambda row: int(row["pages"]), numeric=True),
        Column(label=t("Nhận"), cell=lambda row: int(row["fetched"]), numeric=True),
        Column(label=t("Thêm"), cell=lambda row: int(row["inserted"]), numeric=True),
        Column(label=t("Sửa"), cell=lambda row: int(row["updated"]), numeric=True),
        Column(label=t("Không đổi"), cell=lambda row: int(row["unchanged"]), numeric=True),
        Column(label=t("Cũ"), cell=lambda row: int(row["stale"]), numeric=True),
        Column(label=t("Cách ly"), cell=lambda row: int(row["quarantined"]), numeric=True),
    ]
    show(tag("h2", title, class_="section"))
    show(tag("div", table(columns, rows, caption=title), class_="tall"))


def _outcome(row: Row) -> Html:
    word = RUN_STATE[RunState(row["state"])]
    fault = FAULT[FaultKind(row["fault"])].label if text_in(row["fault"]) else None
    error = text_in(row["error"])
    small = tag("small", error, class_="clamp", title=error) if error else EMPTY
    return join((tag("span", icon(word.icon), fault or word.label), small))


def _took(row: Row) -> str:
    began, ended = moment_in(row["started_at"]), moment_in(row["ended_at"])
    return duration((ended - began).total_seconds()) if began and ended else DASH


def _when(value: object) -> str:
    """A moment with its seconds: runs follow each other quickly."""
    at = moment_in(value)
    return f"{moment(at)[:10]} {clock(at, seconds=True)}"


# -- quarantine ------------------------------------------------------------------------------------


def _quarantine(source: SourceSettings, total: int) -> None:
    rows = records(_data.quarantined(source.id).value)
    title = t("Bản ghi bị cách ly")
    show(tag("h2", title, tag("small", _how_many(len(rows), total)), class_="section"))
    if not rows:
        show(tag("p", icon("check"), t("Không có bản ghi nào của nguồn này bị cách ly."), class_="note"))
        return
    _retry(source)
    columns = [
        Column(label=t("Lý do"), cell=_reason),
        Column(label=t("Chỗ"), cell=lambda row: row["position"]),
        Column(label=t("Mã ở nguồn"), cell=lambda row: text_in(row["source_key"]), class_="code"),
        Column(label=t("Thấy lúc"), cell=lambda row: _when(row["seen_at"]), class_="day"),
        Column(label=t("Số lần"), cell=lambda row: int(row["seen_count"]), numeric=True),
        Column(label=t("Nội dung (đã che)"), cell=_payload),
    ]
    show(table(columns, rows, caption=title, cards=True))


def _how_many(shown: int, total: int) -> str:
    """The count of all, and that only the newest are listed when they are many."""
    if shown >= total:
        return number(shown)
    return t("{n} dòng mới nhất trong {total}", n=number(shown), total=number(total))


def _retry(source: SourceSettings) -> None:
    """Another try is the source's own records read again: what was put right there comes in."""
    what = t("Đọc lại toàn bộ nguồn; bản ghi nào đọc được sẽ vào kho và rời danh sách này.")
    st.button(
        t("Thử lại"),
        icon=":material/replay:",
        key="quarantine_retry",
        help=what,
        on_click=_retried,
        args=(source.id, what),
    )


def _retried(source_id: str, what: str) -> None:
    """The answer stands above the button, so it is asked for before the screen is drawn."""
    words.use(st.session_state.get("language"))
    _asked(f"{_actions.poll_now(source_id, full=True)} {what}")


def _reason(row: Row) -> Html:
    known = row["reason"] in set(RejectReason)
    label = REJECT[RejectReason(row["reason"])].label if known else row["reason"]
    return join((tag("span", label), tag("small", row["detail"])))


def _payload(row: Row) -> Html:
    return tag("details", tag("summary", t("Xem")), tag("code", row["payload"], class_="payload"))
