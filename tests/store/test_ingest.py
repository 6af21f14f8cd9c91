"""What becomes of each record of a batch, and what moves with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from ioc.errors import LeaseLost
from ioc.faults import RejectReason
from ioc.model.dossier import UNMAPPED, DossierVersion, Status
from ioc.model.run import Ledger, Reject, RunState
from ioc.store import tables as t
from ioc.store.engine import reading, writing
from ioc.store.lease import acquire, release
from ioc.store.quarantine import quarantine_rows
from ioc.store.runs import abandon_runs, end_run, recent_runs, source_state
from ioc.store.version import data_version
from tests.builders import NOON, a_version
from tests.store.filling import a_run, dump, everything, take

LATER = NOON + timedelta(minutes=5)
FIRST = a_version()
SECOND = replace(FIRST, version_at=LATER, status=Status.COMPLETED, finished_at=LATER)


def _version(engine: Engine) -> int:
    with reading(engine) as conn:
        return data_version(conn)


def test_each_record_of_a_batch_is_accounted_for(engine: Engine) -> None:
    old = replace(FIRST, version_at=FIRST.version_at - timedelta(days=1), status=Status.RECEIVED)
    reject = Reject(reason=RejectReason.BAD_DATE, detail="", position="dòng 3", payload="{}")
    assert take(engine, [FIRST, FIRST, SECOND, old], rejects=[reject]) == Ledger(
        fetched=5, inserted=1, updated=1, unchanged=1, stale=1, quarantined=1
    )
    assert take(engine, [SECOND, old, FIRST]) == Ledger(fetched=3, unchanged=3)


def test_equal_content_at_a_later_time_is_unchanged_but_moves_the_reading(engine: Engine) -> None:
    take(engine, [FIRST])
    version = _version(engine)
    assert take(engine, [replace(FIRST, version_at=LATER)]) == Ledger(fetched=1, unchanged=1)
    with reading(engine) as conn:
        assert conn.execute(select(t.dossier.c.version_at)).scalar_one() == LATER
    assert _version(engine) == version


def test_a_source_that_never_goes_back_leaves_only_news(engine: Engine) -> None:
    take(engine, [FIRST], in_order=True)
    before = dump(engine)
    again = replace(FIRST, version_at=LATER)
    assert take(engine, [again], in_order=True) == Ledger(fetched=1, unchanged=1)
    assert dump(engine) == before
    changed = replace(SECOND, version_at=LATER + timedelta(hours=1))
    assert take(engine, [changed], in_order=True) == Ledger(fetched=1, updated=1)
    assert len(dump(engine)["readings"]) == 2


def test_content_that_comes_back_after_another_is_an_update(engine: Engine) -> None:
    assert take(engine, [FIRST, SECOND, replace(FIRST, version_at=LATER + timedelta(hours=1))]) == Ledger(
        fetched=3, inserted=1, updated=2
    )


def test_a_run_that_brings_nothing_new_touches_no_row_of_a_dossier(engine: Engine) -> None:
    take(engine, [FIRST, SECOND], cursor="1")
    before = everything(engine)
    assert take(engine, [FIRST, SECOND], cursor="1", now=LATER) == Ledger(fetched=2, unchanged=2)
    after = everything(engine)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"source_run", "source_state"}  # the new run's own row, and its number


def test_the_data_version_moves_only_when_something_to_see_has_changed(engine: Engine) -> None:
    assert _version(engine) == 0
    take(engine, [FIRST])
    assert _version(engine) == 1
    take(engine, [FIRST])
    assert _version(engine) == 1
    take(engine, [], cursor="2")
    assert _version(engine) == 1
    take(
        engine, [replace(FIRST, version_at=LATER, current_step="Trình ký")]
    )  # no figure, but a list shows it
    assert _version(engine) == 2


def test_a_deadline_once_given_stays_when_the_calendar_is_edited(engine: Engine) -> None:
    take(engine, [FIRST])
    take(engine, [SECOND], accept_due=lambda submitted_at: submitted_at + timedelta(days=9))
    assert FIRST.submitted_at is not None
    assert _accept_due(engine) == FIRST.submitted_at + timedelta(days=1)
    moved = replace(SECOND, version_at=NOON + timedelta(days=1), submitted_at=NOON)
    take(engine, [moved], accept_due=lambda submitted_at: submitted_at + timedelta(days=9))
    assert _accept_due(engine) == NOON + timedelta(days=9)


def _accept_due(engine: Engine) -> datetime | None:
    with reading(engine) as conn:
        return conn.execute(select(t.dossier.c.accept_due_at)).scalar_one()


def test_first_seen_stays_and_seen_moves(engine: Engine) -> None:
    take(engine, [FIRST], now=NOON)
    tomorrow = NOON + timedelta(days=1)
    take(engine, [SECOND], now=tomorrow)
    with reading(engine) as conn:
        seen = conn.execute(select(t.dossier.c.first_seen_at, t.dossier.c.seen_at)).one()
    assert tuple(seen) == (NOON, tomorrow)


def test_the_same_key_in_two_sources_is_two_dossiers(engine: Engine) -> None:
    take(engine, [FIRST])
    take(engine, [replace(FIRST, source_id="s2")], source_id="s2")
    assert len(dump(engine)["dossier"]) == 2


def test_a_reading_of_another_source_is_refused_loudly(engine: Engine) -> None:
    with pytest.raises(ValueError, match="s2"):
        take(engine, [replace(FIRST, source_id="s2")])


def test_cursor_and_ledger_move_with_the_data(engine: Engine) -> None:
    run = a_run(engine)
    take(engine, [FIRST], run_id=run, cursor="c1")
    take(engine, [SECOND], run_id=run, cursor="c2")
    take(engine, [SECOND], run_id=run)
    with reading(engine) as conn:
        assert source_state(conn, "s1").cursor == "c2"
        (told,) = recent_runs(conn, "s1", 5)
    assert told.ledger == Ledger(fetched=3, inserted=1, updated=1, unchanged=1)


def test_what_nobody_has_mapped_is_counted_and_uncounted(engine: Engine) -> None:
    strange = replace(FIRST, agency_code=UNMAPPED, agency_raw="Đơn vị lạ")
    take(engine, [strange])
    assert dump(engine)["unmapped"] == [("s1", "agency", "Đơn vị lạ", 1)]
    take(engine, [replace(SECOND, agency_code="H49.101")])
    assert dump(engine)["unmapped"] == []


def test_rows_that_become_all_zero_are_dropped(engine: Engine) -> None:
    take(engine, [FIRST])
    take(engine, [replace(FIRST, version_at=LATER, deleted=True)])
    assert [dump(engine)[name] for name in ("daily", "open_due", "stock")] == [[], [], []]


# -- what no database can hold ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"current_step": "a\x00b"}, "NUL"),
        ({"current_step": "nửa \ud800"}, "surrogate"),
        ({"agency_raw": "x" * 201}, "agency_raw: dài quá 200"),
        ({"fee_total": 2**63}, "fee_total: số quá lớn"),
        ({"version_seq": -(2**70)}, "version_seq: số quá lớn"),
        ({"source_key": "k" * 121}, "source_key: dài quá 120"),
    ],
)
def test_a_record_that_cannot_be_kept_goes_to_quarantine_alone(
    engine: Engine, changes: dict[str, object], why: str
) -> None:
    bad = replace(FIRST, **{"source_key": "BAD"} | changes)
    assert take(engine, [bad, FIRST]) == Ledger(fetched=2, inserted=1, quarantined=1)
    with reading(engine) as conn:
        (row,) = quarantine_rows(conn, "s1", limit=5)
    assert why in row.detail
    assert row.reason is RejectReason.BAD_TEXT


# -- all or nothing ----------------------------------------------------------------------------------


class PowerCutError(Exception):
    """Stands for whatever ends a process between two statements."""


def test_an_interruption_at_any_statement_leaves_the_store_as_it_was(engine: Engine) -> None:
    run = a_run(engine)
    paused = replace(FIRST, source_key="K2", status=Status.SUPPLEMENT)
    take(engine, [FIRST, paused], run_id=run, cursor="c1")
    news = [SECOND, replace(paused, version_at=LATER, status=Status.PROCESSING), a_version(source_key="K3")]
    reject = Reject(reason=RejectReason.BAD_DATE, detail="", position="1", payload="x", source_key="K9")
    good = replace(FIRST, source_key="K9")
    before, stage = everything(engine), 0
    while _is_cut_at(engine, stage, [*news, good], run_id=run, cursor="c2", rejects=[reject]):
        assert everything(engine) == before
        stage += 1
    assert stage > 8
    assert everything(engine) != before
    with reading(engine) as conn:
        assert source_state(conn, "s1").cursor == "c2"


def _is_cut_at(engine: Engine, stage: int, versions: list[DossierVersion], **changes: Any) -> bool:
    """Ingest with a cut before statement number `stage`; False when there are fewer statements."""
    place = 0

    def cut(*_: object) -> None:
        nonlocal place
        place += 1
        if place > stage:
            raise PowerCutError

    event.listen(engine, "before_cursor_execute", cut)
    try:
        take(engine, versions, **changes)
    except PowerCutError:
        return True
    finally:
        event.remove(engine, "before_cursor_execute", cut)
    return False


def test_resuming_after_an_interruption_ends_like_never_interrupted(engine: Engine) -> None:
    run = a_run(engine)
    assert _is_cut_at(engine, 5, [FIRST, SECOND], run_id=run)
    take(engine, [FIRST, SECOND], run_id=run)
    assert take(engine, [FIRST, SECOND], run_id=run) == Ledger(fetched=2, unchanged=2)


def test_a_rule_that_cannot_be_computed_stores_nothing(engine: Engine) -> None:
    def no_calendar(_submitted_at: datetime) -> datetime:
        raise LookupError("no calendar for that year")

    run = a_run(engine)
    before = everything(engine)
    with pytest.raises(LookupError):
        take(engine, [FIRST], run_id=run, accept_due=no_calendar, cursor="c9")
    assert everything(engine) == before


# -- only the holder of the lease writes -----------------------------------------------------------


def test_a_holder_that_slept_through_its_lease_writes_nothing(engine: Engine) -> None:
    fence = acquire(engine, "source:s1", "a", seconds=60, now=NOON)
    assert fence is not None
    run = a_run(engine)
    take(engine, [FIRST], run_id=run, fence=("source:s1", fence))
    assert acquire(engine, "source:s1", "b", seconds=60, now=NOON + timedelta(seconds=61)) == fence + 1
    before = everything(engine)
    with pytest.raises(LeaseLost):
        take(engine, [SECOND], run_id=run, fence=("source:s1", fence), cursor="c2")
    assert everything(engine) == before


def test_a_lease_given_back_stops_a_thread_that_still_writes(engine: Engine) -> None:
    fence = acquire(engine, "source:s1", "a", seconds=60, now=NOON)
    assert fence is not None
    release(engine, "source:s1", "a", fence, now=NOON)
    with pytest.raises(LeaseLost):
        take(engine, [FIRST], fence=("source:s1", fence))
    with pytest.raises(LeaseLost):
        take(engine, [FIRST], fence=("never taken", 1))


def test_a_run_declared_dead_takes_no_more_records(engine: Engine) -> None:
    run = a_run(engine)
    assert abandon_runs(engine, holder_alive=lambda _holder: False, now=LATER) == (run,)
    with pytest.raises(LeaseLost):
        take(engine, [FIRST], run_id=run)
    end_run(engine, run, state=RunState.OK, now=LATER)
    with reading(engine) as conn:
        assert recent_runs(conn, "s1", 1)[0].state is RunState.ABANDONED
        assert source_state(conn, "s1").last_success_at is None
    assert dump(engine)["dossier"] == []


# -- reading stays cheap -----------------------------------------------------------------------------


def test_known_dossiers_are_found_by_their_key_on_sqlite(sqlite_engine: Engine) -> None:
    take(sqlite_engine, [a_version(source_key=f"K{n}") for n in range(50)])
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(sqlite_engine, "before_cursor_execute", note)
    take(sqlite_engine, [SECOND])
    event.remove(sqlite_engine, "before_cursor_execute", note)
    selects = [(said, values) for said, values in asked if said.startswith("SELECT") and "json_each" in said]
    assert len(selects) == 3  # dossiers, readings, pauses
    with writing(sqlite_engine) as conn:
        for said, values in selects:
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values).all()
            assert not [row for row in plan if str(row[3]).startswith("SCAN dossier")], plan
