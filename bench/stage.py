"""Where a measurement runs: its folder, its stores (made once, shared by all measures) and its results.

A store of 10M is thin unless `--full` is given: rollups of all dossiers, and the rows of those that are open,
waiting, or were closed in the last days. Every statement of the overview, the trend and the lists of open
dossiers reads the same rows as in a full one; only the big table and its indexes are shallower.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import URL, make_url

from bench import engines
from bench.calendar_arrays import NULL, local_days
from bench.derive import STANDINGS
from bench.generate import SEED, Made, fill, make
from bench.load import add_polls
from bench.province import settings_of
from bench.scan import write_columns
from ioc.clock import utc_now
from ioc.model.dossier import Standing
from ioc.settings import Settings

RESULTS = Path(__file__).parent / "results"
HOME, SERVER = "IOC_BENCH_HOME", "IOC_BENCH_POSTGRES"
THIN_FROM = 5_000_000
CLOSED_DAYS = 40
POLLS = 20
"""Runs of each source beside the first load; a deployment has hundreds, screens read twenty."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What every measure gets."""

    home: Path
    size: int
    server: URL | None
    full: bool

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines of this run."""
        return engines.ENGINES if self.server else ("sqlite",)

    def folder(self, size: int) -> Path:
        """Where the store of that size and its configuration lie."""
        return self.home / str(size)

    def url(self, engine: str, size: int) -> str:
        """Where the store is, made or not."""
        if engine == "sqlite":
            return f"sqlite:///{self.folder(size) / 'ioc.sqlite'}"
        assert self.server is not None
        return self.server.set(database=f"bench_{size}").render_as_string(hide_password=False)

    def settings(self, engine: str, size: int) -> Settings:
        """The configuration of the store."""
        return settings_of(self.folder(size), self.url(engine, size))

    def store(self, engine: str, size: int) -> str:
        """The URL of a filled store; made now when it is missing."""
        note = self.folder(size) / f"{engine}.json"
        if not note.exists():
            self._make(engine, size, note)
        return self.url(engine, size)

    def told(self, engine: str, size: int) -> dict[str, Any]:
        """What was noted when the store was made: seconds, moment, whether thin."""
        self.store(engine, size)
        note: dict[str, Any] = json.loads((self.folder(size) / f"{engine}.json").read_text())
        return note

    def now(self, size: int) -> datetime:
        """The moment as of which the store was made; the same for both engines."""
        return datetime.fromtimestamp(int((self.folder(size) / "now").read_text()), UTC)

    def made(self, size: int) -> Made:
        """What the store was made of, drawn again."""
        return make(self.settings("sqlite", size), size, now=self._moment(size))

    def _moment(self, size: int) -> datetime:
        note = self.folder(size) / "now"
        note.parent.mkdir(parents=True, exist_ok=True)
        if not note.exists():
            note.write_text(str(int(utc_now().timestamp())))
        return self.now(size)

    def _make(self, engine: str, size: int, note: Path) -> None:
        say(f"making {size:,} dossiers on {engine}")
        self.folder(size).mkdir(parents=True, exist_ok=True)
        made = self.made(size)
        thin = size >= THIN_FROM and not self.full
        kept = np.flatnonzero(_shown(made)) if thin else None
        write_columns(self.folder(size) / "columns", made)
        if engine == "postgresql" and self.server is not None:
            engines.make_database(self.server, f"bench_{size}")
        store = engines.opened(self.url(engine, size), read_only=False)
        seconds = fill(store, self.settings(engine, size), made, kept=kept)
        add_polls(store, made.now, POLLS)
        store.dispose()
        rows = size if kept is None else len(kept)
        note.write_text(json.dumps({"seconds": round(seconds, 1), "thin": thin, "rows": rows}))
        say(f"  {seconds:.0f} s" + (f", {rows:,} rows of them" if thin else ""))


def _shown(made: Made) -> Any:
    """Dossiers that any screen of today can list."""
    today = local_days(np.array([int(made.now.timestamp())]))[0]
    never = (made.found.received_day == NULL) & (made.found.standing != STANDINGS.index(Standing.WAITING))
    return ~never & ((made.found.closed_day == NULL) | (made.found.closed_day > today - CLOSED_DAYS))


def say(text: str) -> None:
    """Progress, at once."""
    print(text, flush=True)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every measure understands."""
    parser.add_argument("--size", type=int, default=1_000_000, help="dossiers (default 1,000,000)")
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--full", action="store_true", help="all rows also at 10M (hours on a small machine)")


@contextmanager
def stage_of(given: argparse.Namespace) -> Iterator[Stage]:
    """The stage of a run: the one that `python -m bench` has set up, else one of its own, thrown away."""
    with ExitStack() as stack:
        home = os.environ.get(HOME)
        wants_server = "postgresql" in given.engines
        address = os.environ.get(SERVER)
        if home is None:
            home = tempfile.mkdtemp(prefix="ioc-bench-", dir="/tmp")
            stack.callback(shutil.rmtree, home, ignore_errors=True)
        found = make_url(address) if address else None
        if wants_server and found is None:
            found = stack.enter_context(engines.server())
        yield Stage(Path(home), given.size, found if wants_server else None, given.full)


def keep(name: str, size: int, figures: dict[str, Any]) -> None:
    """Write the results of one measure, with where and when."""
    RESULTS.mkdir(exist_ok=True)
    told = {"measure": name, "size": size, "seed": SEED, **machine(), **figures}
    (RESULTS / f"{name}-{size}.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """When, on what, and how busy it was."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "python": platform.python_version(),
        "load": [round(value, 1) for value in os.getloadavg()],
    }
