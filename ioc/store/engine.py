"""Open the store one way only, and the only two kinds of transaction: `writing` and `reading`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ioc.errors import StoreUnready
from ioc.store.postgres import READER_SECONDS, open_postgres
from ioc.store.sqlite import BEGIN_OPTION, BUSY_SECONDS, open_sqlite


def open_engine(url: str, *, read_only: bool = False, quick_check: bool | None = None) -> Engine:
    """An engine whose settings have been read back and found right.

    `quick_check` (SQLite): True checks the whole file now, False never, None checks a writer's
    file up to 256 MiB. Raises StoreUnready with a sentence that says what to do.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        # the address may hold a password: never repeat it
        raise StoreUnready("Địa chỉ kho dữ liệu (IOC_DATABASE_URL) không đọc được") from exc
    name = parsed.drivername.partition("+")[0]
    if name == "sqlite":
        with _told_plainly():
            engine = open_sqlite(parsed, read_only=read_only, quick_check=quick_check)
    elif name in ("postgresql", "postgres"):
        engine = open_postgres(parsed, read_only=read_only)
    else:
        raise StoreUnready(f"Kho dữ liệu phải là sqlite:// hoặc postgresql://, không phải {name}://")
    _knock(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One writing transaction: BEGIN IMMEDIATE on SQLite, READ COMMITTED on PostgreSQL.

    Commits at the end, rolls back on any exception. A store that cannot be written now
    (disk full, locked, gone) raises StoreUnready.
    """
    with _told_plainly(), engine.connect() as conn:
        if engine.dialect.name == "sqlite":
            conn = conn.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        with conn.begin():
            yield conn


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot for all statements inside: deferred on SQLite, REPEATABLE READ on PostgreSQL.

    Open, read, close: a reader that stays makes SQLite's log grow (80 MB after 20,000 commits).
    """
    with _told_plainly(), engine.connect() as conn:
        if engine.dialect.name == "sqlite":
            conn = conn.execution_options(**{BEGIN_OPTION: "BEGIN"})
        with conn.begin():
            if engine.dialect.name == "postgresql":
                conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                conn.exec_driver_sql(f"SET LOCAL statement_timeout = {READER_SECONDS * 1000}")
            yield conn


def _knock(engine: Engine) -> None:
    """Open one connection now, so that a fault is met at start and not in the first run."""
    try:
        with reading(engine) as conn:
            conn.exec_driver_sql("SELECT 1")
    except BaseException:
        engine.dispose()
        raise


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except DatabaseError as exc:
        if not _is_of_the_store(exc):
            raise
        raise StoreUnready(f"Kho dữ liệu không dùng được lúc này: {_reason(exc)}") from exc
    except PoolTimeout as exc:
        raise StoreUnready("Kho dữ liệu đang quá tải: không còn kết nối trống") from exc


_REASONS = (
    ("disk is full", "đĩa đầy; giải phóng chỗ rồi chạy lại"),
    ("locked", f"tiến trình khác đang ghi quá {BUSY_SECONDS} giây"),
    ("disk i/o error", "đĩa báo lỗi vào/ra; kiểm tra đĩa trước khi chạy lại"),
    ("malformed", "tệp bị hỏng; khôi phục từ bản sao lưu gần nhất"),
    ("not a database", "tệp không phải là kho SQLite"),
    ("no such table", "thiếu bảng; chạy: python -m ioc migrate"),
    ("no such column", "thiếu cột; chạy: python -m ioc migrate"),
    ("readonly", "kho chỉ mở để đọc"),
    ("unable to open", "không mở được tệp"),
    ("statement timeout", f"câu hỏi chạy quá {READER_SECONDS} giây"),
    ("connection refused", "máy chủ PostgreSQL không nhận kết nối"),
    ("password authentication", "PostgreSQL từ chối tài khoản"),
    ("does not exist", "cơ sở dữ liệu hoặc bảng chưa có"),
    ("terminating connection", "PostgreSQL vừa ngắt kết nối"),
)


def _is_of_the_store(exc: DBAPIError) -> bool:
    # A damaged SQLite file raises plain DatabaseError; its other children are faults of our own code.
    return isinstance(exc, OperationalError) or type(exc) is DatabaseError


def _reason(exc: DBAPIError) -> str:
    said = str(exc.orig).lower()
    return next((words for sign, words in _REASONS if sign in said), type(exc.orig).__name__)
