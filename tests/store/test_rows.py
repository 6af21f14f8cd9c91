"""A dossier written is the dossier read: the mapping to rows loses nothing."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, event, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from ioc.model.dossier import Dossier, DossierVersion, Flag, Reading, Status, reading_of
from ioc.rules.counting import STANDARD
from ioc.rules.history import fold
from ioc.store import tables as t
from ioc.store.check import iterate_dossiers
from ioc.store.engine import reading, writing
from ioc.store.load import known_dossiers
from ioc.store.rows import DOSSIER_COLUMNS, READING_COLUMNS, VERSION_COLUMNS, dossier_row
from tests.builders import NOON, a_dossier, a_version, accept_in_a_day, histories
from tests.store.filling import empty, take

OTHERS = {"id", "first_seen_at", "seen_at"}


def test_every_column_and_every_field_is_mapped_once() -> None:
    assert {*DOSSIER_COLUMNS, *OTHERS} == {column.name for column in t.dossier.columns}
    assert len(set(DOSSIER_COLUMNS)) == len(DOSSIER_COLUMNS)
    assert len(VERSION_COLUMNS) == len(fields(DossierVersion))
    assert {*READING_COLUMNS, "id", "dossier_id", "run_id", "seen_at"} == {
        column.name for column in t.dossier_change.columns
    }
    assert tuple(field.name for field in fields(Reading)) == READING_COLUMNS


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_what_is_read_is_what_was_folded(engine: Engine, history: tuple[DossierVersion, ...]) -> None:
    empty(engine)
    take(engine, history)
    latest = max(history, key=lambda version: version.order)
    folded = fold(latest, map(reading_of, history), accept_due=accept_in_a_day)
    with reading(engine) as conn:
        assert list(iterate_dossiers(conn)) == [folded]
        known = known_dossiers(conn, "s1", ["K1", "K9"])["K1"]
    assert known.dossier == folded
    assert _types(known.dossier) == _types(folded)
    assert {r.order for r in known.readings} == {version.order for version in history}
    assert known.dossier.latest.content_hash == known.derived[0]


def _types(dossier: Dossier) -> list[type]:
    """A word of an enum equals its text, so equality alone would not see it come back as text."""
    latest = dossier.latest
    values = [getattr(latest, field.name) for field in fields(latest)]
    flags = sorted(dossier.flags | latest.flags)
    return [type(value) for value in (*values, *flags, *(pause.kind for pause in dossier.pauses))]


def test_days_are_kept_only_of_a_dossier_that_counts() -> None:
    closed = a_version(finished_at=NOON, status=Status.RETURNED)
    assert _days(a_dossier(closed)) == ("resolved_early", date(2026, 11, 17), date(2026, 11, 20))
    assert _days(a_dossier(a_version())) == ("within", date(2026, 11, 17), None)
    assert _days(a_dossier(a_version(deleted=True, finished_at=NOON))) == ("excluded", None, None)
    waiting = a_version(status=Status.NEW, received_at=None)
    assert _days(a_dossier(waiting)) == ("waiting", None, None)
    early = a_version(finished_at=NOON - timedelta(days=9), status=Status.RETURNED)
    assert _days(a_dossier(early))[2] == date(2026, 11, 17)  # never closed before it was received


def _days(dossier: Dossier) -> tuple[object, ...]:
    row = dict(zip(DOSSIER_COLUMNS, dossier_row(dossier, STANDARD, content_hash="0" * 16), strict=True))
    return (row["standing"], row["received_day"], row["closed_day"])


def test_all_flags_fit_their_column(engine: Engine) -> None:
    take(engine, [a_version(flags=frozenset(Flag))])
    with reading(engine) as conn:
        assert next(iterate_dossiers(conn)).latest.flags == frozenset(Flag)


def test_moments_are_whole_seconds_of_utc_and_days_are_numbers_on_sqlite(sqlite_engine: Engine) -> None:
    take(sqlite_engine, [a_version(version_at=datetime(2026, 1, 1, tzinfo=UTC))])
    with reading(sqlite_engine) as conn:
        row = conn.exec_driver_sql("SELECT version_at, received_day FROM dossier").one()
    assert tuple(row) == (1_767_225_600, (date(2026, 11, 17) - date(1970, 1, 1)).days)


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    naive = datetime(2026, 1, 1)
    with pytest.raises(StatementError, match="time zone"), writing(engine) as conn:
        conn.execute(select(t.dossier).where(t.dossier.c.due_at == naive)).all()
    with pytest.raises(ValueError, match="time zone"):
        t.dossier.c.due_at.type.process_bind_param(naive, sqlite.dialect())


def test_iterating_keeps_only_a_chunk_and_every_dossier_once(engine: Engine) -> None:
    take(engine, [a_version(source_key=f"K{n:03}", status=_nth(n)) for n in range(100)])
    running = t.dossier.c.status == "processing"
    with reading(engine) as conn:
        keys = [dossier.latest.source_key for dossier in iterate_dossiers(conn, chunk=7)]
        some = [dossier.latest.source_key for dossier in iterate_dossiers(conn, where=running, chunk=7)]
    assert keys == [f"K{n:03}" for n in range(100)]
    assert some == keys[::2]


def _nth(place: int) -> Status:
    return Status.SUPPLEMENT if place % 2 else Status.PROCESSING


def test_iterating_reads_no_more_than_it_hands_out(engine: Engine) -> None:
    take(engine, [a_version(source_key=f"K{n:03}") for n in range(100)])
    asked: list[str] = []
    with reading(engine) as conn:
        event.listen(conn, "before_cursor_execute", lambda *args: asked.append(args[2]))
        walk = iterate_dossiers(conn, chunk=10)
        for _ in range(10):
            next(walk)
        assert len(asked) == 2  # one page of dossiers, and their pauses
        assert sum(1 for _ in walk) == 90
