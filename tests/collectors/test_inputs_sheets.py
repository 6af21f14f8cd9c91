"""Bad input in CSV and XLSX drops: `safety.md` §3, I61-I88, and the traps of `wire.md` §7."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from ioc.collectors import file_drop, raw, template
from ioc.collectors.base import Ask, Parsed, Payload
from ioc.collectors.headers import find_header, known_headers
from ioc.collectors.sheet_files import read_table
from ioc.collectors.tables import Table, column_name, from_json, to_json
from ioc.collectors.xlsx_check import check_xlsx
from ioc.errors import SourceChanged
from ioc.faults import FaultKind, RejectReason
from ioc.model.dossier import UNMAPPED, ApplicantType, Channel, DuePrecision, Flag, ServiceLevel, Status
from ioc.model.run import RunKind
from tests.builders import NOON, a_source
from tests.collectors.building import lookup
from tests.collectors.test_file_drop import HEADER, csv, line, xlsx


def take(
    body: bytes,
    tmp_path: Path,
    *,
    name: str = "ds_20261119.csv",
    codes: Mapping[str, Mapping[str, str]] | None = None,
    **options: str,
) -> Parsed:
    """Drop, fetch and parse one file."""
    told = {"settle_seconds": "0"} | options
    source = a_source("s2", kind="file_drop", folder="in", options=told, codes=codes or {})
    (tmp_path / "in").mkdir(exist_ok=True)
    path = tmp_path / "in" / name
    path.write_bytes(body)
    now = datetime.fromtimestamp(int(path.stat().st_mtime) + 60, UTC)
    ask = Ask(source=source, kind=RunKind.FULL, cursor=None, now=now, home=tmp_path)
    (payload,) = list(file_drop.fetch(ask, None))  # type: ignore[arg-type]
    return file_drop.parse(payload, source, lookup(source))


Take = Callable[..., Parsed]


@pytest.fixture
def read(tmp_path: Path) -> Take:
    return lambda body, **more: take(body, tmp_path, **more)


# -- CSV --------------------------------------------------------------------------------------------------


def test_i61_an_unclosed_quote_is_a_fault_with_its_line(read: Take) -> None:
    rows = [line(n) for n in range(1, 400)]
    rows[300][2] = '"chưa đóng'
    with pytest.raises(SourceChanged, match="dòng 302") as caught:
        read(csv(*rows))
    assert caught.value.kind is FaultKind.FILE


def test_i62_i63_rows_of_another_length_are_refused_alone(read: Take) -> None:
    parsed = read(csv(line(1), [*line(2), "thừa"], line(3)[:-2], [*line(4), "", ""]))
    assert [version.dossier_code[-4:] for version in parsed.versions] == ["0001", "0004"]
    assert [reject.reason for reject in parsed.rejects] == [RejectReason.ROW_SHAPE] * 2


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_i64_the_delimiter_is_the_one_that_shows_the_header(read: Take, sign: str) -> None:
    assert len(read(csv(line(1), line(2), sign=sign)).versions) == 2


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        pytest.param("utf-8-sig", {}, id="I65"),
        pytest.param("utf-8", {}, id="no mark"),
        pytest.param("utf-16", {}, id="I66"),
        pytest.param("utf-16-le", {"encoding": "utf-16-le"}, id="I66-declared"),
    ],
)
def test_encodings_of_csv(read: Take, encoding: str, options: dict[str, str]) -> None:
    body = csv(line(1)).decode("utf-8-sig").encode(encoding)
    assert read(body, **options).versions[0].raw_status == "Đang xử lý"


def test_i67_windows_1258_only_when_declared(read: Take) -> None:
    text = unicodedata.normalize("NFC", csv(line(1)).decode("utf-8-sig"))
    body = b"".join(_cp1258(sign) for sign in text)
    assert read(body, encoding="cp1258").versions[0].raw_status == "Đang xử lý"
    with pytest.raises(SourceChanged, match="Bảng mã"):
        read(body)


def _cp1258(sign: str) -> bytes:
    """A letter as that code page writes it: with its hat or horn, and the tone mark after it."""
    parts = unicodedata.normalize("NFD", sign)
    tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
    letter = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
    return (letter + tones).encode("cp1258")


def test_i68_a_line_break_inside_quotes_is_part_of_the_cell(read: Take) -> None:
    row = line(1, **{"Tên TTHC": '"Đăng ký\nkhai sinh"'})
    assert read(csv(row)).versions[0].procedure_code == "1.000002"


def test_i69_i70_repeated_headers_totals_groups_numbers_and_signatures_are_no_dossiers(read: Take) -> None:
    width = len(HEADER)
    body = csv(
        [f"({n})" for n in range(1, width + 1)],
        ["Hộ tịch (2)", *[""] * (width - 1)],
        line(1),
        HEADER,
        line(2),
        ["", "Tổng cộng: 2 hồ sơ", *[""] * (width - 2)],
        [""] * width,
        ["", "", "", "", "", "", "", "", "Người lập biểu", "Thủ trưởng"],
    )
    parsed = read(body)
    assert len(parsed.versions) == 2
    assert parsed.rejects == ()
    assert parsed.skipped == 6


def test_i70_a_total_that_disagrees_holds_the_file(read: Take) -> None:
    with pytest.raises(SourceChanged, match="120") as caught:
        read(csv(line(1), ["", "Tổng cộng: 120 hồ sơ", *[""] * (len(HEADER) - 2)]))
    assert caught.value.kind is FaultKind.PARTIAL


def test_i71_a_header_alone_is_a_fault(read: Take) -> None:
    with pytest.raises(SourceChanged, match="không có dòng hồ sơ"):
        read(csv())


@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 50, b"a;b;c;d\r\n1;2;3;4", "Mã hồ sơ;Ngày nộp\n1;2".encode()]
)
def test_files_without_a_known_header_are_refused(read: Take, body: bytes) -> None:
    with pytest.raises(SourceChanged):
        read(body)


def test_groups_give_the_domain_where_no_column_does(read: Take) -> None:
    header = [name for name in HEADER if name != "Lĩnh vực"]
    row = [
        cell
        for cell, name in zip(line(1, **{"Tên TTHC": "Thủ tục lạ"}), HEADER, strict=True)
        if name != "Lĩnh vực"
    ]
    parsed = read(csv(["Đất đai (1)", *[""] * (len(header) - 1)], row, header=header))
    assert parsed.versions[0].domain_code == "dat-dai"


# -- XLSX -------------------------------------------------------------------------------------------------


def test_i76_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            archive.writestr(name, "<x/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(300):
                sheet.write(b" " * 1_000_000)
    with pytest.raises(SourceChanged, match="phình"):
        check_xlsx(stream.getvalue())


@pytest.mark.parametrize(("members", "blanks"), [(250, 10), (3, 30_000_000)], ids=["members", "ratio"])
def test_i76_too_many_parts_or_too_much_air_is_refused_by_the_list_alone(members: int, blanks: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        for n in range(members):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", b"<x>" + b" " * (blanks // members) + b"</x>")
    with pytest.raises(SourceChanged, match="phình"):
        check_xlsx(stream.getvalue())


def test_a_list_that_lies_about_its_sizes_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bytearray(xlsx(*[line(n) for n in range(50)]))
    place = body.find(b"PK\x01\x02")
    while place >= 0:
        body[place + 24 : place + 28] = b"\x01\x00\x00\x00"  # "one byte when unpacked"
        place = body.find(b"PK\x01\x02", place + 1)
    with pytest.raises(SourceChanged):
        check_xlsx(bytes(body))


@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        b"<!DOCTYPE x>",
    ],
)
def test_i77_i78_a_doctype_is_refused(read: Take, prolog: bytes) -> None:
    body = _with_part(
        xlsx(line(1)), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"?>", b"?>" + prolog, 1)
    )
    with pytest.raises(SourceChanged, match="DOCTYPE"):
        read(body, name="ds.xlsx")


def _with_part(body: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member.filename, change(content) if member.filename == name else content)
    return stream.getvalue()


def test_i79_a_cell_at_the_end_of_the_world_is_refused(read: Take) -> None:
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    body = _with_part(
        xlsx(line(1)), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", cell)
    )
    with pytest.raises(SourceChanged, match="dòng hoặc"):
        read(body, name="ds.xlsx")


@pytest.mark.parametrize("size", [b'ref="A1"', b'ref="A1:XFD1048576"'])
def test_i80_the_stated_size_is_not_believed(read: Take, size: bytes) -> None:
    body = _with_part(
        xlsx(line(1), line(2), line(3)),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'ref="A1:J4"', size, 1),
    )
    assert len(read(body, name="ds.xlsx").versions) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(xlsx(line(1))[:2000], "hỏng", id="I81"),
        pytest.param(b"<html><table><tr><td>x</td></tr></table>", "HTML", id="I82"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "mật khẩu", id="I83"),
        pytest.param(b"hello", "không phải", id="text"),
        pytest.param(b"", "rỗng", id="empty"),
    ],
)
def test_what_is_no_workbook_is_refused_with_the_reason(read: Take, body: bytes, words: str) -> None:
    with pytest.raises(SourceChanged, match=words) as caught:
        read(body, name="ds.xlsx")
    assert caught.value.kind is FaultKind.FILE


def test_i84_rows_under_a_merged_cell_are_refused_alone(read: Take) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate((HEADER, line(1), line(2), line(3))):
        sheet.write_row(place, 0, row)
    sheet.merge_range(1, 6, 2, 6, "02/11/2026")
    book.close()
    parsed = read(stream.getvalue(), name="ds.xlsx")
    assert len(parsed.versions) == 2
    assert [reject.reason for reject in parsed.rejects] == [RejectReason.ROW_SHAPE]


def test_i85_hidden_sheets_are_read_only_by_name(read: Take) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    for name, count in (("Hiện", 1), ("Ẩn", 3)):
        sheet = book.add_worksheet(name)
        for place, row in enumerate([HEADER, *[line(n) for n in range(count)]]):
            sheet.write_row(place, 0, row)
        if name == "Ẩn":
            sheet.hide()
    book.close()
    assert len(read(stream.getvalue(), name="ds.xlsx").versions) == 1
    assert len(read(stream.getvalue(), name="ds2.xlsx", sheet="Ẩn").versions) == 3


@pytest.mark.parametrize(
    ("value", "word"),
    [
        pytest.param("=1+1", "chưa tính", id="I86"),
        pytest.param("#N/A", "#N/A", id="I87"),
        pytest.param("#REF!", "#REF!", id="I87-ref"),
    ],
)
def test_formulas_without_a_result_are_refused_with_their_cell(read: Take, value: str, word: str) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, line(1), line(2)):
        book.active.append(row)
    book.active["H2"] = value
    stream = io.BytesIO()
    book.save(stream)
    parsed = read(stream.getvalue(), name="ds.xlsx")
    assert len(parsed.versions) == 1
    (reject,) = parsed.rejects
    assert reject.reason is RejectReason.FORMULA
    assert "H2" in reject.detail
    assert word in reject.detail


def test_i88_macros_are_refused(read: Take) -> None:
    stream = io.BytesIO(xlsx(line(1)))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    for name in ("ds.xlsx", "ds.xlsm"):
        with pytest.raises(SourceChanged, match="macro"):
            read(stream.getvalue(), name=name)


def test_the_header_may_stand_below_a_banner(read: Take) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "UBND TỈNH")
    sheet.write(3, 2, "DANH SÁCH HỒ SƠ")
    for place, row in enumerate((HEADER, line(1))):
        sheet.write_row(12 + place, 2, row)
    book.close()
    parsed = read(stream.getvalue(), name="ds.xlsx")
    assert len(parsed.versions) == 1


@pytest.mark.parametrize("epoch_1904", [False, True], ids=["1900", "I43"])
def test_dates_of_a_workbook_in_all_their_dresses(read: Take, epoch_1904: bool) -> None:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": epoch_1904})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    for place in (1, 2, 3):
        sheet.write_row(place, 0, line(place))
    sheet.write_datetime(1, 6, datetime(2026, 11, 2, 8, 5), day)
    sheet.write_number(2, 6, 46328 - (1462 if epoch_1904 else 0))  # 02/11/2026 without its format
    sheet.write_number(3, 6, 60, day)  # 29/02/1900, which never was
    book.close()
    parsed = read(stream.getvalue(), name="ds.xlsx")
    received = [version.received_at for version in parsed.versions]
    assert received == [datetime(2026, 11, 2, 1, 5, tzinfo=UTC), datetime(2026, 11, 1, 17, tzinfo=UTC)]
    assert [reject.reason for reject in parsed.rejects] == [RejectReason.BAD_DATE]


@pytest.mark.parametrize("code", [12345, 12345.0, 1.2345678901234567e19, date(2026, 11, 1)])
def test_i48_i49_codes_that_became_numbers_are_refused(read: Take, code: Any) -> None:
    parsed = read(
        xlsx(line(1, **{"Mã hồ sơ": code}), options={"default_date_format": "d/m/yyyy"}), name="d.xlsx"
    )
    assert [reject.reason for reject in parsed.rejects] == [RejectReason.BAD_TEXT]


def test_a_huge_sheet_stays_under_half_a_gigabyte() -> None:
    """The corpus entries that killed other readers, in a child with a hard limit on its memory."""
    code = (
        "import io, zipfile, resource\n"
        "from ioc.collectors.xlsx_check import check_xlsx\n"
        "from ioc.errors import SourceChanged\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))\n"
        "s = io.BytesIO()\n"
        "with zipfile.ZipFile(s, 'w', zipfile.ZIP_DEFLATED) as z:\n"
        "    z.writestr('[Content_Types].xml', '<x/>')\n"
        "    with z.open('xl/worksheets/sheet1.xml', 'w') as f:\n"
        "        f.write(b'<worksheet><sheetData>')\n"
        "        for n in range(190):\n"
        "            f.write(b'<row>' + b'<c><v>1</v></c>' * 65000 + b'</row>')\n"
        "try:\n"
        "    check_xlsx(s.getvalue())\n"
        "except SourceChanged as exc:\n"
        "    print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "refused", done.stderr[-500:]
    assert resource.RLIMIT_DATA


# -- meaning ------------------------------------------------------------------------------------------------


def test_a_duration_under_a_date_header_is_no_date(read: Take) -> None:
    header = ["Thời hạn giải quyết" if name == "Ngày hẹn trả" else name for name in HEADER]
    durations = read(
        csv(*[line(n, **{"Ngày hẹn trả": "10 ngày làm việc"}) for n in range(1, 6)], header=header)
    )
    assert [version.due_at for version in durations.versions] == [None] * 5
    assert durations.rejects == ()
    dates = read(csv(*[line(n) for n in range(1, 6)], header=header), name="ds2_20261119.csv")
    assert {version.due_precision for version in dates.versions} == {DuePrecision.DAY}


def test_words_under_a_status_header_may_be_no_status(read: Take) -> None:
    header = ["Kết quả" if name == "Trạng thái" else name for name in HEADER]
    on_time = [line(n, **{"Trạng thái": "Đúng hạn", "Ngày có kết quả": "10/11/2026"}) for n in range(1, 6)]
    assert {v.status for v in read(csv(*on_time, header=header)).versions} == {Status.COMPLETED}
    stated = read(csv(*[line(n) for n in range(1, 6)], header=header), name="ds2_20261119.csv")
    assert {v.status for v in stated.versions} == {Status.PROCESSING}


def test_contents_are_a_procedure_when_they_repeat(read: Take) -> None:
    header = ["Nội dung" if name == "Tên TTHC" else name for name in HEADER]
    same = read(csv(*[line(n) for n in range(1, 6)], header=header))
    assert {v.procedure_code for v in same.versions} == {"1.000002"}
    own = read(
        csv(*[line(n, **{"Tên TTHC": f"Trích yếu {n}"}) for n in range(1, 6)], header=header),
        name="b_20261119.csv",
    )
    assert {v.procedure_raw for v in own.versions} == {None}


def test_american_dates_are_told_by_the_majority_and_flagged(read: Take) -> None:
    clear = [line(n, **{"Ngày tiếp nhận": f"11/{n + 12}/2026", "Ngày hẹn trả": ""}) for n in range(1, 5)]
    doubtful = line(9, **{"Ngày tiếp nhận": "11/02/2026", "Ngày hẹn trả": ""})
    parsed = read(csv(*clear, doubtful))
    assert parsed.versions[-1].received_at == datetime(2026, 11, 1, 17, tzinfo=UTC)
    assert parsed.versions[-1].flags == {Flag.AMBIGUOUS_DATE}
    assert parsed.versions[0].flags == frozenset()
    declared = read(csv(doubtful), name="b_20261119.csv", date_order="mdy")
    assert declared.versions[0].flags == frozenset()
    vietnamese = read(csv(doubtful), name="c_20261119.csv")
    assert vietnamese.rejects == ()
    assert vietnamese.versions[0].received_at == datetime(2026, 2, 10, 17, tzinfo=UTC)


def test_one_code_with_two_dates_of_receipt_is_two_dossiers_and_neither_is_taken(read: Take) -> None:
    parsed = read(csv(line(1), line(1, **{"Ngày tiếp nhận": "05/11/2026"}), line(2), line(2)))
    assert [reject.reason for reject in parsed.rejects] == [RejectReason.DUPLICATE_CODE] * 2
    assert [version.dossier_code[-4:] for version in parsed.versions] == ["0002", "0002"]


def test_mapping_an_agency_makes_no_second_dossier(read: Take) -> None:
    file = csv(line(1, **{"Mã hồ sơ": "123/2026", "Đơn vị": "Phường Lạ"}))
    (before,) = read(file).versions
    (after,) = read(file, codes={"agency": {"Phường Lạ": "H49.101"}}).versions
    assert (before.agency_code, after.agency_code) == (UNMAPPED, "H49.101")
    assert before.source_key == after.source_key


def test_a_refused_row_still_says_whose_it_is_wherever_it_stands(read: Take) -> None:
    good = read(csv(line(1), line(2))).versions[1]
    bad = {"Ngày hẹn trả": "31/02/2026"}
    (second,) = read(csv(line(1), line(2, **bad))).rejects
    (third,) = read(csv(line(1), line(3), line(2, **bad))).rejects
    assert second.source_key == third.source_key == good.source_key
    assert (second.position, second.payload) != (third.position, "")
    assert second.payload == third.payload


def test_a_short_code_is_a_key_only_with_its_agency(read: Take) -> None:
    parsed = read(
        csv(line(1, **{"Mã hồ sơ": "HS-15"}), line(2, **{"Mã hồ sơ": "HS-15", "Đơn vị": "Sở Xây dựng"}))
    )
    assert [version.source_key for version in parsed.versions] == [
        "phuong ha long|HS-15",
        "so xay dung|HS-15",
    ]


def test_a_receipt_after_the_files_moment_is_refused(read: Take) -> None:
    parsed = read(csv(line(1), line(2, **{"Ngày tiếp nhận": "25/12/2026"})))
    assert [reject.reason for reject in parsed.rejects] == [RejectReason.FUTURE]


@pytest.mark.parametrize(
    ("fee", "paid", "total", "amount"),
    [
        ("50.000", "50.000", 50_000, 50_000),
        ("1.500.000 đ", "x", 1_500_000, 1_500_000),
        ("50000", "chưa nộp", 50_000, 0),
        ("", "", None, None),
        ("0", "", 0, None),
    ],
)
def test_the_template_reads_back_what_was_filled_in(
    read: Take, fee: str, paid: str, total: int | None, amount: int | None
) -> None:
    row = (
        "H49.101-261101-0001",
        "1.000002.000.00.15.H49",
        "Đăng ký khai sinh",
        "Hộ tịch",
        "H49.101",
        "Phường Hạ Long",
        "Trực tuyến",
        "Công dân",
        "01/11/2026 07:30",
        "02/11/2026",
        "25/11/2026",
        "",
        "",
        "Đang xử lý",
        fee,
        paid,
    )
    versions = [
        read(template.template_csv([row]), name="a_20261119.csv").versions[0],
        read(template.template_xlsx([row]), name="b_20261119.xlsx").versions[0],
    ]
    assert versions[0] == versions[1] or versions[0].content_hash == versions[1].content_hash
    version = versions[0]
    assert (version.procedure_code, version.agency_code) == ("1.000002", "H49.101")
    assert (version.channel, version.applicant_type) == (Channel.ONLINE, ApplicantType.CITIZEN)
    assert (version.fee_total, version.fee_paid) == (total, amount)
    assert version.submitted_at == datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
    assert version.status is Status.PROCESSING
    assert version.service_level is None or isinstance(version.service_level, ServiceLevel)
    assert version.flags == frozenset()


def test_the_empty_template_is_refused_for_having_no_dossier(read: Take) -> None:
    for body, name in ((template.template_csv(), "a.csv"), (template.template_xlsx(), "b.xlsx")):
        with pytest.raises(SourceChanged, match="không có dòng hồ sơ"):
            read(body, name=name)


def test_a_table_survives_its_json() -> None:
    body = xlsx(
        line(1, **{"Ngày tiếp nhận": datetime(2026, 11, 2, 8, 5)}), options={"default_date_format": "d/m/yy"}
    )
    table = read_table(body, name="a.xlsx", options={}, known=known_headers)
    assert from_json(to_json(table)) == table
    assert find_header(table).row == 1
    odd = Table(
        rows=(("a", None, 1.5, True, date(2026, 1, 1)),), bad={(1, 2): "#N/A"}, merged=((1, 1, 2, 2),)
    )
    assert from_json(to_json(odd)) == odd


def test_the_kept_table_holds_no_unread_column(tmp_path: Path) -> None:
    source = a_source("s2", kind="file_drop", folder="in", options={"settle_seconds": "0"})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a_20261119.csv").write_bytes(csv(line(1)))
    ask = Ask(source=source, kind=RunKind.FULL, cursor=None, now=NOON, home=tmp_path)
    (payload,) = list(file_drop.fetch(ask, None))  # type: ignore[arg-type]
    assert isinstance(payload, Payload)
    assert "BÍ MẬT" not in payload.body.decode()
    assert raw.masked_payload(payload, keep=frozenset(), fallback=None) is payload


@pytest.mark.parametrize(("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")])
def test_columns_are_named_as_people_name_them(number: int, name: str) -> None:
    assert column_name(number) == name
