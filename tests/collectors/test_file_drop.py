"""Dropped files: which one is read, which is refused and why, and where it goes after."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import Engine, select

from ioc.collectors import raw
from ioc.collectors.reports import RunReport
from ioc.faults import FaultKind, RejectReason
from ioc.model.dossier import Status
from ioc.model.run import RunKind, RunState
from ioc.settings import SourceSettings
from ioc.store import tables as t
from ioc.store.engine import reading
from ioc.store.quarantine import quarantine_rows
from ioc.store.runs import recent_runs, source_state
from tests.builders import NOON, a_source
from tests.collectors.building import FixedClock, a_runner

HEADER = [
    "STT",
    "Mã hồ sơ",
    "Tên TTHC",
    "Lĩnh vực",
    "Đơn vị",
    "Chủ hồ sơ",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày có kết quả",
    "Trạng thái",
]
Line = Sequence[object]


def line(n: int, **changes: object) -> list[object]:
    """A row of the sheet."""
    values: dict[str, object] = {
        "STT": n,
        "Mã hồ sơ": f"H49.101-261101-{n:04d}",
        "Tên TTHC": "Đăng ký khai sinh",
        "Lĩnh vực": "Hộ tịch",
        "Đơn vị": "Phường Hạ Long",
        "Chủ hồ sơ": "NGUYỄN VĂN BÍ MẬT",
        "Ngày tiếp nhận": "02/11/2026 08:05",
        "Ngày hẹn trả": "25/11/2026",
        "Ngày có kết quả": "",
        "Trạng thái": "Đang xử lý",
    }
    return list((values | changes).values())


def csv(*rows: Line, sign: str = ";", header: Line = HEADER) -> bytes:
    return "\r\n".join(sign.join(str(cell) for cell in row) for row in (header, *rows)).encode("utf-8-sig")


def xlsx(*rows: Line, header: Line = HEADER, options: dict[str, object] | None = None) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **(options or {})})
    sheet = book.add_worksheet("Danh sách")
    for place, row in enumerate((header, *rows)):
        sheet.write_row(place, 0, row)
    book.close()
    return stream.getvalue()


class Folder:
    """The source's folder, its clock and its store."""

    def __init__(self, engine: Engine, home: Path, **changes: object) -> None:
        self.engine, self.home, self.clock = engine, home, FixedClock()
        self.source: SourceSettings = a_source(
            "s2", kind="file_drop", folder="inbox/s2", base_url=None, **changes
        )
        self.path = home / "inbox" / "s2"
        self.path.mkdir(parents=True, exist_ok=True)

    def drop(self, name: str, body: bytes, *, age: float = 60) -> Path:
        path = self.path / name
        path.write_bytes(body)
        moment = (self.clock() - timedelta(seconds=age)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def run(self) -> RunReport:
        with a_runner(self.engine, self.home, self.source, clock=self.clock) as runner:
            return runner.run(self.source, RunKind.CHANGES)

    def take(self, name: str, body: bytes, **more: float) -> RunReport:
        self.drop(name, body, **more)
        return self.run()

    def rows(self) -> dict[str, object]:
        with reading(self.engine) as conn:
            return {row.dossier_code: row for row in conn.execute(select(t.dossier))}

    def names(self, below: str = "") -> list[str]:
        folder = self.path / below
        return sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.exists() else []


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> Folder:
    return Folder(engine, tmp_path)


@pytest.mark.parametrize(("name", "make"), [("ds_20261119.csv", csv), ("ds_20261119.xlsx", xlsx)])
def test_a_file_is_read_and_put_away(folder: Folder, name: str, make: Callable[..., bytes]) -> None:
    report = folder.take(name, make(line(1), line(2, **{"Trạng thái": "Đã trả kết quả"})))
    assert report.ok, report.error
    assert report.run.ledger.inserted == 2
    found = folder.rows()
    assert found["H49.101-261101-0001"].agency_code == "H49.101"
    assert found["H49.101-261101-0001"].procedure_code == "1.000002"
    assert found["H49.101-261101-0002"].status == Status.RETURNED
    assert found["H49.101-261101-0001"].due_precision == "day"
    assert folder.names() == []
    assert len(folder.names("done")) == 1
    assert report.run.as_of == datetime(2026, 11, 19, 16, 59, 59, tzinfo=UTC)


def test_an_empty_folder_makes_no_run(folder: Folder) -> None:
    assert folder.run().ok
    with reading(folder.engine) as conn:
        assert recent_runs(conn, "s2", 5) == ()
        assert source_state(conn, "s2").last_success_at is None


def test_no_name_reaches_the_store_the_payload_or_the_quarantine(folder: Folder) -> None:
    bad = line(2, **{"Ngày tiếp nhận": "hôm kia", "Tên TTHC": "Khai sinh, gọi 0912 345 678"})
    typed = line(3, **{"Tên TTHC": "Khai sinh cho 001090123456", "Trạng thái": "Đang xử lý 0912345678"})
    footer = ["", "", "", "", "", "", "", "", "", "Người lập: TRẦN THỊ BÍ MẬT"]
    report = folder.take("ds_20261119.xlsx", xlsx(line(1), bad, typed, footer))
    assert report.run.ledger.quarantined == 1
    kept = "".join(p.body.decode() for p in raw.kept(folder.home, "s2", report.run.id))
    with reading(folder.engine) as conn:
        kept += str(conn.execute(select(t.quarantine)).all() + conn.execute(select(t.dossier)).all())
    assert not [word for word in ("BÍ MẬT", "0912", "001090123456") if word in kept]
    assert "H49.101-261101-0001" in kept


def test_the_same_bytes_again_are_no_news(folder: Folder) -> None:
    body = csv(line(1))
    folder.take("ds_20261118.csv", body)
    report = folder.take("ban-sao_20261119.csv", body)
    assert report.ok
    assert report.run.ledger.fetched == 0
    assert folder.names() == []
    assert [n for n in folder.names("done") if n.endswith(".txt")]


def test_the_same_name_with_new_content_is_a_new_batch(folder: Folder) -> None:
    folder.take("ds_20261119.csv", csv(line(1)))
    report = folder.take("ds_20261119.csv", csv(line(1, **{"Trạng thái": "Chờ bổ sung"})), age=30)
    assert report.run.ledger.updated == 1
    assert len(folder.names("done")) == 2


def test_an_older_file_is_refused(folder: Folder) -> None:
    folder.take("ds_20261119.csv", csv(line(1)))
    report = folder.take("ds_20261110.csv", csv(line(1, **{"Trạng thái": "Chờ bổ sung"})))
    assert report.run.fault is FaultKind.FILE
    assert "cũ hơn" in (report.error or "")
    assert folder.rows()["H49.101-261101-0001"].status == Status.PROCESSING
    reason = folder.path / "refused" / next(n for n in folder.names("refused") if n.endswith(".txt"))
    assert "cũ hơn" in reason.read_text("utf-8")


def test_a_file_still_being_copied_waits(folder: Folder) -> None:
    folder.drop("ds_20261119.csv", csv(line(1)), age=1)
    assert folder.run().run.id == 0
    assert folder.names() == ["ds_20261119.csv"]
    folder.clock.on(seconds=10)
    assert folder.run().run.ledger.inserted == 1


@pytest.mark.parametrize("name", ["~$ds.xlsx", ".an.csv", "ds.csv.part", "ds.xlsx.tmp", "ghi-chu.txt"])
def test_files_that_are_no_drops_are_left_alone(folder: Folder, name: str) -> None:
    folder.drop(name, b"x")
    assert folder.run().run.id == 0
    assert folder.names() == [name]


def test_links_are_not_followed(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "ngoai.csv"
    outside.write_bytes(csv(line(1)))
    (folder.path / "link.csv").symlink_to(outside)
    assert folder.run().run.id == 0


def test_with_a_done_mark_a_file_waits_for_it(engine: Engine, tmp_path: Path) -> None:
    folder = Folder(engine, tmp_path, options={"done_mark": "true"})
    folder.drop("ds_20261119.csv", csv(line(1)))
    assert folder.run().run.id == 0
    folder.drop("ds_20261119.csv.done", b"")
    assert folder.run().run.ledger.inserted == 1
    assert folder.names() == []


@pytest.mark.parametrize(
    "name", ["a\nb_20261119.csv", "x..%2F..%2Fetc_20261119.csv", "x" * 180 + ".csv", "a\u202eb.csv"]
)
def test_odd_names_are_put_away_under_names_of_our_own(folder: Folder, name: str) -> None:
    assert folder.take(name, csv(line(1))).ok
    (kept,) = folder.names("done")
    assert kept.isprintable()
    assert len(kept) < 130
    assert not [sign for sign in "\n/%\u202e" if sign in kept]


def test_several_files_are_read_in_the_order_of_their_moments(folder: Folder) -> None:
    folder.drop("b_20261118.csv", csv(line(1, **{"Trạng thái": "Đang xử lý"})))
    folder.drop("a_20261119.csv", csv(line(1, **{"Trạng thái": "Đã trả kết quả"})))
    folder.drop("c_20261117.csv", csv(line(1, **{"Trạng thái": "Chờ tiếp nhận"})))
    report = folder.run()
    assert report.ok
    assert report.run.ledger.fetched == 3
    assert folder.rows()["H49.101-261101-0001"].status == Status.RETURNED
    with reading(folder.engine) as conn:
        assert len(recent_runs(conn, "s2", 9)) == 3


def test_a_bad_file_does_not_stop_the_good_one_after_it(folder: Folder) -> None:
    folder.drop("a_20261117.csv", b"rac")
    folder.drop("b_20261118.csv", csv(line(1)))
    report = folder.run()
    assert not report.ok
    assert report.run.ledger.inserted == 1
    assert len(folder.names("refused")) == 2


def test_a_changed_header_is_refused_until_it_is_agreed(engine: Engine, tmp_path: Path) -> None:
    folder = Folder(engine, tmp_path)
    folder.take("ds_20261117.csv", csv(line(1)))
    swapped = [
        "Ngày hẹn trả" if h == "Ngày tiếp nhận" else "Ngày tiếp nhận" if h == "Ngày hẹn trả" else h
        for h in HEADER
    ]
    report = folder.take("ds_20261118.csv", csv(line(2), header=swapped))
    assert report.run.fault is FaultKind.FILE
    assert "accept_header" in (report.error or "")
    mark = (report.error or "").split('"')[1]
    agreed = Folder(engine, tmp_path, options={"accept_header": mark})
    again = agreed.take("ds_20261118.csv", csv(line(2, **{"Ngày tiếp nhận": "01/11/2026"}), header=swapped))
    assert again.ok, again.error


def test_each_refused_row_is_named_in_the_report_beside_the_file(folder: Folder) -> None:
    report = folder.take(
        "ds_20261119.csv",
        csv(line(1), line(2, **{"Ngày tiếp nhận": "30/02/2026"}), line(3, **{"Mã hồ sơ": "12345.0"})),
    )
    assert report.ok
    (words,) = [p for p in (folder.path / "done").iterdir() if p.suffix == ".txt"]
    text = words.read_text("utf-8")
    assert "dòng 3: ô G3: ngày không đọc được" in text
    assert "dòng 4: mã bị bảng tính đổi thành số" in text
    with reading(folder.engine) as conn:
        reasons = {row.reason for row in quarantine_rows(conn, "s2", limit=9)}
    assert reasons == {RejectReason.BAD_DATE, RejectReason.BAD_TEXT}


def test_a_file_that_claims_to_be_everything_deletes_what_two_of_them_lack(
    engine: Engine, tmp_path: Path
) -> None:
    folder = Folder(engine, tmp_path, options={"deletes": "true"})
    rows = [line(n) for n in range(1, 11)]
    for day, shown, deleted in ((16, rows, 0), (17, rows[1:], 0), (18, rows[:0:-1], 1)):
        assert folder.take(f"ds_202611{day}.csv", csv(*shown)).ok
        assert sum(row.deleted for row in folder.rows().values()) == deleted
    report = folder.take("ds_20261119.csv", csv(*rows[:2]))
    assert report.run.state is RunState.HELD
    assert len(folder.names("refused")) == 2
    assert sum(row.deleted for row in folder.rows().values()) == 1


def test_a_shorter_file_deletes_nothing_otherwise(folder: Folder) -> None:
    folder.take("ds_20261116.csv", csv(*[line(n) for n in range(1, 11)]))
    for day in (17, 18, 19):
        assert folder.take(f"ds_202611{day}.csv", csv(line(1))).ok
    assert not [row for row in folder.rows().values() if row.deleted]


@pytest.mark.parametrize(
    ("name", "age", "as_of"),
    [
        ("ds_20261118-0930.csv", 60, datetime(2026, 11, 18, 2, 30, tzinfo=UTC)),
        ("ds_20261118.csv", 60, datetime(2026, 11, 18, 16, 59, 59, tzinfo=UTC)),
        ("ds_20261120.csv", 3600, NOON - timedelta(hours=1)),
        ("danh sach.csv", 7200, NOON - timedelta(hours=2)),
    ],
)
def test_the_moment_a_file_speaks_of(folder: Folder, name: str, age: float, as_of: datetime) -> None:
    assert folder.take(name, csv(line(1)), age=age).run.as_of == as_of


@pytest.mark.parametrize("name", ["ds_20261121.csv", "ds_20261120-2359.csv", "ds_20261399.csv"])
def test_a_moment_in_the_future_or_none_at_all_is_refused(folder: Folder, name: str) -> None:
    report = folder.take(name, csv(line(1)))
    assert report.run.fault is FaultKind.FILE
    assert folder.rows() == {}


def test_the_first_day_of_history_counts_as_a_full_pass(folder: Folder) -> None:
    folder.take("ds_20261119.csv", csv(line(1)))
    with reading(folder.engine) as conn:
        state = source_state(conn, "s2")
    assert state.last_full_at is not None
    assert state.last_success_at == datetime(2026, 11, 19, 16, 59, 59, tzinfo=UTC)
