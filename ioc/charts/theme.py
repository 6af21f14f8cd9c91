"""The colours and the Vietnamese locale of every chart; `ioc/static/ioc.css` holds the same colours.

One accent. Red is late, amber is soon late, and neither means anything else. Grey is stale or unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from ioc.model.agency import Level
from ioc.words import language


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme; `levels` are shades of the accent, `late_levels` of the red (see `shade_of`)."""

    surface: str
    ink: str
    muted: str
    line: str
    accent: str
    late: str
    soon: str
    stale: str
    levels: tuple[str, ...]
    late_levels: tuple[str, ...]


LIGHT = Palette(
    surface="#ffffff",
    ink="#14202e",
    muted="#536171",
    line="#dde3ea",
    accent="#0b5fa5",
    late="#b42318",
    soon="#8a5300",
    stale="#7a8794",
    levels=("#0b5fa5", "#2f75ad", "#16324f", "#586674"),
    late_levels=("#b42318", "#bf4539", "#6f1710", "#586674"),
)

DARK = Palette(
    surface="#0e1828",
    ink="#f2f6fb",
    muted="#a9bad0",
    line="#24344c",
    accent="#5bb0f5",
    late="#ff7a6e",
    soon="#ffc061",
    stale="#8496ad",
    levels=("#5bb0f5", "#a9d6fb", "#4a94d6", "#8496ad"),
    late_levels=("#ff7a6e", "#ffb3ab", "#e8695c", "#8496ad"),
)

DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
"""Line patterns beside the shades, so that colour is not the only sign."""

_SHADES = {Level.PROVINCE: 0, Level.DEPARTMENT: 1, Level.COMMUNE: 2}


def shade_of(level: str) -> int:
    """Which of the four shades and dashes a level has, everywhere and always; the last for all others."""
    return _SHADES.get(Level(level), 3) if level in set(Level) else 3


NUMBERS = {
    "vi": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", " VND"]},
}

_TIMES = {
    "vi": {
        "dateTime": "%A, %d/%m/%Y %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["SA", "CH"],
        "days": ["Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy"],
        "shortDays": ["CN", "T2", "T3", "T4", "T5", "T6", "T7"],
        "months": [f"Tháng {i}" for i in range(1, 13)],
        "shortMonths": [f"Th{i}" for i in range(1, 13)],
    }
}

FONT = "Source Sans, sans-serif"
"""Streamlit's own bundled face: every Vietnamese letter, no request."""


def dressed(chart: Any, *, height: int, palette: Palette = LIGHT) -> Any:
    """`chart` with the locale, the face and the calm axes that all charts share."""
    locale: dict[str, Any] = {"number": NUMBERS[language()]}
    if language() in _TIMES:
        locale["time"] = _TIMES[language()]
    return (
        chart.properties(height=height, width="container", background="transparent")
        .configure(locale=locale, font=FONT, padding={"left": 4, "right": 4, "top": 8, "bottom": 4})
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=palette.muted,
            titleColor=palette.muted,
            gridColor=palette.line,
            domainColor=palette.line,
            tickColor=palette.line,
            labelFontSize=12,
            labelLimit=260,
            titleFontWeight="normal",
        )
    )


def day_axis(days: Sequence[str]) -> alt.Axis:
    """Every fifth day back from the last, as 22/11.

    Days are words here, not moments: a browser in another time zone would move them by one.
    """
    shown = list(days)[::-1][::5][::-1]
    return alt.Axis(values=shown, title=None, grid=False, labelAngle=0, labelOverlap=False, ticks=True)


def count_axis() -> alt.Axis:
    """Counts as 12.000, at most four lines."""
    return alt.Axis(format=",d", title=None, domain=False, ticks=False, tickCount=4)
