"""The truth strip: over every screen, the one answer to "is this telling the truth now?"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ioc.clock import local_day
from ioc.model.run import Freshness, RunKind, RunState, SourceHealth, Truth
from ioc.pages import PATH
from ioc.pages._html import EMPTY, Html, icon, join, tag
from ioc.pages._view import View, href
from ioc.words import t
from ioc.words.formats import age, clock, day, duration, number, percent, told
from ioc.words.names import LIGHT


def lamp(truth: Truth, *, class_: str = "") -> Html:
    """The light: its word, its icon and its colour, in this order of importance."""
    word = LIGHT[truth.light]
    return tag(
        "span",
        icon(word.icon),
        tag("b", word.label),
        class_=f"lamp lamp-{truth.light.value} {class_}".strip(),
    )


def strip(truth: Truth, *, now: datetime, lost_since: datetime | None, demo: bool, every: int) -> Html:
    """The whole strip; `lost_since` is when the figures were read, if the store has been lost since."""
    facts = (
        tag("a", coverage(truth), href=href(PATH["sources"], View()), class_="go"),
        *(tag("span", fact) for fact in sentences(truth, now=now)),
    )
    return tag(
        "section",
        lost_banner(lost_since, now=now) if lost_since else lamp(truth),
        tag("span", join(facts), class_="facts"),
        tag(
            "span",
            t("Số liệu lúc {time}", time=told(lost_since or truth.as_of, now=now, seconds=True)),
            class_="when",
        ),
        tag("span", t("Dữ liệu mô phỏng"), class_="demo") if demo else EMPTY,
        beat(now, every=every),
        class_=f"strip strip-{'lost' if lost_since else truth.light.value}",
        aria_label=t("Độ tin cậy của số liệu"),
    )


def coverage(truth: Truth) -> str:
    """How many sources are fresh, of all."""
    return t("{fresh}/{total} nguồn mới", fresh=number(truth.fresh), total=number(truth.total))


def sentences(truth: Truth, *, now: datetime) -> tuple[str, ...]:
    """What is missing and how old, one fact a sentence; nothing where nothing is missing."""
    found = []
    if truth.oldest_name and truth.oldest_success:
        seconds = (now - truth.oldest_success).total_seconds()
        found.append(t("Cũ nhất: {name}, {age}", name=truth.oldest_name, age=age(seconds)))
    if truth.never_ids:
        found.append(t("{n} nguồn chưa có dữ liệu", n=number(len(truth.never_ids))))
    if truth.stale_open_dossiers:
        found.append(
            t(
                "Gồm {n} hồ sơ theo số liệu gần nhất của nguồn chưa cập nhật",
                n=number(truth.stale_open_dossiers),
            )
        )
    if truth.open_defects:
        found.append(t("{n} lỗi dữ liệu chưa xử lý", n=number(truth.open_defects)))
    return tuple(found)


def plain_truth(truth: Truth, *, now: datetime) -> str:
    """The strip as one line of text, for exports."""
    word = LIGHT[truth.light].label
    return ". ".join((word, coverage(truth), *sentences(truth, now=now)))


def beat(now: datetime, *, every: int, wall: bool = False) -> Html:
    """The server's time for the watch in the browser (`ioc/static/ioc.js`); nothing to see."""
    return tag(
        "span",
        data_ioc_beat=str(int(now.timestamp())),
        data_ioc_every=str(every),
        data_ioc_clock=clock(now),
        data_ioc_day=day(local_day(now)),
        data_ioc_lost=t("MẤT KẾT NỐI MÁY CHỦ, số liệu lúc"),
        data_ioc_wall=wall,
        hidden=True,
    )


def no_ranking(truth: Truth, limit: float) -> Html:
    """Why units are not ranked; nothing when they may be."""
    if truth.rankings_allowed:
        return EMPTY
    words = t(
        "Không xếp hạng đơn vị: chỉ {coverage} nguồn có số liệu mới, cần ít nhất {limit}. Xếp theo tên.",
        coverage=percent(truth.coverage, decimals=0),
        limit=percent(limit, decimals=0),
    )
    return tag("p", icon("alert"), words, class_="note")


def loading(health: Sequence[SourceHealth], *, now: datetime) -> Html:
    """The bar of the first load; nothing when no source is loading. Every source weighs the same."""
    running = [s.last_run for s in health if s.freshness is Freshness.LOADING and s.last_run]
    if not running:
        return EMPTY
    done = sum(_loaded(source) for source in health) / len(health)
    words = t(
        "Đang nạp lịch sử 12 tháng: {done} · {ready}/{all} nguồn đã xong · đã {time}",
        done=percent(done, decimals=0),
        ready=number(sum(_is_loaded(source) for source in health)),
        all=number(len(health)),
        time=duration((now - min(run.started_at for run in running)).total_seconds()),
    )
    return tag("div", tag("p", words), bar(done), class_="loading", role="status")


def _is_loaded(source: SourceHealth) -> bool:
    """A first look at the newest changes succeeds within seconds; that is not the history yet."""
    return source.last_success is not None and source.freshness is not Freshness.LOADING


def _loaded(source: SourceHealth) -> float:
    """Share of a source's history that is in: all, or as far as its full pass has come."""
    if _is_loaded(source):
        return 1.0
    run = source.last_run
    if run is None or run.kind is not RunKind.FULL or run.state is not RunState.RUNNING or not run.expected:
        return 0.0
    return min(run.ledger.fetched / run.expected, 1.0)


def bar(share: float | None, *, kind: str = "accent") -> Html:
    """A thin bar; hatched when the share is not known."""
    if share is None:
        return tag("span", class_="bar bar-unknown")
    width = f"{max(0.0, min(share, 1.0)) * 100:.1f}%"
    return tag("span", tag("span", style=f"width:{width}"), class_=f"bar bar-{kind}")


def lost_banner(since: datetime | None, *, now: datetime) -> Html:
    """What stands in the lamp's place when the store cannot be read; with the day unless it is today."""
    words = t("MẤT KẾT NỐI KHO DỮ LIỆU, số liệu lúc {time}", time=told(since, now=now))
    return tag("span", icon("cross"), tag("b", words), class_="lamp lamp-lost", role="alert")
