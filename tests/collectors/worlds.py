"""One small world for each collector, all with the same handles, so that one suite can try them all."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Protocol, Self

from sqlalchemy import Engine, select

from ioc.collectors import template
from ioc.collectors.base import Ask, Payload
from ioc.collectors.http import AT_ONCE, Http
from ioc.collectors.registry import collector_of
from ioc.collectors.reports import RunReport
from ioc.model.run import RunKind
from ioc.settings import SourceSettings
from ioc.store import tables as t
from ioc.store.engine import reading
from tests.builders import a_source
from tests.collectors.building import ENVIRON, FixedClock, a_record, a_runner, igate_source
from tests.collectors.servers import FakeIgate, Reply

STATES = ("Đang xử lý", "Chờ bổ sung", "Có kết quả", "Đã trả kết quả")
SKIPPED = {"id", "first_seen_at", "seen_at", "run_id", "dossier_id"}


class World(Protocol):
    """A source with its clock; `state` is a place in STATES."""

    source: SourceSettings
    clock: FixedClock

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def put(self, count: int, *, state: int = 0, decomposed: bool = False) -> None: ...
    def break_next(self, how: int) -> None: ...
    def heal(self) -> None: ...
    def fetch(self) -> list[Payload]: ...


class IgateWorld:
    """iGate 2 behind real HTTP."""

    FAULTS = (
        Reply(500),
        Reply(504),
        Reply(200, b"<html>x</html>"),
        Reply(200, b'{"content": [{"id":'),
        Reply(200, b"{}"),
        Reply(200, b'{"content": [], "totalElements": 0, "last": true}'),
        Reply(403),
        Reply(204, b""),
    )

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stack = ExitStack()
        self.clock = FixedClock()

    def __enter__(self) -> Self:
        self._site = self._stack.enter_context(FakeIgate())
        self.source = igate_source(self._site, page_size=5)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def put(self, count: int, *, state: int = 0, decomposed: bool = False) -> None:
        names = [unicodedata.normalize("NFD", name) if decomposed else name for name in STATES]
        for n in range(count):
            updated = self.clock() - timedelta(minutes=n % 7 + 1)
            task = [{"name": unicodedata.normalize("NFD" if decomposed else "NFC", "Thẩm định hồ sơ")}]
            self._site.put(
                a_record(
                    f"k{n:03d}",
                    updated=updated,
                    dossierStatus={"id": 99, "name": names[state]},
                    agency={"name": unicodedata.normalize("NFD" if decomposed else "NFC", "Phường Hạ Long")},
                    currentTask=task,
                )
            )

    def break_next(self, how: int) -> None:
        self._site.script.extend([None] * (how % 2) + [self.FAULTS[how % len(self.FAULTS)]] * 4)

    def fetch(self) -> list[Payload]:
        self._site.script.clear()
        http = Http(self.source, secret=lambda: FakeIgate.SECRET, retry=AT_ONCE, clock=self.clock)
        ask = Ask(source=self.source, kind=RunKind.FULL, cursor=None, now=self.clock(), home=self._home)
        payloads = list(collector_of(self.source).fetch(ask, http))
        http.close()
        return payloads

    def heal(self) -> None:
        self._site.script.clear()


class FileWorld:
    """A folder with dropped sheets."""

    BROKEN = (b"", b"PK\x03\x04 cut", b"<html>", "Mã hồ sơ;Trạng thái\r\n1;2".encode(), b"\xff\xfe\x00")

    def __init__(self, home: Path) -> None:
        self._home = home
        self.clock = FixedClock()
        self.source = a_source("s1", kind="file_drop", folder="inbox/s1", base_url=None)
        self._folder = home / "inbox" / "s1"
        self._number = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def put(self, count: int, *, state: int = 0, decomposed: bool = False) -> None:
        rows = [
            (
                f"H49.101-261101-{n:04d}",
                "1.000002",
                "Đăng ký khai sinh",
                "Hộ tịch",
                "",
                "Phường Hạ Long",
                "Trực tuyến",
                "Công dân",
                "01/11/2026",
                "02/11/2026",
                "25/11/2026",
                "",
                "",
                STATES[state],
                "50.000",
                "x",
            )
            for n in range(count)
        ]
        body = template.template_csv(rows)
        if decomposed:
            body = unicodedata.normalize("NFD", body.decode("utf-8-sig")).encode("utf-8-sig")
        self._drop(body)

    def _drop(self, body: bytes) -> None:
        self._number += 1
        moment = (self.clock() - timedelta(seconds=30)).timestamp()
        path = self._folder / f"n{self._number:03d}.csv"
        path.write_bytes(body)
        os.utime(path, (moment, moment))

    def break_next(self, how: int) -> None:
        for path in self._folder.glob("*.csv"):
            path.unlink()
        self._drop(self.BROKEN[how % len(self.BROKEN)])

    def fetch(self) -> list[Payload]:
        ask = Ask(source=self.source, kind=RunKind.FULL, cursor=None, now=self.clock(), home=self._home)
        return list(collector_of(self.source).fetch(ask, None))  # type: ignore[arg-type]

    def heal(self) -> None:
        for path in self._folder.glob("*.csv"):
            path.unlink()


WORLDS: dict[str, Callable[[Path], World]] = {"igate2": IgateWorld, "file_drop": FileWorld}


def run(world: World, engine: Engine, home: Path, kind: RunKind = RunKind.CHANGES) -> RunReport:
    """One run of the world's source, asked for by hand."""
    with a_runner(engine, home, world.source, clock=world.clock, environ=ENVIRON) as runner:
        return runner.run(world.source, kind, asked=True)


def contents(engine: Engine, *tables: str) -> list[object]:
    """Everything that the store says of dossiers, without surrogate keys and our own clock."""
    chosen = tables or ("dossier", "dossier_pause", "daily", "open_due", "stock", "unmapped")
    found: list[object] = []
    with reading(engine) as conn:
        for name in chosen:
            table = t.metadata.tables[name]
            columns = [column for column in table.c if column.name not in SKIPPED]
            found.extend(sorted(map(str, conn.execute(select(*columns)))))
    return found
