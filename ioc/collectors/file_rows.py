"""From the rows of a sheet to readings: one row, one dossier, or one reject with its row number."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ioc.clock import local_day
from ioc.collectors import phrases
from ioc.collectors.cells import DayOrder, read_amount, read_paid, read_sheet_code, read_when, slashed
from ioc.collectors.headers import DATES, Header
from ioc.collectors.lookup import Lookup, marks
from ioc.collectors.mask import scrub
from ioc.collectors.moments import Stamp, due_of
from ioc.collectors.records import read_text
from ioc.collectors.sequence import sequence
from ioc.collectors.sheet_rows import RowKind, SheetRow, group_title, rows_below, stated_count
from ioc.collectors.tables import Cell, Table, column_name, is_blank
from ioc.collectors.texts import Refused, fold
from ioc.collectors.xlsx_check import MAX_ROWS, refuse
from ioc.errors import SourceChanged
from ioc.faults import FaultKind, RejectReason
from ioc.model.dossier import ApplicantType, DossierVersion, Flag, Status
from ioc.model.run import Reject
from ioc.settings import SourceSettings

PARSER = 1
_NATIONAL_CODE = re.compile(r"[A-Z]{0,4}[\d.]*[A-Z]?\d[\w.]*-\d{6,8}-\d{3,}")
"""`000.00.07.H99-240304-0012`: it names its agency, so it is a key by itself."""


@dataclass(slots=True)
class Sheet:
    """A sheet being read: what stays the same for all its rows."""

    table: Table
    header: Header
    source: SourceSettings
    lookup: Lookup
    as_of: datetime
    written_at: datetime
    """When the file was written: of two files for one moment the later one is right."""
    order: DayOrder = DayOrder.DAY_FIRST
    doubtful: bool = False
    """The day order was told by the majority of the file, so dates that fit both ways are flagged."""
    domain: str | None = None
    rows: list[SheetRow] = field(default_factory=list)

    def text(self, row: SheetRow, role: str, *, limit: int) -> str | None:
        """A text cell; a number there is what a person typed."""
        cell = row.cell(self.header.columns.get(role))
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return read_text(None if is_blank(cell) else cell, limit=limit)

    def cell(self, row: SheetRow, role: str) -> Cell:
        """The raw cell of a role."""
        return row.cell(self.header.columns.get(role))


def read_rows(sheet: Sheet) -> tuple[tuple[DossierVersion, ...], tuple[Reject, ...], int]:
    """Readings, rejects, and how many rows were no dossiers. Raises SourceChanged for the whole file."""
    sheet.order, sheet.doubtful = _day_order(sheet)
    versions: list[tuple[SheetRow, DossierVersion]] = []
    rejects: list[Reject] = []
    skipped, stated = 0, None
    for row in rows_below(sheet.table, sheet.header):
        if row.kind is not RowKind.RECORD:
            skipped += 1
            if row.kind is RowKind.GROUP:
                sheet.domain = group_title(row)
            elif row.kind is RowKind.TOTAL:
                stated = stated_count(row) or stated
            continue
        try:
            versions.append((row, _version(sheet, row)))
        except Refused as exc:
            rejects.append(_reject(sheet, row, exc, key=_key_of(sheet, row)))
    _check_count(stated, len(versions) + len(rejects))
    good, twice = _part_conflicts(sheet, versions)
    return good, (*rejects, *twice), skipped


def _check_count(stated: int | None, found: int) -> None:
    if not found:
        raise refuse("Tệp chỉ có tiêu đề, không có dòng hồ sơ nào; kiểm tra lại rồi thả lại")
    if stated is not None and stated != found:
        raise SourceChanged(
            f"Dòng tổng cộng ghi {stated} hồ sơ nhưng tệp có {found} dòng; xuất lại rồi thả lại",
            kind=FaultKind.PARTIAL,
        )


def _day_order(sheet: Sheet) -> tuple[DayOrder, bool]:
    """Declared (`options.date_order`), else day first; month first when most clear dates say so."""
    told = sheet.source.options.get("date_order")
    if told in list(DayOrder):
        return DayOrder(told), False
    pairs = [
        pair
        for row in sheet.table.rows[sheet.header.row :]
        for role in DATES
        if (column := sheet.header.columns.get(role)) and column <= len(row)
        if (pair := slashed(row[column - 1]))
    ]
    days_first = sum(1 for first, second in pairs if first > 12 >= second)
    months_first = sum(1 for first, second in pairs if second > 12 >= first)
    if months_first > days_first:
        return DayOrder.MONTH_FIRST, True
    return DayOrder.DAY_FIRST, months_first > 0


def _version(sheet: Sheet, row: SheetRow) -> DossierVersion:
    _check_shape(sheet, row)
    flags: set[Flag] = set()
    code = read_sheet_code(sheet.cell(row, "dossier_code"))
    if code is None:
        raise Refused(RejectReason.NO_KEY, "thiếu mã hồ sơ")
    agency = sheet.lookup.agency(
        read_sheet_code(sheet.cell(row, "agency_code")), name=sheet.text(row, "agency_name", limit=200)
    )
    procedure = sheet.lookup.procedure(
        read_sheet_code(sheet.cell(row, "procedure_code")), sheet.text(row, "procedure_name", limit=400)
    )
    dates = {role: _date(sheet, row, role, flags) for role in DATES}
    due_at, precision = due_of(dates["due_at"])
    moments = {role: stamp.at if stamp else None for role, stamp in dates.items()}
    received = moments["received_at"]
    if received and local_day(received) > local_day(sheet.as_of):
        raise Refused(RejectReason.FUTURE, "ngày tiếp nhận sau ngày chốt của tệp")
    status, raw_status = _status(sheet, row, moments)
    channel, channel_flags = sheet.lookup.channel(None, sheet.text(row, "channel", limit=200))
    fee = read_amount(sheet.cell(row, "fee"))
    step = sheet.text(row, "step", limit=200)
    flags |= agency.flags | procedure.flags | channel_flags
    flags |= marks(status, raw_status, agency.raw, procedure.raw, step)
    return DossierVersion(
        source_id=sheet.source.id,
        source_key=_key(code, agency.raw),
        version_at=sheet.as_of,
        version_seq=sequence(
            int(sheet.written_at.timestamp()) * MAX_ROWS + row.number,
            parser=PARSER,
            options=sheet.source.options,
            flags=flags,
        ),
        status=status,
        raw_status=raw_status,
        dossier_code=code,
        agency_code=agency.code,
        agency_raw=agency.raw,
        procedure_code=procedure.code,
        procedure_raw=procedure.raw,
        domain_code=sheet.lookup.domain(
            procedure.code, sheet.text(row, "domain_name", limit=200), sheet.domain
        ),
        service_level=sheet.lookup.service_level(None, sheet.text(row, "service_level", limit=80)),
        channel=channel,
        applicant_type=_applicant(sheet.text(row, "applicant_type", limit=80)),
        submitted_at=moments["submitted_at"],
        received_at=received,
        due_at=due_at,
        due_precision=precision,
        finished_at=moments["finished_at"],
        returned_at=moments["returned_at"],
        current_step=step,
        fee_total=fee,
        fee_paid=read_paid(sheet.cell(row, "paid"), fee),
        flags=frozenset(flags),
    )


def _check_shape(sheet: Sheet, row: SheetRow) -> None:
    """Bad cells, cells beyond the header, missing cells, and cells swallowed by a merge above."""
    width = len(sheet.header.texts)
    if any(not is_blank(cell) for cell in row.cells[width:]):
        raise Refused(RejectReason.ROW_SHAPE, f"dòng có nhiều hơn {width} cột")
    if sheet.table.ragged and len(row.cells) < width:
        raise Refused(RejectReason.ROW_SHAPE, f"dòng chỉ có {len(row.cells)} trong {width} cột")
    for column in sheet.header.columns.values():
        word = sheet.table.bad.get((row.number, column))
        if word is not None:
            raise Refused(RejectReason.FORMULA, f"ô {column_name(column)}{row.number}: {word[:40]}")
        if _is_swallowed(sheet.table, row.number, column):
            raise Refused(RejectReason.ROW_SHAPE, f"ô {column_name(column)}{row.number} bị gộp với ô khác")


def _is_swallowed(table: Table, row: int, column: int) -> bool:
    """Under a merge from above, or right of the first cell of a merge in its own row."""
    return any(a <= row <= c and b <= column <= d and (row, column) != (a, b) for a, b, c, d in table.merged)


def _date(sheet: Sheet, row: SheetRow, role: str, flags: set[Flag]) -> Stamp | None:
    cell = sheet.cell(row, role)
    try:
        stamp = read_when(cell, epoch_1904=sheet.table.epoch_1904, order=sheet.order)
    except Refused as exc:
        column = column_name(sheet.header.columns[role])
        raise Refused(exc.reason, f"ô {column}{row.number}: {exc}") from exc
    pair = slashed(cell)
    if sheet.doubtful and pair and max(pair) <= 12 and pair[0] != pair[1]:
        flags.add(Flag.AMBIGUOUS_DATE)
    return stamp


def _status(sheet: Sheet, row: SheetRow, moments: dict[str, datetime | None]) -> tuple[Status, str | None]:
    """The stated status; a row that states none is told by its own dates, which also state it."""
    text = sheet.text(row, "raw_status", limit=200)
    if text is not None:
        return sheet.lookup.status(None, text)
    if moments["returned_at"]:
        return Status.RETURNED, None
    if moments["finished_at"]:
        return Status.COMPLETED, None
    return (Status.PROCESSING if moments["received_at"] else Status.NEW), None


def _applicant(text: str | None) -> ApplicantType:
    return phrases.find(text, phrases.APPLICANT) or ApplicantType.UNKNOWN


def _key(code: str, agency_raw: str | None) -> str:
    """The code alone when it names its agency, else with the agency's own words before it.

    Never our code of the agency: mapping a word would make every dossier under it a second one.
    """
    if _NATIONAL_CODE.fullmatch(code):
        return code
    return f"{fold(agency_raw or '')}|{code}"[:120]


def _key_of(sheet: Sheet, row: SheetRow) -> str | None:
    """The key of a row that was refused for something else; None when it cannot be told."""
    try:
        code = read_sheet_code(sheet.cell(row, "dossier_code"))
        agency = sheet.lookup.agency(
            read_sheet_code(sheet.cell(row, "agency_code")), name=sheet.text(row, "agency_name", limit=200)
        )
    except Refused:
        return None
    return _key(code, agency.raw) if code else None


def _reject(sheet: Sheet, row: SheetRow, exc: Refused, *, key: str | None = None) -> Reject:
    shown = {
        role: scrub(str(cell))[:200] if role != "dossier_code" else str(cell)[:120]
        for role in sheet.header.columns
        if not is_blank(cell := sheet.cell(row, role))
    }
    return Reject(
        reason=exc.reason,
        detail=str(exc),
        position=f"dòng {row.number}",
        payload=json.dumps(shown, ensure_ascii=False, default=str),
        source_key=key,
    )


def _part_conflicts(
    sheet: Sheet, versions: Sequence[tuple[SheetRow, DossierVersion]]
) -> tuple[tuple[DossierVersion, ...], tuple[Reject, ...]]:
    """One code with two dates of receipt is two dossiers: neither can be told from the other."""
    by_key: dict[str, list[tuple[SheetRow, DossierVersion]]] = defaultdict(list)
    for row, version in versions:
        by_key[version.source_key].append((row, version))
    good: list[DossierVersion] = []
    rejects: list[Reject] = []
    for key, pairs in by_key.items():
        if len({version.received_at for _, version in pairs}) == 1:
            good.extend(version for _, version in pairs)
            continue
        why = Refused(
            RejectReason.DUPLICATE_CODE, f"mã {key[:60]} có ở nhiều dòng với ngày tiếp nhận khác nhau"
        )
        rejects.extend(_reject(sheet, row, why, key=key) for row, _ in pairs)
    return tuple(good), tuple(rejects)
