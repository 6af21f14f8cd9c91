"""Every run leaves a row, and a source remembers its last success, its failures and its rest."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from ioc.faults import FaultKind
from ioc.model.run import RunKind, RunState
from ioc.store.engine import reading
from ioc.store.runs import (
    SourceState,
    abandon_runs,
    begin_run,
    end_run,
    file_known,
    note_progress,
    pause_source,
    recent_runs,
    remember_file,
    request_poll,
    resume_source,
    run_of,
    set_next_run,
    source_state,
    source_states,
    take_poll_requests,
)
from tests.builders import NOON
from tests.store.filling import everything

LATER = NOON + timedelta(minutes=1)


def _begin(engine: Engine, kind: RunKind = RunKind.CHANGES, now: datetime = NOON, holder: str = "h") -> int:
    return begin_run(engine, source_id="s1", kind=kind, holder=holder, now=now)


def _state(engine: Engine) -> SourceState:
    with reading(engine) as conn:
        return source_state(conn, "s1")


def test_a_source_never_polled_has_an_empty_state(engine: Engine) -> None:
    assert _state(engine) == SourceState(source_id="s1")
    with reading(engine) as conn:
        assert source_states(conn) == {}
        assert recent_runs(conn, "s1", 5) == ()
        assert run_of(conn, 1) is None


def test_a_good_run_is_a_success_as_of_its_end(engine: Engine) -> None:
    run = _begin(engine)
    note_progress(engine, run, pages=3, expected=600, now=LATER)
    end_run(engine, run, state=RunState.OK, now=LATER, clock_offset_seconds=2)
    with reading(engine) as conn:
        told = run_of(conn, run)
    assert told is not None
    assert (told.state, told.pages, told.expected, told.ended_at) == (RunState.OK, 3, 600, LATER)
    state = _state(engine)
    assert (state.last_success_at, state.failures, state.last_run_id) == (LATER, 0, run)
    assert state.last_full_at is None


def test_a_full_run_is_remembered_by_its_beginning(engine: Engine) -> None:
    end_run(engine, _begin(engine, RunKind.FULL), state=RunState.OK, now=LATER)
    assert _state(engine).last_full_at == NOON


def test_success_is_as_of_what_the_source_says_never_in_the_future_never_backwards(engine: Engine) -> None:
    old = NOON - timedelta(days=3)
    end_run(engine, _begin(engine), state=RunState.OK, now=LATER, as_of=old)
    assert _state(engine).last_success_at == old
    end_run(engine, _begin(engine), state=RunState.OK, now=LATER, as_of=LATER + timedelta(days=1))
    assert _state(engine).last_success_at == LATER
    end_run(engine, _begin(engine), state=RunState.OK, now=LATER, as_of=old)  # an older file, read late
    assert _state(engine).last_success_at == LATER


def test_failures_are_counted_and_forgotten_by_a_success(engine: Engine) -> None:
    for state in (RunState.FAILED, RunState.PARTIAL, RunState.HELD):
        end_run(engine, _begin(engine), state=state, now=NOON, fault=FaultKind.TIMEOUT, error="Quá\x00 hạn")
    assert _state(engine).failures == 3
    assert _state(engine).last_success_at is None
    pause_source(engine, "s1", until=None, reason="Từ chối đăng nhập")
    end_run(engine, _begin(engine), state=RunState.OK, now=NOON)
    state = _state(engine)
    assert (state.failures, state.pause_reason) == (0, None)
    with reading(engine) as conn:
        states = [run.state for run in recent_runs(conn, "s1", 2)]
        assert states == [RunState.OK, RunState.HELD]
        failed = recent_runs(conn, "s1", 2)[1]
    assert (failed.fault, failed.error) == (FaultKind.TIMEOUT, "Quá\\x00 hạn")


def test_a_pause_ends_with_its_time_or_by_hand(engine: Engine) -> None:
    pause_source(engine, "s1", until=LATER, reason="Ngắt mạch")
    assert _state(engine).is_paused(NOON)
    assert not _state(engine).is_paused(LATER)
    pause_source(engine, "s1", until=None, reason="Từ chối đăng nhập")
    assert _state(engine).is_paused(LATER + timedelta(days=99))
    resume_source(engine, "s1")
    assert not _state(engine).is_paused(NOON)


def test_the_next_run_is_shown(engine: Engine) -> None:
    set_next_run(engine, "s1", LATER)
    assert _state(engine).next_run_at == LATER
    set_next_run(engine, "s1", None)
    assert _state(engine).next_run_at is None


def test_runs_of_dead_processes_are_closed_and_only_those(engine: Engine) -> None:
    dead, alive = _begin(engine, holder="dead"), _begin(engine, holder="alive")
    done = _begin(engine, holder="dead")
    end_run(engine, done, state=RunState.OK, now=NOON)
    assert abandon_runs(engine, holder_alive=lambda holder: holder == "alive", now=LATER) == (dead,)
    assert abandon_runs(engine, holder_alive=lambda _holder: False, now=LATER, source_id="s2") == ()
    with reading(engine) as conn:
        states = {run.id: run.state for run in recent_runs(conn, "s1", 9)}
    assert states == {dead: RunState.ABANDONED, alive: RunState.RUNNING, done: RunState.OK}
    before = everything(engine)
    end_run(engine, dead, state=RunState.OK, now=LATER)
    note_progress(engine, dead, pages=9, expected=None, now=LATER)
    assert everything(engine) == before


def test_each_wish_for_a_poll_is_handed_out_once(engine: Engine) -> None:
    assert take_poll_requests(engine, now=NOON) == ()
    request_poll(engine, "s1", full=False, now=NOON)
    request_poll(engine, "s1", full=False, now=LATER)  # pressed twice
    request_poll(engine, "s1", full=True, now=LATER)
    request_poll(engine, "s2", full=False, now=LATER)
    taken = take_poll_requests(engine, now=LATER)
    assert [(wish.source_id, wish.full, wish.asked_at) for wish in taken] == [
        ("s1", False, NOON),
        ("s1", True, LATER),
        ("s2", False, LATER),
    ]
    assert take_poll_requests(engine, now=LATER) == ()
    request_poll(engine, "s1", full=False, now=LATER)
    assert len(take_poll_requests(engine, now=LATER)) == 1


def test_a_file_once_read_is_known_for_its_source(engine: Engine) -> None:
    for _ in range(2):
        remember_file(engine, source_id="s1", sha256="ab" * 32, name="x" * 400, as_of=NOON, run_id=1)
    with reading(engine) as conn:
        assert file_known(conn, "s1", "ab" * 32)
        assert not file_known(conn, "s2", "ab" * 32)
        assert not file_known(conn, "s1", "cd" * 32)


def test_a_run_that_heard_nothing_makes_no_source_younger(engine: Engine) -> None:
    first = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="test", now=NOON)
    end_run(engine, first, state=RunState.OK, now=NOON, as_of=NOON - timedelta(days=20))
    again = begin_run(engine, source_id="s1", kind=RunKind.FULL, holder="test", now=NOON)
    end_run(engine, again, state=RunState.OK, now=NOON, is_heard=False)
    with reading(engine) as conn:
        assert source_state(conn, "s1").last_success_at == NOON - timedelta(days=20)
