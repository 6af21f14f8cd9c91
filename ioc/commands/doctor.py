"""`doctor`: is everything in place? Each fault is one sentence that says what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import typer

from ioc import clock
from ioc.clock import local_day
from ioc.collectors.reach import probe
from ioc.commands import desk
from ioc.errors import IocError
from ioc.rules.calendar import vietnam_calendar
from ioc.settings import Settings, SourceSettings
from ioc.store.engine import reading
from ioc.store.lease import holder_of
from ioc.words import formats

SCHEDULER = "scheduler"
"""The lease that the working scheduler holds."""

FREE_BYTES = 1_000_000_000
"""Below this much room on the disk of IOC_HOME the store is about to stop."""

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `fault` None when it is well."""

    what: str
    fault: str | None = None


def doctor() -> None:
    """Kiểm tra cấu hình, kho, lịch làm việc, từng nguồn, bộ lập lịch và ổ đĩa; có lỗi thì mã thoát là 1."""
    chosen = desk.settings()
    findings = [Finding("Cấu hình"), *inspect(chosen)]
    out = desk.console()
    for finding in findings:
        out.print(f"{'LỖI' if finding.fault else 'tốt'}  {finding.what}")
    faults = [finding for finding in findings if finding.fault]
    for finding in faults:
        desk.notes().print(f"{finding.what}: {finding.fault}", soft_wrap=True)
    if faults:
        raise typer.Exit(1)
    out.print(f"Mọi thứ đều tốt: {formats.number(len(findings))} mục đã kiểm tra.")


def inspect(chosen: Settings) -> tuple[Finding, ...]:
    """Everything but the settings themselves, which are sound when there are any."""
    store = look_at_store(chosen)
    scheduler = () if store.fault else (look_at_scheduler(chosen),)
    return (
        look_at_calendar(chosen),
        look_at_disk(chosen),
        store,
        *scheduler,
        *look_at_sources(chosen, chosen.sources),
    )


def look_at_calendar(chosen: Settings) -> Finding:
    """Working days of this year and the next are known, or no limit can be counted over New Year."""
    year = local_day(clock.utc_now()).year
    what = f"Lịch làm việc năm {year} và {year + 1}"
    try:
        calendar = vietnam_calendar(
            first_year=year, last_year=year + 1, overrides=chosen.calendar, hours=chosen.office_hours
        )
    except IocError as fault:
        return Finding(what, str(fault))
    empty = [n for n in (year, year + 1) if not any(day.year == n for day in calendar.notes)]
    if empty:
        return Finding(what, f"không có ngày nghỉ lễ nào của năm {empty[0]}; bổ sung vào calendar.toml")
    return Finding(what)


def look_at_disk(chosen: Settings) -> Finding:
    """Room for the store and the raw payloads, and the right to write there."""
    what = f"Ổ đĩa của {chosen.home}"
    try:
        chosen.home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(chosen.home).free
    except OSError as fault:
        return Finding(what, f"không dùng được ({fault.strerror}); kiểm tra IOC_HOME và quyền ghi")
    if not os.access(chosen.home, os.W_OK):
        return Finding(what, "không ghi được; cấp quyền ghi cho người chạy chương trình")
    return room(what, free)


def room(what: str, free: int) -> Finding:
    """Whether so many free bytes are enough."""
    if free >= FREE_BYTES:
        return Finding(what)
    megabytes = formats.number(free // 1_000_000)
    return Finding(what, f"chỉ còn {megabytes} MB trống; giải phóng thêm hoặc giảm raw_keep_days")


def look_at_store(chosen: Settings) -> Finding:
    """It opens, and stands at the newest schema."""
    try:
        with desk.store(chosen, read_only=True):
            return Finding("Kho dữ liệu")
    except IocError as fault:
        return Finding("Kho dữ liệu", str(fault))


def look_at_scheduler(chosen: Settings) -> Finding:
    """A live process holds the scheduler's lease."""
    with desk.store(chosen, read_only=True) as engine, reading(engine) as conn:
        holder = holder_of(conn, SCHEDULER, now=clock.utc_now())
    if holder is None:
        return Finding("Bộ lập lịch", "không có tiến trình nào đang chạy; chạy: python -m ioc schedule")
    return Finding("Bộ lập lịch")


def look_at_sources(chosen: Settings, sources: Sequence[SourceSettings]) -> tuple[Finding, ...]:
    """Each source answers one small question with the credentials at hand."""

    def ask(source: SourceSettings) -> Finding:
        return Finding(f"Nguồn {source.id}", probe(source, os.environ, home=chosen.home))

    with desk.progress() as bar, ThreadPoolExecutor(AT_ONCE) as pool:
        task = bar.add_task("Đang hỏi từng nguồn", total=len(sources))
        found = []
        for finding in pool.map(ask, sources):
            found.append(finding)
            bar.advance(task)
    return tuple(found)
