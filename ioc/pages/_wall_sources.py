"""Scene 3: every source with its age, and the receipt clock."""

from __future__ import annotations

from datetime import datetime

from ioc.model.run import Freshness, SourceHealth, Truth
from ioc.pages import _data
from ioc.pages._bundles import ReceiptBoard
from ioc.pages._html import EMPTY, Html, icon, join, tag
from ioc.pages._strip import bar, no_ranking
from ioc.rules.counting import share
from ioc.words import mark, t
from ioc.words.formats import age, duration, number, percent
from ioc.words.names import FRESHNESS

MOST_CELLS = 70
TOP = 5


_SHORT = {
    Freshness.STALE: mark("Cũ"),
    Freshness.FAILING: mark("Hỏng"),
    Freshness.LOADING: mark("Nạp"),
    Freshness.NEVER: mark("Trống"),
    Freshness.PAUSED: mark("Ngừng"),
}


def sources_scene(
    health: tuple[SourceHealth, ...], receipts: ReceiptBoard, truth: Truth, *, now: datetime
) -> Html:
    """The whole scene."""
    return tag(
        "div",
        tag("h2", t("Nguồn dữ liệu và tiếp nhận")),
        tag("div", _grid(health), class_="w-wide"),
        tag("div", *_receipts(receipts, truth, now=now), class_="w-narrow"),
        class_="w-scene w-split w-sources",
    )


def _grid(health: tuple[SourceHealth, ...]) -> Html:
    """A cell a source; when there are too many, those that are not fresh come first."""
    shorts = {agency.code: agency.short_name for agency in _data.settings().agencies}
    own = {source.id: shorts.get(source.agency, source.name) for source in _data.settings().sources}
    shown = health
    if len(health) > MOST_CELLS:
        shown = tuple(sorted(health, key=lambda s: s.freshness is Freshness.FRESH)[:MOST_CELLS])
    hidden = len(health) - len(shown)
    more = tag("p", t("và {n} nguồn khác", n=number(hidden))) if hidden else EMPTY
    cells = (_cell(source, own.get(source.source_id, source.name)) for source in shown)
    return join((tag("div", join(cells), class_="w-cells"), more))


def _cell(source: SourceHealth, name: str) -> Html:
    """A source with its age; the state in one word, so that the age is never cut off."""
    word = FRESHNESS[source.freshness]
    fresh = source.freshness is Freshness.FRESH
    state = age(source.age_seconds) if fresh else f"{t(_SHORT[source.freshness])}, {age(source.age_seconds)}"
    return tag(
        "div",
        tag("span", name),
        tag("small", icon(word.icon), state),
        class_="w-cell" if fresh else "w-cell is-stale",
    )


def _receipts(held: ReceiptBoard, truth: Truth, *, now: datetime) -> tuple[Html, ...]:
    clock = held.clock
    accepted = clock.accepted_on_time + clock.accepted_late
    rate = percent(share(clock.accepted_on_time, accepted))
    return (
        _big(t("Đang chờ tiếp nhận"), number(clock.waiting), t("hồ sơ trực tuyến")),
        _big(
            t("Đã quá giờ tiếp nhận"),
            number(clock.overdue),
            t("quá {hours} giờ làm việc", hours=number(_data.settings().province.accept_hours)),
            late=bool(clock.overdue),
        ),
        _big(t("Tiếp nhận kịp thời tháng này"), rate, _next(held, now=now)),
        _waiting(held, truth),
    )


def _big(title: str, value: str, note: str, *, late: bool = False) -> Html:
    class_ = "w-big is-late" if late else "w-big"
    return tag("section", tag("h3", title), tag("b", value), tag("small", note), class_=class_)


def _next(held: ReceiptBoard, *, now: datetime) -> str:
    """When the next one expires, in office time; no dossier is named on the wall."""
    if held.clock.next.empty:
        return t("không có hồ sơ nào sắp hết giờ")
    due = held.clock.next["accept_due_at"].iloc[0].to_pydatetime()
    hours = _data.working_hours(now, due)
    left = duration(None if hours is None else hours * 3600)
    return t("hồ sơ tới hết giờ sau {time} làm việc", time=left)


def _waiting(held: ReceiptBoard, truth: Truth) -> Html:
    title = tag("h3", t("Đang chờ theo cơ quan"))
    if not truth.rankings_allowed:
        note = no_ranking(truth, _data.settings().province.ranking_coverage)
        return tag("section", title, tag("div", note, class_="w-withheld"), class_="w-panel is-stale")
    rows = sorted(held.agencies, key=lambda row: -row.waiting)[:TOP]
    most = max((row.waiting for row in rows), default=0)
    drawn = [
        tag(
            "div",
            tag("span", row.name),
            bar(row.waiting / most if most else 0.0),
            tag("b", number(row.waiting)),
            class_="w-row",
        )
        for row in rows
    ] or [tag("p", icon("check"), t("Không cơ quan nào có hồ sơ chờ tiếp nhận."))]
    return tag(
        "section",
        title,
        tag("div", join(drawn), class_="w-rows"),
        class_="w-panel",
    )
