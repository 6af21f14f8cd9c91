"""Scene 1: the eight tiles and the two trends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from ioc.charts.svg import height_of, lines, sparkline, top_of
from ioc.charts.theme import DARK, shade_of
from ioc.charts.trend import LABEL_GAP, Column, level_name, level_order
from ioc.model.run import Light, Truth
from ioc.pages._bundles import Overview
from ioc.pages._html import EMPTY, Html, join, tag
from ioc.pages._kpis import KPIS, Kpi, change, small_line
from ioc.pages._tiles import basis, moved
from ioc.queries.measures import Measure
from ioc.words import t
from ioc.words.formats import age, number, short_day


def overview_scene(held: Overview, truth: Truth, *, now: datetime) -> Html:
    """The whole scene."""
    return tag(
        "div",
        tag("h2", t("Tổng quan"), tag("small", basis(held.period))),
        tag("div", join(_tile(kpi, held, truth, now=now) for kpi in KPIS), class_="w-tiles"),
        tag(
            "div",
            _trend(held.trend, "in_progress", t("Đang giải quyết, 30 ngày"), DARK.levels),
            _trend(held.trend, "late", t("Quá hạn, 30 ngày"), DARK.late_levels),
            class_="w-trends",
        ),
        class_="w-scene",
    )


def _tile(kpi: Kpi, held: Overview, truth: Truth, *, now: datetime) -> Html:
    late = kpi.measure is Measure.IN_PROGRESS_LATE
    picture = sparkline(small_line(kpi, held.sparks), colour=DARK.late if late else DARK.accent)
    is_late = late and bool(kpi.value(held.figures))
    missing = truth.total - truth.fresh
    classes = f"w-tile{' is-late' if is_late else ''}{' is-stale' if truth.light is Light.RED else ''}"
    return tag(
        "article",
        tag("h3", t(kpi.label), tag("small", t(kpi.unit)) if not kpi.rate else EMPTY),
        tag("b", kpi.shown(held.figures)),
        tag("img", src=picture, alt="") if picture else EMPTY,
        tag("p", moved(change(kpi, held.figures, held.before))),
        tag("p", _age(truth, missing, now=now), class_="w-age is-hatched" if missing else "w-age"),
        class_=classes,
    )


def _age(truth: Truth, missing: int, *, now: datetime) -> str:
    seconds = None if truth.oldest_success is None else (now - truth.oldest_success).total_seconds()
    text = t("cũ nhất {age}", age=age(seconds))
    return f"{text} · {t('thiếu {n} nguồn', n=number(missing))}" if missing else text


def _trend(trend: pd.DataFrame, column: Column, title: str, colours: Sequence[str]) -> Html:
    """Lines as a picture, their names beside their ends in the page's own type."""
    order = level_order(trend["level"].tolist())
    series = {
        code: [float(v) for v in trend[trend["level"] == code].sort_values("day")[column]] for code in order
    }
    if not any(series.values()):
        return tag("section", tag("h3", title), class_="w-panel")
    all_values = list(series.values())
    picture = lines([(values, colours[shade_of(code)]) for code, values in series.items()], grid=DARK.line)
    days = trend["day"].sort_values()
    return tag(
        "section",
        tag("h3", title, tag("small", t("đỉnh {n}", n=number(top_of(all_values))))),
        tag(
            "div",
            tag("img", src=picture, alt=title),
            tag("div", join(_names(series, colours)), class_="w-names"),
            class_="w-plot",
        ),
        tag(
            "p",
            tag("span", short_day(days.iloc[0].date())),
            tag("span", short_day(days.iloc[-1].date())),
            class_="w-days",
        ),
        class_="w-panel",
    )


def _names(series: dict[str, list[float]], colours: Sequence[str]) -> list[Html]:
    """A name at the height where its line ends, moved clear of the one below."""
    all_values = list(series.values())
    placed: list[Html] = []
    free = 100.0
    gap = 100 * max(LABEL_GAP, 0.2)
    for code in sorted(series, key=lambda c: series[c][-1]):
        last = series[code][-1]
        at = min(height_of(last, all_values), free)
        free = at - gap
        colour = colours[shade_of(code)]
        words = (tag("span", level_name(code)), tag("b", number(last)))
        placed.append(tag("p", *words, style=f"top:{at:.1f}%;color:{colour}"))
    return placed
