"""What every command stands on: settings, the store, two consoles, and days read from the command line."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import FrameType
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from sqlalchemy import Connection, Engine

from ioc import clock, log
from ioc.clock import VIETNAM
from ioc.model.dossier import UNMAPPED
from ioc.model.run import Truth
from ioc.model.scope import Period
from ioc.queries.frames import DAY, MOMENT
from ioc.rules.calendar import WorkCalendar, vietnam_calendar
from ioc.settings import Settings
from ioc.settings_file import load_settings
from ioc.store.engine import open_engine, reading
from ioc.store.migrate import require_head
from ioc.words import formats
from ioc.words.names import LIGHT

DEFAULT_DAYS = 7
"""Days of a period when none is asked for: the same as the first screen's."""

PIPE_COLUMNS = 200
FIRST_YEAR = 2015
"""The first year of the calendar: older dossiers are due in no covered year."""


class Wrong(typer.BadParameter):
    """A value on the command line that cannot be used; its text is a Vietnamese sentence part."""


def console() -> Console:
    """Where answers go; a pipe or a file is given wide lines, for nobody can widen it."""
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return Console(file=sys.stdout, highlight=False, markup=False, width=width)


def notes() -> Console:
    """Where progress and errors go, so that a pipe gets answers only."""
    return Console(file=sys.stderr, highlight=False, markup=False)


def settings() -> Settings:
    """The settings of this deployment, checked; SettingsError names file, line and key."""
    return load_settings(os.environ)


def keep_log(chosen: Settings, *, level: str = "INFO") -> None:
    """Log to stderr as JSON lines, with the secrets of the sources never written."""
    named = {source.auth.secret_env for source in chosen.sources if source.auth.secret_env}
    log.configure(level=level, secrets=[os.environ[name] for name in sorted(named) if os.environ.get(name)])


@contextmanager
def store(chosen: Settings, *, read_only: bool = False) -> Iterator[Engine]:
    """The store at its newest schema; StoreUnready says which command mends it."""
    engine = open_engine(chosen.database_url, read_only=read_only)
    try:
        require_head(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def snapshot(chosen: Settings) -> Iterator[Connection]:
    """One consistent look at the store, which is left as it was."""
    with store(chosen, read_only=True) as engine, reading(engine) as conn:
        yield conn


def emit(value: Any) -> None:
    """One JSON document on stdout: UTF-8, moments in Vietnam's time with their offset."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=as_json))


def as_json(value: object) -> str:
    """Days and moments as ISO 8601."""
    if isinstance(value, datetime):
        return value.astimezone(VIETNAM).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def grid(*columns: str | tuple[str, str], title: str | None = None) -> Table:
    """A table; a column given as (heading, "right") holds numbers."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        heading, justify = (column, "left") if isinstance(column, str) else column
        table.add_column(heading, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def progress() -> Progress:
    """A bar on stderr for work that may take longer than two seconds; silent when nobody watches."""
    watcher = notes()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=watcher,
        disable=not watcher.is_terminal,
        transient=True,
    )


def moment_of(text: str | None) -> datetime:
    """`--as-of`: a day (its end, but never later than now) or an ISO moment; nothing means now."""
    now = clock.utc_now()
    if text is None:
        return now
    try:
        return min(now, clock.end_of_day(date.fromisoformat(text)))
    except ValueError:
        pass
    try:
        read = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Wrong(f"{text!r} không phải ngày (2026-11-22) hay thời điểm (2026-11-22T08:00)") from exc
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=VIETNAM).astimezone(UTC)


def period_of(first: str | None, last: str | None, as_of: datetime) -> Period:
    """`--from` and `--to`: the week up to `as_of` unless said otherwise; never beyond `as_of`."""
    today = clock.local_day(as_of)
    end = min(_day(last), today) if last else today
    begin = _day(first) if first else end - timedelta(days=DEFAULT_DAYS - 1)
    if begin > end:
        raise Wrong(f"kỳ bắt đầu ({begin:%d/%m/%Y}) sau khi kết thúc ({end:%d/%m/%Y})")
    return Period(first=begin, last=end)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise Wrong(f"{text!r} không phải ngày, hãy viết như 2026-11-22") from exc


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets; the handlers of before come back after."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A turning sign on stderr for work whose length nobody knows."""
    with notes().status(what):
        yield


def known_agency(chosen: Settings, code: str | None) -> str | None:
    """The same code, refused when the configuration does not list it."""
    if code is None or code == UNMAPPED or code in {agency.code for agency in chosen.agencies}:
        return code
    raise Wrong(f"không có cơ quan mã {code!r} trong agencies.csv")


def calendar(chosen: Settings, now: datetime) -> WorkCalendar:
    """Working days of the years that dossiers can speak of."""
    return vietnam_calendar(
        first_year=FIRST_YEAR,
        last_year=clock.local_day(now).year + 2,
        overrides=chosen.calendar,
        hours=chosen.office_hours,
    )


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dictionaries: None for what is missing, days and moments as such."""
    plain = {str(name): _plain(column) for name, column in rows.items()}
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def age_line(truth: Truth) -> str:
    """How far the figures above can be trusted, in one line."""
    coverage = f"{formats.number(truth.fresh)}/{formats.number(truth.total)} nguồn còn mới"
    oldest = (
        f"; cũ nhất: {truth.oldest_name}, {formats.moment(truth.oldest_success)}" if truth.oldest_name else ""
    )
    missing = len(truth.never_ids) + len(truth.loading_ids)
    without = f"; {formats.number(missing)} nguồn chưa có dữ liệu" if missing else ""
    return f"{LIGHT[truth.light].label} lúc {formats.moment(truth.as_of)}: {coverage}{oldest}{without}."


def _plain(column: pd.Series[Any]) -> list[Any]:
    kind = str(column.dtype)
    values = column.astype(object).where(column.notna(), None)
    if kind == DAY:
        return [None if value is None else value.date() for value in values]
    if kind == MOMENT:
        return [None if value is None else value.to_pydatetime() for value in values]
    return [value.item() if hasattr(value, "item") else value for value in values]
