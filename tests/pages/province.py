"""A filled store for screens: the deployment's own configuration, dossiers of a whole year made from a seed.

    home = make_home(tmp_path)                      IOC_HOME with an empty, migrated store
    fill(home, now=..., dossiers=400, stale=("h49-06652",))

Faster and plainer than the simulated province: no HTTP, and every shape that a screen must show is there
(late, soon, paused, without a due day, waiting, refused, unmapped, hostile names).
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from ioc.clock import end_of_day, local_day, start_of_day
from ioc.faults import FaultKind, RejectReason
from ioc.model.agency import Agency, Procedure
from ioc.model.dossier import (
    UNMAPPED,
    Channel,
    DossierVersion,
    DuePrecision,
    Flag,
    ServiceLevel,
    Status,
)
from ioc.model.run import Reject, RunKind, RunState
from ioc.rules.calendar import WorkCalendar, vietnam_calendar
from ioc.rules.counting import STANDARD
from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.store.engine import open_engine, writing
from ioc.store.ingest import Batch, ingest
from ioc.store.migrate import upgrade
from ioc.store.reference import sync_reference
from ioc.store.runs import begin_run, end_run, note_progress

CONFIG = Path(__file__).parents[2] / "config"

STEPS = (
    ("Thẩm định hồ sơ", "Phòng chuyên môn"),
    ("Trình ký", "Lãnh đạo phòng"),
    ("Chờ ý kiến cơ quan phối hợp", "Chi nhánh Văn phòng đăng ký đất đai khu vực Hạ Long – Quảng Yên"),
    ("Đóng dấu, vào sổ", "Văn thư"),
    ("Kiểm tra thực địa", "Tổ chuyên môn"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a filled store was made with."""

    home: Path
    settings: Settings
    now: datetime


def make_config(target: Path) -> None:
    """The deployment's configuration with patient sources: figures stay fresh for six hours."""
    shutil.copytree(CONFIG, target, dirs_exist_ok=True)
    sources = (target / "sources.toml").read_text("utf-8")
    patient = re.sub(r'^stale_after = ".*"', 'stale_after = "6h"', sources, flags=re.MULTILINE)
    (target / "sources.toml").write_text(patient, "utf-8")


def environ_of(home: Path) -> dict[str, str]:
    """Environment under which every process finds this store."""
    return {"IOC_CONFIG": str(home / "config"), "IOC_HOME": str(home)}


def make_home(home: Path, *, database_url: str | None = None) -> Settings:
    """An empty store at the newest schema, with the reference tables in; SQLite in `home` unless told."""
    home.mkdir(parents=True, exist_ok=True)
    make_config(home / "config")
    where = {"IOC_DATABASE_URL": database_url} if database_url else {}
    settings = load_settings(environ_of(home) | where)
    engine = open_engine(settings.database_url)
    upgrade(engine)
    with writing(engine) as conn:
        sync_reference(conn, settings)
    engine.dispose()
    return settings


def fill(
    home: Path,
    *,
    now: datetime,
    dossiers: int = 400,
    stale: Mapping[str, FaultKind] | None = None,
    never: Sequence[str] = (),
    extra: Sequence[DossierVersion] = (),
    database_url: str | None = None,
    seed: int = 20261122,
) -> Filled:
    """Put a year of dossiers in, one good run a source; `stale` sources failed nine hours ago and since."""
    settings = make_home(home, database_url=database_url)
    engine = open_engine(settings.database_url)
    calendar = vietnam_calendar(first_year=2020, last_year=2030, overrides=settings.calendar)
    made = [*_dossiers(settings, calendar, now, dossiers, random.Random(seed)), *extra]
    for source in settings.sources:
        if source.id in never:
            continue
        versions = [version for version in made if version.source_id == source.id]
        failed = (stale or {}).get(source.id)
        as_of = now - (timedelta(hours=9) if failed else timedelta(seconds=20))
        _good_run(engine, calendar, source.id, versions, as_of=as_of)
        if failed:
            _bad_runs(engine, source.id, failed, now=now)
    engine.dispose()
    return Filled(home=home, settings=settings, now=now)


HOSTILE = (
    "<img src=x onerror=\"document.title='pwned'\">",
    "${document.title='pwned'}",
    "=1+1",
    "![chùm](http://attacker.invalid/pixel.png)",
    "<script>document.title='pwned'</script>",
    "\u202egnp.exe \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "Thẩm định " + "rất dài " * 24,
)
"""Text that a source may send and no screen may run, load or be broken by."""


def hostile_versions(now: datetime) -> tuple[DossierVersion, ...]:
    """Late dossiers of one agency whose every text is hostile."""
    received = now - timedelta(days=60)
    return tuple(
        DossierVersion(
            source_id="h49-hcc",
            source_key=f"X{place}",
            version_at=received,
            status=Status.PROCESSING,
            raw_status=text[:200],
            dossier_code=text[:120],
            agency_code="H49",
            agency_raw=text[:200],
            procedure_raw=text[:500],
            channel=Channel.ONLINE,
            received_at=received,
            submitted_at=received,
            due_at=received + timedelta(days=10),
            due_precision=DuePrecision.DAY,
            current_step=text[:200],
            current_unit=text[:200],
            flags=frozenset({Flag.UNKNOWN_PROCEDURE}),
        )
        for place, text in enumerate(HOSTILE)
    )


def _good_run(
    engine: Engine, calendar: WorkCalendar, source_id: str, versions: list[DossierVersion], *, as_of: datetime
) -> None:
    began = as_of - timedelta(seconds=14)
    run = begin_run(engine, source_id=source_id, kind=RunKind.FULL, holder="test", now=began)
    batch = Batch(source_id=source_id, run_id=run, versions=versions, rejects=_rejects(source_id))
    ingest(
        engine,
        batch,
        now=as_of,
        rule=STANDARD,
        accept_due=lambda at: calendar.add_working_hours(at, 8),
    )
    note_progress(engine, run, pages=3, expected=len(versions), now=as_of)
    end_run(engine, run, state=RunState.OK, now=as_of, as_of=as_of)


def _bad_runs(engine: Engine, source_id: str, fault: FaultKind, *, now: datetime) -> None:
    for minutes in (120, 60, 2):
        at = now - timedelta(minutes=minutes)
        run = begin_run(engine, source_id=source_id, kind=RunKind.CHANGES, holder="test", now=at)
        error = "Máy chủ nguồn trả mã 504 ba lần liền; số liệu gần nhất được giữ nguyên."
        end_run(engine, run, state=RunState.FAILED, now=at + timedelta(seconds=9), fault=fault, error=error)


def _rejects(source_id: str) -> tuple[Reject, ...]:
    if not source_id.endswith("hcc"):
        return ()
    return (
        Reject(
            reason=RejectReason.BAD_DATE,
            detail="Ngày hẹn trả “31/02/2026” không có trong lịch",
            position="trang 2, bản ghi 17",
            payload='{"soHoSo": "H49-261110-0042", "ngayHenTra": "31/02/2026"}',
            source_key="H49-261110-0042",
        ),
        Reject(
            reason=RejectReason.NO_KEY,
            detail="Không có mã hồ sơ lẫn mã hệ thống",
            position="trang 3, bản ghi 4",
            payload='{"tenThuTuc": "<img src=x onerror=alert(1)>"}',
        ),
    )


def _dossiers(
    settings: Settings, calendar: WorkCalendar, now: datetime, count: int, chance: random.Random
) -> list[DossierVersion]:
    by_agency = {source.agency: source.id for source in settings.sources}
    central = settings.sources[0].id
    agencies = [agency for agency in settings.agencies if agency.code in by_agency or agency.parent_code]
    return [
        _dossier(
            number,
            chance.choice(agencies),
            chance.choice(settings.procedures[:60]),
            source_of=lambda code: by_agency.get(code, central),
            calendar=calendar,
            now=now,
            chance=chance,
        )
        for number in range(count)
    ]


def _dossier(
    number: int,
    agency: Agency,
    procedure: Procedure,
    *,
    source_of: object,
    calendar: WorkCalendar,
    now: datetime,
    chance: random.Random,
) -> DossierVersion:
    """One dossier; the younger the likelier, a tenth of those long open late."""
    today = local_day(now)
    back = min(int(chance.expovariate(1 / 40)), 360)
    day = calendar.add_working_days(today - timedelta(days=back), 0)
    day = min(day, today)
    received = start_of_day(day) + timedelta(hours=8, seconds=chance.randrange(8 * 3600))
    received = min(received, now - timedelta(minutes=5))
    limit = procedure.working_days if procedure.working_days else 1
    due = calendar.add_working_days(day, max(limit, 1))
    online = chance.random() < 0.72
    base = DossierVersion(
        source_id=source_of(agency.code),  # type: ignore[operator]
        source_key=f"K{number:06d}",
        version_at=received,
        status=Status.PROCESSING,
        raw_status="Đang xử lý",
        dossier_code=f"{agency.code}-{day:%y%m%d}-{number % 10_000:04d}",
        agency_code=UNMAPPED if number % 97 == 0 else agency.code,
        agency_raw="UBND thị trấn cũ <b>A</b>" if number % 97 == 0 else None,
        procedure_code=procedure.code,
        domain_code=procedure.domain_code,
        service_level=chance.choice([ServiceLevel.FULL, ServiceLevel.PARTIAL]) if online else None,
        channel=Channel.ONLINE if online else chance.choice([Channel.COUNTER, Channel.POSTAL]),
        submitted_at=received - timedelta(hours=chance.choice([1, 2, 3, 5, 8, 16, 30, 50])),
        received_at=received,
        due_at=end_of_day(due),
        due_precision=DuePrecision.DAY,
        fee_total=procedure.fee_vnd or 0,
        paid_online=chance.random() < 0.6 if procedure.fee_vnd else None,
        flags=frozenset({Flag.UNKNOWN_AGENCY}) if number % 97 == 0 else frozenset(),
    )
    return _moved_on(base, due, now=now, chance=chance)


def _moved_on(version: DossierVersion, due: date, *, now: datetime, chance: random.Random) -> DossierVersion:
    """Resolved, mostly in time; or still somewhere on the way; or not accepted yet."""
    today, fate = local_day(now), chance.random()
    step, unit = chance.choice(STEPS)
    if fate < 0.03:
        online = {"channel": Channel.ONLINE, "received_at": None, "due_at": None, "status": Status.NEW}
        asked = now - timedelta(hours=chance.choice([1, 3, 5, 9, 30, 60, 80]), minutes=chance.randrange(60))
        return replace(version, submitted_at=asked, version_at=asked, **online)  # type: ignore[arg-type]
    if fate < 0.05:
        paused = now - timedelta(days=1)
        return replace(version, status=Status.SUPPLEMENT, supplement_requested_at=paused, version_at=paused)
    if fate < 0.06:
        return replace(version, due_at=None, due_precision=None, current_step=step, current_unit=unit)
    if fate < 0.11 or due >= today:
        return replace(version, current_step=step, current_unit=unit)
    early = chance.random() < 0.93
    finished = (
        end_of_day(due) - timedelta(hours=chance.randrange(8, 50))
        if early
        else end_of_day(due + timedelta(days=chance.randrange(1, 9)))
    )
    finished = max(min(finished, now - timedelta(minutes=3)), version.version_at + timedelta(minutes=20))
    return replace(
        version,
        status=Status.RETURNED,
        version_at=min(finished + timedelta(hours=1), now),
        finished_at=finished,
        signed_result=chance.random() < 0.8,
    )
