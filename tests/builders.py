"""Builders with defaults, and hypothesis strategies for random readings and histories.

    a_version(status=Status.NEW)        one reading
    a_dossier(latest=..., pauses=...)   one folded state, without calling the rules
    a_source(), a_province(), a_settings(...)
    versions()                          any reading, consistent or not
    histories()                         the readings of one dossier in the order they happened
    stores()                            the histories of several dossiers, keys all different
    periods(), days()                   periods and days around them

The pool of days straddles New Year and holds midnight and the last second of a day,
so that every border of the rules is met often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ioc.clock import VIETNAM, end_of_day
from ioc.model.agency import Agency, Domain, Level, Procedure
from ioc.model.dossier import (
    UNMAPPED,
    ApplicantType,
    Channel,
    Dossier,
    DossierVersion,
    DuePrecision,
    Flag,
    Pause,
    PauseKind,
    ServiceLevel,
    Status,
)
from ioc.model.figure import CountingRule, PausedAs, RateBase, WithoutResult
from ioc.model.scope import Period
from ioc.settings import OfficeHours, ProvinceSettings, Settings, SourceSettings

# -- a small province --------------------------------------------------------------------------------

AGENCIES = (
    Agency(
        code="H49", name="Trung tâm Phục vụ hành chính công tỉnh", short_name="TTHCC", level=Level.PROVINCE
    ),
    Agency(code="H49.05", name="Sở Xây dựng", short_name="Sở XD", level=Level.DEPARTMENT, parent_code="H49"),
    Agency(
        code="H49.101", name="Phường Hạ Long", short_name="P. Hạ Long", level=Level.COMMUNE, parent_code="H49"
    ),
    Agency(
        code="H49.102",
        name="Đặc khu Vân Đồn",
        short_name="ĐK Vân Đồn",
        level=Level.COMMUNE,
        parent_code="H49",
    ),
)
DOMAINS = (Domain(code="dat-dai", name="Đất đai"), Domain(code="ho-tich", name="Hộ tịch"))
PROCEDURES = (
    Procedure(
        code="1.000001",
        name="Đăng ký biến động đất đai",
        domain_code="dat-dai",
        level=Level.COMMUNE,
        working_days=10,
    ),
    Procedure(
        code="1.000002", name="Đăng ký khai sinh", domain_code="ho-tich", level=Level.COMMUNE, working_days=1
    ),
)
STANDARD = CountingRule(name="standard", label="Chuẩn", source="test")
OTHER_RULES = (
    CountingRule(name="vpcp-06", label="Biểu 06/VPCP", source="test", without_result=WithoutResult.ON_TIME),
    CountingRule(
        name="portal-766",
        label="Cổng 766",
        source="test",
        without_result=WithoutResult.BY_DUE,
        paused_as=PausedAs.RESOLVED_AT_REQUEST,
        rate_base=RateBase.RECEIVED_PROCESSED,
    ),
)


def a_source(source_id: str = "s1", **changes: Any) -> SourceSettings:
    """A source that nothing listens behind."""
    base = SourceSettings(
        id=source_id,
        name=f"Nguồn {source_id}",
        kind="igate2",
        level="province",
        agency="H49",
        base_url="http://127.0.0.1:9",
    )
    return replace(base, **changes)


def a_province(**changes: Any) -> ProvinceSettings:
    """Quảng Ninh with the default thresholds."""
    return replace(ProvinceSettings(code="22", name="Quảng Ninh", owner="Văn phòng UBND tỉnh"), **changes)


def a_settings(
    home: Path, database_url: str, *, sources: Sequence[SourceSettings] = (), **changes: Any
) -> Settings:
    """Settings of the small province, made without reading any file."""
    base = Settings(
        config=home / "config",
        home=home,
        database_url=database_url,
        province=a_province(),
        sources=tuple(sources)
        or (a_source("s1"), a_source("s2", kind="file_drop", folder="inbox/s2", base_url=None)),
        calendar=(),
        office_hours=OfficeHours(),
        rules=(STANDARD, *OTHER_RULES),
        agencies=AGENCIES,
        areas=(),
        domains=DOMAINS,
        procedures=PROCEDURES,
    )
    return replace(base, **changes)


# -- one reading, one dossier ------------------------------------------------------------------------

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""12:00 on Friday 20/11/2026 in Vietnam; the present of most examples."""


def local(day: date, at: time = time(9, 0)) -> datetime:
    """A wall-clock moment in Vietnam as aware UTC."""
    return datetime.combine(day, at, tzinfo=VIETNAM).astimezone(UTC)


def a_version(**changes: Any) -> DossierVersion:
    """A dossier received three days before NOON, due in two weeks, being processed."""
    base = DossierVersion(
        source_id="s1",
        source_key="K1",
        version_at=NOON - timedelta(hours=1),
        status=Status.PROCESSING,
        raw_status="Đang xử lý",
        dossier_code="H49.101-261117-0001",
        agency_code="H49.101",
        procedure_code="1.000001",
        domain_code="dat-dai",
        service_level=ServiceLevel.FULL,
        channel=Channel.ONLINE,
        applicant_type=ApplicantType.CITIZEN,
        submitted_at=NOON - timedelta(days=3, hours=2),
        received_at=NOON - timedelta(days=3),
        due_at=end_of_day(date(2026, 12, 4)),
        due_precision=DuePrecision.DAY,
        current_step="Thẩm định",
        current_unit="Bộ phận chuyên môn",
    )
    return replace(base, **changes)


def a_dossier(latest: DossierVersion | None = None, **changes: Any) -> Dossier:
    """The state after one reading, as far as that can be said without the rules; override the rest."""
    version = latest or a_version()
    base = Dossier(
        latest=version,
        received_at=version.received_at,
        closed_at=version.finished_at or version.returned_at,
        status_since=version.version_at,
        due_original_at=version.due_at,
        reopened_count=0,
        due_moves=0,
        accept_due_at=None,
        pauses=(),
        flags=version.flags,
    )
    return replace(base, **changes)


def a_pause(began_at: datetime, ended_at: datetime | None = None, **changes: Any) -> Pause:
    """A pause for a supplement."""
    values: dict[str, Any] = {"kind": PauseKind.SUPPLEMENT} | changes
    return Pause(began_at=began_at, ended_at=ended_at, **values)


def accept_in_a_day(submitted_at: datetime) -> datetime:
    """A stand-in for the eight working hours, for tests that are not about the calendar."""
    return submitted_at + timedelta(days=1)


# -- strategies --------------------------------------------------------------------------------------

FIRST_DAY = date(2025, 12, 27)
LAST_DAY = date(2026, 1, 8)
TIMES = (time(0, 0), time(6, 59, 59), time(7, 0), time(12, 0), time(17, 30), time(23, 59, 59))
"""07:00 in Vietnam is midnight in UTC; the others are borders of the local day and of office hours."""


def days(first: date = FIRST_DAY, last: date = LAST_DAY) -> st.SearchStrategy[date]:
    """Days of the pool."""
    return st.dates(min_value=first, max_value=last)


def moments(first: date = FIRST_DAY, last: date = LAST_DAY) -> st.SearchStrategy[datetime]:
    """Moments of the pool, borders of days among them."""
    return st.builds(local, days(first, last), st.sampled_from(TIMES))


def periods(first: date = FIRST_DAY - timedelta(days=2), last: date = LAST_DAY) -> st.SearchStrategy[Period]:
    """Periods that begin before, in or after the histories."""
    return st.builds(
        lambda a, b: Period(first=min(a, b), last=max(a, b)), days(first, last), days(first, last)
    )


def agency_codes() -> st.SearchStrategy[str]:
    """Codes of the small province, and the unmapped one."""
    return st.sampled_from([*(a.code for a in AGENCIES), UNMAPPED])


_BUSINESS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(Status),
    "raw_status": st.sampled_from([None, "Đang xử lý", "Trạng thái lạ"]),
    "agency_code": agency_codes(),
    "agency_raw": st.sampled_from([None, "Đơn vị lạ"]),
    "procedure_code": st.sampled_from(["1.000001", "1.000002", UNMAPPED]),
    "procedure_raw": st.sampled_from([None, "9.999999"]),
    "domain_code": st.sampled_from(["dat-dai", "ho-tich", UNMAPPED]),
    "service_level": st.none() | st.sampled_from(ServiceLevel),
    "channel": st.sampled_from(Channel),
    "submitted_at": st.none() | moments(),
    "received_at": st.none() | moments(),
    "due_at": st.none() | moments(),
    "finished_at": st.none() | moments(),
    "returned_at": st.none() | moments(),
    "supplement_requested_at": st.none() | moments(),
    "supplement_received_at": st.none() | moments(),
    "rejected_at": st.none() | moments(),
    "withdrawn_at": st.none() | moments(),
    "current_step": st.sampled_from([None, "Thẩm định", "Trình ký"]),
    "fee_total": st.sampled_from([None, 0, 50_000]),
    "fee_paid": st.sampled_from([None, 0, 50_000]),
    "paid_online": st.sampled_from([None, True, False]),
    "signed_result": st.sampled_from([None, True, False]),
    "deleted": st.sampled_from([False, False, False, True]),
    "flags": st.frozensets(st.sampled_from([Flag.UNKNOWN_AGENCY, Flag.AMBIGUOUS_DATE]), max_size=1),
}


@st.composite
def versions(draw: st.DrawFn, source_id: str = "s1", source_key: str = "K1") -> DossierVersion:
    """Any reading, its fields drawn apart from each other: consistent or not."""
    values = {name: draw(strategy) for name, strategy in _BUSINESS.items()}
    return _finished(
        DossierVersion(
            source_id=source_id,
            source_key=source_key,
            dossier_code=draw(st.sampled_from([None, f"{source_id}-{source_key}"])),
            version_at=draw(moments()),
            version_seq=draw(st.integers(0, 2)),
            **values,
        )
    )


@st.composite
def _orderly(draw: st.DrawFn, source_id: str, source_key: str) -> DossierVersion:
    """A first reading as a sane source would send it."""
    received = draw(st.none() | moments())
    return a_version(
        source_id=source_id,
        source_key=source_key,
        dossier_code=f"{source_id}-{source_key}",
        agency_code=draw(agency_codes()),
        domain_code=draw(_BUSINESS["domain_code"]),
        channel=draw(st.sampled_from(Channel)),
        service_level=draw(_BUSINESS["service_level"]),
        status=Status.PROCESSING if received else Status.NEW,
        submitted_at=draw(st.none() | moments()) if received else draw(moments()),
        received_at=received,
        due_at=draw(st.none() | moments()),
        version_at=draw(moments()),
    )


_CHANGES: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "received_at", "due_at"),
    ("due_at",),
    ("status", "supplement_requested_at"),
    ("status", "supplement_received_at"),
    ("status", "finished_at", "signed_result"),
    ("status", "finished_at", "returned_at"),
    ("status", "withdrawn_at"),
    ("status", "rejected_at"),
    ("agency_code", "domain_code"),
    ("fee_total", "paid_online"),
    ("channel",),
    ("deleted",),
)
"""What one step of a history may change; a finish that becomes None is a re-opening."""


@st.composite
def histories(
    draw: st.DrawFn, source_id: str = "s1", source_key: str = "K1", max_size: int = 5
) -> tuple[DossierVersion, ...]:
    """The readings of one dossier, oldest first: supplements, moved due dates, re-openings, withdrawals."""
    start = _orderly(source_id, source_key) | versions(source_id, source_key)
    readings = [draw(start)]
    for _ in range(draw(st.integers(0, max_size - 1))):
        readings.append(draw(_next(readings[-1])))
    return tuple(readings)


@st.composite
def _next(draw: st.DrawFn, before: DossierVersion) -> DossierVersion:
    names = draw(st.sampled_from(_CHANGES))
    changed = {name: draw(_BUSINESS[name]) for name in names}
    later = max(before.version_at, draw(moments()))
    return _finished(replace(before, version_at=later, version_seq=before.version_seq + 1, **changed))


def _finished(version: DossierVersion) -> DossierVersion:
    """Give the due precision that belongs to the due moment, as every collector does."""
    if version.due_at is None:
        return replace(version, due_precision=None)
    last_second = version.due_at.astimezone(VIETNAM).time() == time(23, 59, 59)
    return replace(version, due_precision=DuePrecision.DAY if last_second else DuePrecision.SECOND)


@st.composite
def stores(draw: st.DrawFn, min_size: int = 1, max_size: int = 8) -> tuple[tuple[DossierVersion, ...], ...]:
    """Histories of several dossiers of two sources."""
    count = draw(st.integers(min_size, max_size))
    sources = [draw(st.sampled_from(["s1", "s2"])) for _ in range(count)]
    return tuple(draw(histories(source, f"K{place}")) for place, source in enumerate(sources))


def flat(histories_: Iterable[Sequence[DossierVersion]]) -> tuple[DossierVersion, ...]:
    """All readings of several histories in one sequence."""
    return tuple(version for history in histories_ for version in history)
