"""Every connection is opened one way: no lost update, no snapshot that goes stale, no secret told."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from ioc.errors import StoreUnready
from ioc.store.engine import open_engine, reading, writing
from ioc.store.mounts import network_share

THREADS, TURNS = 4, 50


def _counter(engine: Engine) -> None:
    with writing(engine) as conn:
        conn.execute(text("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)"))
        conn.execute(text("INSERT INTO counter VALUES (1, 0)"))


def _add_in_threads(
    transaction: Callable[[], AbstractContextManager[Connection]], lock: str = ""
) -> list[str]:
    faults: list[str] = []

    def work() -> None:
        for _ in range(TURNS):
            try:
                with transaction() as conn:
                    found = conn.execute(text(f"SELECT n FROM counter WHERE id = 1 {lock}")).scalar_one()
                    conn.execute(text("UPDATE counter SET n = :n"), {"n": found + 1})
            except (OperationalError, StoreUnready) as exc:
                faults.append(str(exc))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def _total(engine: Engine) -> int:
    with reading(engine) as conn:
        return int(conn.execute(text("SELECT n FROM counter")).scalar_one())


def test_four_threads_reading_and_adding_lose_nothing(store_url: str) -> None:
    engine = open_engine(store_url)
    _counter(engine)
    # PostgreSQL locks rows, not the file: the reader that means to write says so
    lock = "FOR UPDATE" if engine.dialect.name == "postgresql" else ""
    assert _add_in_threads(lambda: writing(engine), lock) == []
    assert _total(engine) == THREADS * TURNS
    engine.dispose()


def test_the_default_mode_of_the_library_would_lose_an_update_in_silence(fresh_sqlite_url: str) -> None:
    ours, careless = open_engine(fresh_sqlite_url), create_engine(fresh_sqlite_url)
    _counter(ours)
    with careless.connect() as first, careless.connect() as second:
        for conn in (first, second):
            found = conn.execute(text("SELECT n FROM counter")).scalar_one()
            conn.info["n"] = found + 1
        for conn in (first, second):
            conn.execute(text("UPDATE counter SET n = :n"), {"n": conn.info["n"]})
            conn.commit()
    assert _total(ours) == 1, "the library cures it now: our events may go"
    careless.dispose()
    ours.dispose()


def test_a_deferred_reader_that_writes_after_another_commit_is_refused_at_once(sqlite_engine: Engine) -> None:
    _counter(sqlite_engine)
    with reading(sqlite_engine) as deferred:
        deferred.execute(text("SELECT n FROM counter")).all()
        with writing(sqlite_engine) as conn:
            conn.execute(text("UPDATE counter SET n = 7"))
        with pytest.raises(OperationalError) as caught:
            deferred.execute(text("UPDATE counter SET n = 8"))
        assert getattr(caught.value.orig, "sqlite_errorname", "") == "SQLITE_BUSY_SNAPSHOT"


def test_a_writer_never_meets_that_refusal(sqlite_engine: Engine) -> None:
    _counter(sqlite_engine)
    with writing(sqlite_engine) as first:
        first.execute(text("SELECT n FROM counter")).all()
        other = sqlite3.connect(str(sqlite_engine.url.database), timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE counter SET n = 7")
        first.execute(text("UPDATE counter SET n = 8"))
        other.close()
    assert _total(sqlite_engine) == 8


def test_a_reader_sees_one_moment_to_the_end(fresh_engine: Engine) -> None:
    _counter(fresh_engine)
    with reading(fresh_engine) as conn:
        before = conn.execute(text("SELECT n FROM counter")).scalar_one()
        with writing(fresh_engine) as other:
            other.execute(text("UPDATE counter SET n = 9"))
        assert conn.execute(text("SELECT n FROM counter")).scalar_one() == before
    assert _total(fresh_engine) == 9


def test_an_exception_undoes_the_whole_transaction(fresh_engine: Engine) -> None:
    _counter(fresh_engine)

    def write_and_fail() -> None:
        with writing(fresh_engine) as conn:
            conn.execute(text("UPDATE counter SET n = 5"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert _total(fresh_engine) == 0


def test_sqlite_is_opened_as_promised(sqlite_engine: Engine) -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "temp_store": 2,
        "page_size": 8192,
        "query_only": 0,
    }
    with reading(sqlite_engine) as conn:
        found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in expected}
    assert found == expected


def test_a_postgres_session_is_opened_as_promised(fresh_postgres_url: str) -> None:
    writer, reader = open_engine(fresh_postgres_url), open_engine(fresh_postgres_url, read_only=True)
    with writing(writer) as conn:
        assert _shown(conn, "timezone") == "UTC"
        assert _shown(conn, "transaction_isolation") == "read committed"
        assert _shown(conn, "idle_in_transaction_session_timeout") == "1min"
        assert _shown(conn, "statement_timeout") == "0"
    for engine in (writer, reader):
        with reading(engine) as conn:
            assert _shown(conn, "transaction_isolation") == "repeatable read"
            assert _shown(conn, "transaction_read_only") == "on"
            assert _shown(conn, "statement_timeout") == "30s"
    with writing(writer) as conn:  # the reading before left nothing behind on the pooled connection
        assert _shown(conn, "transaction_read_only") == "off"
    writer.dispose()
    reader.dispose()


def _shown(conn: Connection, name: str) -> str:
    return str(conn.exec_driver_sql(f"SHOW {name}").scalar_one())


def test_a_read_only_engine_cannot_write(fresh_engine: Engine, store_url: str) -> None:
    _counter(fresh_engine)
    reader = open_engine(store_url, read_only=True)
    with pytest.raises(Exception, match=r"chỉ mở để đọc|read-only"), writing(reader) as conn:
        conn.execute(text("UPDATE counter SET n = 1"))
    reader.dispose()
    assert _total(fresh_engine) == 0


def test_errors_never_tell_the_parameters(fresh_engine: Engine) -> None:
    _counter(fresh_engine)
    with pytest.raises(IntegrityError) as caught, writing(fresh_engine) as conn:
        conn.execute(text("INSERT INTO counter VALUES (1, :n)"), {"n": 123456789})
    assert "123456789" not in str(caught.value)


def test_a_missing_store_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(StoreUnready, match="python -m ioc migrate"):
        open_engine(f"sqlite:///{tmp_path / 'none.sqlite'}", read_only=True)
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://u:topsecret@h/d", "topsecret"])
def test_an_unfit_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(StoreUnready) as caught:
        open_engine(url)
    assert "topsecret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ioc.sqlite"
    path.write_bytes(b"<html>" * 5000)
    with pytest.raises(StoreUnready, match="không phải là kho SQLite"):
        open_engine(f"sqlite:///{path}")


def test_a_damaged_file_is_refused_at_start(sqlite_engine: Engine) -> None:
    path = Path(str(sqlite_engine.url.database))
    with writing(sqlite_engine) as conn:
        conn.exec_driver_sql("CREATE TABLE filler (t TEXT)")
        conn.exec_driver_sql("INSERT INTO filler SELECT hex(randomblob(2000)) FROM sqlite_master")
    sqlite_engine.dispose()
    whole = path.read_bytes()
    path.write_bytes(whole[:16_384] + b"\xff" * 16_384 + whole[32_768:])
    with pytest.raises(StoreUnready, match="hỏng"):
        open_engine(str(sqlite_engine.url))
    open_engine(str(sqlite_engine.url), quick_check=False).dispose()


def test_a_full_disk_is_told_in_words_and_leaves_the_store_whole(sqlite_engine: Engine) -> None:
    _counter(sqlite_engine)
    with writing(sqlite_engine) as conn:
        conn.exec_driver_sql("CREATE TABLE big (t BLOB)")
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")

    def fill() -> None:
        with writing(sqlite_engine) as conn:
            conn.exec_driver_sql("UPDATE counter SET n = 1")
            conn.exec_driver_sql("INSERT INTO big VALUES (zeroblob(1000000))")

    with pytest.raises(StoreUnready, match="đĩa đầy"):
        fill()
    assert _total(sqlite_engine) == 0


def test_an_absent_server_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreUnready, match="PostgreSQL"):
        open_engine("postgresql://u:topsecret@127.0.0.1:9/ioc")


def test_a_network_share_is_known_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        "srv:/x /srv/du\\040lieu nfs4 rw 0 0\n"
        "//nas/y /mnt/nas cifs rw 0 0\n"
        "/dev/sdb1 /mnt/nas/local ext4 rw 0 0\n"
        "broken\n"
    )
    assert network_share(Path("/srv/du lieu/var/ioc.sqlite"), mounts=mounts) == "nfs4"
    assert network_share(Path("/mnt/nas/ioc.sqlite"), mounts=mounts) == "cifs"
    assert network_share(Path("/mnt/nas/local/ioc.sqlite"), mounts=mounts) is None
    assert network_share(Path("/home/ioc.sqlite"), mounts=mounts) is None
    assert network_share(Path("/home/ioc.sqlite"), mounts=tmp_path / "absent") is None
