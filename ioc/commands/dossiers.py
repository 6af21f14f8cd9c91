"""`dossiers`: the dossiers behind a figure, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table
from sqlalchemy import Connection

from ioc.clock import local_day
from ioc.commands import desk
from ioc.commands.desk import Wrong
from ioc.commands.options import AgencyCode, AsJson, AsOf, From, To
from ioc.commands.words import measure_of
from ioc.exports.safe import safe_cell
from ioc.model.scope import WHOLE_PROVINCE
from ioc.queries import sources
from ioc.queries.dossiers import DossierFilter, dossier_page
from ioc.words import formats
from ioc.words.names import STANDING

CHUNK = 5_000
TABLE_ROWS = 50
"""Rows of a table when no limit is given; JSON and CSV give all."""

CSV_COLUMNS = {
    "dossier_code": "Mã hồ sơ",
    "source_id": "Nguồn",
    "agency_code": "Mã cơ quan",
    "agency_name": "Cơ quan",
    "domain_name": "Lĩnh vực",
    "procedure_name": "Thủ tục",
    "received_at": "Ngày tiếp nhận",
    "due_at": "Ngày hẹn trả",
    "closed_at": "Ngày kết thúc",
    "standing": "Tình trạng",
    "raw_status": "Trạng thái tại nguồn",
    "current_step": "Bước hiện tại",
    "current_unit": "Bộ phận đang giữ",
    "channel": "Kênh",
    "reopened_count": "Số lần mở lại",
    "due_moves": "Số lần đổi ngày hẹn",
    "flags": "Dấu hiệu dữ liệu",
    "version_at": "Cập nhật tại nguồn",
    "seen_at": "Thu thập lúc",
}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The rows asked for, and how many there are in all."""

    rows: pd.DataFrame
    count: int


def dossiers(
    timeliness: Annotated[
        str, typer.Option(help="overdue, due_soon, paused… hoặc tên chỉ tiêu.")
    ] = "overdue",
    first: From = None,
    last: To = None,
    as_of: AsOf = None,
    agency: AgencyCode = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Số dòng nhiều nhất.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="In CSV mở được bằng Excel.")] = False,
) -> None:
    """Các hồ sơ đứng sau một con số; đếm được đúng bằng con số đó."""
    chosen = desk.settings()
    moment = desk.moment_of(as_of)
    today = local_day(moment)
    if as_json and as_csv:
        raise Wrong("chọn một trong hai: --json hoặc --csv")
    flt = DossierFilter(
        measure=measure_of(timeliness),
        period=desk.period_of(first, last, moment),
        as_of_day=today,
        due_until=desk.calendar(chosen, moment).add_working_days(today, chosen.province.due_soon_days),
        agency=desk.known_agency(chosen, agency),
    )
    with desk.snapshot(chosen) as conn:
        found = _found(conn, flt, limit if as_json or as_csv else limit or TABLE_ROWS)
        truth = sources.truth(conn, chosen, WHOLE_PROVINCE, now=moment)
    if as_json:
        desk.emit(document(timeliness, moment, flt, found))
    elif as_csv:
        typer.echo(csv_text(found.rows), nl=False)
    else:
        desk.console().print(_table(found))
        desk.console().print(desk.age_line(truth))


def document(timeliness: str, as_of: datetime, flt: DossierFilter, found: Found) -> dict[str, Any]:
    """The JSON of `dossiers`: a stable contract; `count` is the figure itself, whatever the limit."""
    return {
        "as_of": as_of,
        "from": flt.period.first,
        "to": flt.period.last,
        "timeliness": timeliness,
        "measure": flt.measure.value,
        "agency": flt.agency,
        "count": found.count,
        "dossiers": desk.records(found.rows),
    }


def csv_text(rows: pd.DataFrame) -> str:
    """CSV with a byte order mark, that no spreadsheet takes for formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS.values())
    for record in desk.records(rows):
        writer.writerow([_cell(record[name]) for name in CSV_COLUMNS])
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return formats.moment(value)
    return safe_cell(str(value))


def _found(conn: Connection, flt: DossierFilter, limit: int | None) -> Found:
    """All pages up to `limit`, from one snapshot."""
    pages, count = [], 0
    for page in _pages(conn, flt, limit):
        pages.append(page.rows)
        count = page.count
    return Found(pd.concat(pages, ignore_index=True) if len(pages) > 1 else pages[0], count)


def _pages(conn: Connection, flt: DossierFilter, limit: int | None) -> Iterator[Found]:
    with desk.progress() as bar:
        task = bar.add_task("Đang đọc hồ sơ", total=limit)
        offset = 0
        while True:
            size = CHUNK if limit is None else min(CHUNK, limit - offset)
            page = dossier_page(conn, WHOLE_PROVINCE, flt, limit=size, offset=offset)
            yield Found(page.rows, page.total)
            offset += len(page.rows)
            wanted = page.total if limit is None else min(limit, page.total)
            bar.update(task, completed=offset, total=wanted)
            if offset >= wanted or page.rows.empty:
                return


def _table(found: Found) -> Table:
    title = f"{formats.number(found.count)} hồ sơ, hiện {formats.number(len(found.rows))}"
    table = desk.grid("Mã hồ sơ", "Cơ quan", "Thủ tục", "Hẹn trả", "Tình trạng", "Bước, bộ phận", title=title)
    for row in desk.records(found.rows):
        holder = ", ".join(part for part in (row["current_step"], row["current_unit"]) if part)
        table.add_row(
            row["dossier_code"] or formats.DASH,
            row["agency_name"],
            row["procedure_name"],
            formats.day(row["due_day"]),
            {standing.value: word.label for standing, word in STANDING.items()}[row["standing"]],
            holder or formats.DASH,
        )
    return table
