"""Rows of `dossier`, `dossier_change` and `dossier_pause` out of a chunk of drawn dossiers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench import province
from bench.calendar_arrays import EPOCH, NULL, Ints, local_days
from bench.columns import Column, Nothing, Number, On, Same, Truth, When, Word
from bench.derive import ALL_FLAGS, PAUSES, STANDINGS, Derived
from bench.draw import APPLICANTS, CHANNELS, LEVELS, STATUSES, STEPS, Drawn
from bench.rollups import UNKNOWN_STATUS_WORDS, UNMAPPED_AGENCY_WORDS, UNMAPPED_PROCEDURE_WORDS
from ioc.model.dossier import UNMAPPED, DuePrecision, Status
from ioc.store.rows import VERSION_COLUMNS

RAW_STATUS = {
    Status.NEW: "Mới đăng ký",
    Status.RECEIVED: "Được tiếp nhận",
    Status.REJECTED: "Không được tiếp nhận",
    Status.PROCESSING: "Đang xử lý",
    Status.SUPPLEMENT: "Yêu cầu bổ sung giấy tờ",
    Status.FINANCIAL: "Yêu cầu thực hiện nghĩa vụ tài chính",
    Status.WITHDRAWN: "Công dân yêu cầu rút hồ sơ",
    Status.STOPPED: "Dừng xử lý",
    Status.COMPLETED: "Đã xử lý xong",
    Status.RETURNED: "Đã trả kết quả",
    Status.UNKNOWN: UNKNOWN_STATUS_WORDS,
}
_HASHED = tuple(
    name for name in VERSION_COLUMNS if name not in {"source_id", "source_key", "version_at", "version_seq"}
)
_READING = {
    "submitted_at", "due_at", "finished_at", "returned_at", "supplement_requested_at",
    "supplement_received_at", "current_step", "deleted", "version_at", "version_seq", "content_hash",
    "status", "agency_code",
}  # fmt: skip

Columns = dict[str, Column]


@dataclass(frozen=True, slots=True)
class Seen:
    """Run of each source (by its place), and the moment at which all was read."""

    runs: Ints
    now: int


def _flag_words(count: int) -> tuple[str, ...]:
    """Every set of marks as the store writes it, by its bits."""
    return tuple(
        ",".join(sorted(flag.value for bit, flag in enumerate(ALL_FLAGS) if code >> bit & 1))
        for code in range(2**count)
    )


def version_columns(drawn: Drawn, ids: Sequence[int]) -> Columns:
    """The columns of a reading (`rows.VERSION_COLUMNS`); keys are made of the ids."""
    units, acts = province.units(), province.acts()
    sources = tuple(source for source, _, _ in province.sources())
    agency_codes = np.array([*(unit.code for unit in units), "X"], dtype=object)[drawn.agency].tolist()
    days = _received_days(drawn)
    steps = drawn.step
    return {
        "source_id": Word(drawn.source, sources),
        "source_key": Column([f"K{number:010d}" for number in ids]),
        "version_at": When(drawn.version_at),
        "version_seq": Same(0),
        "status": Word(drawn.status, [status.value for status in STATUSES]),
        "raw_status": Word(drawn.status, [RAW_STATUS[status] for status in STATUSES]),
        "dossier_code": Column(
            [
                f"{code}-{day}-{number % 100_000:05d}"
                for code, day, number in zip(agency_codes, days, ids, strict=True)
            ]
        ),
        "national_code": Nothing(),
        "agency_code": Word(drawn.agency, [*(unit.code for unit in units), UNMAPPED]),
        "agency_raw": Word(drawn.agency, [*(unit.name for unit in units), UNMAPPED_AGENCY_WORDS]),
        "procedure_code": Word(drawn.procedure, [*(act.code for act in acts), UNMAPPED]),
        "procedure_raw": Word(
            drawn.procedure, [*(f"{act.code} {act.name}" for act in acts), UNMAPPED_PROCEDURE_WORDS]
        ),
        "domain_code": Word(drawn.domain, [*province.domain_codes(), UNMAPPED]),
        "service_level": Word(drawn.service_level, [level and level.value for level in LEVELS]),
        "channel": Word(drawn.channel, [channel.value for channel in CHANNELS]),
        "applicant_type": Word(drawn.applicant, [kind.value for kind in APPLICANTS]),
        "submitted_at": When(drawn.submitted_at),
        "stated_received_at": When(drawn.received_at),
        "due_at": When(drawn.due_at),
        "due_precision": Word((drawn.due_at == NULL).astype(np.int64), [DuePrecision.DAY.value, None]),
        "finished_at": When(drawn.finished_at),
        "returned_at": When(drawn.returned_at),
        "supplement_requested_at": When(drawn.requested_at),
        "supplement_received_at": When(drawn.supplied_at),
        "rejected_at": When(drawn.rejected_at),
        "withdrawn_at": When(drawn.withdrawn_at),
        "current_step": Word(steps, STEPS),
        "current_unit": Word(steps, [step and "Phòng chuyên môn" for step in STEPS]),
        "fee_total": Number(drawn.fee_total),
        "fee_paid": Number(drawn.fee_paid),
        "paid_online": Truth(drawn.paid_online),
        "digitised_input": Truth(drawn.digitised),
        "digitised_result": Truth(drawn.digitised),
        "signed_result": Truth(drawn.signed),
        "deleted": Truth(np.zeros(len(drawn), dtype=np.int64)),
        "stated_flags": Word(drawn.flags, _flag_words(3)),
    }


def _received_days(drawn: Drawn) -> list[str]:
    known = np.where(drawn.received_at == NULL, drawn.version_at, drawn.received_at)
    days = local_days(known)
    names = {day: f"{np.datetime64(EPOCH) + day:}"[2:].replace("-", "") for day in np.unique(days).tolist()}
    return [names[day] for day in days.tolist()]


def hashes(columns: Columns) -> list[str]:
    """`content_hash` of every row."""
    texts = map("\x1f".join, zip(*(columns[name].hashed() for name in _HASHED), strict=False))
    return [hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for text in texts]


def dossier_columns(version: Columns, drawn: Drawn, found: Derived, seen: Seen, first_id: int) -> Columns:
    """All columns of `dossier`; adds the hash to `version`."""
    version["content_hash"] = Column(hashes(version))
    return {
        "id": Number(np.arange(first_id, first_id + len(drawn), dtype=np.int64)),
        **version,
        "received_at": When(found.received_at),
        "closed_at": When(found.closed_at),
        "status_since": When(drawn.version_at),
        "due_original_at": When(drawn.due_at),
        "reopened_count": Same(0),
        "due_moves": Same(0),
        "accept_due_at": When(found.accept_due_at),
        "flags": Word(found.flags, _flag_words(len(ALL_FLAGS))),
        "standing": Word(found.standing, [standing.value for standing in STANDINGS]),
        "received_day": On(found.received_day),
        "closed_day": On(found.closed_day),
        "due_day": On(found.due_day),
        "first_seen_at": When(np.full(len(drawn), seen.now)),
        "seen_at": When(np.full(len(drawn), seen.now)),
    }


def change_columns(version: Columns, drawn: Drawn, seen: Seen, first_id: int) -> Columns:
    """All columns of `dossier_change`: one reading a dossier, under the same number."""
    numbers = Number(np.arange(first_id, first_id + len(drawn), dtype=np.int64))
    return {
        "id": numbers,
        "dossier_id": numbers,
        **{name: column for name, column in version.items() if name in _READING},
        "received_at": version["stated_received_at"],
        "run_id": Number(seen.runs[drawn.source]),
        "seen_at": When(np.full(len(drawn), seen.now)),
    }


def pause_columns(found: Derived, first_id: int) -> Columns:
    """All columns of `dossier_pause`."""
    rows = np.flatnonzero(found.pause_kind >= 0)
    return {
        "dossier_id": Number(rows + first_id),
        "began_at": When(found.pause_began[rows]),
        "ended_at": When(found.pause_ended[rows]),
        "kind": Word(found.pause_kind[rows], [kind.value for kind in PAUSES]),
    }
