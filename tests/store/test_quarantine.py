"""Refused records stay with their reason until the same record comes in good order."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from ioc.faults import RejectReason
from ioc.model.run import Ledger, Reject
from ioc.store.engine import reading
from ioc.store.quarantine import QuarantineRow, quarantine_row, quarantine_rows, settle
from tests.builders import NOON, a_version
from tests.store.filling import take

LATER = NOON + timedelta(minutes=1)


def _reject(
    payload: str = '{"ngay": "30/02/2026"}', key: str | None = "K1", position: str = "dòng 3"
) -> Reject:
    return Reject(
        reason=RejectReason.BAD_DATE,
        detail="30/02/2026",
        position=position,
        payload=payload,
        source_key=key,
    )


def _rows(engine: Engine, *, settled: bool = False, limit: int = 50) -> tuple[QuarantineRow, ...]:
    with reading(engine) as conn:
        return quarantine_rows(conn, "s1", limit=limit, settled=settled)


def test_a_refused_record_is_kept_whole(engine: Engine) -> None:
    assert take(engine, [], rejects=[_reject()]) == Ledger(fetched=1, quarantined=1)
    (row,) = _rows(engine)
    assert (row.reason, row.detail, row.position) == (RejectReason.BAD_DATE, "30/02/2026", "dòng 3")
    assert (row.payload, row.source_key, row.seen_count) == ('{"ngay": "30/02/2026"}', "K1", 1)
    with reading(engine) as conn:
        assert quarantine_row(conn, row.id) == row
        assert quarantine_row(conn, row.id + 1) is None


def test_the_same_payload_again_only_counts(engine: Engine) -> None:
    take(engine, [], rejects=[_reject(), _reject(position="dòng 9")])
    assert take(engine, [], rejects=[_reject(position="dòng 4")], now=LATER).quarantined == 1
    (row,) = _rows(engine)
    assert (row.seen_count, row.position, row.seen_at) == (3, "dòng 4", LATER)


def test_a_good_reading_of_the_same_key_settles_it(engine: Engine) -> None:
    take(engine, [], rejects=[_reject(), _reject("khác", "K2"), _reject("không mã", None)])
    take(engine, [a_version(source_key="K1")], now=LATER)
    assert {row.source_key for row in _rows(engine)} == {"K2", None}
    (settled,) = _rows(engine, settled=True)
    assert settled.settled_at == LATER


def test_a_good_reading_in_another_source_settles_nothing(engine: Engine) -> None:
    take(engine, [], rejects=[_reject()])
    take(engine, [a_version(source_id="s2", source_key="K1")], source_id="s2")
    assert len(_rows(engine)) == 1


def test_what_comes_bad_again_is_open_again(engine: Engine) -> None:
    take(engine, [], rejects=[_reject()])
    take(engine, [a_version(source_key="K1")])
    take(engine, [], rejects=[_reject()], now=LATER)
    (row,) = _rows(engine)
    assert (row.settled_at, row.seen_count) == (None, 2)


def test_rows_are_settled_by_hand_once(engine: Engine) -> None:
    take(engine, [], rejects=[_reject(f"p{n}", None) for n in range(3)])
    ids = [row.id for row in _rows(engine)]
    assert settle(engine, ids[:2], now=LATER) == 2
    assert settle(engine, ids[:2], now=LATER) == 0
    assert settle(engine, [], now=LATER) == 0
    assert [row.id for row in _rows(engine)] == ids[2:]


def test_rows_are_listed_newest_first_and_limited(engine: Engine) -> None:
    for n in range(5):
        take(engine, [], rejects=[_reject(f"p{n}", None)])
    assert [row.payload for row in _rows(engine, limit=2)] == ["p4", "p3"]
    with reading(engine) as conn:
        assert len(quarantine_rows(conn, None, limit=9)) == 5
        assert quarantine_rows(conn, "s2", limit=9) == ()


def test_a_payload_that_no_database_holds_is_kept_as_escapes(engine: Engine) -> None:
    take(engine, [], rejects=[_reject("a\x00b\ud800", "k" * 300, "p" * 300)])
    (row,) = _rows(engine)
    assert row.payload == "a\\x00b\\ud800"
    assert (row.source_key, row.position) == ("k" * 120, "p" * 200)
