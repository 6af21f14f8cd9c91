"""The table of sources: state, age, last error in words, rows, rate, next run, the last twenty runs."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ioc.clock import local_day
from ioc.model.run import Freshness, Run, RunState, SourceHealth
from ioc.pages import PATH, _data
from ioc.pages._html import EMPTY, Html, icon, join, show, tag
from ioc.pages._rows import records
from ioc.pages._screen import Here
from ioc.pages._source import draw_source
from ioc.pages._strip import bar
from ioc.pages._tables import Column, table
from ioc.pages._view import href
from ioc.words import mark, t
from ioc.words.formats import DASH, age, clock, duration, moment, number, percent
from ioc.words.names import FAULT, FRESHNESS, RUN_STATE

_WORST_FIRST = (
    Freshness.FAILING,
    Freshness.PAUSED,
    Freshness.NEVER,
    Freshness.STALE,
    Freshness.LOADING,
    Freshness.FRESH,
)
_KINDS = {
    "status": mark("Trạng thái"),
    "agency": mark("Cơ quan"),
    "procedure": mark("Thủ tục"),
    "channel": mark("Kênh nộp"),
    "domain": mark("Lĩnh vực"),
}


def draw_sources(here: Here) -> None:
    """The chosen source, then all of them, then what nobody has mapped."""
    show(_counts(here.health))
    failed = _data.failed_check().value
    if failed is not None:
        show(_check_box(failed))
    chosen = next((s for s in here.health if s.source_id == here.view.source), None)
    if chosen is not None:
        draw_source(chosen, here)
    show(tag("h2", t("Tất cả nguồn"), class_="section"))
    rows = sorted(here.health, key=lambda s: (_WORST_FIRST.index(s.freshness), s.name))
    show(
        table(
            _columns(here),
            rows,
            caption=t("Các nguồn dữ liệu"),
            cards=True,
            row_class=lambda s: "" if s.freshness is Freshness.FRESH else "is-stale",
        )
    )
    _unmapped()


def _check_box(run: Run) -> Html:
    """The nightly check counts all figures anew from the dossiers; what it found when they differ."""
    words = t("Kiểm tra đêm phát hiện số liệu sai lệch, lúc {time}", time=moment(run.ended_at))
    told = tag("p", run.error) if run.error else EMPTY
    return tag(
        "section",
        icon("cross"),
        tag("div", tag("h2", words), told),
        class_="state state-check",
        role="alert",
    )


def _counts(health: tuple[SourceHealth, ...]) -> Html:
    """How many sources are in each state."""
    found = Counter(source.freshness for source in health)
    parts = [
        tag("span", state(freshness), tag("b", number(found[freshness]), class_="count"), class_="fact")
        for freshness in _WORST_FIRST
        if found[freshness]
    ]
    return tag("p", join(parts), class_="factline")


def state(freshness: Freshness) -> Html:
    """A state with its sign."""
    word = FRESHNESS[freshness]
    return tag("span", icon(word.icon), word.label, class_=f"state-word state-{freshness.value}")


def _columns(here: Here) -> list[Column]:
    names = {source.id: source for source in _data.settings().sources}

    def name(source: SourceHealth) -> Html:
        chosen = here.view.source == source.source_id
        link = href(PATH["sources"], here.view, source=None if chosen else source.source_id)
        small = f"{source.source_id} · {names[source.source_id].kind}"
        return join((tag("a", source.name, href=link, class_="go"), tag("small", small)))

    return [
        Column(label=t("Nguồn"), cell=name, class_="name"),
        Column(label=t("Tình trạng, 20 lần gần nhất"), cell=_state_and_history),
        Column(label=t("Số liệu"), cell=_last_success, class_="day"),
        Column(
            label=t("Lần thu thập gần nhất"), cell=lambda s: last_run(s.last_run, here.now), class_="name"
        ),
        Column(label=t("Lần tới"), cell=lambda s: _next(s, here.now), class_="day"),
        Column(label=t("Đang giải quyết"), cell=lambda s: s.open_dossiers, numeric=True),
        Column(label=t("Cách ly"), cell=lambda s: s.quarantined, numeric=True),
        Column(label=t("Chưa ánh xạ"), cell=lambda s: s.unmapped, numeric=True),
    ]


def _state_and_history(source: SourceHealth) -> Html:
    return join((state(source.freshness), tag("small", history(source.recent))))


def _last_success(source: SourceHealth) -> Html:
    """How old the figures are, and of when."""
    at = source.last_success
    if at is None:
        return tag("span", age(None))
    today = local_day(at) == _data.today()
    return join((tag("span", age(source.age_seconds)), tag("small", clock(at) if today else moment(at))))


def last_run(run: Run | None, now: datetime) -> Html:
    """How the last run went; a running one with its progress."""
    if run is None:
        return tag("span", DASH)
    if run.state is RunState.RUNNING:
        return progress(run, now)
    word = RUN_STATE[run.state]
    fault = FAULT[run.fault].label if run.fault else None
    shown = tag("span", icon(word.icon), fault or word.label)
    if run.error:
        return join((shown, tag("small", run.error, class_="clamp", title=run.error)))
    return join((shown, tag("small", amount(run, now))))


def amount(run: Run, now: datetime) -> str:
    """Rows, rate and time of a run."""
    return t(
        "{rows} dòng, {rate} dòng/giây, {time}",
        rows=number(run.ledger.fetched),
        rate=number(rate(run, now), decimals=0 if (rate(run, now) or 0) >= 10 else 1),
        time=duration(_seconds(run, now)),
    )


def progress(run: Run, now: datetime) -> Html:
    """Pages, rows, rate and share of a run that is going on."""
    share = run.ledger.fetched / run.expected if run.expected else None
    words = t("Đang chạy: {pages} trang", pages=number(run.pages))
    done = f" · {percent(min(share, 1.0), decimals=0)}" if share is not None else ""
    return join((tag("span", icon("load"), words, done), tag("small", amount(run, now)), bar(share)))


def rate(run: Run | None, now: datetime) -> float | None:
    """Rows a second of a run; None when nothing can be said."""
    if run is None or not run.ledger.fetched:
        return None
    return run.ledger.fetched / max(1.0, _seconds(run, now))


def _seconds(run: Run, now: datetime) -> float:
    return ((run.ended_at or now) - run.started_at).total_seconds()


def _next(source: SourceHealth, now: datetime) -> str:
    if source.next_run_at is None:
        return DASH
    seconds = (source.next_run_at - now).total_seconds()
    return clock(source.next_run_at, seconds=True) if seconds > 0 else t("đến lượt")


def history(states: tuple[RunState, ...]) -> Html:
    """The last runs, oldest first: shape and height tell them apart, colour only helps."""
    found = Counter(states)
    words = ", ".join(f"{number(found[s])} {RUN_STATE[s].label.lower()}" for s in RunState if found[s])
    cells = [tag("i", class_=f"run run-{s.value}", title=RUN_STATE[s].label) for s in states]
    return tag("span", join(cells), class_="runs", role="img", aria_label=words or t("chưa chạy lần nào"))


def _unmapped() -> None:
    frame = _data.unmapped().value
    show(tag("h2", t("Chưa ánh xạ"), class_="section", id="unmapped"))
    if frame.empty:
        show(
            tag(
                "p",
                icon("check"),
                t("Mọi cơ quan, thủ tục, trạng thái của nguồn đều đã ánh xạ."),
                class_="note",
            )
        )
        return
    names = {source.id: source.name for source in _data.settings().sources}
    columns = [
        Column(
            label=t("Nguồn"), cell=lambda row: names.get(row["source_id"], row["source_id"]), class_="name"
        ),
        Column(
            label=t("Loại"), cell=lambda row: t(_KINDS[row["kind"]]) if row["kind"] in _KINDS else row["kind"]
        ),
        Column(label=t("Chữ của nguồn"), cell=lambda row: row["raw"]),
        Column(label=t("Hồ sơ"), cell=lambda row: int(row["dossiers"]), numeric=True),
    ]
    show(table(columns, records(frame.head(100)), caption=t("Chưa ánh xạ")))
