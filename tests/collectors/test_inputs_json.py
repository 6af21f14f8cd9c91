"""Bad input in JSON: `safety.md` §3, I01-I60 and I89-I100, each with its listed outcome (Q, E or A)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.collectors import igate2, mask, raw
from ioc.collectors.base import Parsed, Payload
from ioc.collectors.moments import Stamp, read_stamp
from ioc.collectors.records import read_integer, read_key, read_money
from ioc.collectors.texts import Refused
from ioc.errors import RetryLater, SourceChanged
from ioc.faults import RejectReason
from ioc.model.dossier import DossierVersion, Flag
from tests.builders import NOON, a_source
from tests.collectors.building import STATUS_IDS, a_record, lookup

SOURCE = a_source("s1", codes={"status": STATUS_IDS})


def parse(body: bytes, **options: str) -> Parsed:
    source = a_source("s1", codes={"status": STATUS_IDS}, options=options)
    payload = Payload(body=body, position="p", fetched_at=NOON)
    masked = raw.masked_payload(
        payload, keep=igate2.KEEP, reads=igate2.READS, fallback=options.get("encoding")
    )
    return igate2.parse(masked, source, lookup(source))


def rows(*records: Any) -> bytes:
    return json.dumps({"content": list(records)}).encode()


def one(record: dict[str, Any] | None = None, **changes: Any) -> DossierVersion:
    parsed = parse(rows({**(record or a_record()), **changes}))
    assert parsed.rejects == (), parsed.rejects
    return parsed.versions[0]


def text(**changes: str) -> bytes:
    """A page whose record holds raw JSON texts in place of values."""
    record = json.dumps(a_record(**{name: f"@{name}@" for name in changes}))
    for name, value in changes.items():
        record = record.replace(json.dumps(f"@{name}@"), value)
    return b'{"content": [' + record.encode() + b"]}"


# -- E: the whole answer is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"null", id="I02"),
        pytest.param(b"{}", id="I03"),
        pytest.param(b"[]", id="I04-envelope"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="I11"),
        pytest.param(text(note="9" * 5000), id="I12"),
        pytest.param(b"<html>dang nhap</html>", id="I25"),
        pytest.param(b'{"error": "x"}', id="I26"),
    ],
)
def test_what_is_no_list_is_a_fault(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        parse(body)


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_i05_a_cut_answer_is_asked_for_again(cut: int) -> None:
    with pytest.raises(RetryLater):
        parse(rows(a_record())[:-cut])


# -- Q: the record is refused, with its reason ------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(text(code='"A", "code": "B"'), RejectReason.NOT_A_RECORD, id="I09"),
        pytest.param(text(note='{"x": 1, "x": 2}'), RejectReason.NOT_A_RECORD, id="I09-inside"),
        pytest.param(text(note="NaN"), RejectReason.NOT_A_RECORD, id="I10"),
        pytest.param(text(note="-Infinity"), RejectReason.NOT_A_RECORD, id="I10-infinity"),
        pytest.param(text(id="1.2345678901234567e19"), RejectReason.NO_KEY, id="I15"),
        pytest.param(text(id="9223372036854775808"), RejectReason.BAD_NUMBER, id="I16"),
        pytest.param(text(code='"H49\\ud800-1"'), RejectReason.BAD_TEXT, id="I17"),
        pytest.param(text(code='"H49\\u0000-1"'), RejectReason.BAD_TEXT, id="I18"),
        pytest.param(rows(a_record(agency={"name": "a\x00b"})), RejectReason.BAD_TEXT, id="I18-text"),
        pytest.param(rows({}), RejectReason.MISSING_FIELD, id="I20"),
        pytest.param(rows(a_record(dossierFee={"total": True})), RejectReason.BAD_NUMBER, id="I22"),
        pytest.param(rows(a_record(dossierFee={"total": "1_000"})), RejectReason.BAD_NUMBER, id="I23"),
        pytest.param(rows(a_record(dossierFee={"total": "5.0"})), RejectReason.BAD_NUMBER, id="I24"),
        pytest.param(rows([1, 2]), RejectReason.NOT_A_RECORD, id="I27"),
        pytest.param(rows(a_record(acceptedDate="13/13/2026")), RejectReason.BAD_DATE, id="I30"),
        pytest.param(rows(a_record(acceptedDate="30/02/2026")), RejectReason.BAD_DATE, id="I31"),
        pytest.param(rows(a_record(acceptedDate="01/02/26")), RejectReason.BAD_DATE, id="I32"),
        pytest.param(
            rows(a_record(acceptedDate="2026-11-17T24:00:00+0700")), RejectReason.BAD_DATE, id="I33"
        ),
        pytest.param(rows(a_record(acceptedDate=1_763_340_000)), RejectReason.BAD_DATE, id="I34"),
        pytest.param(rows(a_record(acceptedDate="2026-W01-1")), RejectReason.BAD_DATE, id="I35"),
        pytest.param(rows(a_record(acceptedDate="2062-01-01T08:00:00+0700")), RejectReason.FUTURE, id="I39"),
        pytest.param(rows(a_record(dossierFee={"total": "1,5"})), RejectReason.BAD_NUMBER, id="I44"),
        pytest.param(rows(a_record(dossierFee={"total": -5})), RejectReason.BAD_NUMBER, id="I45"),
        pytest.param(rows(a_record(agency={"name": "Së X©y dùng"})), RejectReason.BAD_TEXT, id="I53"),
        pytest.param(rows(a_record(code="H49.А-1")), RejectReason.BAD_TEXT, id="I55"),
        pytest.param(rows(a_record(agency={"name": "x" * 40_000})), RejectReason.BAD_TEXT, id="I57"),
        pytest.param(rows(a_record(code="=HYPERLINK(1)")), RejectReason.BAD_TEXT, id="I95-code"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused_with_its_reason(body: bytes, reason: RejectReason) -> None:
    parsed = parse(body)
    assert parsed.versions == ()
    assert [reject.reason for reject in parsed.rejects] == [reason]
    assert parsed.rejects[0].detail


# -- A: accepted, normalised, noted -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda t: b"\xef\xbb\xbf" + t.encode(), id="I06"),
        pytest.param(lambda t: t.encode("utf-16"), id="I07"),
        pytest.param(lambda t: t.encode("utf-16-le"), id="I07-no-mark"),
        pytest.param(lambda t: t.encode(), id="I08"),
    ],
)
def test_encodings_are_told_by_the_bytes(encode: Any) -> None:
    page = json.dumps({"content": [a_record()]}, ensure_ascii=False)
    (version,) = parse(encode(page)).versions
    assert version.raw_status == "Đang xử lý"
    assert version.flags == frozenset()


def test_bytes_that_are_no_utf_8_spoil_only_their_own_record() -> None:
    good = json.dumps(a_record("a"), ensure_ascii=False).encode()
    bad = good.replace(b'"a"', b'"b"').replace("Thẩm định".encode(), b"Th\xe2m d\xf0nh")
    parsed = parse(b'{"content": [' + good + b"," + bad + b"]}")
    assert [Flag.BAD_UTF8 in version.flags for version in parsed.versions] == [False, True]
    (_, repaired) = parse(b'{"content": [' + good + b"," + bad + b"]}", encoding="cp1258").versions
    assert repaired.current_step == "Thâm dđnh"
    assert Flag.BAD_UTF8 in repaired.flags
    masked = raw.masked_payload(
        Payload(body=b'{"content": [' + bad + b"]}", position="p", fetched_at=NOON),
        keep=igate2.KEEP,
        reads=igate2.READS,
        fallback="cp1258",
    )
    assert Flag.BAD_UTF8 in parse(masked.body).versions[0].flags  # also when it is replayed


def test_i14_an_id_may_be_a_number_one_day_and_text_the_next() -> None:
    assert one(id=12345).source_key == one(id="12345").source_key == "12345"


def test_i19_controls_are_stripped() -> None:
    assert one(currentTask=[{"name": "Thẩm\x0b \x1bđịnh"}]).current_step == "Thẩm định"


def test_i21_an_unknown_field_is_kept_apart() -> None:
    assert parse(rows(a_record(extra=1))).new_fields == {"extra"}


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        pytest.param("03/04/2026", datetime(2026, 4, 2, 17, tzinfo=UTC), id="I29"),
        pytest.param("2026-11-17T17:30:00Z", datetime(2026, 11, 17, 17, 30, tzinfo=UTC), id="I36"),
        pytest.param("2026-11-17T08:05:00", datetime(2026, 11, 17, 1, 5, tzinfo=UTC), id="I37"),
        pytest.param("17/11/2026 08:05", datetime(2026, 11, 17, 1, 5, tzinfo=UTC), id="vn"),
        pytest.param("08:05 17/11/2026", datetime(2026, 11, 17, 1, 5, tzinfo=UTC), id="vn-clock-first"),
        pytest.param("0001-01-01T00:00:00", None, id="I38"),
        pytest.param("9999-12-31", None, id="I38-end"),
        pytest.param("null", None, id="word"),
        pytest.param(" ", None, id="blank"),
    ],
)
def test_dates_that_are_taken(value: str, moment: datetime | None) -> None:
    assert one(acceptedDate=value).received_at == moment


def test_i34_an_epoch_is_taken_when_declared() -> None:
    at = datetime(2026, 11, 17, 1, 5, tzinfo=UTC)
    page = rows(
        a_record(
            **{
                **dict.fromkeys(("appliedDate", "appointmentDate")),
                "acceptedDate": int(at.timestamp()) * 1000,
                "updatedDate": int(at.timestamp()) * 1000 + 7,
            }
        )
    )
    (version,) = parse(page, epoch="ms").versions
    assert version.received_at == version.version_at == at


@pytest.mark.parametrize("due", ["2020-01-01T00:00:00+0700"])
def test_i40_due_before_received_is_kept_for_the_rules_to_flag(due: str) -> None:
    version = one(appointmentDate=due)
    assert version.due_at is not None
    assert version.received_at is not None
    assert version.due_at < version.received_at


def test_i47_a_code_that_looks_like_a_number_stays_text() -> None:
    assert one(code="1E5").dossier_code == "1E5"


def test_i50_i51_i52_codes_and_names_in_their_one_form() -> None:
    version = one(code="\u00a0h49.101\u200b-261117-1 ", agency={"name": "Phươ\u0300ng Ha\u0323 Long"})
    assert version.dossier_code == "H49.101-261117-1"
    assert (version.agency_code, version.agency_raw) == ("H49.101", "Phường Hạ Long")
    assert one(code="\u00d0K-1").dossier_code == one(code="ĐK-1").dossier_code == "ĐK-1"


def test_i54_direction_marks_are_removed() -> None:
    assert one(agency={"name": "Phường \u202eHạ Long\u202c"}).agency_code == "H49.101"


@pytest.mark.parametrize("name", ["NA", "Null", "None", "nan"])
def test_i56_a_name_may_be_a_null_word(name: str) -> None:
    assert one(currentTask=[{"name": name}]).current_step == name


def test_i58_emoji_are_letters_too() -> None:
    assert one(currentTask=[{"name": "Thẩm định 👍"}]).current_step == "Thẩm định 👍"


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "${alert(1)}",
        "`x`",
        "</script><script>alert(1)</script>",
        "![](http://host/p)",
        "javascript:alert(1)",
        '=HYPERLINK("http://x")',
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1+1",
        "{{7*7}}",
        "'; drop table dossier; --",
        "*H01*",
        ":red[x]",
        "~~a~~",
        "<b>",
    ],
)
def test_i89_to_i100_hostile_text_stays_text_unchanged(hostile: str) -> None:
    version = one(currentTask=[{"name": hostile}], agency={"name": hostile})
    assert version.current_step == hostile.replace("＝", "＝")
    assert version.agency_raw == hostile


def test_i96_a_forged_log_line_is_one_line() -> None:
    assert one(currentTask=[{"name": "a\n2026 ERROR x"}]).current_step == "a 2026 ERROR x"


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2110, 1, 1)),
    st.sampled_from(["+0700", "+0000", "-0330", "+1500"]),
)
def test_the_short_way_of_reading_a_date_says_what_the_long_way_says(moment: datetime, zone: str) -> None:
    text_ = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{zone}"

    def read(told: str) -> Stamp | str | None:
        try:
            return read_stamp(told)
        except Refused as exc:
            return str(exc.reason)

    assert read(text_) == read(text_.replace("T", " "))


# -- single readers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", " ", "null", "undefined", "None", "NaN", "-"])
def test_words_for_nothing_are_nothing(value: object) -> None:
    assert read_integer(value) is None
    assert read_money(value) is None


@pytest.mark.parametrize("value", [5, "5", " 5 "])
def test_whole_numbers(value: object) -> None:
    assert read_integer(value) == 5


@pytest.mark.parametrize("value", [True, 5.5, "5.5", "0x5", "١٢", float("inf"), [], {}, "9" * 20])
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(Refused):
        read_integer(value)


@pytest.mark.parametrize("value", [None, "", " ", "null", True, 5.0, [], {}, "x" * 121, "a\ufffdb"])
def test_what_is_no_key(value: object) -> None:
    with pytest.raises(Refused) as caught:
        read_key(value)
    assert caught.value.reason is RejectReason.NO_KEY


@pytest.mark.parametrize(
    ("text_", "hidden"),
    [
        ("CCCD 001090123456", "CCCD ***"),
        ("CMND 012345678", "CMND ***"),
        ("001 090 123 456", "***"),
        ("gọi 0912 345 678 nhé", "gọi *** nhé"),
        ("gọi 0912.345.678", "gọi ***"),
        ("+84 912 345 678", "***"),
        ("thư a.b@tinh.gov.vn.", "thư ***"),
        ("H49.101-261117-0001", "H49.101-261117-0001"),
        ("000.00.07.H99-240304-0012", "000.00.07.H99-240304-0012"),
        ("65e5a1b2c3d4e5f601234567", "65e5a1b2c3d4e5f601234567"),
        ("Thẩm định lần 2 ngày 12/11/2026", "Thẩm định lần 2 ngày 12/11/2026"),
        ("150.000 đồng", "150.000 đồng"),
    ],
)
def test_numbers_of_persons_are_hidden_and_others_are_not(text_: str, hidden: str) -> None:
    assert mask.scrub(text_) == hidden
    assert mask.scrub(mask.scrub(text_)) == hidden
