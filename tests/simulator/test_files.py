"""The files of communes without a system: readable, whole, true, not piled up."""

from __future__ import annotations

import io
import re
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ioc.clock import VIETNAM
from ioc.settings import Settings
from ioc.simulator.dropper import KEPT, Dropper, put_whole
from ioc.simulator.lives import Event
from ioc.simulator.province import Province
from ioc.simulator.sheet import HEADER, workbook
from ioc.simulator.switches import Fault, Switch, Switchboard
from ioc.simulator.truth import truth
from ioc.simulator.worktime import moment_of, seconds_of
from tests.simulator.conftest import SINCE, Hand, plan

SITE = "h49-06967"
Cells = list[list[object]]


def cells_of(content: bytes) -> Cells:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def dossiers_of(cells: Cells) -> list[dict[str, object]]:
    start = next(n for n, row in enumerate(cells) if row[0] == "STT")
    return [
        dict(zip(cells[start], row, strict=True)) for row in cells[start + 1 :] if isinstance(row[0], float)
    ]


@pytest.fixture
def province(province_settings: Settings) -> Province:
    return Province(province_settings, plan())


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def switches(province: Province) -> Switchboard:
    return Switchboard({site.id: site.spec.source.kind for site in province.sites})


@pytest.fixture
def dropper(province: Province, switches: Switchboard, clock: Hand, tmp_path: Path) -> Dropper:
    return Dropper(province, switches, home=tmp_path, now=clock, every_seconds=180)


def test_a_book_holds_the_whole_truth(province: Province) -> None:
    site = province.by_id[SITE]
    moment = seconds_of(SINCE)
    rows = dossiers_of(cells_of(workbook(site, moment)))
    told = truth(site, moment)
    assert len(rows) == told["dossiers"]
    assert len({row["Mã hồ sơ"] for row in rows}) == len(rows)
    assert sum(bool(row["Ngày tiếp nhận"]) for row in rows) == told["received"]
    assert Counter(row["Trạng thái"] for row in rows)["Chờ tiếp nhận"] == told["waiting_acceptance"]


def test_a_withdrawal_ends_the_processing_in_the_book(province_settings: Settings) -> None:
    site = Province(province_settings, plan(scale=0.2)).by_id[SITE]
    rows = dossiers_of(cells_of(workbook(site, seconds_of(SINCE))))
    ended = [row["Ngày có kết quả"] for row in rows if row["Trạng thái"] == "Công dân yêu cầu rút hồ sơ"]
    assert ended
    assert all(ended)


def test_a_book_looks_like_a_clerk_made_it(province: Province) -> None:
    cells = cells_of(workbook(province.by_id[SITE], seconds_of(SINCE)))
    start = next(n for n, row in enumerate(cells) if row[0] == "STT")
    assert start >= 4
    assert tuple(cells[start]) == HEADER
    assert cells[start + 1][0] == "(1)"
    assert re.fullmatch(r".+ \(\d+\)", str(cells[start + 2][0]))
    total = next(row for row in cells if row[1] == "Tổng cộng")
    assert total[2] == len(dossiers_of(cells))
    moments = {str(row["Ngày nộp"]) for row in dossiers_of(cells)}
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d", text) for text in moments)
    assert all(str(row["Chủ hồ sơ"]).startswith("CÔNG DÂN MẪU") for row in dossiers_of(cells))


def test_every_commune_gets_a_first_file_at_once_and_then_one_in_turn(dropper: Dropper, clock: Hand) -> None:
    first = dropper.tick()
    assert [path.name for path in first] == [f"{path.parent.name}_ho-so_20261118-1000.xlsx" for path in first]
    assert len(first) == 8
    assert dropper.tick() == []
    falls = []
    for _ in range(6 * 60):
        clock.at += timedelta(seconds=1)
        falls += [path.parent.name for path in dropper.tick()]
    assert set(Counter(falls).values()) <= {1, 2}
    assert len(set(falls)) == 8


def test_files_speak_for_the_minute_in_their_name(province: Province, dropper: Dropper, clock: Hand) -> None:
    submitted = province.by_id[SITE].lives(seconds_of(SINCE)).events[Event.SUBMIT]
    newest = int(max(moment for moment in submitted if moment <= seconds_of(SINCE) and moment % 60))
    clock.at = moment_of(newest)
    path = next(path for path in dropper.tick() if path.parent.name == "06967")
    assert path.name.endswith(f"{clock.at.astimezone(VIETNAM):%Y%m%d-%H%M}.xlsx")
    rows = dossiers_of(cells_of(path.read_bytes()))
    assert len(rows) == truth(province.by_id[SITE], newest - newest % 60)["dossiers"]
    assert len(rows) < truth(province.by_id[SITE], newest)["dossiers"]


def test_old_files_are_taken_away_and_foreign_ones_left(
    dropper: Dropper, clock: Hand, tmp_path: Path
) -> None:
    put_whole(tmp_path / "inbox/06967/tay.xlsx", b"x")
    for n in range(5):
        dropper.tick()
        clock.at += timedelta(seconds=400)
        put_whole(tmp_path / f"inbox/06967/done/06967_ho-so_20261118-10{n}0-abcd1234.xlsx", b"x")
    names = sorted(path.name for path in (tmp_path / "inbox/06967").glob("*.*"))
    assert len(list((tmp_path / "inbox/06967/done").iterdir())) == KEPT + 1  # the last came after
    assert len(names) == KEPT + 1
    assert "tay.xlsx" in names
    assert not any(".part" in name for name in names)


def test_a_commune_that_is_down_sends_nothing(dropper: Dropper, switches: Switchboard) -> None:
    switches.turn(SITE, Switch(Fault.DOWN), on=True)
    assert "06967" not in [path.parent.name for path in dropper.tick()]


@pytest.mark.parametrize(("fault", "begins"), [(Fault.HTML_200, b"<html>"), (Fault.TRUNCATED_BODY, b"PK")])
def test_broken_files(dropper: Dropper, switches: Switchboard, fault: Fault, begins: bytes) -> None:
    switches.turn(SITE, Switch(fault), on=True)
    path = next(path for path in dropper.tick() if path.parent.name == "06967")
    assert path.read_bytes().startswith(begins)
    with pytest.raises(Exception, match=r"."):
        cells_of(path.read_bytes())


def test_rows_twice_in_a_file(province: Province) -> None:
    site, moment = province.by_id[SITE], seconds_of(SINCE)
    once = dossiers_of(cells_of(workbook(site, moment)))
    twice = dossiers_of(cells_of(workbook(site, moment, doubled=True)))
    assert len(twice) == len(once) + 10
    assert {row["Mã hồ sơ"] for row in twice} == {row["Mã hồ sơ"] for row in once}


def test_a_dropper_runs_until_told_to_stop(dropper: Dropper, tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=dropper.run, args=(stop,))
    thread.start()
    for _ in range(200):
        if len(list(tmp_path.rglob("*.xlsx"))) == 8:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert len(list(tmp_path.rglob("*.xlsx"))) == 8
