"""The tiles: label, value that opens its dossiers, change in words, thin line, age."""

from __future__ import annotations

from datetime import datetime

from ioc.charts.svg import sparkline
from ioc.charts.theme import LIGHT
from ioc.model.run import Freshness, SourceHealth, Truth
from ioc.model.scope import Period
from ioc.pages import PATH
from ioc.pages._bundles import Overview
from ioc.pages._html import EMPTY, Html, icon, join, tag
from ioc.pages._kpis import KPIS, Change, Kpi, change, small_line
from ioc.pages._view import View, href
from ioc.queries.measures import Measure
from ioc.words import t
from ioc.words.formats import age, day, number, short_day


def tiles(held: Overview, *, view: View, oldest: datetime | None, now: datetime, partial: bool) -> Html:
    """All tiles; `partial` marks them as short of a source, `oldest` dates the oldest figures inside."""
    seconds = None if oldest is None else (now - oldest).total_seconds()
    drawn = (_tile(kpi, held, view=view, age_text=age(seconds), partial=partial) for kpi in KPIS)
    return tag("div", join(drawn), class_="tiles")


def _tile(kpi: Kpi, held: Overview, *, view: View, age_text: str, partial: bool) -> Html:
    late = kpi.measure is Measure.IN_PROGRESS_LATE and kpi.value(held.figures)
    return tag(
        "article",
        tag("h3", t(kpi.label), title=t(kpi.unit) if kpi.rate else None),
        tag("p", _value(kpi, held, view), _unit(kpi), class_="value"),
        _parts(kpi, held, view),
        _spark(kpi, held),
        tag(
            "footer",
            moved(change(kpi, held.figures, held.before)),
            tag("span", t("cũ nhất {age}", age=age_text), class_="age"),
        ),
        class_=f"tile{' is-late' if late else ''}{' is-partial' if partial else ''}",
    )


def _value(kpi: Kpi, held: Overview, view: View) -> Html:
    shown = kpi.shown(held.figures)
    if kpi.value(held.figures) is None:
        return tag("b", shown)
    return tag("a", shown, href=opened(kpi.measure, held.period, view), class_="go cover")


def opened(measure: Measure, period: Period, view: View) -> str:
    """The address of exactly the dossiers that a figure of `period` counts."""
    return href(PATH["dossiers"], view, measure=measure, first=period.first, last=period.last, span="custom")


def _parts(kpi: Kpi, held: Overview, view: View) -> Html:
    links = [
        tag(
            "a",
            t(part.text, n=number(part.value(held.figures))),
            href=opened(part.measure, held.period, view),
            class_="go",
        )
        for part in kpi.parts
    ]
    return tag("p", join(links, " · "), class_="parts") if links else EMPTY


def _unit(kpi: Kpi) -> Html:
    """The unit beside a count; what a rate is of stands in its parts."""
    return EMPTY if kpi.rate else tag("small", t(kpi.unit))


def moved(found: Change | None) -> Html:
    """The change in words with its arrow; red only where more dossiers are late."""
    if found is None:
        return tag("span", t("chưa có kỳ trước để so sánh"), class_="delta")
    worse = tag("span", t("xấu hơn"), class_="unseen") if found.worse else EMPTY
    class_ = f"delta{' is-worse' if found.worse else ''}"
    return tag("span", icon(found.arrow), found.text, worse, class_=class_)


def basis(period: Period) -> str:
    """Which days the tiles speak of, and with which days they are compared."""
    before = period.before()
    if period.days == 1:
        return t("Ngày {day}, so với cả ngày {before}", day=day(period.last), before=day(before.last))
    return t(
        "{first} – {last}, so với {n} ngày liền trước ({before_first} – {before_last})",
        first=day(period.first),
        last=day(period.last),
        n=number(period.days),
        before_first=short_day(before.first),
        before_last=short_day(before.last),
    )


def _spark(kpi: Kpi, held: Overview) -> Html:
    late = kpi.measure is Measure.IN_PROGRESS_LATE
    picture = sparkline(small_line(kpi, held.sparks), colour=LIGHT.late if late else LIGHT.accent)
    if not picture:
        return EMPTY
    return tag("img", src=picture, alt=t("Diễn biến 30 ngày của {label}", label=t(kpi.label)), class_="spark")


def oldest_of(view: View, truth: Truth, stale: dict[str, SourceHealth]) -> datetime | None:
    """When the oldest figures in view were good: of the agency's own source, else of all sources."""
    own = stale.get(view.agency) if view.agency else None
    return own.last_success if own else truth.oldest_success


def not_fresh(health: tuple[SourceHealth, ...]) -> dict[str, SourceHealth]:
    """Sources whose figures are not of now, by source id."""
    return {source.source_id: source for source in health if source.freshness is not Freshness.FRESH}
