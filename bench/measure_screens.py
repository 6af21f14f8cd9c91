"""CPU and latency of the screens by websocket, one viewer and many, and the memory of the dashboard."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

from bench.cpu import memory_mb, percentile, process_ms
from bench.dashboard import Client, Dashboard, new_data, running
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.pages import PATH

PAGES = {"overview": PATH["overview"], "wall": PATH["wall"], "late": PATH["late"]}
ROUNDS = 6
APART = 2.2
"""Seconds between refreshes of one viewer: answers that age by the clock are shared for two."""

CLIENTS, EVERY = 50, 10.0


def measure(stage: Stage, *, crowd_seconds: float) -> None:
    """All of it, engine by engine; kept after every step, for a busy machine may not reach the last."""
    told: dict[str, Any] = {}
    for name in stage.engines:
        url = stage.store(name, stage.size)
        with running(stage.folder(stage.size), url) as dashboard:
            say(f"  {name}: answers after {dashboard.started_seconds:.1f} s")
            found: dict[str, Any] = {
                "start_s": round(dashboard.started_seconds, 1),
                "rss_start_mb": round(memory_mb(dashboard.pid)),
            }
            told[name] = found
            for key, run in _steps(dashboard, url, crowd_seconds):
                found[key] = run()
                say(f"  {name} {key}: {found[key]}")
                found["rss_end_mb"] = round(memory_mb(dashboard.pid))
                found["rss_peak_mb"] = round(memory_mb(dashboard.pid, "VmHWM"))
                keep("screens", stage.size, told)


def _steps(
    dashboard: Dashboard, url: str, crowd_seconds: float
) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    for page, path in PAGES.items():
        yield page, partial(_viewer, dashboard, path, url)
    for key, fresh in (("crowd, same data", False), ("crowd, new data", True)):
        if crowd_seconds:
            yield key, partial(_crowd, dashboard, url, crowd_seconds, fresh=fresh)


def _viewer(dashboard: Dashboard, page: str, url: str) -> dict[str, Any]:
    """One viewer: the first opening, another one, refreshes over the same data and over new data."""
    before = process_ms(dashboard.pid)
    client = Client(dashboard, page)
    first = client.open()
    cold = process_ms(dashboard.pid) - before
    client.refresh()
    found: dict[str, Any] = {"first_open_ms": round(first * 1e3), "first_open_cpu_ms": round(cold)}
    for name, fresh in (("same data", False), ("new data", True)):
        took, used, sent = [], [], client.received
        for _ in range(ROUNDS):
            if fresh:
                new_data(url)
            time.sleep(APART)
            before = process_ms(dashboard.pid)
            took.append(client.refresh() * 1e3)
            time.sleep(0.2)  # what Streamlit does after a run (collecting garbage) belongs to it
            used.append(process_ms(dashboard.pid) - before)
        found[name] = {
            "cpu_ms": round(sum(used) / ROUNDS, 1),  # the counter ticks by 10 ms: the mean says more
            "median_ms": round(median(took), 1),
            "p95_ms": round(percentile(took, 0.95), 1),
            "kb": round((client.received - sent) / ROUNDS / 1024),
        }
    again = Client(dashboard, page)
    found["warm_open_ms"] = round(again.open() * 1e3)
    again.close()
    client.close()
    return found


def _crowd(dashboard: Dashboard, url: str, seconds: float, *, fresh: bool) -> dict[str, Any]:
    """50 viewers, half on the overview and half on the wall, each refreshing every ten seconds."""
    before, began = process_ms(dashboard.pid), time.perf_counter()
    opens: list[float] = []
    refreshes: list[float] = []
    faults: list[str] = []
    viewers = [
        threading.Thread(
            target=_view,
            args=(dashboard, place, seconds, opens, refreshes, faults),
        )
        for place in range(CLIENTS)
    ]
    for viewer in viewers:
        viewer.start()
    while fresh and any(viewer.is_alive() for viewer in viewers):
        new_data(url)
        time.sleep(5.0)
    for viewer in viewers:
        viewer.join()
    took = time.perf_counter() - began
    return {
        "open_p95_ms": round(percentile(opens, 0.95) * 1e3),
        "median_ms": round(median(refreshes) * 1e3),
        "p95_ms": round(percentile(refreshes, 0.95) * 1e3),
        "max_ms": round(max(refreshes) * 1e3),
        "refreshes": len(refreshes),
        "cores": round((process_ms(dashboard.pid) - before) / 1e3 / took, 2),
        "rss_mb": round(memory_mb(dashboard.pid)),
        "faults": len(faults),
    }


def _view(
    dashboard: Dashboard,
    place: int,
    seconds: float,
    opens: list[float],
    refreshes: list[float],
    faults: list[str],
) -> None:
    time.sleep(EVERY * place / CLIENTS)
    try:
        client = Client(dashboard, PAGES["overview" if place % 2 else "wall"])
        opens.append(client.open())
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            time.sleep(EVERY)
            refreshes.append(client.refresh())
        client.close()
    except (OSError, TimeoutError) as fault:
        faults.append(str(fault))


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--crowd-seconds", type=float, default=40.0)
    given = parser.parse_args()
    with stage_of(given) as stage:
        measure(stage, crowd_seconds=given.crowd_seconds)


if __name__ == "__main__":
    main()
