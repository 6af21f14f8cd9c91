"""CPU time of this process and of others, and medians of rounds in which all candidates take turns."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")


def scheduled_ms(pid: int | None) -> float:
    """CPU of a process of one thread, by the scheduler's own counter; 0 for None."""
    if pid is None:
        return 0.0
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def process_ms(pid: int) -> float:
    """CPU of a process with all its threads, also those that have ended; grain of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


def memory_mb(pid: int, key: str = "VmRSS") -> float:
    """`VmRSS` now or `VmHWM` at its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} tells no {key}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to time; `backend` is a server process that works for it."""

    run: Callable[[], object]
    backend: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the rounds, in milliseconds, and the extremes of the CPU."""

    cpu_ms: float
    wall_ms: float
    cpu_low: float
    cpu_high: float
    rounds: int


def interleaved(candidates: Mapping[str, Candidate], *, rounds: int) -> dict[str, Cost]:
    """Every candidate once a round in turn, after one round that is not counted."""
    cpu: dict[str, list[float]] = {name: [] for name in candidates}
    wall: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, candidate in candidates.items():
            used, took = once(candidate)
            if turn:
                cpu[name].append(used)
                wall[name].append(took)
    return {
        name: Cost(
            cpu_ms=round(median(cpu[name]), 2),
            wall_ms=round(median(wall[name]), 2),
            cpu_low=round(min(cpu[name]), 2),
            cpu_high=round(max(cpu[name]), 2),
            rounds=rounds,
        )
        for name in candidates
    }


def once(candidate: Candidate) -> tuple[float, float]:
    """CPU and wall milliseconds of one run."""
    gc.collect()
    before, own, began = scheduled_ms(candidate.backend), time.process_time(), time.perf_counter()
    candidate.run()
    took, used = time.perf_counter() - began, time.process_time() - own
    return used * 1e3 + scheduled_ms(candidate.backend) - before, took * 1e3


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
