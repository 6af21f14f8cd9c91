"""The wall: one frame of it, made of aggregates only; the parts that change with the figures.

A frame is finished HTML. The browser keeps the boxes it is put into (`wall_scene_…`) and rotates them by
style rules, so nothing is mounted or thrown away when a scene changes: that is what let tabs grow to a
gigabyte in ten minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ioc.model.run import SourceHealth, Truth
from ioc.pages import _data
from ioc.pages._html import EMPTY, Html, join, tag
from ioc.pages._strip import beat, coverage, lamp, lost_banner, sentences
from ioc.pages._view import View
from ioc.pages._wall_late import late_scene
from ioc.pages._wall_overview import overview_scene
from ioc.pages._wall_sources import sources_scene
from ioc.queries.measures import Measure
from ioc.words import mark, t
from ioc.words.formats import clock, day, told, weekday

MIN_EVERY, MAX_EVERY = 2, 600
MIN_HOLD, MAX_HOLD = 5, 3600

SCENES = (
    (1, mark("Tổng quan")),
    (2, mark("Trễ hạn và sắp đến hạn")),
    (3, mark("Nguồn dữ liệu và tiếp nhận")),
)


@dataclass(frozen=True, slots=True)
class Show:
    """What the address asks of the wall: which scenes, how long each, how often refreshed."""

    scenes: tuple[int, ...]
    hold_seconds: int
    every_seconds: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One finished picture of the wall, and of when its figures are."""

    head: Html
    scenes: dict[int, Html]
    foot: Html
    read_at: datetime


def show_of(params: Mapping[str, str], *, every: int, hold: int) -> Show:
    """`?scene=1,3&hold=30&every=10`; what makes no sense is left as it is by default."""
    known = [number for number, _ in SCENES]
    asked = [int(part) for part in params.get("scene", "").split(",") if part.strip().isdecimal()]
    scenes = tuple(dict.fromkeys(number for number in asked if number in known)) or tuple(known)
    return Show(
        scenes=scenes,
        hold_seconds=_bounded(params.get("hold", ""), hold, MIN_HOLD, MAX_HOLD),
        every_seconds=_bounded(params.get("every", ""), every, MIN_EVERY, MAX_EVERY),
    )


def _bounded(raw: str, default: int, least: int, most: int) -> int:
    return min(max(int(raw), least), most) if raw.isdecimal() and len(raw) < 6 else default


def rotation(show: Show) -> Html:
    """Style rules that show one scene after the other; a single scene just stands."""
    count = len(show.scenes)
    if count == 1:
        return EMPTY
    turn = count * show.hold_seconds
    rules = (
        f".st-key-wall_scene_{number} {{ animation: ioc-show-{count} {turn}s linear "
        f"-{(count - place) % count * show.hold_seconds}s infinite; }}"
        for place, number in enumerate(show.scenes)
    )
    return tag("style", " ".join(rules))


def compose(show: Show) -> Frame:
    """The whole picture now; any fault of the store is an exception, the caller keeps the last good one."""
    now = _data.now()
    truth, health, receipts = _data.truth(), _data.health(), _data.receipts(View())
    overview = _data.overview(View())
    late = _data.drill(View(span="today"), Measure.IN_PROGRESS_LATE, "due_day")
    lost = any(answer.lost for answer in (truth, health, receipts, overview, late))
    read_at = min(answer.read_at for answer in (truth, overview, late))
    made = {
        1: lambda: overview_scene(overview.value, truth.value, now=now),
        2: lambda: late_scene(late.value, overview.value, truth.value),
        3: lambda: sources_scene(health.value, receipts.value, truth.value, now=now),
    }
    return Frame(
        head=head(truth.value, now=now, lost_since=read_at if lost else None),
        scenes={number: made[number]() for number in show.scenes},
        foot=foot(
            health.value, read_at=read_at if lost else truth.value.as_of, now=now, every=show.every_seconds
        ),
        read_at=read_at,
    )


def head(truth: Truth | None, *, now: datetime, lost_since: datetime | None) -> Html:
    """Name, lamp, clock."""
    held = _data.settings().province
    local = _data.today()
    state = lost_banner(lost_since, now=now) if lost_since or truth is None else lamp(truth)
    facts = (
        join(tag("span", text) for text in (coverage(truth), *sentences(truth, now=now))) if truth else EMPTY
    )
    return tag(
        "header",
        tag("div", tag("b", t("Hồ sơ một cửa")), tag("span", held.name), class_="w-name"),
        tag("div", state, tag("span", facts, class_="w-facts"), class_="w-truth"),
        tag(
            "div",
            tag("b", clock(now, seconds=True), data_ioc_face=True),
            tag("span", f"{weekday(local)}, {day(local)}"),
            class_="w-clock",
        ),
        class_="w-head",
    )


def foot(health: tuple[SourceHealth, ...], *, read_at: datetime | None, now: datetime, every: int) -> Html:
    """As of when (None: there are no figures), the demo's mark, and the beat for the watch in the browser."""
    as_of = t("Số liệu lúc {time}", time=told(read_at, now=now, seconds=True))
    demo = tag("span", t("Dữ liệu mô phỏng"), class_="demo") if _data.settings().province.demo else EMPTY
    sources = t("{n} nguồn dữ liệu", n=str(len(health))) if health else ""
    return tag(
        "footer",
        tag("span", as_of),
        tag("span", sources),
        tag("span", _data.settings().province.owner),
        demo,
        beat(now, every=every, wall=True),
        class_="w-foot",
    )
