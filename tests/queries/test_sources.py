"""Health of the sources and the truth over all: no number without its age."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from ioc.faults import FaultKind, RejectReason
from ioc.model.dossier import Flag
from ioc.model.run import CHECK, Freshness, Light, Reject, RunKind, RunState, SourceHealth
from ioc.model.scope import WHOLE_PROVINCE, Scope
from ioc.queries.sources import (
    QUARANTINE_COLUMNS,
    RUN_COLUMNS,
    UNMAPPED_COLUMNS,
    failed_check,
    feeds,
    health,
    newest_run,
    quarantined,
    runs,
    stored_since,
    truth,
    unmapped,
)
from ioc.queries.version import data_version
from ioc.store.engine import reading
from ioc.store.quarantine import settle
from ioc.store.runs import begin_run, end_run, note_progress, pause_source, set_next_run
from tests.builders import NOON, a_version
from tests.queries.filled import SMALL_PROVINCE, empty, take

REJECT = Reject(
    reason=RejectReason.BAD_DATE, detail="Ngày 31/02", position="dòng 7", payload="{}", source_key="X"
)


def healths(
    engine: Engine, *, minutes_later: int = 0, scope: Scope = WHOLE_PROVINCE
) -> tuple[SourceHealth, ...]:
    with reading(engine) as conn:
        return health(conn, SMALL_PROVINCE, now=NOON + timedelta(minutes=minutes_later), scope=scope)


def fail(engine: Engine, source_id: str, state: RunState = RunState.FAILED) -> None:
    run_id = begin_run(engine, source_id=source_id, kind=RunKind.CHANGES, holder="test", now=NOON)
    end_run(engine, run_id, state=state, now=NOON, fault=FaultKind.TIMEOUT, error="Quá thời gian chờ")


def test_a_source_never_heard_of_is_not_zero_but_unknown(engine: Engine) -> None:
    empty(engine)
    first, second = healths(engine)
    assert [first.source_id, second.source_id] == ["s1", "s2"]
    assert (first.freshness, first.last_success, first.age_seconds) == (Freshness.NEVER, None, None)
    assert first.last_run is None


def test_a_source_grows_stale_and_then_failing(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version()], rejects=[REJECT])
    fresh = healths(engine)[0]
    assert (fresh.freshness, fresh.age_seconds, fresh.open_dossiers) == (Freshness.FRESH, 0, 1)
    assert (fresh.quarantined, fresh.recent) == (1, (RunState.OK,))
    assert healths(engine, minutes_later=11)[0].freshness is Freshness.STALE
    fail(engine, "s1")
    failing = healths(engine, minutes_later=11)[0]
    assert (failing.freshness, failing.recent) == (Freshness.FAILING, (RunState.OK, RunState.FAILED))
    assert failing.last_run is not None
    assert failing.last_run.error == "Quá thời gian chờ"


def test_a_first_load_under_way_is_loading_with_its_progress(engine: Engine) -> None:
    empty(engine)
    run_id = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="test", now=NOON)
    note_progress(engine, run_id, pages=3, expected=900, now=NOON)
    found = healths(engine)[0]
    assert found.freshness is Freshness.LOADING
    assert found.last_run is not None
    assert (found.last_run.pages, found.last_run.expected) == (3, 900)
    end_run(engine, run_id, state=RunState.FAILED, now=NOON)
    assert healths(engine)[0].freshness is Freshness.NEVER


def run_well(engine: Engine, source_id: str, kind: RunKind) -> None:
    run_id = begin_run(engine, source_id=source_id, kind=kind, holder="test", now=NOON)
    end_run(engine, run_id, state=RunState.OK, now=NOON)


def test_a_first_look_before_the_first_full_pass_makes_no_source_whole(engine: Engine) -> None:
    empty(engine)
    for source_id in ("s1", "s2"):
        run_well(engine, source_id, RunKind.CHANGES)
    polled, folder = healths(engine)
    assert (polled.freshness, folder.freshness) == (Freshness.LOADING, Freshness.FRESH)
    assert healths(engine, minutes_later=11)[0].freshness is Freshness.STALE
    later = NOON + timedelta(minutes=11)
    full = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="test", now=later)
    assert healths(engine, minutes_later=11)[0].freshness is Freshness.LOADING
    end_run(engine, full, state=RunState.OK, now=NOON)
    assert healths(engine)[0].freshness is Freshness.FRESH


def test_a_first_pass_without_a_sign_of_life_is_not_loading_for_ever(engine: Engine) -> None:
    empty(engine)
    never = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="test", now=NOON)
    assert healths(engine, minutes_later=9)[0].freshness is Freshness.LOADING
    assert healths(engine, minutes_later=11)[0].freshness is Freshness.NEVER
    note_progress(engine, never, pages=1, expected=900, now=NOON + timedelta(minutes=9))
    assert healths(engine, minutes_later=11)[0].freshness is Freshness.LOADING
    run_well(engine, "s1", RunKind.CHANGES)
    assert healths(engine, minutes_later=11)[0].freshness is Freshness.LOADING
    assert healths(engine, minutes_later=20)[0].freshness is Freshness.STALE


def test_agencies_are_known_by_the_sources_that_hold_their_dossiers(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version(), a_version(source_key="K2", agency_code="H49")])
    take(engine, [a_version(source_id="s2", source_key="K3", agency_code="H49")])
    with reading(engine) as conn:
        assert feeds(conn, WHOLE_PROVINCE) == {("H49.101", "s1"), ("H49", "s1"), ("H49", "s2")}
        assert feeds(conn, Scope(agencies=frozenset({"H49.101"}))) == {("H49.101", "s1")}


def test_a_full_pass_is_told_of_though_newer_changes_were_read_between_its_pages(engine: Engine) -> None:
    empty(engine)
    full = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="test", now=NOON)
    note_progress(engine, full, pages=7, expected=900, now=NOON)
    run_well(engine, "s1", RunKind.CHANGES)
    begin_run(engine, source_id="s1", kind=RunKind.CHANGES, holder="test", now=NOON)
    found = healths(engine)[0]
    assert found.last_run is not None
    assert (found.last_run.id, found.last_run.pages, found.freshness) == (full, 7, Freshness.LOADING)


def test_what_a_first_load_has_stored_is_counted(engine: Engine) -> None:
    empty(engine)
    with reading(engine) as conn:
        assert (newest_run(conn), stored_since(conn, 0)) == (0, 0)
    first = take(engine, [a_version()])
    take(engine, [a_version(), a_version(source_key="K2")])
    with reading(engine) as conn:
        assert (newest_run(conn) > first, stored_since(conn, 0), stored_since(conn, first)) == (True, 2, 1)


def test_a_paused_source_says_so_and_when_it_comes_back(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version()])
    pause_source(engine, "s1", until=NOON + timedelta(minutes=5), reason="Sai mật khẩu")
    set_next_run(engine, "s1", NOON + timedelta(minutes=5))
    found = healths(engine)[0]
    assert (found.freshness, found.next_run_at) == (Freshness.PAUSED, NOON + timedelta(minutes=5))
    assert healths(engine, minutes_later=6)[0].freshness is Freshness.FRESH


def test_truth_names_the_missing_and_how_many_dossiers_are_only_last_known(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version(source_id="s2"), a_version(source_id="s2", source_key="K2", agency_code="H49")])
    take(engine, [a_version()], now=NOON + timedelta(minutes=20))
    later = NOON + timedelta(minutes=21)
    with reading(engine) as conn:
        whole = truth(conn, SMALL_PROVINCE, WHOLE_PROVINCE, now=later)
        ward = truth(conn, SMALL_PROVINCE, Scope(agencies=frozenset({"H49"})), now=later)
    assert (whole.fresh, whole.total, whole.stale_ids) == (1, 2, ("s2",))
    assert (whole.stale_open_dossiers, ward.stale_open_dossiers) == (2, 1)
    assert (whole.oldest_name, whole.oldest_success) == ("Nguồn s2", NOON)
    assert (whole.light, whole.rankings_allowed) == (Light.RED, False)


def test_open_defects_turn_the_light_amber(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version(source_id="s2")])
    take(engine, [a_version()])
    with reading(engine) as conn:
        assert truth(conn, SMALL_PROVINCE, WHOLE_PROVINCE, now=NOON).light is Light.GREEN
    take(engine, [a_version(source_key="K2", agency_code="?", agency_raw="Lạ")], rejects=[REJECT])
    fail(engine, "s2", RunState.HELD)
    with reading(engine) as conn:
        found = truth(conn, SMALL_PROVINCE, WHOLE_PROVINCE, now=NOON)
    assert (found.open_defects, found.light) == (3, Light.AMBER)


def test_a_failed_check_of_the_rollups_is_a_defect_until_the_next_one_is_well(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version(source_id="s2")])
    take(engine, [a_version()])
    fail(engine, CHECK, RunState.FAILED)
    with reading(engine) as conn:
        found = truth(conn, SMALL_PROVINCE, WHOLE_PROVINCE, now=NOON)
        told = failed_check(conn)
    assert (found.open_defects, found.light) == (1, Light.AMBER)
    assert told is not None
    assert told.error == "Quá thời gian chờ"
    fail(engine, CHECK, RunState.OK)
    with reading(engine) as conn:
        assert failed_check(conn) is None
        assert truth(conn, SMALL_PROVINCE, WHOLE_PROVINCE, now=NOON).open_defects == 0


def test_words_to_be_mapped_are_listed_by_weight(engine: Engine) -> None:
    empty(engine)
    flags = frozenset({Flag.UNKNOWN_STATUS})
    take(
        engine,
        [
            a_version(agency_code="?", agency_raw="Phòng A"),
            a_version(source_key="K2", agency_code="?", agency_raw="Phòng B"),
            a_version(source_key="K3", agency_code="?", agency_raw="Phòng B", raw_status="99", flags=flags),
        ],
    )
    with reading(engine) as conn:
        rows = unmapped(conn)
        assert unmapped(conn, "s2").empty
    assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == UNMAPPED_COLUMNS
    listed = list(zip(rows["kind"], rows["raw"], rows["dossiers"], strict=True))
    assert listed == [("agency", "Phòng B", 2), ("agency", "Phòng A", 1), ("status", "99", 1)]


def test_quarantine_and_runs_are_listed_newest_first(engine: Engine) -> None:
    empty(engine)
    take(engine, [a_version()], rejects=[REJECT])
    fail(engine, "s1")
    with reading(engine) as conn:
        refused, told = quarantined(conn, "s1"), runs(conn, "s1")
        assert quarantined(conn, "s2").empty
    assert {name: str(dtype) for name, dtype in refused.dtypes.items()} == QUARANTINE_COLUMNS
    assert {name: str(dtype) for name, dtype in told.dtypes.items()} == RUN_COLUMNS
    assert list(refused["reason"]) == ["bad_date"]
    assert list(told["state"]) == ["failed", "ok"]
    assert list(told["fetched"]) == [0, 2]
    settle(engine, refused["id"], now=NOON)
    with reading(engine) as conn:
        assert quarantined(conn).empty
        assert len(quarantined(conn, settled=True)) == 1


def test_the_data_version_grows_with_every_change_that_shows(engine: Engine) -> None:
    empty(engine)
    with reading(engine) as conn:
        before = data_version(conn)
    take(engine, [a_version()])
    with reading(engine) as conn:
        after = data_version(conn)
    take(engine, [a_version()])
    with reading(engine) as conn:
        assert before < after == data_version(conn)
