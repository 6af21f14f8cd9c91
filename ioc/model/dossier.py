"""A dossier (hồ sơ TTHC): one reading of it, and its state with the history that readings tell."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

UNMAPPED = "?"
"""Code of an agency, domain or procedure that the configuration does not know: "chưa ánh xạ"."""


class Status(StrEnum):
    """Canonical status; the comment gives the national code of DongBoHoSoMC (`domain.md` §2.1)."""

    NEW = "new"  # 1 Mới đăng ký
    RECEIVED = "received"  # 2 Được tiếp nhận
    REJECTED = "rejected"  # 3 Không được tiếp nhận
    PROCESSING = "processing"  # 4 Đang xử lý
    SUPPLEMENT = "supplement"  # 5 Yêu cầu bổ sung giấy tờ
    FINANCIAL = "financial"  # 6 Yêu cầu thực hiện nghĩa vụ tài chính
    WITHDRAWN = "withdrawn"  # 7 Công dân yêu cầu rút hồ sơ
    STOPPED = "stopped"  # 8 Dừng xử lý
    COMPLETED = "completed"  # 9 Đã xử lý xong
    RETURNED = "returned"  # 10 Đã trả kết quả
    UNKNOWN = "unknown"  # a code nobody has mapped yet


class Channel(StrEnum):
    """How the dossier came in (KenhThucHien)."""

    COUNTER = "counter"  # Trực tiếp
    ONLINE = "online"  # Trực tuyến
    POSTAL = "postal"  # Bưu chính công ích
    UNKNOWN = "unknown"


class ServiceLevel(StrEnum):
    """Level of the online service since Decree 42/2022."""

    FULL = "full"  # Toàn trình
    PARTIAL = "partial"  # Một phần
    INFO = "info"  # Cung cấp thông tin


class ApplicantType(StrEnum):
    """Who applies; never who by name."""

    CITIZEN = "citizen"
    BUSINESS = "business"
    STATE = "state"
    OTHER = "other"
    UNKNOWN = "unknown"


class DuePrecision(StrEnum):
    """Whether the source gave the due moment to the day or to the second."""

    DAY = "day"
    SECOND = "second"


class Flag(StrEnum):
    """Quality marks of a reading; shown beside the dossier, counted per source."""

    DUE_BEFORE_RECEIVED = "due_before_received"
    FINISHED_BEFORE_RECEIVED = "finished_before_received"
    NO_RECEIVED = "no_received"
    NO_FINISH_DATE = "no_finish_date"
    FUTURE_VERSION = "future_version"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_AGENCY = "unknown_agency"
    UNKNOWN_PROCEDURE = "unknown_procedure"
    UNKNOWN_CHANNEL = "unknown_channel"
    BAD_UTF8 = "bad_utf8"
    AMBIGUOUS_DATE = "ambiguous_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierVersion:
    """One reading of one dossier, in canonical form and without personal data (`wire.md` §9.1).

    Moments are aware UTC in whole seconds; `None` means that the source does not say.
    `version_at` and `version_seq` order the readings: when the source last changed the dossier
    (file drops: the file's as-of moment) and, within it, the place in the file or outbox.
    """

    source_id: str
    source_key: str
    version_at: datetime
    version_seq: int = 0
    status: Status
    raw_status: str | None = None
    dossier_code: str | None = None
    national_code: str | None = None
    agency_code: str = UNMAPPED
    agency_raw: str | None = None
    procedure_code: str = UNMAPPED
    procedure_raw: str | None = None
    domain_code: str = UNMAPPED
    service_level: ServiceLevel | None = None
    channel: Channel = Channel.UNKNOWN
    applicant_type: ApplicantType = ApplicantType.UNKNOWN
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    due_precision: DuePrecision | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None
    supplement_requested_at: datetime | None = None
    supplement_received_at: datetime | None = None
    rejected_at: datetime | None = None
    withdrawn_at: datetime | None = None
    current_step: str | None = None
    current_unit: str | None = None
    fee_total: int | None = None
    fee_paid: int | None = None
    paid_online: bool | None = None
    digitised_input: bool | None = None
    digitised_result: bool | None = None
    signed_result: bool | None = None
    deleted: bool = False
    flags: frozenset[Flag] = frozenset()

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sorting key of readings: the newest is the greatest; ties break the same way everywhere."""
        return (self.version_at, self.version_seq, self.content_hash)

    @property
    def content_hash(self) -> str:
        """16 hex digits over the business fields; equal when a reading says nothing new."""
        parts = (_text(getattr(self, name)) for name in _HASHED)
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


_HASHED = tuple(
    f.name
    for f in fields(DossierVersion)
    if f.name not in {"source_id", "source_key", "version_at", "version_seq"}
)


def _text(value: object) -> str:
    if value is None:
        return "\x00"
    if isinstance(value, datetime):
        return str(int(value.timestamp()))
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value)


class PauseKind(StrEnum):
    """Why the clock of a dossier stands still."""

    SUPPLEMENT = "supplement"  # chờ bổ sung giấy tờ
    FINANCIAL = "financial"  # chờ nghĩa vụ tài chính
    STOPPED = "stopped"  # tạm dừng


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An interval in which the dossier waits for the applicant; `ended_at` is None while it lasts."""

    kind: PauseKind
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The state of a dossier: its newest reading, and what all its readings together tell.

    Made only by `rules.history.fold`, so that any order and repetition of the same readings
    gives the same dossier.
    """

    latest: DossierVersion
    received_at: datetime | None
    """Receipt that counts: as stated, else submission, else the first reading past `new` (flagged)."""
    closed_at: datetime | None
    """The moment that ends the processing (finish, else return, else withdrawal or refusal)."""
    status_since: datetime
    due_original_at: datetime | None
    reopened_count: int
    due_moves: int
    accept_due_at: datetime | None
    """Last moment to accept an online dossier: submission + 8 working hours (Decree 45/2020)."""
    pauses: tuple[Pause, ...] = ()
    flags: frozenset[Flag] = frozenset()


class Standing(StrEnum):
    """Where a dossier stands at the end of a day; each counted dossier has exactly one."""

    EXCLUDED = "excluded"  # deleted, or refused at the door
    WAITING = "waiting"  # chờ tiếp nhận: outside `received`
    WITHIN = "within"  # đang giải quyết, trong hạn
    LATE = "late"  # đang giải quyết, quá hạn
    PAUSED = "paused"  # tạm dừng chờ bổ sung / nghĩa vụ tài chính
    NO_DUE = "no_due"  # đang giải quyết, không có ngày hẹn trả
    RESOLVED_EARLY = "resolved_early"  # đã giải quyết trước hạn
    RESOLVED_ON_TIME = "resolved_on_time"  # đã giải quyết đúng hạn
    RESOLVED_LATE = "resolved_late"  # đã giải quyết quá hạn
    RESOLVED_NO_DUE = "resolved_no_due"  # đã giải quyết, không có ngày hẹn trả
    WITHOUT_RESULT = "closed_without_result"  # rút, trả lại, dừng sau khi tiếp nhận

    @property
    def is_open(self) -> bool:
        """Counted in `in_progress_total`."""
        return self in _OPEN

    @property
    def is_closed(self) -> bool:
        """Counted in `resolved_total`."""
        return self in _CLOSED


_OPEN = {Standing.WITHIN, Standing.LATE, Standing.PAUSED, Standing.NO_DUE}
_CLOSED = {
    Standing.RESOLVED_EARLY,
    Standing.RESOLVED_ON_TIME,
    Standing.RESOLVED_LATE,
    Standing.RESOLVED_NO_DUE,
    Standing.WITHOUT_RESULT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the history keeps of one version: the fields from which pauses, re-openings and moves are told."""

    version_at: datetime
    version_seq: int
    content_hash: str
    status: Status
    agency_code: str
    submitted_at: datetime | None
    received_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    returned_at: datetime | None
    supplement_requested_at: datetime | None
    supplement_received_at: datetime | None
    current_step: str | None
    deleted: bool

    @property
    def order(self) -> tuple[datetime, int, str]:
        """The same order as `DossierVersion.order`."""
        return (self.version_at, self.version_seq, self.content_hash)


def reading_of(version: DossierVersion) -> Reading:
    """The part of a version that the history keeps."""
    return Reading(
        version_at=version.version_at,
        version_seq=version.version_seq,
        content_hash=version.content_hash,
        status=version.status,
        agency_code=version.agency_code,
        submitted_at=version.submitted_at,
        received_at=version.received_at,
        due_at=version.due_at,
        finished_at=version.finished_at,
        returned_at=version.returned_at,
        supplement_requested_at=version.supplement_requested_at,
        supplement_received_at=version.supplement_received_at,
        current_step=version.current_step,
        deleted=version.deleted,
    )
