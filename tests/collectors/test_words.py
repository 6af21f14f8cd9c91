"""Codes and names: mapped when somebody said so, else unknown; the longest phrase first, never a guess."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.collectors.lookup import Lookup
from ioc.collectors.phrases import CHANNEL, SERVICE_LEVEL, STATUS, find
from ioc.collectors.texts import Refused, clean, fold, is_damaged, looks_legacy
from ioc.model.dossier import UNMAPPED, Channel, Flag, ServiceLevel, Status
from tests.builders import AGENCIES, a_settings, a_source


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Mới đăng ký", Status.NEW),
        ("Chờ tiếp nhận", Status.NEW),
        ("Hồ sơ chưa tiếp nhận", Status.NEW),
        ("Đã tiếp nhận", Status.RECEIVED),
        ("Được tiếp nhận", Status.RECEIVED),
        ("Không tiếp nhận", Status.REJECTED),
        ("Không được tiếp nhận", Status.REJECTED),
        ("Từ chối", Status.REJECTED),
        ("ĐANG XỬ LÝ", Status.PROCESSING),
        ("Đang giải quyết", Status.PROCESSING),
        ("Chờ bổ sung", Status.SUPPLEMENT),
        ("Yêu cầu bổ sung giấy tờ", Status.SUPPLEMENT),
        ("Hồ sơ đã bổ sung giấy tờ", Status.UNKNOWN),
        ("Yêu cầu thực hiện nghĩa vụ tài chính", Status.FINANCIAL),
        ("Thực hiện NVTC", Status.FINANCIAL),
        ("Chờ thanh toán", Status.FINANCIAL),
        ("Công dân yêu cầu rút hồ sơ", Status.WITHDRAWN),
        ("Đã rút", Status.WITHDRAWN),
        ("Hủy", Status.WITHDRAWN),
        ("Đang chờ hủy", None),
        ("Dừng xử lý", Status.STOPPED),
        ("Tạm dừng", Status.STOPPED),
        ("Đã xử lý xong", Status.COMPLETED),
        ("Có kết quả", Status.COMPLETED),
        ("Chưa có kết quả", Status.PROCESSING),
        ("Chờ trả kết quả", Status.COMPLETED),
        ("Có kết quả, chưa trả", Status.COMPLETED),
        ("Đã trả kết quả", Status.RETURNED),
        ("Đúng hạn", None),
        ("Chờ liên thông", None),
        ("", None),
        (None, None),
    ],
)
def test_words_of_status(text: str | None, status: Status | None) -> None:
    assert find(text, STATUS) is status


def test_two_phrases_of_one_length_that_disagree_say_nothing() -> None:
    assert find("trực tuyến", CHANNEL) is Channel.ONLINE
    assert find("trực tiếp hoặc bưu chính", CHANNEL) is None
    assert find("Mức độ 4", SERVICE_LEVEL) is ServiceLevel.FULL


def test_a_word_is_a_whole_word() -> None:
    assert find("Đã huyện duyệt", STATUS) is None


@pytest.fixture
def lookup() -> Lookup:
    return a_lookup()


def a_lookup(**codes: dict[str, str]) -> Lookup:
    source = a_source(agency="H49", codes=codes)
    twin = replace(AGENCIES[2], code="H49.201")
    aliased = replace(AGENCIES[1], aliases=("000.00.05.H49", "Sở XD-GTVT"))
    settings = a_settings(
        Path(), "sqlite://", sources=[source], agencies=(AGENCIES[0], aliased, *AGENCIES[2:])
    )
    return Lookup(
        replace(settings, agencies=(*settings.agencies, twin)) if codes.get("twin") else settings, source
    )


@pytest.mark.parametrize(
    ("words", "name", "code"),
    [
        (("H49.05",), None, "H49.05"),
        (("h49.05 ",), None, "H49.05"),
        (("000.00.05.H49",), None, "H49.05"),
        ((None,), "Sở XD-GTVT", "H49.05"),
        ((None,), "SỞ XÂY DỰNG", "H49.05"),
        ((None,), "UBND phường Hạ Long", "H49.101"),
        ((None,), "Ủy ban nhân dân Phường Hạ Long", "H49.101"),
        (("H49.999", "60ff"), "Sở Xây dựng", "H49.05"),
        (("H49.999",), None, UNMAPPED),
        ((None,), "Sở Lạ", UNMAPPED),
        ((None, None), None, "H49"),
        ((), None, "H49"),
    ],
)
def test_agencies(lookup: Lookup, words: tuple[str | None, ...], name: str | None, code: str) -> None:
    place = lookup.agency(*words, name=name)
    assert place.code == code
    assert (Flag.UNKNOWN_AGENCY in place.flags) is (code == UNMAPPED)


def test_a_name_that_fits_two_agencies_fits_none() -> None:
    assert a_lookup(twin={"x": "y"}).agency(name="Phường Hạ Long").code == UNMAPPED


def test_the_sources_own_table_wins() -> None:
    mapped = a_lookup(agency={"60ff": "H49.102", "Sở Lạ": "H49.05"})
    assert mapped.agency("60ff").code == "H49.102"
    assert mapped.agency(name="SỞ LẠ").code == "H49.05"


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("1.000001", None, "1.000001"),
        ("1.000001.000.00.00.H49", "gì đó", "1.000001"),
        (None, "đăng ký KHAI SINH", "1.000002"),
        ("9.999999", "Lạ", UNMAPPED),
        (None, None, UNMAPPED),
    ],
)
def test_procedures(lookup: Lookup, code: str | None, name: str | None, expected: str) -> None:
    place = lookup.procedure(code, name)
    assert place.code == expected
    assert (Flag.UNKNOWN_PROCEDURE in place.flags) is (expected == UNMAPPED)


def test_domains_follow_our_catalogue_first(lookup: Lookup) -> None:
    assert lookup.domain("1.000001", "ho-tich") == "dat-dai"
    assert lookup.domain(UNMAPPED, None, "HỘ TỊCH") == "ho-tich"
    assert lookup.domain(UNMAPPED, "LV99") == UNMAPPED


def test_status_by_code_then_by_name_then_unknown() -> None:
    lookup = a_lookup(status={"2": "processing", "Chờ ký": "processing"})
    assert lookup.status("2", "Đã trả kết quả") == (Status.PROCESSING, "Đã trả kết quả")
    assert lookup.status("9", "Đã trả kết quả") == (Status.RETURNED, "Đã trả kết quả")
    assert lookup.status("9", "Chờ ký") == (Status.PROCESSING, "Chờ ký")
    assert lookup.status("9", "Lạ") == (Status.UNKNOWN, "9: Lạ")
    assert lookup.status("9", None) == (Status.UNKNOWN, "9")
    assert lookup.status(None, None) == (Status.UNKNOWN, None)


def test_channels(lookup: Lookup) -> None:
    assert lookup.channel(None, None) == (Channel.UNKNOWN, frozenset())
    assert lookup.channel("7", "Qua đại lý") == (Channel.UNKNOWN, {Flag.UNKNOWN_CHANNEL})
    assert a_lookup(channel={"7": "postal"}).channel("7", None)[0] is Channel.POSTAL


@given(st.text())
def test_cleaning_is_done_once_and_folding_never_fails_on_clean_text(text: str) -> None:
    try:
        once = clean(text)
    except Refused:
        assert "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text)
        return
    assert clean(once) == once
    assert fold(once) == fold(fold(once)) or not fold(once)


@pytest.mark.parametrize("text", ["Hå s¬", "Së X©y dùng", "Tr¶ kÕt qu¶"])
def test_old_fonts_are_known_by_their_signs(text: str) -> None:
    assert looks_legacy(text)


@pytest.mark.parametrize("text", ["Hồ sơ", "Café ©2026", "25 °C", "¼", "Sở Xây dựng", "a « b »"])
def test_other_signs_are_no_old_fonts(text: str) -> None:
    assert not looks_legacy(text)


def test_damage_is_seen() -> None:
    assert is_damaged("Th\ufffdm")
    assert not is_damaged("Thẩm")
