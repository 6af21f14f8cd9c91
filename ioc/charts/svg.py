"""Small pictures as SVG data addresses: sparklines of tiles, and the wall's lines.

A picture holds shapes only, made of numbers; words stand beside it in HTML, in the page's own face.
No element to mount, nothing to leak: the wall redraws these every few seconds for weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

Values = Sequence[float | None]

_WIDTH, _HEIGHT = 98.0, 100.0
_MARGIN = 4.0


def sparkline(values: Values, *, colour: str, last: bool = True) -> str:
    """A thin line with its end marked; gaps where nothing is known. "" when there is no line to draw."""
    top, bottom = _range([values], zero=False)
    runs = _runs(values, top=top, bottom=bottom)
    if sum(len(run) for run in runs) < 2:
        return ""
    shapes = "".join(_polyline(run, colour=colour, width=1.6) for run in runs)
    return _picture(shapes + (_dot(runs[-1][-1], colour) if last else ""))


def lines(series: Sequence[tuple[Values, str]], *, grid: str, zero: bool = True) -> str:
    """Several lines on one scale, with four thin grid lines; the width stretches, strokes do not."""
    top, bottom = _range([values for values, _ in series], zero=zero)
    shapes = "".join(_grid_line(share, grid) for share in (0.0, 1 / 3, 2 / 3, 1.0))
    for values, colour in series:
        for run in _runs(values, top=top, bottom=bottom):
            shapes += _polyline(run, colour=colour, width=3)
    return _picture(shapes)


def height_of(value: float, series: Sequence[Values], *, zero: bool = True) -> float:
    """Where `value` lies in the picture of `series`, in per cent from the top: for words beside a line."""
    top, bottom = _range(series, zero=zero)
    return round(_y(value, top=top, bottom=bottom), 2)


def top_of(series: Sequence[Values]) -> float:
    """The value at the picture's upper edge."""
    return _range(series, zero=True)[0]


def _range(series: Sequence[Values], *, zero: bool) -> tuple[float, float]:
    known = [value for values in series for value in values if value is not None] or [0.0]
    top, bottom = max(known), min(0.0, *known) if zero else min(known)
    return (top, bottom) if top > bottom else (bottom + 1.0, bottom)


def _y(value: float, *, top: float, bottom: float) -> float:
    return _MARGIN + (_HEIGHT - 2 * _MARGIN) * (1 - (value - bottom) / (top - bottom))


def _runs(values: Values, *, top: float, bottom: float) -> list[list[tuple[float, float]]]:
    """Points of unbroken stretches; an unknown value breaks the line."""
    step = _WIDTH / max(1, len(values) - 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((round(place * step, 2), round(_y(value, top=top, bottom=bottom), 2)))
    return [run for run in runs if run]


def _polyline(points: Sequence[tuple[float, float]], *, colour: str, width: float) -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
        'stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
    )


def _dot(point: tuple[float, float], colour: str) -> str:
    """A round end: a line of no length keeps its shape when the picture is stretched."""
    x, y = point
    return (
        f'<line x1="{x}" y1="{y}" x2="{x}" y2="{y}" stroke="{colour}" stroke-width="5" '
        'stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
    )


def _grid_line(share: float, colour: str) -> str:
    y = round(_MARGIN + (_HEIGHT - 2 * _MARGIN) * share, 2)
    return (
        f'<line x1="0" y1="{y}" x2="100" y2="{y}" stroke="{colour}" stroke-width="1" '
        'vector-effect="non-scaling-stroke"/>'
    )


def _picture(shapes: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" '
        f'preserveAspectRatio="none">{shapes}</svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"
