"""Chart specifications: Vietnamese, lines named at their ends, nothing fetched, the style sheet's colours."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from ioc import words
from ioc.charts import svg
from ioc.charts.theme import DARK, LIGHT, Palette
from ioc.charts.trend import LABEL_GAP, level_trend, line_ends

CSS = (Path(__file__).parents[2] / "ioc" / "static" / "ioc.css").read_text("utf-8")
LAST = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def vietnamese() -> None:
    words.use("vi")


def a_trend(**levels: list[int]) -> pd.DataFrame:
    """Days up to LAST; late is a tenth of what is in progress."""
    rows = [
        (pd.Timestamp(LAST - timedelta(days=len(values) - 1 - place)), level, value, value // 10, 5, 4)
        for level, values in levels.items()
        for place, value in enumerate(values)
    ]
    columns = ["day", "level", "in_progress", "late", "received", "resolved"]
    return pd.DataFrame(rows, columns=columns).astype({"day": "datetime64[s]"})


def spec_of(frame: pd.DataFrame, column: Any = "in_progress") -> dict[str, Any]:
    return json.loads(level_trend(frame, column).to_json())


def test_numbers_and_days_are_vietnamese() -> None:
    config = spec_of(a_trend(commune=[1000, 1200]))["config"]
    assert config["locale"]["number"]["thousands"] == "."
    assert config["locale"]["time"]["shortDays"][0] == "CN"


def test_the_other_language_has_its_own_numbers() -> None:
    words.use("en")
    config = spec_of(a_trend(commune=[1000, 1200]))["config"]
    assert config["locale"]["number"]["thousands"] == ","
    assert "time" not in config["locale"]


def test_lines_are_named_at_their_ends_and_have_no_legend() -> None:
    spec = spec_of(a_trend(province=[10, 21], commune=[900, 1362]))
    text = json.dumps(spec, ensure_ascii=False)
    assert "Cấp xã 1.362" in text
    assert "Cấp tỉnh 21" in text
    legends = [
        layer["encoding"]["color"]["legend"]
        for layer in spec["layer"]
        if "color" in layer.get("encoding", {})
    ]
    assert legends
    assert all(legend is None for legend in legends)


def line_of(frame: pd.DataFrame) -> dict[str, Any]:
    """The encoding of the lines."""
    return spec_of(frame)["layer"][0]["layer"][0]["encoding"]


def test_a_level_has_the_same_shade_whatever_stands_beside_it() -> None:
    def shade(frame: pd.DataFrame) -> str:
        scale = line_of(frame)["color"]["scale"]
        return dict(zip(scale["domain"], scale["range"], strict=True))["commune"]

    among = a_trend(province=[1, 2], department=[3, 4], commune=[1, 2])
    assert shade(a_trend(commune=[1, 2])) == shade(among)


def test_levels_are_told_apart_without_colour() -> None:
    dashes = line_of(a_trend(province=[1, 2], department=[3, 4], commune=[5, 6]))["strokeDash"]
    assert len({tuple(dash) for dash in dashes["scale"]["range"]}) == 3


def test_names_of_lines_do_not_cover_each_other() -> None:
    ends = line_ends(
        a_trend(province=[0, 18], unknown=[0, 20], department=[0, 19], commune=[0, 1000]), "in_progress"
    )
    places = [end.place for end in ends]
    assert all(b - a >= LABEL_GAP * 1000 - 1e-6 for a, b in pairwise(places))
    assert [end.value for end in ends] == [18, 19, 20, 1000]


def test_an_empty_frame_is_an_empty_chart() -> None:
    assert line_ends(a_trend(), "late") == ()
    assert spec_of(a_trend(), "late")["config"]["locale"]


def test_a_level_that_nobody_knows_is_named_so() -> None:
    assert "Chưa ánh xạ 7" in json.dumps(spec_of(a_trend(unknown=[5, 7])), ensure_ascii=False)


def test_nothing_is_fetched_and_no_expression_is_made_of_data() -> None:
    text = json.dumps(spec_of(a_trend(commune=[1, 2])))
    addresses = re.findall(r"https?://[^\"]+", text)
    assert addresses
    assert all(address.startswith("https://vega.github.io/schema/") for address in addresses)  # a name only
    assert '"expr"' not in text


# -- small pictures --------------------------------------------------------------------------------


def drawn(address: str) -> str:
    assert address.startswith("data:image/svg+xml,")
    return unquote(address)


def test_a_sparkline_is_a_picture_of_numbers_only() -> None:
    picture = drawn(svg.sparkline([1, 2, None, 4, 5], colour="#0b5fa5"))
    assert picture.count("<polyline") == 2
    assert "<script" not in picture
    assert "<text" not in picture


def test_an_unknown_day_is_a_gap_and_not_a_zero() -> None:
    whole = drawn(svg.sparkline([5, 5, 5], colour="#000"))
    broken = drawn(svg.sparkline([5, 5, None], colour="#000"))
    assert len(re.findall(r"[\d.]+,[\d.]+", whole)) == 3
    assert len(re.findall(r"[\d.]+,[\d.]+", broken)) == 2


@pytest.mark.parametrize("values", [[], [None, None], [3]])
def test_too_little_for_a_line_is_no_picture(values: list[float | None]) -> None:
    assert svg.sparkline(values, colour="#000") == ""


def test_a_flat_line_is_drawn() -> None:
    assert "<polyline" in drawn(svg.sparkline([3, 3, 3], colour="#000"))


def test_heights_of_names_follow_the_lines() -> None:
    series = [[0.0, 10.0], [0.0, 100.0]]
    assert svg.height_of(100, series) < svg.height_of(10, series) < svg.height_of(0, series)
    assert svg.top_of(series) == 100


# -- colours ---------------------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("palette", "grounds"), [(LIGHT, ("#ffffff", "#f5f7fa")), (DARK, ("#0e1828", "#070d18"))]
)
def test_everything_written_can_be_read(palette: Palette, grounds: tuple[str, ...]) -> None:
    written = (palette.ink, palette.muted, palette.accent, palette.late, palette.soon, *palette.levels)
    pairs = [(colour, ground) for colour in (*written, *palette.late_levels) for ground in grounds]
    assert [(a, b, round(contrast(a, b), 2)) for a, b in pairs if contrast(a, b) < 4.5] == []


def test_the_style_sheet_has_the_same_colours() -> None:
    office, wall = CSS.split("/* == the wall", 1)
    for palette, sheet in ((LIGHT, office), (DARK, wall)):
        for name in ("surface", "ink", "muted", "line", "accent", "late", "stale"):
            assert f"--{name}: {getattr(palette, name)};" in sheet, name
