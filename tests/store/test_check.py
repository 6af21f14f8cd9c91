"""The check names every planted drift, and a rebuild mends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from ioc.model.dossier import Status
from ioc.rules.counting import STANDARD
from ioc.store.check import MOST, recompute_differences
from ioc.store.engine import reading, writing
from ioc.store.rebuild import rebuild
from tests.builders import NOON, a_version
from tests.store.filling import dump, take

PAUSED = a_version(source_key="K2", status=Status.SUPPLEMENT, version_at=NOON - timedelta(days=1))
AGAIN = a_version(source_key="K2", version_at=NOON)


def _differences(engine: Engine) -> tuple[str, ...]:
    with reading(engine) as conn:
        return recompute_differences(conn, STANDARD)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A sound store of two dossiers, one of them with a pause behind it."""
    take(engine, [a_version(agency_code="?", agency_raw="Lạ"), PAUSED, AGAIN])
    assert _differences(engine) == ()
    return engine


@pytest.mark.parametrize(
    ("drift", "told"),
    [
        ("UPDATE daily SET received_online_full = 7", "received_online_full đang lưu 7, tính lại 1"),
        ("DELETE FROM open_due", "running đang lưu 0, tính lại 1"),
        ("UPDATE stock SET paused = 3", "paused đang lưu 3, tính lại 0"),
        ("UPDATE unmapped SET dossiers = 0", "dossiers đang lưu 0, tính lại 1"),
        ("DELETE FROM dossier_pause", "hồ sơ s1/K2: lịch sử cho kết quả khác"),
        ("UPDATE dossier SET reopened_count = 4", "hồ sơ s1/K1: lịch sử cho kết quả khác"),
        ("UPDATE dossier SET standing = 'late'", "hồ sơ s1/K1: standing đang lưu late, tính lại within"),
        ("UPDATE dossier SET received_day = NULL", "hồ sơ s1/K2: received_day đang lưu None"),
        ("UPDATE dossier SET version_seq = 5", "hồ sơ s1/K1: không phải lần đọc mới nhất"),
    ],
)
def test_a_planted_drift_is_named_and_mended(filled: Engine, drift: str, told: str) -> None:
    sound = dump(filled)
    with writing(filled) as conn:
        conn.execute(text(drift))
    found = _differences(filled)
    assert any(told in difference for difference in found), found
    if "version_seq" in drift:
        return  # which reading is the newest cannot be told by folding
    rebuild(filled, STANDARD, now=NOON)
    assert _differences(filled) == ()
    assert dump(filled) == sound


def test_a_ledger_that_does_not_balance_is_named(filled: Engine) -> None:
    with writing(filled) as conn:
        conn.execute(text("UPDATE source_run SET inserted = inserted + 1"))
    (told,) = _differences(filled)
    assert "số nhận không bằng" in told


def test_a_dossier_without_readings_and_an_empty_row_are_named(filled: Engine) -> None:
    with writing(filled) as conn:
        conn.execute(text("DELETE FROM dossier_change"))
        conn.execute(text("INSERT INTO stock (agency_code, domain_code, source_id) VALUES ('x', 'y', 's1')"))
    found = _differences(filled)
    assert sum("không còn lần đọc nào" in one for one in found) == 2
    assert any("stock x · y · s1: dòng toàn số 0" in one for one in found)


def test_the_list_of_differences_has_an_end(engine: Engine) -> None:
    take(engine, [a_version(source_key=f"K{n}", agency_code=f"A{n}") for n in range(600)])
    with writing(engine) as conn:
        conn.execute(text("DELETE FROM daily"))
        conn.execute(text("DELETE FROM stock"))
    assert len(_differences(engine)) == MOST


def test_progress_is_told(filled: Engine) -> None:
    told: list[tuple[int, int]] = []
    with reading(filled) as conn:
        recompute_differences(conn, STANDARD, lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]
