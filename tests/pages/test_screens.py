"""Every screen over an empty store, a filled one with silent sources, hostile text, and no store at all."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from ioc.pages import SCREENS
from tests.pages.conftest import Open, html_of, text_of
from tests.pages.province import HOSTILE, Filled

LIVE = [screen.file for screen in SCREENS if screen.file != "wall"]
ALL = [screen.file for screen in SCREENS]


def sound(at: AppTest) -> None:
    """Nothing failed: neither an exception of Streamlit's nor a fault box of ours."""
    assert [element.value for element in at.exception] == []
    assert "state-fault" not in html_of(at)


# -- empty -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ALL)
def test_an_empty_store_is_told_not_shown_as_zero(open_screen: Open, empty_home: Path, file: str) -> None:
    at = open_screen(empty_home, file)
    sound(at)
    assert "Số liệu chưa đủ tin cậy" in text_of(at)
    assert "0/55 nguồn mới" in text_of(at)


def test_the_empty_overview_says_that_nothing_was_collected(open_screen: Open, empty_home: Path) -> None:
    shown = text_of(open_screen(empty_home))
    assert "Chưa có dữ liệu Chưa nguồn nào được thu thập" in shown
    assert "Tiếp nhận" not in shown


# -- normal, with two silent sources ---------------------------------------------------------------


@pytest.mark.parametrize("file", ALL)
def test_a_silent_source_is_named_with_its_age(open_screen: Open, filled: Filled, file: str) -> None:
    at = open_screen(filled.home, file)
    sound(at)
    shown = text_of(at)
    assert "Số liệu thiếu một phần" in shown
    assert "53/55 nguồn mới" in shown
    assert re.search(r"Cũ nhất: Phường (Hà Tu|Bãi Cháy), 9 giờ trước", shown)
    assert re.search(r"Gồm \d+ hồ sơ theo số liệu gần nhất của nguồn chưa cập nhật", shown)


@pytest.mark.parametrize("file", ALL)
def test_simulated_data_is_marked_on_every_screen(open_screen: Open, filled: Filled, file: str) -> None:
    assert "Dữ liệu mô phỏng" in text_of(open_screen(filled.home, file))


@pytest.mark.parametrize("file", ALL)
def test_every_screen_carries_the_beat_of_the_watch(open_screen: Open, filled: Filled, file: str) -> None:
    markup = html_of(open_screen(filled.home, file))
    beats = re.findall(r'data-ioc-beat="(\d+)" data-ioc-every="(\d+)"', markup)
    assert len(beats) == 1
    assert abs(int(beats[0][0]) - filled.now.timestamp()) < 3600


def test_the_overview_has_eight_tiles_with_change_line_and_age(open_screen: Open, filled: Filled) -> None:
    markup = html_of(open_screen(filled.home))
    tiles = re.findall(r'<article class="tile.*?</article>', markup, re.DOTALL)
    assert len(tiles) == 8
    assert all('class="delta' in tile and 'class="spark"' in tile and "cũ nhất" in tile for tile in tiles)


def test_two_charts_and_their_table(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home)
    assert len(at.get("vega_lite_chart")) == 2
    assert "Đang giải quyết và quá hạn theo cấp từng ngày" in html_of(at)


def test_unmapped_dossiers_stand_apart(open_screen: Open, filled: Filled) -> None:
    assert "hồ sơ của cơ quan chưa ánh xạ, tính riêng" in text_of(open_screen(filled.home))


def test_ranking_is_withheld_when_too_few_sources_are_fresh(open_screen: Open, dark_home: Path) -> None:
    for file in ("overview", "late", "wall"):
        shown = text_of(open_screen(dark_home, file))
        assert "Không xếp hạng đơn vị: chỉ 45 % nguồn có số liệu mới" in shown.replace("\u00a0", " ")


# -- every number opens exactly its dossiers -------------------------------------------------------


def links(markup: str) -> list[tuple[str, str]]:
    """(address, text) of every link."""
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', markup.replace("&amp;", "&"))


def test_every_number_of_the_tiles_opens_a_list_of_that_many(open_screen: Open, filled: Filled) -> None:
    found = [
        (address, int(re.sub(r"\D", "", text)))
        for address, text in links(html_of(open_screen(filled.home)))
        if "measure=" in address and "%" not in text
    ]
    assert len(found) > 100
    tiles = [pair for pair in found if "agency=" not in pair[0]]
    table = [pair for pair in found if "agency=" in pair[0]]
    for address, count in [*tiles, *table[:6]]:
        params = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        shown = html_of(open_screen(filled.home, "dossiers", **params))
        total = re.search(r'<p class="headline"><b class="big[^"]*">([\d.]+)</b>', shown)
        assert total, address
        assert int(total[1].replace(".", "")) == count, address


def test_the_list_says_what_it_counts(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home, "dossiers", measure="resolved_late")
    assert "Giải quyết quá hạn Có kết quả trong kỳ, sau ngày hẹn trả." in text_of(at)


# -- drill -----------------------------------------------------------------------------------------


def headline(at: AppTest) -> int:
    found = re.search(r'<b class="big[^"]*">([\d.]+)</b>', html_of(at))
    assert found
    return int(found[1].replace(".", ""))


def group_counts(at: AppTest) -> list[tuple[str, int]]:
    """Address and count of the first group table."""
    section = html_of(at).split('class="section"', 1)[1].split("Đang nằm ở bước nào")[0]
    found = re.findall(
        r'<a href="([^"]+)" class="go">[^<]*</a></td><td class="num"[^>]*>([\d.]+)<',
        section.replace("&amp;", "&"),
    )
    return [(address, int(count.replace(".", ""))) for address, count in found]


def test_late_dossiers_are_reached_in_three_steps_with_the_totals_holding(
    open_screen: Open, filled: Filled
) -> None:
    at = open_screen(filled.home, "late")
    total = headline(at)
    for _ in range(3):
        groups = group_counts(at)
        assert sum(count for _, count in groups) == total
        address, total = groups[0]
        params = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        at = open_screen(filled.home, "late", **params)
        assert headline(at) == total
    assert html_of(at).count('data-label="Mã hồ sơ"') == total


def test_the_bands_add_up_to_the_late_dossiers(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home, "late")
    counts = [
        int(n.replace(".", "")) for n in re.findall(r"ngày làm việc</span><b>([\d.]+)</b>", html_of(at))
    ]
    assert len(counts) == 4
    assert sum(counts) == headline(at)
    for code, count in zip(("1", "6", "16", "31"), counts, strict=True):
        assert headline(open_screen(filled.home, "late", period="7d", band=code)) == count


def test_a_long_list_has_pages(open_screen: Open, filled: Filled) -> None:
    params = {"measure": "received_in_period", "period": "year"}
    first = open_screen(filled.home, "dossiers", **params)
    assert html_of(first).count('data-label="Mã hồ sơ"') == 100
    second = open_screen(filled.home, "dossiers", **params, page="2")
    assert text_of(second).count("101–200 trong") == 1
    codes = re.compile(r'class="go">(H49[^<]+)</a>')
    assert set(codes.findall(html_of(first))) & set(codes.findall(html_of(second))) == set()


def test_a_dossier_opens_with_its_history(open_screen: Open, filled: Filled) -> None:
    markup = html_of(open_screen(filled.home, "late"))
    dossier = re.search(r"dossier=(\d+)", markup)
    assert dossier
    at = open_screen(filled.home, "late", period="7d", dossier=dossier[1])
    sound(at)
    assert "Lịch sử thay đổi" in text_of(at)
    assert "Trạng thái của nguồn" in text_of(at)


# -- filters ---------------------------------------------------------------------------------------


def test_a_filter_survives_a_change_of_the_screen(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home, "overview", period="month", agency="H49.05")
    assert at.selectbox(key="w_agency").value == "H49.05"
    at.query_params.clear()
    at.switch_page("ioc/pages/late.py").run()
    assert at.selectbox(key="w_agency").value == "H49.05"
    assert at.query_params["agency"] == "H49.05"
    assert at.query_params["period"] == "month"


def test_choosing_an_agency_goes_into_the_address(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home, "late")
    at.selectbox(key="w_agency").set_value("H49.05").run()
    assert at.query_params["agency"] == "H49.05"
    at.selectbox(key="w_agency").set_value("").run()
    assert "agency" not in at.query_params


def test_choosing_a_level_narrows_tiles_and_table_alike(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home, "overview", period="year", level="department")
    sound(at)
    shown = text_of(at)
    assert "UBND phường" not in shown
    assert "Sở Nội vụ" in shown


def test_a_link_that_makes_no_sense_is_told(open_screen: Open, filled: Filled) -> None:
    at = open_screen(filled.home, "late", period="7d", agency="<b>X</b>", page="-3", band="zz")
    sound(at)
    assert "Liên kết có phần không hiểu được, đã bỏ qua: page=-3, agency=<b>X</b>" in text_of(at)
    assert "<b>X</b>" not in html_of(at)


@pytest.mark.parametrize(
    "params",
    [
        {"period": "custom", "from": "2026-13-40", "to": "x"},
        {"period": "nonsense"},
        {"measure": "drop table"},
        {"sort": "-id; --", "measure": "received_total"},
        {"page": "99999", "measure": "received_total"},
        {"dossier": "999999999"},
        {"level": "galaxy", "channel": "owl", "flag": "x"},
        {"q": "%_\\' OR 1=1", "measure": "received_total"},
        {"step": "${x}", "measure": "in_progress_total"},
    ],
)
def test_tampered_addresses_break_nothing(open_screen: Open, filled: Filled, params: dict[str, str]) -> None:
    sound(open_screen(filled.home, "dossiers", **params))


# -- hostile text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["late", "dossiers", "sources", "overview", "wall"])
def test_hostile_text_stays_text(open_screen: Open, filled: Filled, file: str) -> None:
    at = (
        open_screen(filled.home, file, period="year", agency="H49")
        if file != "wall"
        else open_screen(filled.home, file)
    )
    sound(at)
    markup = html_of(at)
    assert "<script" not in markup
    assert not re.search(r"<img(?! src=\"data:image/svg\+xml,)", markup)
    assert not re.search(r"<[^>]+\son\w+=", markup)


def test_hostile_text_is_shown_as_it_came(open_screen: Open, filled: Filled) -> None:
    shown = text_of(open_screen(filled.home, "late", period="7d", agency="H49"))
    for text in HOSTILE:
        assert " ".join(text.split())[:60] in shown


def test_the_wall_names_no_dossier(open_screen: Open, filled: Filled) -> None:
    shown = text_of(open_screen(filled.home, "wall"))
    assert not re.search(r"H49[.\d]*-\d{6}-\d{4}", shown)


# -- English ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", LIVE)
def test_english_leaves_no_vietnamese_sentence_of_ours(open_screen: Open, filled: Filled, file: str) -> None:
    at = open_screen(filled.home, file, lang="en", period="7d")
    sound(at)
    shown = text_of(at)
    assert "Figures in part missing" in shown
    assert not [
        word for word in ("Số liệu", "nguồn mới", "Tiếp nhận", "trong kỳ", "Đang giữ") if word in shown
    ]


# -- the store away --------------------------------------------------------------------------------


def test_without_a_store_the_screen_says_what_to_do(open_screen: Open, tmp_path: Path) -> None:
    home = tmp_path / "nowhere"
    home.mkdir()
    (home / "config").symlink_to(Path(__file__).parents[2] / "config")
    for file in ("overview", "wall"):
        at = open_screen(home, file)
        assert [element.value for element in at.exception] == []
        assert "python -m ioc migrate" in text_of(at)


def test_a_broken_configuration_is_named_on_the_screen(open_screen: Open, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    at = open_screen(tmp_path)
    assert [element.value for element in at.exception] == []
    assert "province.toml" in text_of(at) or "areas.csv" in text_of(at)
