"""The receipt clock: what waits, what has run out, and what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from ioc.model.dossier import Channel, DossierVersion, Status
from ioc.model.scope import WHOLE_PROVINCE, Scope
from ioc.queries.receipts import NEXT_COLUMNS, waiting
from ioc.store.engine import reading
from tests.builders import NOON, a_version
from tests.queries.filled import empty, take


def submitted(key: str, hours_ago: int, **changes: Any) -> DossierVersion:
    """An online dossier nobody has received; the tests' limit is 24 hours after submission."""
    return a_version(
        source_key=key,
        dossier_code=key,
        status=Status.NEW,
        received_at=None,
        due_at=None,
        due_precision=None,
        submitted_at=NOON - timedelta(hours=hours_ago),
        **changes,
    )


def test_late_receipts_are_counted_apart_and_the_next_ones_come_in_order(engine: Engine) -> None:
    empty(engine)
    asked_for = [submitted(f"K{n:02}", hours_ago=n) for n in range(14, 0, -1)]
    take(engine, [*asked_for, submitted("OLD", hours_ago=25), submitted("LIMIT", hours_ago=24)])
    with reading(engine) as conn:
        held = waiting(conn, WHOLE_PROVINCE, now=NOON)
    assert (held.waiting, held.overdue) == (16, 1)
    assert list(held.next["dossier_code"]) == ["LIMIT", *(f"K{n:02}" for n in range(14, 5, -1))]
    assert held.next["agency_name"][0] == "Phường Hạ Long"


def test_the_clock_runs_for_online_dossiers_only(engine: Engine) -> None:
    empty(engine)
    take(engine, [submitted("K1", 30), submitted("K2", 30, channel=Channel.POSTAL)])
    with reading(engine) as conn:
        held = waiting(conn, WHOLE_PROVINCE, now=NOON)
    assert (held.waiting, held.not_online, held.overdue) == (1, 1, 1)


def test_accepted_ones_are_counted_by_their_limit(engine: Engine) -> None:
    empty(engine)
    in_time = a_version()  # submitted two hours before its receipt
    late = a_version(source_key="K2", submitted_at=NOON - timedelta(days=9))
    take(engine, [in_time, late])
    with reading(engine) as conn:
        held = waiting(conn, WHOLE_PROVINCE, now=NOON)
    assert (held.waiting, held.accepted_on_time, held.accepted_late) == (0, 1, 1)


def test_scope_and_agency_narrow_the_clock(engine: Engine) -> None:
    empty(engine)
    take(engine, [submitted("K1", 1), submitted("K2", 30, agency_code="H49")])
    with reading(engine) as conn:
        of_centre = waiting(conn, Scope(agencies=frozenset({"H49"})), now=NOON)
        of_ward = waiting(conn, WHOLE_PROVINCE, now=NOON, agency="H49.101")
        of_nobody = waiting(conn, Scope(agencies=frozenset()), now=NOON)
    assert (of_centre.waiting, of_centre.overdue, len(of_centre.next)) == (1, 1, 0)
    assert (of_ward.waiting, of_ward.overdue, len(of_ward.next)) == (1, 0, 1)
    assert (of_nobody.waiting, of_nobody.overdue) == (0, 0)
    assert {name: str(dtype) for name, dtype in of_nobody.next.dtypes.items()} == NEXT_COLUMNS
