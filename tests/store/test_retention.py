"""Only what nobody asks for any more is let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, func, select

from ioc.faults import RejectReason
from ioc.model.dossier import Status
from ioc.model.run import Reject, RunKind, RunState
from ioc.rules.counting import STANDARD
from ioc.store import tables as t
from ioc.store.check import recompute_differences
from ioc.store.engine import reading
from ioc.store.quarantine import quarantine_rows, settle
from ioc.store.retention import purge_quarantine, purge_requests, purge_runs, thin_history
from ioc.store.runs import begin_run, end_run, recent_runs, request_poll, take_poll_requests
from tests.builders import NOON, a_version
from tests.store.filling import dump, take

OLD = NOON - timedelta(days=100)


def test_old_runs_go_but_the_newest_of_every_source_stay(engine: Engine) -> None:
    for source_id in ("s1", "s2"):
        for _ in range(4):
            run = begin_run(engine, source_id=source_id, kind=RunKind.CHANGES, holder="h", now=OLD)
            end_run(engine, run, state=RunState.OK, now=OLD)
    running = begin_run(engine, source_id="s1", kind=RunKind.CHANGES, holder="h", now=OLD)
    assert purge_runs(engine, before=OLD, keep=2) == 0
    assert purge_runs(engine, before=NOON, keep=2) == 4
    with reading(engine) as conn:
        assert len(recent_runs(conn, "s1", 9)) == 3
        assert recent_runs(conn, "s1", 1)[0].id == running
        assert len(recent_runs(conn, "s2", 9)) == 2


def test_only_settled_refusals_and_taken_wishes_go(engine: Engine) -> None:
    rejects = [Reject(reason=RejectReason.NO_KEY, detail="", position="1", payload=f"p{n}") for n in range(3)]
    take(engine, [], rejects=rejects)
    request_poll(engine, "s1", full=False, now=OLD)
    take_poll_requests(engine, now=OLD)
    request_poll(engine, "s2", full=False, now=OLD)
    with reading(engine) as conn:
        newest = quarantine_rows(conn, None, limit=1)[0].id
    settle(engine, [newest], now=OLD)
    assert (purge_quarantine(engine, before=OLD), purge_requests(engine, before=OLD)) == (0, 0)
    assert (purge_quarantine(engine, before=NOON), purge_requests(engine, before=NOON)) == (1, 1)
    with reading(engine) as conn:
        assert len(quarantine_rows(conn, None, limit=9)) == 2
    assert len(take_poll_requests(engine, now=NOON)) == 1


def test_readings_that_said_nothing_new_go_and_the_dossier_stays(engine: Engine) -> None:
    first = a_version(version_at=OLD)
    paused = replace(first, status=Status.SUPPLEMENT, version_at=OLD + timedelta(days=3))
    daily_files = [
        *(replace(first, version_at=OLD + timedelta(hours=n)) for n in range(1, 30)),
        *(replace(paused, version_at=paused.version_at + timedelta(hours=n)) for n in range(1, 30)),
    ]
    take(engine, [first, paused, *daily_files])
    told = dump(engine)
    assert thin_history(engine, before=NOON) == 57
    with reading(engine) as conn:
        assert conn.execute(select(func.count()).select_from(t.dossier_change)).scalar_one() == 3
        assert recompute_differences(conn, STANDARD) == ()
    assert {**dump(engine), "readings": None} == {**told, "readings": None}
    assert thin_history(engine, before=NOON) == 0
