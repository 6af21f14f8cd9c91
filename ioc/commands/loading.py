"""How the first load goes: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ioc.clock import monotonic_seconds, utc_now
from ioc.errors import IocError
from ioc.model.run import Freshness, RunKind, RunState, SourceHealth
from ioc.queries.sources import health, newest_run, stored_since
from ioc.settings import Settings
from ioc.store.engine import open_engine, reading
from ioc.words import formats

LOOK_SECONDS = 1.0
LINE_SECONDS = 15.0
"""Between two lines when nobody sits at a terminal."""

RATE_WINDOW = 20
PATIENCE = 3
"""Runs that must fail before a source is not waited for any more."""

WITHOUT_SERVER = ("file_drop",)
"""Kinds that bring nothing until somebody puts a file down: never waited for."""


class FirstLoad:
    """Watches the sources through the store until each has had its first full pass, good or bad."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._engine = open_engine(settings.database_url, read_only=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._seen: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW)
        self._next_look = 0.0
        self._next_line = 0.0
        self._is_done = False
        self._since = 0

    def __enter__(self) -> FirstLoad:
        with reading(self._engine) as conn:
            found = health(conn, self._settings, now=utc_now())
            self._since = newest_run(conn)
        self._is_done = all(is_settled(source) for source in found)
        if not self._is_done:
            self._bar.start()
            self._task = self._bar.add_task("Nạp lần đầu", total=None, told="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        self._engine.dispose()

    def look(self) -> None:
        """Look at the store, at most once a second; nothing once the first load is over."""
        moment = monotonic_seconds()
        if self._is_done or moment < self._next_look:
            return
        self._next_look = moment + LOOK_SECONDS
        try:
            with reading(self._engine) as conn:
                found = health(conn, self._settings, now=utc_now())
                stored = stored_since(conn, self._since)
        except IocError:
            return  # busy or away for a moment: the next look tells
        self._show(found, stored, moment)

    def _show(self, found: Sequence[SourceHealth], stored: int, moment: float) -> None:
        self._seen.append((moment, stored))
        ready = sum(1 for source in found if is_settled(source))
        told = (
            f"{formats.number(ready)}/{formats.number(len(found))} nguồn, "
            f"{formats.number(stored)} hồ sơ, {formats.number(self._rate())} hồ sơ/giây"
        )
        if self._task is not None:
            self._bar.update(self._task, completed=sum(map(progress_of, found)), total=len(found), told=told)
        if ready == len(found):
            self._is_done = True
            self._bar.stop()
            self._console.print(f"Đã nạp lần đầu: {told}.", soft_wrap=True)
        elif not self._console.is_terminal and moment >= self._next_line:
            self._next_line = moment + LINE_SECONDS
            self._console.print(f"Nạp lần đầu: {told}", soft_wrap=True)

    def _rate(self) -> float:
        (first, before), (last, now) = self._seen[0], self._seen[-1]
        return (now - before) / (last - first) if last > first else 0.0


def is_settled(source: SourceHealth) -> bool:
    """Whether nothing of the first load is to be waited for: it is in, or it failed often and says so."""
    if source.freshness not in (Freshness.LOADING, Freshness.NEVER):
        return True
    ended = [state for state in source.recent if state is not RunState.RUNNING]
    if source.kind in WITHOUT_SERVER and not ended:
        return True
    return len(ended) >= PATIENCE and RunState.OK not in ended


def progress_of(source: SourceHealth) -> float:
    """How much of a source's first load is in, 0..1."""
    if is_settled(source):
        return 1.0
    run = source.last_run
    if run is None or run.kind is not RunKind.FULL or not run.expected:
        return 0.0
    return min(1.0, run.ledger.fetched / run.expected)
