"""Backlog and late dossiers by level over days: lines with their names at the end, no legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import altair as alt
import pandas as pd

from ioc.charts.theme import DASHES, LIGHT, Palette, count_axis, day_axis, dressed, shade_of
from ioc.model.agency import Level
from ioc.words import t
from ioc.words.formats import number, short_day
from ioc.words.names import LEVEL

Column = Literal["in_progress", "late", "received", "resolved"]

LABEL_GAP = 0.085
"""Least distance between two line names, as a share of the chart's height."""


@dataclass(frozen=True, slots=True)
class LineEnd:
    """Where a line ends and what is written there; `place` is the label's height, moved clear of others."""

    level: str
    day: date
    value: float
    place: float
    label: str


def level_name(code: str) -> str:
    """The level's word; what the configuration does not list is "chưa ánh xạ"."""
    return LEVEL[Level(code)].label if code in set(Level) else t("Chưa ánh xạ")


def level_order(codes: Sequence[str]) -> list[str]:
    """Levels from the province down, unknown ones last."""
    known = [level.value for level in Level]
    return sorted(set(codes), key=lambda code: (known.index(code) if code in known else len(known), code))


def level_trend(frame: pd.DataFrame, column: Column, *, height: int = 230, palette: Palette = LIGHT) -> Any:
    """One line a level. `frame`: day, level and `column`; an empty frame gives an empty chart."""
    order = level_order(frame["level"].tolist())
    colours = palette.late_levels if column == "late" else palette.levels
    dated = frame.sort_values("day", kind="stable")
    days = [short_day(day.date()) for day in dated["day"].drop_duplicates()]
    data = dated.assign(
        name=[level_name(code) for code in dated["level"]],
        on=[short_day(day.date()) for day in dated["day"]],
    ).drop(columns="day")
    x = alt.X("on:O", axis=day_axis(days), sort=days, scale=alt.Scale(domain=days, padding=0.3))
    chart = alt.layer(
        _lines(data, column, x, order, colours), _labels(line_ends(frame, column), x, order, colours)
    )
    return dressed(chart, height=height, palette=palette)


def line_ends(frame: pd.DataFrame, column: Column) -> tuple[LineEnd, ...]:
    """The last point of each line, with labels spread so that none covers another."""
    if frame.empty:
        return ()
    top = float(frame[column].max()) or 1.0
    last = frame.sort_values("day").groupby("level").tail(1).sort_values(column)
    ends: list[LineEnd] = []
    for row in last.itertuples():
        value = float(getattr(row, column))
        floor = ends[-1].place + LABEL_GAP * top if ends else 0.0
        label = f"{level_name(str(row.level))} {number(value)}"
        ends.append(
            LineEnd(str(row.level), pd.Timestamp(str(row.day)).date(), value, max(value, floor), label)
        )
    return tuple(ends)


def _lines(data: pd.DataFrame, column: Column, x: alt.X, order: list[str], colours: Sequence[str]) -> Any:
    base = alt.Chart(data).encode(
        x=x,
        y=alt.Y(f"{column}:Q", axis=count_axis(), scale=alt.Scale(zero=True, nice=True)),
    )
    line = base.mark_line(strokeWidth=2).encode(
        color=alt.Color("level:N", scale=_scale(order, colours), legend=None),
        strokeDash=alt.StrokeDash("level:N", scale=_scale(order, DASHES), legend=None),
    )
    touch = base.mark_point(size=90, opacity=0, filled=True).encode(
        detail="level:N",
        tooltip=[
            alt.Tooltip("on:O", title=t("Ngày")),
            alt.Tooltip("name:N", title=t("Cấp")),
            alt.Tooltip(f"{column}:Q", title=t("Hồ sơ"), format=",d"),
        ],
    )
    return line + touch


def _labels(ends: Sequence[LineEnd], x: alt.X, order: list[str], colours: Sequence[str]) -> Any:
    rows = pd.DataFrame(
        [(end.level, short_day(end.day), end.place, end.label) for end in ends],
        columns=["level", "on", "place", "label"],
    )
    return (
        alt.Chart(rows)
        .mark_text(align="left", dx=6, fontSize=12, fontWeight=600, limit=190)
        .encode(
            x=x,
            y=alt.Y("place:Q", axis=count_axis()),
            text="label:N",
            color=alt.Color("level:N", scale=_scale(order, colours), legend=None),
        )
    )


def _scale(order: list[str], values: Sequence[Any]) -> alt.Scale:
    return alt.Scale(domain=order, range=[values[shade_of(level)] for level in order])
