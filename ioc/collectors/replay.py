"""Parse the kept payloads of a run once more: after a parser was mended, or codes were mapped."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from ioc.clock import Clock, utc_now
from ioc.collectors import raw
from ioc.collectors.base import Ask, Collector, Parsed, Payload
from ioc.collectors.http import Http
from ioc.collectors.lookup import Lookup
from ioc.collectors.registry import collector_of
from ioc.collectors.reports import RunReport
from ioc.collectors.runner import Runner
from ioc.errors import SourceChanged
from ioc.faults import FaultKind
from ioc.model.run import Reject, RunKind
from ioc.settings import Settings, SourceSettings


def replay(
    settings: Settings,
    source: SourceSettings,
    run_id: int,
    *,
    engine: Engine,
    holder: str,
    environ: Mapping[str, str],
    clock: Clock = utc_now,
) -> RunReport:
    """Run the payloads of `run_id` through today's parser and code tables, as a run of its own.

    Readings carry the change dates of the source, so an old payload never hides a newer one. The
    report is a fault when nothing of the run is kept any more.
    """
    kept = tuple(raw.kept(settings.home, source.id, run_id))
    runner = Runner(settings, engine, holder=holder, environ=environ, clock=clock)
    try:
        return runner.run(
            source, RunKind.CHANGES, asked=True, instead=Again(collector_of(source), kept, run_id)
        )
    finally:
        runner.close()


@dataclass(frozen=True, slots=True)
class Again:
    """A collector that reads kept payloads in place of the source."""

    inner: Collector
    payloads: Sequence[Payload]
    run_id: int
    IS_POLLED: bool = True

    @property
    def KIND(self) -> str:
        """The kind of the collector whose payloads these are."""
        return self.inner.KIND

    @property
    def KEEP(self) -> frozenset[str]:
        """As the collector's own."""
        return self.inner.KEEP

    @property
    def READS(self) -> frozenset[str] | None:
        """As the vendor's module has it."""
        return self.inner.READS

    def has_work(self, ask: Ask) -> bool:
        """Always: that nothing is kept is worth telling."""
        return True

    def reach(self, ask: Ask, http: Http) -> None:
        """Nothing is asked for."""

    def fetch(self, ask: Ask, http: Http) -> Generator[Payload, None, str | None]:
        """The kept payloads; no cursor moves."""
        if not self.payloads:
            raise SourceChanged(
                f"Không còn dữ liệu gốc của lần thu thập {self.run_id}; chạy lại với --full để đọc từ nguồn",
                kind=FaultKind.FILE,
            )
        yield from self.payloads
        return None

    def parse(self, payload: Payload, source: SourceSettings, lookup: Lookup) -> Parsed:
        """By the collector's parser of today."""
        return self.inner.parse(payload, source, lookup)

    def settle(
        self, ask: Ask, payload: Payload | None, *, error: str | None, rejects: Sequence[Reject]
    ) -> None:
        """Nothing to put away."""
