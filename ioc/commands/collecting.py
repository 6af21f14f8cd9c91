"""`collect` and `replay`: read sources now, or parse again what a run has kept."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table
from sqlalchemy import Engine

from ioc import clock
from ioc.collectors.replay import replay as replay_run
from ioc.collectors.reports import RunReport
from ioc.collectors.runner import Runner
from ioc.commands import desk
from ioc.commands.desk import Wrong
from ioc.commands.options import AsJson
from ioc.errors import IocError
from ioc.model.run import Run, RunKind
from ioc.queries.sources import running
from ioc.settings import Settings, SourceSettings
from ioc.store.engine import reading
from ioc.store.runs import run_of, source_states
from ioc.words import formats

AT_ONCE = 4
"""Sources read side by side: they mostly wait for their servers, and share one store."""

LOOK_SECONDS = 0.5


def collect(
    source: Annotated[
        list[str] | None, typer.Option(help="Mã nguồn; nhiều lần được, mặc định mọi nguồn.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Đọc toàn bộ, không chỉ phần thay đổi.")] = False,
    as_json: AsJson = False,
) -> None:
    """Thu thập một lượt ngay bây giờ; có nguồn lỗi thì mã thoát là 1."""
    chosen = desk.settings()
    wanted = chosen_sources(chosen, source)
    desk.keep_log(chosen, level="ERROR")
    with desk.stopping() as stop, desk.store(chosen) as engine:
        reports = run_all(chosen, engine, wanted, full=full, stop=stop)
    if as_json:
        desk.emit([entry(report) for report in reports])
    else:
        desk.console().print(_table(chosen, reports))
    finish(reports)


def replay(run: Annotated[int, typer.Argument(help="Số của lần thu thập.")]) -> None:
    """Đọc lại dữ liệu gốc đã giữ của một lần thu thập bằng bộ đọc và bảng mã hiện nay."""
    chosen = desk.settings()
    desk.keep_log(chosen, level="ERROR")
    with desk.store(chosen) as engine:
        source = source_of_run(chosen, engine, run)
        with desk.waiting(f"Đang đọc lại lần thu thập {run}"):
            report = replay_run(chosen, source, run, engine=engine, holder=holder(), environ=os.environ)
    desk.console().print(_table(chosen, [report]))
    finish([report])


def chosen_sources(chosen: Settings, ids: Sequence[str] | None) -> tuple[SourceSettings, ...]:
    """The sources named, or all; Wrong for one that the configuration does not have."""
    known = {source.id: source for source in chosen.sources}
    for name in ids or ():
        if name not in known:
            raise Wrong(f"không có nguồn {name!r} trong sources.toml")
    return tuple(known[name] for name in dict.fromkeys(ids)) if ids else chosen.sources


def run_all(
    chosen: Settings,
    engine: Engine,
    wanted: Sequence[SourceSettings],
    *,
    full: bool,
    stop: threading.Event,
) -> tuple[RunReport, ...]:
    """Run the sources side by side, their progress shown; the reports in the order asked for."""
    with reading(engine) as conn:
        states = source_states(conn)
    never_whole = {s.id for s in wanted if s.id not in states or states[s.id].last_full_at is None}
    runner = Runner(chosen, engine, holder=holder(), environ=os.environ, stop=stop.is_set)
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        futures = [
            pool.submit(runner.run, source, _kind(full or source.id in never_whole), asked=True)
            for source in wanted
        ]
        _watch(chosen, engine, futures)
        return tuple(future.result() for future in futures)
    finally:
        pool.shutdown(cancel_futures=True)
        runner.close()


def entry(report: RunReport) -> dict[str, Any]:
    """One source in the JSON of `collect`: a stable contract."""
    ledger = report.run.ledger
    return {
        "id": report.id,
        "ok": report.ok,
        "fetched": ledger.fetched,
        "inserted": ledger.inserted,
        "updated": ledger.updated,
        "unchanged": ledger.unchanged,
        "quarantined": ledger.quarantined,
        "pages": report.pages,
        "seconds": round(report.seconds, 3),
        "error": report.error,
    }


def finish(reports: Sequence[RunReport]) -> None:
    """Exit 1, with a sentence, when some source failed."""
    failed = [report for report in reports if not report.ok]
    if failed:
        first = f"{failed[0].id}: {failed[0].error}"
        counted = f"{formats.number(len(failed))}/{formats.number(len(reports))}"
        desk.notes().print(f"{counted} nguồn có lỗi; {first}", soft_wrap=True)
        raise typer.Exit(1)


def holder() -> str:
    """How this process signs leases and runs."""
    return f"{socket.gethostname()}:{os.getpid()}"


def source_of_run(chosen: Settings, engine: Engine, run_id: int) -> SourceSettings:
    """The source whose run this was; IocError when either is not known."""
    with reading(engine) as conn:
        run = run_of(conn, run_id)
    if run is None:
        raise IocError(f"Không có lần thu thập số {run_id}")
    found = next((source for source in chosen.sources if source.id == run.source_id), None)
    if found is None:
        raise IocError(f"Nguồn {run.source_id} của lần thu thập {run_id} không còn trong sources.toml")
    return found


def _kind(full: bool) -> RunKind:
    """Everything when asked for, and for a source that was never read whole."""
    return RunKind.FULL if full else RunKind.CHANGES


def _watch(chosen: Settings, engine: Engine, futures: Sequence[Future[RunReport]]) -> None:
    """Show what is under way until all are done; on a terminal only."""
    with _live() as live:
        while True:
            done, waiting = wait(futures, timeout=LOOK_SECONDS)
            if not waiting:
                return
            if live is not None:
                live.update(_progress(chosen, engine, len(done), len(futures)))


@contextmanager
def _live() -> Iterator[Live | None]:
    watcher = desk.notes()
    if not watcher.is_terminal:
        yield None
        return
    with Live(console=watcher, transient=True, refresh_per_second=4) as live:
        yield live


def _progress(chosen: Settings, engine: Engine, done: int, count: int) -> Table:
    with reading(engine) as conn:
        runs = running(conn)
    table = desk.grid(
        "Nguồn",
        ("Trang", "right"),
        ("Hồ sơ", "right"),
        ("Dự kiến", "right"),
        ("Hồ sơ/giây", "right"),
        title=f"Đang thu thập: {formats.number(done)}/{formats.number(count)} nguồn đã xong",
    )
    names = {source.id: source.name for source in chosen.sources}
    for code, run in sorted(runs.items()):
        table.add_row(
            names.get(code, code),
            formats.number(run.pages),
            formats.number(run.ledger.fetched),
            formats.number(run.expected),
            formats.number(_rate(run)),
        )
    return table


def _rate(run: Run) -> float | None:
    seconds = (clock.utc_now() - run.started_at).total_seconds()
    return run.ledger.fetched / seconds if seconds > 0 else None


def _table(chosen: Settings, reports: Sequence[RunReport]) -> Table:
    heads = ("Nhận", "Mới", "Đổi", "Như cũ", "Cũ hơn", "Cách ly", "Trang", "Giây")
    table = desk.grid("Nguồn", "Kết quả", *((head, "right") for head in heads), "Lỗi")
    names = {source.id: source.name for source in chosen.sources}
    for report in reports:
        ledger = report.run.ledger
        counts = (
            ledger.fetched,
            ledger.inserted,
            ledger.updated,
            ledger.unchanged,
            ledger.stale,
            ledger.quarantined,
            report.pages,
        )
        table.add_row(
            names.get(report.id, report.id),
            "tốt" if report.ok else "lỗi",
            *map(formats.number, counts),
            formats.number(report.seconds, decimals=1),
            report.error or "",
        )
    return table
