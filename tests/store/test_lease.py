"""One holder at a time; the dead are succeeded; the fence only grows."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from ioc.errors import LeaseLost
from ioc.store.engine import reading
from ioc.store.lease import acquire, holder_of, release, renew
from tests.builders import NOON


def test_a_held_lease_is_given_to_nobody_else(engine: Engine) -> None:
    assert acquire(engine, "scheduler", "a", seconds=60, now=NOON) == 1
    assert acquire(engine, "scheduler", "b", seconds=60, now=NOON + timedelta(seconds=59)) is None
    assert acquire(engine, "scheduler", "a", seconds=60, now=NOON) is None  # a second thread of the holder
    with reading(engine) as conn:
        assert holder_of(conn, "scheduler", now=NOON) == "a"
        assert holder_of(conn, "scheduler", now=NOON + timedelta(seconds=60)) is None


def test_a_dead_holder_is_succeeded_after_its_time_with_a_higher_fence(engine: Engine) -> None:
    first = acquire(engine, "scheduler", "a", seconds=60, now=NOON)
    second = acquire(engine, "scheduler", "b", seconds=60, now=NOON + timedelta(seconds=60))
    assert (first, second) == (1, 2)
    with pytest.raises(LeaseLost, match="tiếp quản"):
        renew(engine, "scheduler", "a", 1, seconds=60, now=NOON + timedelta(seconds=61))


def test_a_renewed_lease_lasts(engine: Engine) -> None:
    assert acquire(engine, "scheduler", "a", seconds=60, now=NOON) == 1
    renew(engine, "scheduler", "a", 1, seconds=60, now=NOON + timedelta(seconds=50))
    assert acquire(engine, "scheduler", "b", seconds=60, now=NOON + timedelta(seconds=100)) is None
    # late, but nobody has come in between: still ours
    renew(engine, "scheduler", "a", 1, seconds=60, now=NOON + timedelta(seconds=500))


def test_a_lease_given_back_is_free_at_once(engine: Engine) -> None:
    assert acquire(engine, "scheduler", "a", seconds=60, now=NOON) == 1
    release(engine, "scheduler", "b", 1, now=NOON)  # not its own: nothing happens
    assert acquire(engine, "scheduler", "b", seconds=60, now=NOON) is None
    release(engine, "scheduler", "a", 1, now=NOON)
    fence = acquire(engine, "scheduler", "b", seconds=60, now=NOON)
    assert fence is not None
    assert fence > 1


def test_leases_of_different_names_do_not_meet(engine: Engine) -> None:
    assert acquire(engine, "source:s1", "a", seconds=60, now=NOON) == 1
    assert acquire(engine, "source:s2", "b", seconds=60, now=NOON) == 1


def test_of_many_that_ask_at_once_one_gets_it(engine: Engine) -> None:
    for moment in (NOON, NOON + timedelta(hours=1)):  # a new lease, then a takeover
        won: list[int] = []

        def ask(name: str, now: object = moment, won: list[int] = won) -> None:
            fence = acquire(engine, "scheduler", name, seconds=60, now=now)  # type: ignore[arg-type]
            if fence is not None:
                won.append(fence)

        threads = [threading.Thread(target=ask, args=(f"p{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
