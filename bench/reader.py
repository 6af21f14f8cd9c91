"""`python -m bench.reader URL SECONDS`: the month's figures by agency five times a second; prints ms."""

from __future__ import annotations

import sys
import time

from bench import engines
from ioc.clock import local_day, utc_now
from ioc.model.scope import WHOLE_PROVINCE, Period
from ioc.queries.overview import figures_by
from ioc.store.engine import reading

EVERY = 0.2


def main() -> None:
    """Ask until the time is over; the first answers, with cold caches, are not told."""
    url, seconds = sys.argv[1], float(sys.argv[2])
    engine, today = engines.opened(url), local_day(utc_now())
    month = Period(first=today.replace(day=1), last=today)
    end, turn = time.perf_counter() + seconds, 0
    while (began := time.perf_counter()) < end:
        with reading(engine) as conn:
            figures_by(conn, WHOLE_PROVINCE, month, by="agency")
        took = time.perf_counter() - began
        if turn >= 3:
            print(f"{took * 1e3:.2f}")
        turn += 1
        time.sleep(max(0.0, EVERY - took))


if __name__ == "__main__":
    main()
