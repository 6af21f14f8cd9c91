"""The command line as a contract: its JSON keys, its exit codes, and one sentence for each fault."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ioc.cli import main
from ioc.clock import end_of_day, local_day, utc_now
from ioc.faults import RejectReason
from ioc.model.dossier import Channel, DossierVersion, ServiceLevel, Status
from ioc.model.run import Reject, RunKind, RunState
from ioc.rules.counting import STANDARD
from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.store.engine import open_engine, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.runs import begin_run, end_run
from ioc.store.tables import stock
from tests.builders import a_version, accept_in_a_day
from tests.homes import ONLINE, WARD, free_port, make_home

COUNTS = {
    "received_total", "carried_over", "received_in_period", "received_online_full", "received_online_partial",
    "received_online_other", "received_counter", "received_postal", "received_unknown", "resolved_total",
    "resolved_early", "resolved_on_time", "resolved_late", "resolved_no_due", "closed_without_result",
    "in_progress_total", "in_progress_within", "in_progress_late", "in_progress_paused", "in_progress_no_due",
    "waiting_acceptance", "accepted_on_time", "accepted_late", "fee_due", "fee_paid_online", "results_known",
    "results_signed", "on_time_rate",
}  # fmt: skip
NOW = utc_now()
TODAY = local_day(NOW)


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Say = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A deployment of three sources that nobody has started."""
    environ = make_home(tmp_path, port=free_port())
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("IOC_DATABASE_URL", raising=False)
    return load_settings(environ)


@pytest.fixture
def say(home: Settings, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run one command in this process."""

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return run


@pytest.fixture
def filled(home: Settings, say: Say) -> Settings:
    """A migrated store: two late dossiers, one running, one paused, one done, one refused record."""
    assert say("migrate").code == 0
    ago = timedelta(days=3)
    late = {"received_at": NOW - timedelta(days=30), "due_at": end_of_day(TODAY - timedelta(days=2))}
    ahead = {"received_at": NOW - ago, "due_at": end_of_day(TODAY + timedelta(days=60))}
    versions = [
        made("L1", dossier_code="=HYPERLINK(1)", **late),
        made("L2", agency_code="H49.06652", **late),
        made("R1", channel=Channel.COUNTER, **ahead),
        made("P1", status=Status.SUPPLEMENT, supplement_requested_at=NOW - ago, **ahead),
        made("D1", status=Status.RETURNED, finished_at=NOW - ago / 2, signed_result=True, **ahead),
    ]
    reject = Reject(
        reason=RejectReason.BAD_DATE,
        detail="Ngày 31/02/2026",
        position="trang 1, dòng 7",
        payload='{"id": "x"}',
    )
    store(home, ONLINE, versions, [reject])
    return home


def made(key: str, **changes: Any) -> DossierVersion:
    base: dict[str, Any] = {
        "source_id": ONLINE,
        "source_key": key,
        "dossier_code": key,
        "agency_code": "H49",
        "domain_code": "LV01",
        "procedure_code": "1.012753",
        "version_at": NOW - timedelta(hours=1),
        "submitted_at": None,
        "service_level": ServiceLevel.FULL,
    }
    return a_version(**base | changes)


def store(home: Settings, source_id: str, versions: list[DossierVersion], rejects: list[Reject]) -> None:
    now = utc_now()  # not of the collection of the tests: a source grows stale in a hundred seconds
    engine = open_engine(home.database_url)
    run_id = begin_run(engine, source_id=source_id, kind=RunKind.FULL, holder="test", now=now)
    batch = Batch(source_id=source_id, run_id=run_id, versions=versions, rejects=rejects)
    ingest(engine, batch, now=now, rule=STANDARD, accept_due=accept_in_a_day)
    end_run(engine, run_id, state=RunState.OK, now=now)
    engine.dispose()


# -- figures ---------------------------------------------------------------------------------------


def test_figures_json_has_the_keys_of_the_contract(filled: Settings, say: Say) -> None:
    said = say("figures", "--json")
    assert (said.code, said.err) == (0, "")
    assert set(said.json) == {"as_of", "from", "to", "rule", "agency", "sources", *COUNTS}
    assert said.json["rule"] == "standard"
    assert {key: said.json[key] for key in ("in_progress_late", "in_progress_paused", "resolved_total")} == {
        "in_progress_late": 2,
        "in_progress_paused": 1,
        "resolved_total": 1,
    }
    assert said.json["received_total"] == said.json["resolved_total"] + said.json["in_progress_total"] == 5
    assert said.json["on_time_rate"] == 1.0
    source, silent, _ = said.json["sources"]
    assert set(source) == {"id", "last_success", "stale"}
    assert (source["id"], source["stale"]) == (ONLINE, False)
    assert (silent["last_success"], silent["stale"]) == (None, True)


@pytest.mark.parametrize("by", ["agency", "domain", "level", "channel", "source"])
def test_groups_add_up_to_the_whole(filled: Settings, say: Say, by: str) -> None:
    told = say("figures", "--group-by", by, "--json").json
    assert told["group_by"] == by
    assert told["groups"]
    for group in told["groups"]:
        assert set(group) == {"code", "name", "level", *COUNTS}
    for count in COUNTS - {"on_time_rate"}:
        assert sum(group[count] for group in told["groups"]) == told[count]


def test_figures_of_one_agency_period_and_past_day(filled: Settings, say: Say) -> None:
    ward = say("figures", "--agency", "H49.06652", "--json").json
    assert (ward["agency"], ward["received_total"]) == ("H49.06652", 1)
    past = TODAY - timedelta(days=10)
    told = say("figures", "--as-of", past.isoformat(), "--json").json
    assert (told["to"], told["from"]) == (past.isoformat(), (past - timedelta(days=6)).isoformat())
    assert (told["in_progress_late"], told["in_progress_within"], told["received_total"]) == (0, 2, 2)
    year = say("figures", "--from", "2020-01-01", "--to", "2099-12-31", "--json").json
    assert (year["to"], year["carried_over"], year["received_in_period"]) == (TODAY.isoformat(), 0, 5)


@pytest.mark.parametrize("rule", ["vpcp-06", "portal-766"])
def test_other_rules_are_named_and_counted(filled: Settings, say: Say, rule: str) -> None:
    told = say("figures", "--rule", rule, "--json").json
    assert told["rule"] == rule
    assert told["received_total"] == told["resolved_total"] + told["in_progress_total"] == 5


def test_figures_before_any_source_has_told_anything_are_unknown_not_zero(say: Say) -> None:
    say("migrate")
    told = say("figures", "--json").json
    assert {told[count] for count in COUNTS} == {None}
    assert "—" in say("figures").out
    assert "│ 0 │" not in say("figures").out.replace(" ", "")


def test_tables_say_how_old_their_numbers_are(filled: Settings, say: Say) -> None:
    for arguments in (["figures"], ["figures", "--group-by", "level"], ["dossiers"], ["sources"]):
        said = say(*arguments)
        assert said.code == 0
        assert "1/3 nguồn còn mới" in said.out
    assert "Cấp xã" in say("figures", "--group-by", "level").out


# -- dossiers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "figure"),
    [
        ("overdue", "in_progress_late"),
        ("paused", "in_progress_paused"),
        ("within", "in_progress_within"),
        ("no_due", "in_progress_no_due"),
        ("in_progress", "in_progress_total"),
        ("waiting", "waiting_acceptance"),
        ("received", "received_in_period"),
        ("resolved", "resolved_total"),
        ("results_signed", "results_signed"),
        ("carried_over", "carried_over"),
    ],
)
def test_the_dossiers_are_as_many_as_the_figure(filled: Settings, say: Say, word: str, figure: str) -> None:
    told = say("dossiers", "--timeliness", word, "--json").json
    assert told["count"] == len(told["dossiers"]) == say("figures", "--json").json[figure]


def test_dossiers_json_has_the_keys_of_the_contract(filled: Settings, say: Say) -> None:
    told = say("dossiers", "--agency", "H49", "--limit", "1", "--json").json
    assert set(told) == {"as_of", "from", "to", "timeliness", "measure", "agency", "count", "dossiers"}
    assert set(told["dossiers"][0]) == {
        "id", "source_id", "dossier_code", "agency_code", "agency_name", "domain_name", "procedure_name",
        "received_at", "due_at", "due_day", "closed_at", "status", "raw_status", "standing", "current_step",
        "current_unit", "channel", "reopened_count", "due_moves", "flags", "version_at", "seen_at",
    }  # fmt: skip
    assert told["dossiers"][0]["due_day"] == (TODAY - timedelta(days=2)).isoformat()
    assert told["dossiers"][0]["received_at"].endswith("+07:00")


def test_a_limit_cuts_the_rows_and_not_the_count(filled: Settings, say: Say) -> None:
    told = say("dossiers", "--limit", "1", "--json").json
    assert (told["count"], len(told["dossiers"])) == (2, 1)


def test_csv_opens_in_a_spreadsheet_and_runs_nothing(filled: Settings, say: Say) -> None:
    said = say("dossiers", "--csv")
    assert said.out.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(said.out.removeprefix("\ufeff"))))
    assert len(rows) == 2
    assert {row["Mã hồ sơ"] for row in rows} == {"'=HYPERLINK(1)", "L2"}
    assert {row["Tình trạng"] for row in rows} == {"late"}
    assert said.out.count("\r\n") == 3


def test_due_soon_counts_working_days(home: Settings, say: Say) -> None:
    say("migrate")
    soon = {"received_at": NOW - timedelta(days=9), "version_at": NOW - timedelta(hours=1)}
    store(home, ONLINE, [made("S1", due_at=end_of_day(TODAY), **soon)], [])
    store(home, ONLINE, [made("S2", due_at=end_of_day(TODAY + timedelta(days=30)), **soon)], [])
    told = say("dossiers", "--timeliness", "due_soon", "--json").json
    assert [row["dossier_code"] for row in told["dossiers"]] == ["S1"]


# -- the rest --------------------------------------------------------------------------------------


def test_sources_json_has_the_keys_of_the_contract(filled: Settings, say: Say) -> None:
    told = say("sources", "--json").json
    assert set(told) == {"as_of", "light", "coverage", "sources"}
    assert set(told["sources"][0]) == {
        "id", "name", "kind", "level", "state", "stale", "last_success", "age_seconds", "next_run",
        "last_run", "last_state", "error", "open_dossiers", "quarantined", "unmapped", "simulated",
    }  # fmt: skip
    assert [source["state"] for source in told["sources"]] == ["fresh", "never", "never"]


def test_quarantine_is_listed_and_shown(filled: Settings, say: Say) -> None:
    [row] = say("quarantine", "list", "--json").json
    assert set(row) == {
        "id", "source", "run", "reason", "detail", "position", "source_key", "seen_at", "seen_count",
        "settled_at",
    }  # fmt: skip
    assert (row["reason"], row["position"]) == ("bad_date", "trang 1, dòng 7")
    assert say("quarantine", "list", "--source", WARD, "--json").json == []
    shown = say("quarantine", "show", str(row["id"]), "--json").json
    assert shown["payload"] == '{"id": "x"}'
    assert "Ngày 31/02/2026" in say("quarantine", "show", str(row["id"])).out
    gone = say("quarantine", "show", "999")
    assert (gone.code, gone.err.strip()) == (1, "Không có bản ghi cách ly số 999")


def test_check_is_content_with_a_sound_store_and_tells_each_difference(filled: Settings, say: Say) -> None:
    assert say("check").code == 0
    engine = open_engine(filled.database_url)
    with writing(engine) as conn:
        conn.execute(stock.update().values(running=stock.c.running + 1))
    engine.dispose()
    said = say("check")
    assert said.code == 1
    assert "running" in said.out
    assert "chỗ lệch" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["figures", "--from", "2026-02-30"], "không phải ngày"),
        (["figures", "--from", "2026-11-20", "--to", "2026-11-19"], "sau khi kết thúc"),
        (["figures", "--as-of", "hôm qua"], "không phải ngày"),
        (["figures", "--agency", "H00"], "không có cơ quan mã 'H00'"),
        (["figures", "--rule", "mine"], "không có quy tắc 'mine'"),
        (["figures", "--group-by", "colour"], "không chia nhóm"),
        (["figures", "--rule", "vpcp-06", "--group-by", "agency"], "--group-by chỉ dùng"),
        (["dossiers", "--timeliness", "soonish"], "không có 'soonish'"),
        (["dossiers", "--json", "--csv"], "--json hoặc --csv"),
        (["dossiers", "--limit", "none"], "Giá trị của --limit"),
        (["dossiers", "--colour"], "Không có tùy chọn --colour"),
        (["collect", "--source", "h00"], "không có nguồn 'h00'"),
        (["quarantine", "show"], "Thiếu"),
        (["quarantine", "retry"], "--source"),
        (["fly"], "Không có lệnh"),
    ],
)
def test_a_command_written_wrongly_is_told_in_one_sentence(
    say: Say, arguments: list[str], sentence: str
) -> None:
    say("migrate")
    said = say(*arguments)
    assert said.code == 2
    assert sentence.lower() in said.err.lower()
    assert (said.err.count("\n"), said.out) == (1, "")
    assert "--help" in said.err


@pytest.mark.parametrize(
    "arguments",
    [["figures"], ["dossiers", "--json"], ["sources"], ["check"], ["collect"], ["quarantine", "list"]],
)
def test_a_store_that_was_never_made_is_told_in_one_sentence(say: Say, arguments: list[str]) -> None:
    said = say(*arguments)
    assert said.code == 1
    assert "python -m ioc migrate" in said.err
    assert (said.err.count("\n"), said.out) == (1, "")


def test_a_fault_in_the_settings_names_file_line_and_key(home: Settings, say: Say) -> None:
    path = home.config / "province.toml"
    path.write_text(path.read_text("utf-8").replace("due_soon_days = 3", 'due_soon_days = "ba"'), "utf-8")
    said = say("figures")
    assert said.code == 1
    assert "province.toml, dòng" in said.err
    assert "due_soon_days" in said.err
    assert "Traceback" not in said.err


def test_migrate_may_be_repeated(say: Say) -> None:
    assert [say("migrate").code for _ in range(2)] == [0, 0]


def test_the_template_is_written_and_a_folder_that_cannot_be_is_told(say: Say, tmp_path: Path) -> None:
    assert say("template", "--out", str(tmp_path / "mẫu")).code == 0
    assert (tmp_path / "mẫu" / "mau-ho-so.csv").read_text("utf-8").startswith("\ufeffMã hồ sơ;")
    assert (tmp_path / "mẫu" / "mau-ho-so.xlsx").read_bytes().startswith(b"PK")
    (tmp_path / "file").write_text("x")
    refused = say("template", "--out", str(tmp_path / "file" / "below"))
    assert refused.code == 1
    assert refused.err.startswith("Không ghi được vào")
