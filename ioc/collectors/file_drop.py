"""Files dropped into a folder, XLSX or CSV: for units that only send lists (`wire.md` §7 and §8 A6).

One run reads one file. Options of a source:

    encoding, delimiter, sheet      how the file is written (UTF-8, told by the header, the fullest one)
    date_order = "dmy" | "mdy"      which number of 03/04/2026 is the day (day first)
    accept_header = "<fingerprint>" takes a changed header once it has been looked at
    deletes = "true"                each file lists every dossier: one absent from two files running is gone
    settle_seconds, done_mark       when a file counts as wholly copied
    codes_version                   as for `igate2`
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from ioc.clock import VIETNAM
from ioc.collectors.base import Ask, Pages, Parsed, Payload
from ioc.collectors.file_rows import Sheet, read_rows
from ioc.collectors.headers import Header, find_header, known_headers
from ioc.collectors.http import Http
from ioc.collectors.inbox import DONE, REFUSED, Dropped, folder_of, put_away, read_dropped, safe_name, waiting
from ioc.collectors.lookup import Lookup
from ioc.collectors.sheet_files import read_table
from ioc.collectors.sheet_rows import stripped
from ioc.collectors.tables import Table, from_json, to_json
from ioc.collectors.xlsx_check import refuse
from ioc.errors import SourceChanged
from ioc.model.run import Reject
from ioc.settings import SourceSettings

KIND = "file_drop"
IS_POLLED = False
KEEP: frozenset[str] = frozenset()
READS: frozenset[str] | None = None  # columns that nobody reads are left out of the table at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the last good file taught: its moment, and the header that was agreed on."""

    as_of: datetime | None = None
    fingerprint: str | None = None
    columns: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @staticmethod
    def read(cursor: str | None) -> Memory:
        """From a cursor; empty when there is none, or none that we can read."""
        try:
            value = json.loads(cursor or "null")
            if not value:
                return Memory()
            return Memory(
                as_of=datetime.fromisoformat(value["as_of"]),
                fingerprint=value["fingerprint"],
                columns=dict(value["columns"]),
            )
        except (ValueError, KeyError, TypeError):
            return Memory()

    def text(self) -> str:
        """As a cursor."""
        assert self.as_of is not None
        value = {
            "as_of": self.as_of.isoformat(),
            "fingerprint": self.fingerprint,
            "columns": dict(self.columns),
        }
        return json.dumps(value)


def has_work(ask: Ask) -> bool:
    """Whether a file waits; a folder that cannot be read is work too: its run tells why."""
    try:
        return bool(waiting(ask))
    except SourceChanged:
        return True


def reach(ask: Ask, http: Http) -> None:
    """Look into the folder."""
    waiting(ask)


def fetch(ask: Ask, http: Http) -> Pages:
    """The next file that is not known yet; known ones are put away unread."""
    for path in waiting(ask):
        try:
            dropped = read_dropped(path, ask)
            if dropped is None:
                continue
            if ask.known_file(dropped.sha256):
                put_away(path, into=DONE, mark=dropped.sha256, words="Tệp này đã được nạp trước đó.")
                continue
            return (yield from _one(ask, dropped))
        except SourceChanged as exc:
            put_away(path, into=REFUSED, mark=f"{ask.now:%H%M%S}", words=str(exc))
            raise SourceChanged(f"{safe_name(path.name)}: {exc}", kind=exc.kind) from exc
    return None


def _one(ask: Ask, dropped: Dropped) -> Pages:
    memory = Memory.read(ask.cursor)
    if memory.as_of and dropped.as_of < memory.as_of:
        raise refuse(
            f"Ngày chốt của tệp cũ hơn dữ liệu đang có ({memory.as_of.astimezone(VIETNAM):%d/%m/%Y %H:%M}); "
            "chỉ nạp tệp mới hơn"
        )
    table = read_table(dropped.body, name=dropped.path.name, options=ask.source.options, known=known_headers)
    header = _agreed(find_header(table), table, memory, ask.source.options)
    yield _payload(ask, dropped, stripped(table, header), header)
    return Memory(as_of=dropped.as_of, fingerprint=header.fingerprint, columns=header.columns).text()


def _agreed(header: Header, table: Table, memory: Memory, options: Mapping[str, str]) -> Header:
    if memory.fingerprint is None or options.get("accept_header") == header.fingerprint:
        return header
    if header.fingerprint != memory.fingerprint:
        raise refuse(
            f"Tiêu đề cột đã đổi so với các tệp trước (dấu vân {header.fingerprint}); nếu đúng, ghi "
            f'options.accept_header = "{header.fingerprint}" cho nguồn rồi thả lại'
        )
    return find_header(table, remembered=memory.columns)


def _payload(ask: Ask, dropped: Dropped, table: Table, header: Header) -> Payload:
    return Payload(
        body=to_json(table),
        position=dropped.shown,
        fetched_at=ask.now,
        expected=len(table.rows) - header.row,
        sha256=dropped.sha256,
        is_masked=True,
        is_whole=ask.source.options.get("deletes") == "true",
        notes={
            "file": dropped.path.name,
            "as_of": dropped.as_of.isoformat(),
            "written_at": dropped.written_at.isoformat(),
            "columns": json.dumps(dict(header.columns)),
        },
    )


def parse(payload: Payload, source: SourceSettings, lookup: Lookup) -> Parsed:
    """The readings of a file; raises SourceChanged when it holds no dossier or not all it promises."""
    table = from_json(payload.body)
    header = find_header(table, remembered=json.loads(payload.notes["columns"]))
    as_of = datetime.fromisoformat(payload.notes["as_of"])
    written_at = datetime.fromisoformat(payload.notes["written_at"])
    sheet = Sheet(
        table=table, header=header, source=source, lookup=lookup, as_of=as_of, written_at=written_at
    )
    versions, rejects, skipped = read_rows(sheet)
    return Parsed(versions=versions, rejects=rejects, as_of=as_of, skipped=skipped)


def settle(ask: Ask, payload: Payload | None, *, error: str | None, rejects: Sequence[Reject]) -> None:
    """Move the file: to `done/` with a report of refused rows, or to `refused/` with the reason."""
    if payload is None or "file" not in payload.notes:
        return
    path = folder_of(ask) / payload.notes["file"]
    mark = payload.sha256 or ""
    if error is not None:
        put_away(path, into=REFUSED, mark=mark, words=error)
        return
    words = "\n".join(f"{reject.position}: {reject.detail}" for reject in rejects)
    put_away(path, into=DONE, mark=mark, words=words)
