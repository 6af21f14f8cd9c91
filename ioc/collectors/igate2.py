"""VNPT iGate 2 (DIGO): Spring pages of dossiers, newest change first (`wire.md` §4 and §8 A2).

Options of a source: `z_is_local`, `epoch`, `encoding` (see `moments`, `jsontext`), `full_months` (13),
`codes_version` (raise it after changing an existing code mapping, so that old readings give way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from ioc.collectors import jsontext, mask
from ioc.collectors.base import Ask, Parsed, Payload
from ioc.collectors.igate2_pages import CONTENT
from ioc.collectors.igate2_pages import fetch as fetch
from ioc.collectors.igate2_pages import reach as reach
from ioc.collectors.lookup import Lookup, Place, marks
from ioc.collectors.moments import DateRules, Due, due_of, read_moment, read_stamp
from ioc.collectors.phrases import CHANNEL, find
from ioc.collectors.records import (
    leftover,
    need,
    read_boolean,
    read_code,
    read_integer,
    read_key,
    read_money,
    read_name,
    read_text,
    take,
)
from ioc.collectors.sequence import sequence
from ioc.collectors.texts import Refused
from ioc.errors import SourceChanged
from ioc.faults import RejectReason
from ioc.model.dossier import Channel, DossierVersion, Flag, Status
from ioc.model.run import Reject
from ioc.settings import SourceSettings

KIND = "igate2"
IS_POLLED = True
PARSER = 1
"""Raise it when the parser reads more or better: a reading of a newer parser wins over an older one."""

_DATES = (
    "appliedDate",
    "acceptedDate",
    "appointmentDate",
    "dueDate",
    "completedDate",
    "returnedDate",
    "updatedDate",
    "supplementRequestDate",
    "supplementReceivedDate",
    "rejectedDate",
    "withdrawnDate",
)
KEEP = frozenset({"id", "code", "nationCode", "total", "paid", "removeStatus", "languageId", *_DATES})
READS = frozenset(
    {
        *KEEP,
        CONTENT,
        "dossierStatus",
        "name",
        "translate",
        "procedure",
        "sector",
        "procedureLevel",
        "agency",
        "applyMethod",
        "currentTask",
        "candidateGroup",
        "paymentMethod",
        "dossierFee",
        "digitized",
        "resultSigned",
        "undefindedCompleteTime",
    }
)
"""Every name that is read, at any depth; what stands under another name never gets past the edge."""
_KNOWN = frozenset(
    {
        "applicant",
        "accepter",
        "procedureProcessDefinition",
        "undefindedCompleteTime",
        "extendTime",
        "countDutypaidCert",
        "dossierProgress",
        "agencyLevel",
        "dossierTaskStatus",
        "createdDate",
    }
)
"""Fields that are known and not read: personal data, and what we compute ourselves."""
_SKEW = timedelta(minutes=2)
"""A source's clock may be this far ahead of ours before its change dates are pulled back."""
_FUTURE = timedelta(minutes=10)
"""A receipt further ahead than this is a typing fault and goes to quarantine (`safety.md` F44)."""
_ENOUGH = 20
"""Records on a page before a field missing in all of them means that it was renamed."""


def has_work(ask: Ask) -> bool:
    """A server can always be asked."""
    return True


def settle(ask: Ask, payload: Payload | None, *, error: str | None, rejects: Sequence[Reject]) -> None:
    """Nothing to put away."""


def parse(payload: Payload, source: SourceSettings, lookup: Lookup) -> Parsed:
    """The readings on one page; a record that cannot be read is refused alone."""
    document = payload.document or jsontext.load(payload.body, fallback=source.options.get("encoding"))
    rows = _rows(document.value)
    _check_fields(rows, source)
    reader = _Reader(payload, source, lookup, check_odd=document.odd)
    for place, row in enumerate(rows):
        reader.read(row, f"{payload.position}, bản ghi {place + 1}")
    return reader.parsed()


def _rows(value: object) -> list[object]:
    rows = value.get(CONTENT) if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise SourceChanged("Trả lời không có danh sách “content”; báo đơn vị vận hành iGate")
    return rows


def _check_fields(rows: list[object], source: SourceSettings) -> None:
    """A field that vanished from every record was renamed: freeze instead of counting without it."""
    records = [row for row in rows if isinstance(row, dict)]
    if len(records) < _ENOUGH:
        return
    for names in (("id",), ("updatedDate",), ("dossierStatus",), ("appliedDate", "acceptedDate")):
        if not any(name in record for record in records for name in names):
            raise SourceChanged(f"Trường “{names[0]}” không còn trong dữ liệu; báo đơn vị vận hành iGate")
    accepted = [record for record in records if record.get("acceptedDate")]
    if len(accepted) >= _ENOUGH and not any("appointmentDate" in r or "dueDate" in r for r in accepted):
        raise SourceChanged("Trường “appointmentDate” không còn trong dữ liệu; báo đơn vị vận hành iGate")


class _Reader:
    """Collects what one page says."""

    def __init__(self, payload: Payload, source: SourceSettings, lookup: Lookup, *, check_odd: bool) -> None:
        self._payload = payload
        self._check_odd = check_odd
        self._check_repaired = jsontext.may_be_repaired(payload.body)
        self._read_one = partial(
            _version, payload=payload, source=source, lookup=lookup, rules=DateRules.of(source.options)
        )
        since = payload.notes.get("since")
        self._since = datetime.fromisoformat(since) if since else None
        self._rules = DateRules.of(source.options)
        self._versions: list[DossierVersion] = []
        self._rejects: list[Reject] = []
        self._fields: set[str] = set()
        self._skipped = 0

    def read(self, row: object, position: str) -> None:
        """Read one record, or note why not."""
        try:
            if not isinstance(row, dict):
                raise Refused(RejectReason.NOT_A_RECORD, "bản ghi không phải đối tượng JSON")
            if self._check_odd and jsontext.is_odd(row):
                raise Refused(RejectReason.NOT_A_RECORD, "bản ghi có khóa lặp lại hoặc có NaN")
            record = dict(row)
            if self._is_old(record):
                self._skipped += 1
                return
            version = self._read_one(record)
            if self._check_repaired and jsontext.is_repaired(row):
                version = replace(version, flags=version.flags | {Flag.BAD_UTF8})
            self._versions.append(version)
            self._fields |= leftover(record, _KNOWN)
        except Refused as exc:
            self._rejects.append(_reject(row, exc, position))

    def _is_old(self, record: dict[str, object]) -> bool:
        """Rows at the foot of the last page are older than asked for, and known."""
        if self._since is None:
            return False
        updated = read_moment(record.get("updatedDate"), self._rules)
        return updated is not None and updated < self._since

    def parsed(self) -> Parsed:
        """Everything read so far."""
        return Parsed(
            versions=tuple(self._versions),
            rejects=tuple(self._rejects),
            new_fields=frozenset(self._fields),
            skipped=self._skipped,
        )


def _reject(row: object, exc: Refused, position: str) -> Reject:
    try:
        key = read_key(row.get("id")) if isinstance(row, dict) else None
    except Refused:
        key = None
    text = mask.as_text(mask.masked(row, keep=KEEP, reads=READS))
    return Reject(reason=exc.reason, detail=str(exc), position=position, payload=text, source_key=key)


def _version(
    record: dict[str, object],
    *,
    payload: Payload,
    source: SourceSettings,
    lookup: Lookup,
    rules: DateRules,
) -> DossierVersion:
    """One record in canonical form; fields are taken out of `record` as they are read."""
    key = read_key(need(record, "id"))
    version_at, millisecond, late = _changed(record, payload, rules)
    status, raw_status = _status(record, lookup)
    agency = _agency(record, lookup)
    procedure, domain = _procedure(record, lookup)
    channel, channel_flags = lookup.channel(*_id_and_name(take(record, "applyMethod")))
    total, paid, online = _fees(record)
    due_at, precision = _due(record, rules)
    step, unit = _step(record)
    deleted = bool(read_integer(take(record, "removeStatus")) or 0)
    flags = late | agency.flags | procedure.flags | channel_flags
    flags |= marks(status, raw_status, agency.raw, procedure.raw, step, unit)
    return DossierVersion(
        source_id=source.id,
        source_key=key,
        version_at=version_at,
        version_seq=sequence(
            millisecond, deleted=deleted, parser=PARSER, options=source.options, flags=flags
        ),
        status=status,
        raw_status=raw_status,
        dossier_code=read_code(take(record, "code")),
        national_code=read_code(take(record, "nationCode")),
        agency_code=agency.code,
        agency_raw=agency.raw,
        procedure_code=procedure.code,
        procedure_raw=procedure.raw,
        domain_code=domain,
        service_level=lookup.service_level(*_id_and_name(take(record, "procedureLevel"))),
        channel=channel,
        submitted_at=read_moment(take(record, "appliedDate"), rules),
        received_at=_received(record, payload, rules),
        due_at=due_at,
        due_precision=precision,
        finished_at=read_moment(take(record, "completedDate"), rules),
        returned_at=read_moment(take(record, "returnedDate"), rules),
        supplement_requested_at=read_moment(take(record, "supplementRequestDate"), rules),
        supplement_received_at=read_moment(take(record, "supplementReceivedDate"), rules),
        rejected_at=read_moment(take(record, "rejectedDate"), rules),
        withdrawn_at=read_moment(take(record, "withdrawnDate"), rules),
        current_step=step,
        current_unit=unit,
        fee_total=total,
        fee_paid=paid,
        paid_online=online,
        digitised_result=read_boolean(take(record, "digitized")),
        signed_result=read_boolean(take(record, "resultSigned")),
        deleted=deleted,
        flags=flags,
    )


def _changed(
    record: dict[str, object], payload: Payload, rules: DateRules
) -> tuple[datetime, int, frozenset[Flag]]:
    """When the source last changed the record, never later than when we asked."""
    stamp = read_stamp(need(record, "updatedDate"), rules)
    if stamp is None:
        raise Refused(RejectReason.MISSING_FIELD, "thiếu ngày cập nhật (updatedDate)")
    ahead = stamp.at - payload.fetched_at
    if ahead <= _SKEW:
        return stamp.at, stamp.millisecond, frozenset()
    # pulled back to a round moment, or every poll would make another reading of it
    grain = 600 if ahead < timedelta(days=1) else 86_400
    pulled = int(payload.fetched_at.timestamp()) // grain * grain
    place = 1000 + int(stamp.at.timestamp()) - pulled
    return datetime.fromtimestamp(pulled, UTC), place, frozenset({Flag.FUTURE_VERSION})


def _received(record: dict[str, object], payload: Payload, rules: DateRules) -> datetime | None:
    received_at = read_moment(take(record, "acceptedDate"), rules)
    if received_at and received_at > payload.fetched_at + _FUTURE:
        raise Refused(RejectReason.FUTURE, "ngày tiếp nhận ở tương lai")
    return received_at


def _due(record: dict[str, object], rules: DateRules) -> Due:
    """The appointment; the flag "no due date" of the source is stronger than a date beside it."""
    none = read_boolean(take(record, "undefindedCompleteTime"))
    stamp = read_stamp(take(record, "appointmentDate", "dueDate"), rules)
    return due_of(None if none else stamp)


def _status(record: dict[str, object], lookup: Lookup) -> tuple[Status, str | None]:
    return lookup.status(*_id_and_name(need(record, "dossierStatus")))


def _id_and_name(value: object) -> tuple[str | None, str | None]:
    """`{"id": 2, "name": …}`, a bare name, or a bare id; the name in any of its shapes."""
    if isinstance(value, dict):
        return read_text(value.get("id"), limit=40), read_name(value.get("name"), limit=200)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value), None
    return None, read_name(value, limit=200)


def _agency(record: dict[str, object], lookup: Lookup) -> Place:
    value = take(record, "agency")
    if not isinstance(value, dict):
        return lookup.agency(name=read_name(value, limit=200))
    code, name = read_code(value.get("code")), read_name(value.get("name"), limit=200)
    return lookup.agency(code, read_code(value.get("id")), name=name)


def _procedure(record: dict[str, object], lookup: Lookup) -> tuple[Place, str]:
    """The procedure and the code of its domain."""
    value = take(record, "procedure")
    if not isinstance(value, dict):
        place = lookup.procedure(None, read_name(value, limit=500))
        return place, lookup.domain(place.code)
    name = read_name(value.get("translate") or value.get("name"), limit=400)
    place = lookup.procedure(read_code(value.get("code")), name)
    sector = value.get("sector")
    if not isinstance(sector, dict):
        return place, lookup.domain(place.code, read_name(sector, limit=200))
    words = (read_code(sector.get("code")), read_code(sector.get("id")), read_name(sector, limit=200))
    return place, lookup.domain(place.code, *words)


def _step(record: dict[str, object]) -> tuple[str | None, str | None]:
    """Name of the running task and of the post that holds it; a task in a list or alone."""
    value = take(record, "currentTask")
    tasks = value if isinstance(value, list) else [value]
    task = next((entry for entry in tasks if isinstance(entry, dict)), None)
    if task is None:
        return None, None
    return read_name(task, limit=200), read_name(task.get("candidateGroup"), limit=200)


def _fees(record: dict[str, object]) -> tuple[int | None, int | None, bool | None]:
    """Total and paid in VND, and whether it was paid online (None when nobody says how)."""
    fee = take(record, "dossierFee")
    _, method = _id_and_name(take(record, "paymentMethod"))
    total, paid = (
        (read_money(fee.get("total")), read_money(fee.get("paid"))) if isinstance(fee, dict) else (None, None)
    )
    if method is None:
        return total, paid, None
    online = find(method, CHANNEL) is Channel.ONLINE
    return total, paid, online and paid != 0
