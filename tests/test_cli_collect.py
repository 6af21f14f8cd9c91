"""Commands that ask sources, against the simulated province on real sockets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ioc.cli import main
from ioc.clock import utc_now
from ioc.collectors.template import COLUMNS
from ioc.commands.doctor import room
from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.simulator.province import Plan
from ioc.simulator.run import Simulation
from ioc.simulator.switches import Fault, Switch
from ioc.simulator.worktime import seconds_of
from ioc.store.engine import open_engine
from ioc.store.lease import acquire
from tests.homes import FOLDER, WARD, free_port, make_home

SECRET = "a secret of the tests"
KEYS = {
    "id", "ok", "fetched", "inserted", "updated", "unchanged", "quarantined", "pages", "seconds", "error",
}  # fmt: skip

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A deployment of a ward over HTTP and one that sends files."""
    environ = make_home(tmp_path, port=free_port(), sources=(WARD, FOLDER))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("IOC_DATABASE_URL", raising=False)
    return load_settings(environ)


@pytest.fixture
def province(home: Settings) -> Iterator[Simulation]:
    """Its simulated province, small, at the port that the settings name."""
    plan = Plan(seed=7, scale=0.01, since=seconds_of(utc_now()), pace=0.0)
    port = int((home.sources[0].base_url or "").split(":")[2].split("/")[0])
    with Simulation(home, plan, port=port, secret=SECRET, drop_seconds=None) as simulation:
        yield simulation


@pytest.fixture
def say(home: Settings, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run one command in this process: its code, what it said, and its complaints."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def collected(say: Say, *arguments: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    code, out, err = say("collect", "--json", *arguments)
    return code, {entry["id"]: entry for entry in json.loads(out)}, err


def test_collect_reads_everything_first_and_changes_afterwards(province: Simulation, say: Say) -> None:
    say("migrate")
    code, first, err = collected(say)
    assert (code, err, set(first)) == (0, "", {WARD, FOLDER})
    for entry in first.values():
        assert set(entry) == KEYS
    ward = first[WARD]
    assert (ward["ok"], ward["error"]) == (True, None)
    assert ward["fetched"] == ward["inserted"] + ward["updated"] + ward["unchanged"] + ward["quarantined"] > 0
    assert ward["pages"] >= 1
    assert (
        json.loads(say("sources", "--json")[1])["sources"][0]["state"] == "fresh"
    )  # read whole, not looked at
    figures = json.loads(say("figures", "--from", "2020-01-01", "--json")[1])
    waiting = figures["waiting_acceptance"]
    assert figures["received_total"] > 0
    assert figures["received_total"] + waiting <= ward["inserted"]
    _, again, _ = collected(say, "--source", WARD)
    assert (again[WARD]["inserted"], again[WARD]["ok"]) == (0, True)
    _, whole, _ = collected(say, "--source", WARD, "--full")
    assert whole[WARD]["fetched"] >= ward["inserted"]
    assert say("check")[0] == 0


def test_a_source_that_fails_is_named_and_the_others_are_read(province: Simulation, say: Say) -> None:
    say("migrate")
    province.switches.turn(WARD, Switch(Fault.DOWN), on=True)
    code, found, err = collected(say)
    assert code == 1
    assert (found[WARD]["ok"], found[FOLDER]["ok"]) == (False, True)
    assert found[WARD]["error"]
    assert WARD in err
    assert found[WARD]["error"] in " ".join(err.split())
    assert "Traceback" not in err


def test_the_table_tells_the_same(province: Simulation, say: Say) -> None:
    say("migrate")
    code, out, _ = say("collect", "--source", WARD)
    assert code == 0
    assert "Phường Hà Tu" in out
    assert "tốt" in out


def test_a_kept_run_is_read_again(province: Simulation, say: Say) -> None:
    say("migrate")
    collected(say, "--source", WARD)
    run = json.loads(say("sources", "--json")[1])["sources"][0]["last_run"]
    code, out, _ = say("replay", str(run))
    assert code == 0
    assert "Phường Hà Tu" in out
    assert say("check")[0] == 0
    assert say("replay", "999") == (1, "", "Không có lần thu thập số 999\n")


def test_doctor_is_content_when_all_is_well_and_a_scheduler_lives(
    province: Simulation, home: Settings, say: Say
) -> None:
    say("migrate")
    engine = open_engine(home.database_url)
    acquire(engine, "scheduler", "somebody", seconds=60, now=utc_now())
    engine.dispose()
    code, out, err = say("doctor")
    assert (code, err) == (0, "")
    assert f"tốt  Nguồn {WARD}" in out
    assert "LỖI" not in out


def test_doctor_says_what_is_wrong_with_each(
    province: Simulation, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = say("doctor")
    assert code == 1
    assert "Kho dữ liệu: Chưa có kho dữ liệu" in err
    say("migrate")
    monkeypatch.setenv("IOC_DEMO_SECRET", "a wrong one")
    code, _, err = say("doctor")
    assert code == 1
    assert "Bộ lập lịch: không có tiến trình nào đang chạy; chạy: python -m ioc schedule" in err
    assert f"Nguồn {WARD}: " in err
    assert "a wrong one" not in err
    monkeypatch.delenv("IOC_DEMO_SECRET")
    assert "IOC_DEMO_SECRET" in say("doctor")[2]


def test_doctor_notices_a_source_that_is_away(say: Say) -> None:
    say("migrate")
    code, out, err = say("doctor")
    assert code == 1
    assert f"LỖI  Nguồn {WARD}" in out
    assert f"Nguồn {WARD}: " in err


def test_a_disk_nearly_full_is_told() -> None:
    assert room("Ổ đĩa", 5_000_000_000).fault is None
    assert "chỉ còn 12 MB trống" in (room("Ổ đĩa", 12_345_678).fault or "")


def dropped(home: Settings, *rows: str) -> None:
    """A file of the folder source with these rows under the template's header."""
    folder = home.home / "inbox" / FOLDER.removeprefix("h49-")
    folder.mkdir(parents=True, exist_ok=True)
    text = "\r\n".join([";".join(COLUMNS), *rows, ""])
    path = folder / f"{FOLDER}_20261120.csv"
    path.write_bytes(text.encode("utf-8-sig"))
    minute_ago = utc_now().timestamp() - 60
    os.utime(path, (minute_ago, minute_ago))  # it stands still, so nobody is copying it any more


def row(code: str, received: str) -> str:
    told = {
        "Mã hồ sơ": code,
        "Mã TTHC": "1.001193",
        "Kênh": "Trực tiếp",
        "Ngày tiếp nhận": received,
        "Trạng thái": "Đang xử lý",
    }
    return ";".join(told.get(column, "") for column in COLUMNS)


def with_options(home: Settings, **options: str) -> None:
    """Write the options of the folder source into its block."""
    path = home.config / "sources.toml"
    text = path.read_text("utf-8")
    told = ", ".join(f'{name} = "{value}"' for name, value in options.items())
    others, _, block = text.rpartition("\n[[source]]")
    block = block.split("\noptions = ")[0].rstrip()
    path.write_text(f"{others}\n[[source]]{block}\noptions = {{ {told} }}\n", "utf-8")


def test_refused_records_are_read_again_once_the_settings_are_mended(home: Settings, say: Say) -> None:
    with_options(home, date_order="dmy")
    dropped(home, row("H49.1-0001", "05/05/2026"), row("H49.1-0002", "11/13/2026"))
    say("migrate")
    _, found, _ = collected(say, "--source", FOLDER)
    assert (found[FOLDER]["inserted"], found[FOLDER]["quarantined"]) == (1, 1)
    [refused] = json.loads(say("quarantine", "list", "--json")[1])
    assert refused["reason"] == "bad_date"
    code, out, _ = say("quarantine", "retry", str(refused["id"]))
    assert (code, out) == (1, "0 bản ghi đã vào kho, 1 vẫn bị từ chối.\n")

    with_options(home, date_order="mdy")
    code, out, _ = say("quarantine", "retry", "--source", FOLDER)
    assert (code, out) == (0, "1 bản ghi đã vào kho, 0 vẫn bị từ chối.\n")
    assert json.loads(say("quarantine", "list", "--json")[1]) == []
    [settled] = json.loads(say("quarantine", "list", "--settled", "--json")[1])
    assert settled["settled_at"] is not None
    assert say("check")[0] == 0
    assert say("quarantine", "retry", "999") == (1, "", "Không có bản ghi cách ly số 999\n")
