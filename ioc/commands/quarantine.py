"""`quarantine list|show|retry`: what was refused, why, and another try."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from ioc import clock
from ioc.collectors.replay import replay
from ioc.commands import desk
from ioc.commands.collecting import chosen_sources, holder, source_of_run
from ioc.commands.desk import Wrong
from ioc.commands.options import AsJson
from ioc.errors import IocError
from ioc.settings import Settings
from ioc.store.engine import reading
from ioc.store.quarantine import QuarantineRow, quarantine_row, quarantine_rows, settle
from ioc.words import formats
from ioc.words.names import REJECT

commands = typer.Typer(help="Bản ghi bị từ chối: xem, hiểu lý do, thử lại.", no_args_is_help=True)
MOST = 100_000

SourceId = Annotated[str | None, typer.Option("--source", help="Mã nguồn.")]


@commands.command("list")
def list_rows(
    source: SourceId = None,
    settled: Annotated[bool, typer.Option("--settled", help="Các bản ghi đã xử lý xong.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Số dòng nhiều nhất.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Các bản ghi bị từ chối, mới nhất trước."""
    chosen = desk.settings()
    known_source(chosen, source)
    with desk.snapshot(chosen) as conn:
        rows = quarantine_rows(conn, source, limit=limit, settled=settled)
    if as_json:
        desk.emit([entry(row) for row in rows])
        return
    table = desk.grid("Số", "Nguồn", "Lý do", "Chi tiết", "Vị trí", ("Số lần", "right"), "Gần nhất")
    for row in rows:
        reason = REJECT[row.reason].label
        times, seen = formats.number(row.seen_count), formats.moment(row.seen_at)
        table.add_row(str(row.id), row.source_id, reason, row.detail, row.position, times, seen)
    desk.console().print(table if rows else "Không có bản ghi nào bị cách ly.")


@commands.command("show")
def show(
    row_id: Annotated[int, typer.Argument(metavar="SỐ", help="Số của bản ghi.")], as_json: AsJson = False
) -> None:
    """Một bản ghi với lý do và nội dung gốc đã che thông tin cá nhân."""
    chosen = desk.settings()
    with desk.snapshot(chosen) as conn:
        row = quarantine_row(conn, row_id)
    if row is None:
        raise IocError(f"Không có bản ghi cách ly số {row_id}")
    if as_json:
        desk.emit(entry(row) | {"payload": row.payload})
        return
    table = desk.grid("Mục", "Nội dung")
    for label, text in _facts(row).items():
        table.add_row(label, text)
    desk.console().print(table)


@commands.command("retry")
def retry(
    row_ids: Annotated[list[int] | None, typer.Argument(metavar="[SỐ]...", help="Số các bản ghi.")] = None,
    source: SourceId = None,
) -> None:
    """Đọc lại các bản ghi bị từ chối bằng bộ đọc và bảng mã hiện nay; còn bản ghi hỏng thì mã thoát là 1."""
    chosen = desk.settings()
    known_source(chosen, source)
    if not row_ids and source is None:
        raise Wrong("cho biết số các bản ghi, hoặc --source để thử lại cả nguồn")
    desk.keep_log(chosen, level="ERROR")
    with desk.store(chosen) as engine:
        rows = _chosen(engine, row_ids, source)
        settled = sum(_retry_run(chosen, engine, run, of_run) for run, of_run in _by_run(rows).items())
    left = len(rows) - settled
    desk.console().print(
        f"{formats.number(settled)} bản ghi đã vào kho, {formats.number(left)} vẫn bị từ chối."
    )
    if left:
        raise typer.Exit(1)


def known_source(chosen: Settings, source_id: str | None) -> None:
    """Wrong for a source that the configuration does not have."""
    if source_id is not None:
        chosen_sources(chosen, [source_id])


def entry(row: QuarantineRow) -> dict[str, Any]:
    """One refused record in JSON."""
    return {
        "id": row.id,
        "source": row.source_id,
        "run": row.run_id,
        "reason": row.reason.value,
        "detail": row.detail,
        "position": row.position,
        "source_key": row.source_key,
        "seen_at": row.seen_at,
        "seen_count": row.seen_count,
        "settled_at": row.settled_at,
    }


def _facts(row: QuarantineRow) -> dict[str, str]:
    return {
        "Số": str(row.id),
        "Nguồn": row.source_id,
        "Lý do": REJECT[row.reason].label,
        "Chi tiết": row.detail,
        "Vị trí": row.position,
        "Mã tại nguồn": row.source_key or formats.DASH,
        "Lần thu thập": str(row.run_id),
        "Gặp": f"{formats.number(row.seen_count)} lần, gần nhất {formats.moment(row.seen_at)}",
        "Xử lý xong": formats.moment(row.settled_at),
        "Nội dung": row.payload,
    }


def _chosen(engine: Engine, row_ids: list[int] | None, source: str | None) -> tuple[QuarantineRow, ...]:
    with reading(engine) as conn:
        if not row_ids:
            return quarantine_rows(conn, source, limit=MOST)
        found = {row_id: quarantine_row(conn, row_id) for row_id in dict.fromkeys(row_ids)}
    for row_id, row in found.items():
        if row is None or (source is not None and row.source_id != source):
            raise IocError(f"Không có bản ghi cách ly số {row_id}")
    return tuple(row for row in found.values() if row is not None and row.settled_at is None)


def _by_run(rows: Iterable[QuarantineRow]) -> dict[int, list[QuarantineRow]]:
    found: dict[int, list[QuarantineRow]] = defaultdict(list)
    for row in rows:
        found[row.run_id].append(row)
    return found


def _retry_run(chosen: Settings, engine: Engine, run_id: int, rows: list[QuarantineRow]) -> int:
    """Replay the run that refused these rows; what it does not refuse again is settled. Their number."""
    source = source_of_run(chosen, engine, run_id)
    with desk.waiting(f"Đang đọc lại lần thu thập {run_id}"):
        report = replay(chosen, source, run_id, engine=engine, holder=holder(), environ=os.environ)
    if not report.ok:
        raise IocError(report.error or f"Không đọc lại được lần thu thập {run_id}")
    with reading(engine) as conn:
        after = [quarantine_row(conn, row.id) for row in rows]
    well = [row.id for row in after if row is not None and (row.settled_at or row.run_id == run_id)]
    settle(engine, well, now=clock.utc_now())
    return len(well)
