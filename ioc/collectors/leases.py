"""Hold a lease while work lasts: renewed from a thread of its own, given back at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from ioc.clock import Clock
from ioc.errors import LeaseLost, StoreUnready
from ioc.store.lease import acquire, release, renew

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease given back ends: were it "now", a clock set back an hour would keep it for an hour."""
LIFE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that is ours as long as its fence is."""

    name: str
    holder: str
    fence: int


@contextmanager
def hold(
    engine: Engine, name: str, holder: str, *, clock: Clock, seconds: int = LIFE_SECONDS
) -> Iterator[Lease | None]:
    """The lease `name` for the length of the block; None when somebody else works on it."""
    fence = acquire(engine, name, holder, seconds=seconds, now=clock())
    if fence is None:
        yield None
        return
    lease = Lease(name, holder, fence)
    done = threading.Event()
    keeper = threading.Thread(
        target=_keep, args=(engine, lease, clock, seconds, done), name=name, daemon=True
    )
    keeper.start()
    try:
        yield lease
    finally:
        done.set()
        keeper.join(timeout=seconds)
        with suppress(StoreUnready):  # the lease runs out by itself
            release(engine, name, holder, fence, now=LONG_AGO)


def _keep(engine: Engine, lease: Lease, clock: Clock, seconds: int, done: threading.Event) -> None:
    while not done.wait(seconds / 3):
        try:
            renew(engine, lease.name, lease.holder, lease.fence, seconds=seconds, now=clock())
        except LeaseLost:
            return  # the fence stops whatever we still write
        except StoreUnready:
            continue  # busy or full now; two more tries fit into the life of the lease
