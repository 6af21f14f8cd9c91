"""Kills, and writers that meet: nothing lost, nothing twice, the cursor never ahead of its data."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from ioc.faults import RejectReason
from ioc.model.dossier import DossierVersion, Status
from ioc.model.run import Reject, RunKind
from ioc.rules.counting import STANDARD
from ioc.store import tables as t
from ioc.store.bulk import lock
from ioc.store.check import recompute_differences
from ioc.store.engine import open_engine, reading, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.runs import abandon_runs, begin_run, source_state
from tests.builders import NOON, a_version, accept_in_a_day
from tests.store.filling import take

KEYS, PER_BATCH, KILLS, ENOUGH = 40, 10, 20, 200


# -- kill -9 -------------------------------------------------------------------------------------------


def _record(number: int) -> DossierVersion:
    """Record `number` of an endless source: every key is read again and again, each time changed."""
    version = a_version(
        source_key=f"K{number % KEYS:02}",
        version_at=NOON + timedelta(seconds=number),
        status=(Status.PROCESSING, Status.SUPPLEMENT, Status.RETURNED)[number // KEYS % 3],
        current_step=f"bước {number}",
    )
    return replace(version, finished_at=version.version_at if version.status is Status.RETURNED else None)


def _reject(number: int) -> Reject:
    return Reject(reason=RejectReason.BAD_DATE, detail="", position=f"{number}", payload=f"p{number}")


def _collect_for_ever(url: str) -> None:
    """What a collector does: from the cursor on, batch by batch, each with one record refused."""
    engine = open_engine(url, quick_check=False)
    run = begin_run(engine, source_id="s1", kind=RunKind.CHANGES, holder=str(os.getpid()), now=NOON)
    while True:
        with reading(engine) as conn:
            start = int(source_state(conn, "s1").cursor or 0)
        batch = Batch(
            source_id="s1",
            run_id=run,
            versions=[_record(number) for number in range(start, start + PER_BATCH)],
            rejects=[_reject(start)],
            cursor=str(start + PER_BATCH),
        )
        ingest(engine, batch, now=NOON, rule=STANDARD, accept_due=accept_in_a_day)


def _must_add_up(engine: Engine) -> int:
    """The cursor stands exactly for the data, the ledger for the records; how many records there are."""
    with reading(engine) as conn:
        cursor = int(source_state(conn, "s1").cursor or 0)
        readings = conn.execute(select(func.count()).select_from(t.dossier_change)).scalar_one()
        newest = conn.execute(select(func.max(t.dossier_change.c.version_at))).scalar_one()
        refused = conn.execute(select(func.count()).select_from(t.quarantine)).scalar_one()
        run = t.source_run.c
        ledger = conn.execute(select(*map(func.sum, (run.fetched, run.inserted, run.quarantined)))).one()
        assert recompute_differences(conn, STANDARD) == ()
    if cursor:
        assert newest == NOON + timedelta(seconds=cursor - 1)
    assert (readings, refused) == (cursor, cursor // PER_BATCH)
    fetched = cursor + cursor // PER_BATCH
    assert tuple(n or 0 for n in ledger) == (fetched, min(cursor, KEYS), refused)
    return cursor


@pytest.mark.timeout(900)
def test_killed_at_any_instant_the_store_adds_up(sqlite_engine: Engine) -> None:
    url = sqlite_engine.url.render_as_string()
    sqlite_engine.dispose()  # nobody holds the file when the children are forked
    context = multiprocessing.get_context("fork")
    chance, seen = random.Random(7), [0]  # a fixed seed: the instants differ all the same
    while len(seen) <= KILLS or seen[-1] < ENOUGH:
        child = context.Process(target=_collect_for_ever, args=(url,))
        child.start()
        time.sleep(0.05 + chance.random() / 5)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
        engine = open_engine(url)  # with its check of the whole file
        seen.append(_must_add_up(engine))
        abandon_runs(engine, holder_alive=lambda _holder: False, now=NOON)
        engine.dispose()
    assert seen == sorted(seen)


# -- many writers --------------------------------------------------------------------------------------


def _write_in_threads(engine: Engine, batches: Sequence[Sequence[Sequence[DossierVersion]]]) -> None:
    faults: list[BaseException] = []

    def work(mine: Sequence[Sequence[DossierVersion]]) -> None:
        try:
            for batch in mine:
                take(engine, batch, source_id=batch[0].source_id)
        except BaseException as exc:  # noqa: BLE001 - told by the test itself
            faults.append(exc)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def _batches(writer: int, source_id: str) -> list[list[DossierVersion]]:
    return [
        [
            replace(_record(number + turn * KEYS), source_id=source_id, version_seq=writer)
            for number in range(KEYS)
        ]
        for turn in range(5)
    ]


def test_two_writers_on_the_same_keys_leave_no_drift(engine: Engine) -> None:
    _write_in_threads(engine, [_batches(1, "s1"), _batches(2, "s1")])
    with reading(engine) as conn:
        assert recompute_differences(conn, STANDARD) == ()
        assert conn.execute(select(func.count()).select_from(t.dossier_change)).scalar_one() == 2 * 5 * KEYS


def test_writers_of_different_sources_do_not_stop_each_other(postgres_engine: Engine) -> None:
    with writing(postgres_engine) as conn:
        lock(conn, "source:s1")  # somebody is in the middle of a batch of s1
        take(postgres_engine, [a_version(source_id="s2")], source_id="s2")
    _write_in_threads(postgres_engine, [_batches(n, f"s{n}") for n in range(4)])
    with reading(postgres_engine) as conn:
        assert recompute_differences(conn, STANDARD) == ()


def test_readers_go_on_while_a_batch_is_written(engine: Engine) -> None:
    take(engine, [a_version()])
    with writing(engine) as conn:
        conn.execute(t.daily.update().values(received_online_full=99))
        with reading(engine) as other:
            assert other.execute(select(t.daily.c.received_online_full)).scalars().first() in (0, 1)
        conn.execute(t.daily.update().values(received_online_full=0))
