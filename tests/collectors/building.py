"""Builders for records on the wire, sources and runners; invented data, no person in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ioc.clock import VIETNAM
from ioc.collectors.http import AT_ONCE
from ioc.collectors.lookup import Lookup
from ioc.collectors.runner import Runner
from ioc.settings import Auth, Settings, SourceSettings
from tests.builders import NOON, a_settings, a_source
from tests.collectors.servers import FakeIgate, Record, stamp

ENVIRON = {"S1_SECRET": FakeIgate.SECRET}
STATUS_IDS = {
    "0": "new",
    "1": "received",
    "2": "processing",
    "3": "completed",
    "4": "returned",
    "5": "supplement",
    "6": "withdrawn",
    "8": "rejected",
    "9": "financial",
}


def local_stamp(moment: datetime) -> str:
    """As iGate writes dates of the dossier: local time with `+0700`."""
    return moment.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M:%S.000+0700")


def a_record(key: str = "a1", *, updated: datetime | None = None, **changes: Any) -> Record:
    """A dossier as iGate 2 sends it, received three days before NOON and being processed."""
    received = changes.pop("received", NOON - timedelta(days=3))
    record: Record = {
        "id": key,
        "code": f"H49.101-261117-{key}",
        "nationCode": f"000.00.H49.101-261117-{key}",
        "dossierStatus": {"id": 2, "name": "Đang xử lý"},
        "applicant": {"data": {"fullname": "CÔNG DÂN MẪU", "identityNumber": "000000000001"}},
        "procedure": {
            "id": "5f01",
            "code": "1.000002",
            "translate": [{"languageId": 228, "name": "Đăng ký khai sinh"}],
            "sector": {"id": "5f02", "code": "ho-tich", "name": [{"languageId": 228, "name": "Hộ tịch"}]},
        },
        "procedureLevel": {"id": "5f03", "name": [{"languageId": 228, "name": "Toàn trình"}]},
        "agency": {"id": "6001", "code": "H49.101", "name": "Phường Hạ Long"},
        "applyMethod": {"id": 0, "name": "Trực tuyến"},
        "appliedDate": local_stamp((received or NOON) - timedelta(hours=2)),
        "acceptedDate": local_stamp(received) if received else None,
        "appointmentDate": local_stamp((received or NOON) + timedelta(days=10)),
        "completedDate": None,
        "updatedDate": stamp(updated or NOON - timedelta(hours=1)),
        "currentTask": [{"name": "Thẩm định", "candidateGroup": [{"name": "Bộ phận Hộ tịch"}]}],
        "removeStatus": 0,
    }
    return record | changes


def many(count: int, *, newest: datetime = NOON - timedelta(hours=1), first: int = 0) -> list[Record]:
    """Records one minute apart, the first of them the newest."""
    return [a_record(f"k{first + n:04d}", updated=newest - timedelta(minutes=n)) for n in range(count)]


def igate_source(site: FakeIgate, **changes: Any) -> SourceSettings:
    """The source behind `site`."""
    values: dict[str, Any] = {
        "base_url": site.url,
        "page_size": 10,
        "request_seconds": 5.0,
        "auth": Auth(type="oidc", token_url=site.token_url, client_id="ioc", secret_env="S1_SECRET"),
        "codes": {"status": STATUS_IDS, "channel": {"0": "online", "1": "counter", "2": "postal"}},
    }
    return a_source("s1", **(values | changes))


def lookup(source: SourceSettings, home: Path = Path()) -> Lookup:
    """The maps of the small province for `source`."""
    return Lookup(a_settings(home, "sqlite:///:memory:", sources=[source]), source)


class FixedClock:
    """A clock that a test moves by hand."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment.astimezone(UTC)

    def on(self, **length: float) -> None:
        """Go on by a timedelta's length."""
        self.moment += timedelta(**length)


@contextmanager
def a_runner(
    engine: Engine, home: Path, source: SourceSettings, *, clock: FixedClock | None = None, **changes: Any
) -> Iterator[Runner]:
    """A runner over one source, whose retries do not wait."""
    settings = settings_for(home, source)
    values: dict[str, Any] = {"holder": "test:1", "environ": ENVIRON, "retry": AT_ONCE}
    runner = Runner(settings, engine, clock=clock or FixedClock(), **(values | changes))
    try:
        yield runner
    finally:
        runner.close()


def settings_for(home: Path, *sources: SourceSettings) -> Settings:
    """Settings of the small province with these sources."""
    return a_settings(home, "sqlite:///unused", sources=sources)
