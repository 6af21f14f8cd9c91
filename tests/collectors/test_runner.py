"""A run from lease to ledger: what is stored, what is told, and what a fault leaves behind."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from ioc.collectors import raw
from ioc.collectors.reports import RunReport
from ioc.collectors.runner import run_source
from ioc.faults import FaultKind
from ioc.model.run import RunKind, RunState
from ioc.settings import SourceSettings
from ioc.store import tables as t
from ioc.store.engine import reading
from ioc.store.lease import acquire
from ioc.store.quarantine import quarantine_rows
from ioc.store.runs import begin_run, recent_runs, source_state
from tests.builders import NOON
from tests.collectors.building import (
    ENVIRON,
    FixedClock,
    a_record,
    a_runner,
    igate_source,
    many,
    settings_for,
)
from tests.collectors.servers import FakeIgate, Reply, stamp

Run = Callable[..., RunReport]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def source(site: FakeIgate) -> SourceSettings:
    return igate_source(site)


@pytest.fixture
def run(engine: Engine, tmp_path: Path, source: SourceSettings, clock: FixedClock) -> Run:
    """Run the source once, by default for its changes."""

    def once(kind: RunKind = RunKind.CHANGES, **changes: object) -> RunReport:
        with a_runner(engine, tmp_path, source, clock=clock) as runner:
            return runner.run(source, kind, **changes)

    return once


def count(engine: Engine, *, live: bool = True) -> int:
    with reading(engine) as conn:
        wanted = select(func.count()).select_from(t.dossier)
        return conn.execute(wanted.where(t.dossier.c.deleted.is_(False)) if live else wanted).scalar_one()


def test_a_run_stores_what_it_reads_and_its_ledger_balances(
    run: Run, site: FakeIgate, engine: Engine
) -> None:
    site.put(*many(25))
    report = run()
    assert report.ok, report.error
    assert (report.run.ledger.fetched, report.run.ledger.inserted) == (25, 25)
    assert report.run.ledger.balances
    assert report.run.state is RunState.OK
    assert report.run.as_of == NOON
    assert count(engine) == 25


def test_two_runs_without_news_write_nothing(run: Run, site: FakeIgate, engine: Engine) -> None:
    site.put(*many(25))
    run()
    with reading(engine) as conn:
        before = conn.execute(select(func.count()).select_from(t.dossier_change)).scalar_one()
        version = conn.execute(select(t.data_version.c.version)).scalar_one()
    report = run()
    assert report.ok
    assert report.run.ledger.inserted == report.run.ledger.updated == 0
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(t.dossier_change)).scalar_one() == before
        assert conn.execute(select(t.data_version.c.version)).scalar_one() == version


def test_a_second_run_asks_only_for_what_may_have_changed(run: Run, site: FakeIgate) -> None:
    site.put(*many(60))
    run()
    site.pages.clear()
    site.put(
        a_record("k0059", updated=NOON - timedelta(minutes=2), dossierStatus={"id": 4, "name": "Đã trả"})
    )
    report = run()
    assert report.run.ledger.updated == 1
    assert report.run.ledger.inserted == 0
    asked = [page for page in site.pages if "remove-status" not in page]
    assert len(asked) < 5


def test_no_personal_data_is_kept(run: Run, site: FakeIgate, tmp_path: Path, engine: Engine) -> None:
    person = {"data": {"fullname": "NGUYỄN VĂN BÍ MẬT", "identityNumber": "001090123456"}}
    task = [{"name": "Thẩm định 0912345678", "assignee": {"fullname": "Cán Bộ Bí Mật"}}]
    site.put(*many(3), a_record("p1", applicant=person, accepter=person, currentTask=task))
    site.put(a_record("p2", acceptedDate="hôm qua", applicant=person, note="001090123456"))
    report = run()
    assert report.run.ledger.quarantined == 1
    kept = "".join(p.body.decode() for p in raw.kept(tmp_path, "s1", report.run.id))
    with reading(engine) as conn:
        kept += str(conn.execute(select(t.dossier)).all()) + str(conn.execute(select(t.quarantine)).all())
    kept = kept.encode().decode("unicode_escape", "ignore") + kept
    assert not [word for word in ("BÍ MẬT", "Bí Mật", "001090123456", "0912345678") if word in kept]
    assert "k0001" in kept


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(500), FaultKind.SERVER),
        (Reply(504), FaultKind.TIMEOUT),
        (Reply(429, headers={"Retry-After": "1"}), FaultKind.RATE),
        (Reply(200, b"<html>bao tri</html>"), FaultKind.HTML),
        (Reply(200, b'{"content": 5}'), FaultKind.SCHEMA),
        (Reply(200, b'{"content": ['), FaultKind.NETWORK),
        (Reply(200, b"[]"), FaultKind.SCHEMA),
        (Reply(200, b"{}"), FaultKind.SCHEMA),
        (Reply(403), FaultKind.PERMISSION),
        (Reply(200, b'{"content": [], "totalElements": 0, "last": true}'), FaultKind.SUSPICIOUS),
        (Reply(200, b'{"content": [], "totalElements": 25, "last": true}'), FaultKind.PARTIAL),
    ],
)
def test_a_fault_leaves_the_figures_as_they_were_and_says_so(
    run: Run, site: FakeIgate, engine: Engine, reply: Reply, fault: FaultKind
) -> None:
    site.put(*many(25))
    run()
    site.script.extend([reply] * 4)
    report = run()
    assert not report.ok
    assert report.run.fault is fault
    assert report.error
    assert count(engine) == 25
    with reading(engine) as conn:
        state = source_state(conn, "s1")
    assert state.failures == 1
    assert state.last_success_at == NOON


def test_a_fault_in_the_middle_keeps_what_was_read_but_not_the_cursor(
    run: Run, site: FakeIgate, engine: Engine
) -> None:
    site.put(*many(25))
    site.script.extend([None, None, Reply(500), Reply(500), Reply(500)])
    report = run()
    assert report.run.state is RunState.PARTIAL
    assert count(engine) == 20
    with reading(engine) as conn:
        assert source_state(conn, "s1").cursor is None
    assert run().run.ledger.inserted == 5


def test_a_session_that_ends_while_paging_is_renewed_on_the_same_page(run: Run, site: FakeIgate) -> None:
    site.put(*many(35))
    site.token_uses = 2
    report = run()
    assert report.ok, report.error
    assert report.run.ledger.fetched == 35
    assert site.logins > 2
    assert [page["page"] for page in site.pages if "remove-status" not in page] == ["0", "1", "2", "3", "0"]


def test_a_second_refusal_stops_and_pauses(run: Run, site: FakeIgate, engine: Engine) -> None:
    site.put(*many(5))
    site.token_uses = 0
    report = run()
    assert report.run.fault is FaultKind.AUTH
    assert site.logins == 2
    with reading(engine) as conn:
        state = source_state(conn, "s1")
    assert state.paused_until == NOON + timedelta(minutes=30)
    assert not run().ok
    assert site.logins == 2
    site.token_uses = None
    assert run(asked=True).ok


def test_a_missing_secret_stops_only_its_source_and_names_the_variable(
    engine: Engine, tmp_path: Path, source: SourceSettings, site: FakeIgate
) -> None:
    with a_runner(engine, tmp_path, source, environ={}) as runner:
        report = runner.run(source, RunKind.CHANGES)
    assert "S1_SECRET" in (report.error or "")
    assert site.logins == 0


def test_a_wrong_secret_is_not_hammered(
    engine: Engine, tmp_path: Path, source: SourceSettings, site: FakeIgate
) -> None:
    with a_runner(engine, tmp_path, source, environ={"S1_SECRET": "sai-rồi"}) as runner:
        report = runner.run(source, RunKind.CHANGES)
    assert site.logins == 1
    assert report.run.fault is FaultKind.AUTH
    assert "sai-rồi" not in (report.error or "")


def test_five_failures_in_a_row_rest_longer_and_longer(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.script.extend([Reply(500)] * 100)
    rests = []
    for _ in range(9):
        run(asked=True)
        with reading(engine) as conn:
            until = source_state(conn, "s1").paused_until
        rests.append((until - clock()).total_seconds() if until else None)
        clock.on(minutes=20)
    assert rests[:4] == [None] * 4
    assert rests[4:] == [60, 120, 240, 480, 900]


def test_going_away_and_coming_back_are_told_once_each(
    run: Run, site: FakeIgate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ioc")
    site.put(*many(3))
    run()
    site.script.extend([Reply(500)] * 9)
    for _ in range(3):
        run()
    run()
    told = [r.levelname for r in caplog.records if "answer" in r.message]
    assert told == ["WARNING", "INFO"]


def test_one_source_is_never_run_twice_at_once(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(3))
    acquire(engine, "source:s1", "another:2", seconds=30, now=clock())
    report = run()
    assert report.busy
    assert not report.ok
    assert site.pages == []
    clock.on(seconds=31)
    assert run().ok


def test_runs_of_a_dead_process_are_closed_by_the_next(run: Run, engine: Engine, site: FakeIgate) -> None:
    dead = begin_run(engine, source_id="s1", kind=RunKind.CHANGES, holder="dead:9", now=NOON)
    run()
    with reading(engine) as conn:
        runs = {one.id: one.state for one in recent_runs(conn, "s1", 5)}
    assert runs[dead] is RunState.ABANDONED


def test_a_fault_of_ours_is_told_by_its_place_not_by_its_text(
    engine: Engine, tmp_path: Path, source: SourceSettings, site: FakeIgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put(*many(3))

    class Broken:
        KIND, IS_POLLED, KEEP, READS = "broken", True, frozenset[str](), None

        def has_work(self, ask: object) -> bool:
            return True

        def fetch(self, ask: object, http: object) -> object:
            raise KeyError("Nguyễn Văn Bí Mật")
            yield

        def parse(self, *args: object) -> None: ...
        def settle(self, *args: object, **more: object) -> None: ...
        def reach(self, *args: object) -> None: ...

    with a_runner(engine, tmp_path, source) as runner:
        report = runner.run(source, RunKind.CHANGES, instead=Broken())  # type: ignore[arg-type]
    assert report.run.fault is FaultKind.INTERNAL
    assert "KeyError" in (report.error or "")
    assert "Bí Mật" not in (report.error or "")


def test_a_small_page_is_taken_without_its_unreadable_records(
    run: Run, site: FakeIgate, engine: Engine
) -> None:
    bad = [record | {"acceptedDate": 5} for record in many(8)]
    site.put(*bad, *many(2, first=50))
    report = run()
    assert report.ok  # ten records are too few to judge
    assert report.run.ledger.quarantined == 8


def test_a_large_page_of_which_half_is_unreadable_is_not_taken(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*[record | {"acceptedDate": 5} for record in many(20)], *many(10, first=50))
    with a_runner(engine, tmp_path, igate_source(site, page_size=50)) as runner:
        report = runner.run(igate_source(site, page_size=50), RunKind.CHANGES)
    assert report.run.fault is FaultKind.SCHEMA
    assert report.run.ledger.quarantined == report.run.ledger.fetched == 20
    assert count(engine) == 0


def test_a_full_pass_sees_everything_and_is_remembered(run: Run, site: FakeIgate, engine: Engine) -> None:
    old = [
        a_record(f"m{n}", received=NOON - timedelta(days=30 * n + 1), updated=NOON - timedelta(days=30 * n))
        for n in range(16)
    ]
    waiting = a_record("w1", received=None, dossierStatus={"id": 0, "name": "Chờ tiếp nhận"})
    refused = a_record("r1", received=None, dossierStatus={"id": 8, "name": "Không tiếp nhận"})
    paid = a_record("f1", received=None, dossierStatus={"id": 9, "name": "Chờ thanh toán"})
    site.put(*old, waiting, refused, paid)
    report = run(RunKind.FULL)
    assert report.ok, report.error
    assert count(engine) == 19
    with reading(engine) as conn:
        state = source_state(conn, "s1")
    assert state.last_full_at == NOON
    assert report.run.expected == 19


def test_dossiers_that_no_window_shows_are_found_by_reading_everything(
    run: Run, site: FakeIgate, engine: Engine
) -> None:
    strange = {"id": 77, "name": "Chờ liên thông"}
    site.put(
        *many(5), *[record | {"acceptedDate": None, "dossierStatus": strange} for record in many(9, first=90)]
    )
    assert run(RunKind.FULL).ok
    assert count(engine) == 14


def test_a_dossier_absent_from_two_full_passes_is_deleted_and_may_return(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(10))
    run(RunKind.FULL)
    taken = site.rows.pop("k0003")
    for live in (10, 9, 9):
        clock.on(hours=24)
        assert run(RunKind.FULL).ok
        assert count(engine) == live
    site.put(taken)
    clock.on(hours=24)
    run(RunKind.FULL)
    assert count(engine) == 10


def test_a_dossier_that_no_window_shows_is_not_absent(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(20), a_record("odd", acceptedDate=None))
    for _ in range(4):
        assert run(RunKind.FULL).ok
        assert count(engine) == 21
        clock.on(hours=24)


def test_a_refused_record_without_a_name_stops_all_inference_of_absence(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(10))
    run(RunKind.FULL)
    nameless = site.rows.pop("k0003") | {"id": None}
    site.rows["k0003"] = nameless
    for _ in range(3):
        clock.on(hours=24)
        run(RunKind.FULL)
    assert count(engine) == 10


def test_fields_that_nobody_reads_never_get_past_the_edge(
    run: Run, site: FakeIgate, tmp_path: Path, engine: Engine
) -> None:
    secret_name = "TRẦN VĂN BÍ MẬT"
    odd = {"tenNguoiNop": secret_name, "hoTen": secret_name, "x": {"y": [secret_name]}}
    site.put(a_record("good", **odd), a_record("bad", acceptedDate="31/02/2026", **odd))
    run(RunKind.FULL)
    kept = [gzip.decompress(path.read_bytes()).decode() for path in tmp_path.rglob("*.json.gz")]
    with reading(engine) as conn:
        refused = [row.payload for row in quarantine_rows(conn, None, limit=10)]
    assert kept
    assert refused
    escaped = json.dumps(secret_name)[1:-1]
    assert not [text for text in (*kept, *refused) if secret_name in text or escaped in text]


def test_a_partial_full_pass_deletes_nothing(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(10))
    run(RunKind.FULL)
    del site.rows["k0003"]
    for _ in range(3):
        clock.on(hours=24)
        site.script.extend([None, Reply(500), Reply(500), Reply(500)])
        assert not run(RunKind.FULL, asked=True).ok
    assert count(engine) == 10


def test_a_shrunken_source_is_held_until_a_person_looks(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(20))
    run(RunKind.FULL)
    for n in range(12):
        del site.rows[f"k{n:04d}"]
    for _ in range(3):
        clock.on(hours=24)
        report = run(RunKind.FULL, asked=True)
        assert report.run.state is RunState.HELD
        assert report.run.fault is FaultKind.SUSPICIOUS
    assert count(engine) == 20


def test_new_keys_for_all_dossiers_raise_an_alarm_instead_of_deleting(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(10))
    run(RunKind.FULL)
    site.rows.clear()
    site.put(*many(10, first=500))
    for _ in range(3):
        clock.on(hours=24)
        assert run(RunKind.FULL, asked=True).run.state is RunState.HELD
    with reading(engine) as conn:
        gone = conn.execute(select(func.count()).where(t.dossier.c.deleted.is_(True))).scalar_one()
    assert gone == 0


def test_a_soft_delete_and_its_undoing_are_seen_at_once(
    run: Run, site: FakeIgate, engine: Engine, clock: FixedClock
) -> None:
    site.put(*many(5))
    run()
    site.put(a_record("k0002", updated=NOON + timedelta(minutes=1), removeStatus=1))
    clock.on(minutes=2)
    run()
    assert count(engine) == 4
    site.put(a_record("k0002", updated=NOON + timedelta(minutes=3)))
    clock.on(minutes=2)
    run()
    assert count(engine) == 5


def test_a_source_that_ignores_the_deletion_filter_deletes_nothing(
    run: Run, site: FakeIgate, engine: Engine
) -> None:
    site.put(*many(5))
    site.ignored = {"remove-status"}
    report = run()
    assert report.run.fault is FaultKind.SCHEMA
    assert "remove-status" in (report.error or "")
    assert count(engine) == 5


def test_a_source_that_ignores_the_window_is_not_believed(run: Run, site: FakeIgate) -> None:
    site.put(
        *[
            a_record(
                f"m{n}", received=NOON - timedelta(days=30 * n + 1), updated=NOON - timedelta(days=30 * n)
            )
            for n in range(6)
        ]
    )
    site.ignored = {"accepted-from", "accepted-to"}
    report = run(RunKind.FULL)
    assert report.run.fault is FaultKind.SCHEMA
    assert "accepted-from" in (report.error or "")


def test_changes_are_read_while_a_long_full_pass_lasts(
    engine: Engine, tmp_path: Path, site: FakeIgate, clock: FixedClock
) -> None:
    site.put(*many(40))
    source = igate_source(site, every_seconds=10, request_seconds=1e6)
    seconds = iter(range(0, 10_000, 4))
    with a_runner(engine, tmp_path, source, clock=clock, monotonic=lambda: float(next(seconds))) as runner:
        runner.run(source, RunKind.CHANGES)
        report = runner.run(source, RunKind.FULL)
    assert report.ok, report.error
    with reading(engine) as conn:
        kinds = [one.kind for one in recent_runs(conn, "s1", 50)]
        assert kinds.count(RunKind.CHANGES) > 1
        assert source_state(conn, "s1").last_full_at == NOON


def test_the_clock_of_the_source_is_written_beside_the_run(run: Run, site: FakeIgate, engine: Engine) -> None:
    site.date_header = "Fri, 20 Nov 2026 05:03:00 GMT"
    run()
    with reading(engine) as conn:
        assert conn.execute(select(t.source_run.c.clock_offset_seconds)).scalar_one() == 180


def test_run_source_is_one_cycle_by_hand(
    engine: Engine, tmp_path: Path, source: SourceSettings, site: FakeIgate
) -> None:
    site.put(*many(4))
    report = run_source(
        settings_for(tmp_path, source),
        source,
        engine=engine,
        kind=RunKind.CHANGES,
        clock=FixedClock(),
        holder="cli:1",
        environ=ENVIRON,
    )
    assert report.ok
    assert report.pages == 2
    assert stamp(NOON) == "2026-11-20T05:00:00.000+0000"
