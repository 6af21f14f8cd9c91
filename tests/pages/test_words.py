"""The catalogue is complete and nothing but complete; numbers and ages read as people here write them."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ioc import words
from ioc.pages._actions import FAULTS, FILE_FAULTS
from ioc.pages._measures import MEANINGS
from ioc.queries.measures import Measure
from ioc.simulator import switches
from ioc.words import formats, t
from ioc.words.names import TABLES, Word

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "ioc" / "locale" / "en" / "LC_MESSAGES" / "ioc.po"


@pytest.fixture(autouse=True)
def vietnamese() -> None:
    words.use("vi")


def used_messages() -> dict[str, set[str]]:
    """Every literal given to `t` or `mark`, with the files it stands in."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "ioc").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("t", "mark")
            ):
                argument = node.args[0] if node.args else None
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.setdefault(argument.value, set()).add(path.name)
    return found


def translations() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_every_message_has_an_english_translation() -> None:
    missing = {text: where for text, where in used_messages().items() if not translations().get(text)}
    assert missing == {}


def test_no_translation_is_left_over() -> None:
    assert set(translations()) - set(used_messages()) == set()


def test_a_translation_takes_the_same_values() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    wrong = {text for text, english in translations().items() if fields(text) != fields(english)}
    assert wrong == set()


def test_the_probe_sees_known_messages() -> None:
    assert {"Hồ sơ trễ hạn", "vừa xong", "{n} phút trước"} <= set(used_messages())


@pytest.mark.parametrize(("enum", "table"), TABLES)
def test_every_closed_word_has_its_words(enum: type[StrEnum], table: dict[StrEnum, Word]) -> None:
    assert set(table) == set(enum)
    assert all(word.text.strip() for word in table.values())


def test_every_measure_has_a_title_and_a_formula() -> None:
    assert set(MEANINGS) == set(Measure)


def test_the_fault_switches_are_those_of_the_simulator() -> None:
    assert set(FAULTS) == {fault.value for fault in switches.Fault}
    assert set(FILE_FAULTS) == {fault.value for fault in switches.FILE_FAULTS}


def test_every_icon_that_a_word_names_is_drawn_by_the_style_sheet() -> None:
    css = (ROOT / "ioc" / "static" / "ioc.css").read_text("utf-8")
    drawn = set(re.findall(r"\.icon-([a-z]+) \{", css))
    named = {word.icon for _, table in TABLES for word in table.values() if word.icon}  # type: ignore[attr-defined]
    assert named <= drawn


# -- the language switch ---------------------------------------------------------------------------


def test_english_is_chosen_by_its_code_and_anything_else_is_vietnamese() -> None:
    assert words.use("en") == "en"
    assert t("Tổng quan") == "Overview"
    assert words.use("xx") == "vi"
    assert words.use(None) == "vi"
    assert t("Tổng quan") == "Tổng quan"


def test_values_are_put_in_but_a_text_without_values_is_left_alone() -> None:
    assert t("{n} hồ sơ", n="3") == "3 hồ sơ"
    assert t("{n} hồ sơ") == "{n} hồ sơ"


# -- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1_094_919, "1.094.919"), (0, "0"), (-14, "-14"), (None, "—"), (999, "999"), (1000, "1.000")],
)
def test_numbers_have_points_between_thousands(value: int | None, shown: str) -> None:
    assert formats.number(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.996, "99,6 %"),
        (1.0, "100,0 %"),
        (0.0, "0,0 %"),
        (None, "—"),
        (15_875 / 15_876, "> 99,9 %"),
        (0.0002, "< 0,1 %"),
        (0.5, "50,0 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_to_nothing(share: float | None, shown: str) -> None:
    assert formats.percent(share).replace("\u00a0", " ") == shown


def test_numbers_follow_the_language() -> None:
    words.use("en")
    assert formats.number(1_094_919) == "1,094,919"
    assert formats.percent(0.996).replace("\u00a0", " ") == "99.6 %"


def test_a_sign_is_a_real_minus() -> None:
    assert (formats.signed(12), formats.signed(-1234), formats.signed(0)) == ("+12", "−1.234", "0")
    assert formats.signed(-0.04, decimals=1) == "0,0"
    assert formats.signed(None) == "—"


# -- time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "vừa xong"),
        (59, "vừa xong"),
        (60, "1 phút trước"),
        (3599, "59 phút trước"),
        (3600, "1 giờ trước"),
        (86_400, "1 ngày trước"),
        (-5, "vừa xong"),
        (None, "chưa có"),
    ],
)
def test_ages_read_as_words(seconds: int | None, shown: str) -> None:
    assert formats.age(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(5, "5 giây"), (720, "12 phút"), (4800, "1 giờ 20 phút"), (7200, "2 giờ"), (187_200, "2 ngày 4 giờ")],
)
def test_durations_have_their_two_largest_units(seconds: int, shown: str) -> None:
    assert formats.duration(seconds) == shown


def test_days_and_moments_are_of_vietnam() -> None:
    midnight = datetime(2026, 11, 21, 17, 0, 5, tzinfo=UTC)
    assert formats.day(date(2026, 11, 22)) == "22/11/2026"
    assert formats.moment(midnight) == "22/11/2026 00:00"
    assert formats.clock(midnight, seconds=True) == "00:00:05"
    assert (formats.day(None), formats.moment(None), formats.clock(None)) == ("—", "—", "—")
    assert formats.weekday(date(2026, 11, 22)) == "Chủ Nhật"
