"""Backlog and late dossiers by level over days: lines with their names at the end, no legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import pandas as pd

from ioc.charts.theme import DASHES, LIGHT, Palette, count_axis, day_axis, dressed, shade_of
from ioc.model.agency import Level
from ioc.words import t
from ioc.words.formats import number
from ioc.words.names import LEVEL

Column = Literal["in_progress", "late", "received", "resolved"]

LABEL_GAP = 0.075
"""Least distance between two line names, as a share of the chart's height."""


@dataclass(frozen=True, slots=True)
class LineEnd:
    """Where a line ends and what is written there; `place` is the label's height, moved clear of others."""

    level: str
    day: Any
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
    data = frame.assign(name=[level_name(code) for code in frame["level"]])
    ends = line_ends(frame, column)
    chart = alt.layer(
        _lines(data, column, order, colours),
        _labels(ends, order, colours),
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
        ends.append(LineEnd(str(row.level), row.day, value, max(value, floor), label))
    return tuple(ends)


def _lines(data: pd.DataFrame, column: Column, order: list[str], colours: Sequence[str]) -> Any:
    base = alt.Chart(data).encode(
        x=alt.X("day:T", axis=day_axis()),
        y=alt.Y(f"{column}:Q", axis=count_axis(), scale=alt.Scale(zero=True, nice=True)),
    )
    line = base.mark_line(strokeWidth=2).encode(
        color=alt.Color("level:N", scale=_scale(order, colours), legend=None),
        strokeDash=alt.StrokeDash("level:N", scale=_scale(order, DASHES), legend=None),
    )
    touch = base.mark_point(size=90, opacity=0, filled=True).encode(
        detail="level:N",
        tooltip=[
            alt.Tooltip("day:T", title=t("Ngày"), format="%d/%m/%Y"),
            alt.Tooltip("name:N", title=t("Cấp")),
            alt.Tooltip(f"{column}:Q", title=t("Hồ sơ"), format=",d"),
        ],
    )
    return line + touch


def _labels(ends: Sequence[LineEnd], order: list[str], colours: Sequence[str]) -> Any:
    rows = pd.DataFrame(
        [(e.level, e.day, e.place, e.label) for e in ends], columns=["level", "day", "place", "label"]
    )
    return (
        alt.Chart(rows)
        .mark_text(align="left", dx=6, fontSize=12, fontWeight=600, limit=190)
        .encode(
            x=alt.X("day:T", axis=day_axis()),
            y=alt.Y("place:Q", axis=count_axis()),
            text="label:N",
            color=alt.Color("level:N", scale=_scale(order, colours), legend=None),
        )
    )


def _scale(order: list[str], values: Sequence[Any]) -> alt.Scale:
    return alt.Scale(domain=order, range=[values[shade_of(level)] for level in order])
