"""One pass over a source: page after page into the store, the cursor only with the last of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from ioc.clock import Clock
from ioc.collectors import raw, vanished
from ioc.collectors.base import Ask, Collector, Pages, Parsed, Payload
from ioc.collectors.http import Http
from ioc.collectors.leases import Lease
from ioc.collectors.lookup import Lookup
from ioc.collectors.vanished import Memory
from ioc.errors import IocError, SourceChanged, SourceFault, SuspectBatch
from ioc.model.dossier import DossierVersion
from ioc.model.figure import CountingRule
from ioc.model.run import Ledger, Reject, RunKind
from ioc.rules.history import AcceptDue
from ioc.rules.plausibility import check_full_pass
from ioc.settings import SourceSettings
from ioc.store.engine import reading
from ioc.store.ingest import Batch, ingest
from ioc.store.keys import live_count, live_keys
from ioc.store.load import known_dossiers
from ioc.store.runs import file_known, note_progress, remember_file, source_state

log = logging.getLogger(__name__)

_SLICE = 1_000
"""Readings in one transaction: others must get their turn at the store."""
_PROGRESS_SECONDS = 1.0
_ENOUGH, _MOST_REFUSED = 20, 0.5
"""A page of at least so many records of which more than this share is refused has changed its shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every pass over one source works with."""

    source: SourceSettings
    collector: Collector
    engine: Engine
    home: Path
    http: Http
    lookup: Lookup
    lease: Lease
    rule: CountingRule
    accept_due: AcceptDue
    clock: Clock
    monotonic: Callable[[], float]
    told: set[tuple[str, str]]
    """New fields already spoken of, as (source, field)."""

    def ask(self, kind: RunKind, *, cursor: str | None = None, page_limit: int | None = None) -> Ask:
        """A question to the collector, now."""
        return Ask(
            source=self.source,
            kind=kind,
            cursor=cursor,
            now=self.clock(),
            home=self.home,
            page_limit=page_limit,
            known_file=self._is_known,
        )

    def _is_known(self, sha256: str) -> bool:
        with reading(self.engine) as conn:
            return file_known(conn, self.source.id, sha256)

    def has_work(self, kind: RunKind) -> bool:
        """Whether there is anything to read now."""
        return self.collector.has_work(self.ask(kind))


class Pass:
    """The work of one run; `pages`, `stored` and `as_of` tell how far it came."""

    def __init__(
        self,
        tools: Tools,
        *,
        run_id: int,
        kind: RunKind,
        page_limit: int | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._tools = tools
        self._memory = self._stored_memory = self._remembered()
        with reading(tools.engine) as conn:
            self._live = live_keys(conn, tools.source.id) if kind is RunKind.FULL else frozenset()
        self._ask = tools.ask(kind, cursor=self._memory.cursor, page_limit=page_limit)
        self._between = between
        self._is_whole = kind is RunKind.FULL and tools.collector.IS_POLLED
        self._found: set[str] = set()
        self._nameless = False
        self._ledger = Ledger()
        self._told_at = tools.monotonic()
        self._expected: int | None = None
        self.run_id = run_id
        self.pages = 0
        self.as_of: datetime | None = None
        """The moment the figures are good for: a file's own, else that of the first answer."""

    @property
    def stored(self) -> bool:
        """Whether anything read is in the store."""
        return self._ledger.fetched > 0

    def read_all(self) -> None:
        """Read to the end; raises what ended it earlier, with the pages before it stored."""
        try:
            self._read_pages(self._tools.collector.fetch(self._ask, self._tools.http))
        finally:
            self._progress(at_end=True)
            if not (self._ledger.inserted or self._ledger.updated or self._ledger.quarantined):
                raw.drop(self._tools.home, self._tools.source.id, self.run_id)

    def _read_pages(self, pages: Pages) -> None:
        """One payload is always held back: the last of them carries the cursor."""
        ahead: Payload | None = None
        while True:
            try:
                payload = next(pages)
            except StopIteration as end:
                self._finish(ahead, end.value)
                return
            except IocError:
                if ahead is not None:
                    with suppress(SourceFault):  # the first fault is the one to tell
                        self._take(ahead)
                raise
            if ahead is not None:
                self._take(ahead)
                self._between()
            self._believe(payload)
            ahead = payload

    def _believe(self, payload: Payload) -> None:
        """A source that says it has far less than we hold of it is not believed (`safety.md` F19)."""
        if payload.stated_total is None or self.pages:
            return
        with reading(self._tools.engine) as conn:
            stored = live_count(conn, self._tools.source.id)
        floor = self._tools.source.floor_share
        check_full_pass(found=payload.stated_total, stored=stored, floor_share=floor)

    def _take(self, payload: Payload) -> None:
        """Store a payload that is not the last."""
        parsed = self._parsed(payload)
        self._store(self._readings(payload, parsed), parsed.rejects)

    def _finish(self, payload: Payload | None, cursor: str | None) -> None:
        """Store the last payload, what it proves about absent dossiers, and the cursor."""
        self._memory = self._stored_memory = self._remembered()  # changes may have been read in between
        if payload is None:
            self._remember(cursor)
            self._store((), (), with_memory=True)
            return
        try:
            parsed = self._parsed(payload)
            readings = self._readings(payload, parsed)
            dead = self._absent(payload, readings, parsed)
        except SourceFault as exc:
            self._settle(payload, str(exc))
            raise
        self._remember(cursor)
        self._store(readings, parsed.rejects)
        if dead:  # together with the memory that can bring them back
            self._stored_memory = self._memory
            self._ingest(dead, (), self._memory.text())
        self._store((), (), with_memory=True)
        self._settle(payload, None, parsed)

    def _absent(
        self, payload: Payload, readings: Sequence[DossierVersion], parsed: Parsed
    ) -> tuple[DossierVersion, ...]:
        """Readings that delete what two complete passes did not show; SuspectBatch when that is much."""
        found = frozenset(self._found)
        if not self._tells_absence(payload):
            self._memory = vanished.after_part(self._memory, found=found)
            return ()
        source = self._tools.source
        try:
            check_full_pass(
                found=len(self._live & found), stored=len(self._live), floor_share=source.floor_share
            )
        except SuspectBatch:
            if not payload.is_whole:  # the rows are good, only what is absent is not believed
                self._store(readings, parsed.rejects)
            raise
        dead, self._memory = vanished.after_whole(self._memory, live=self._live, found=found)
        if not dead:
            return ()
        with reading(self._tools.engine) as conn:
            known = known_dossiers(conn, source.id, sorted(dead))
        return tuple(vanished.tombstone(one.dossier.latest, now=self._ask.now) for one in known.values())

    def _tells_absence(self, payload: Payload) -> bool:
        """Whether what this pass did not show is absent: it was complete, and every row had a name."""
        is_whole = self._is_whole or payload.is_whole
        return is_whole and self._ask.absence.is_told and not self._nameless

    def _remembered(self) -> Memory:
        with reading(self._tools.engine) as conn:
            return Memory.read(source_state(conn, self._tools.source.id).cursor)

    def _remember(self, cursor: str | None) -> None:
        if cursor is not None:
            self._memory = replace(self._memory, cursor=cursor)

    def _parsed(self, payload: Payload) -> Parsed:
        """What the masked payload says; only what is kept is ever read."""
        tools = self._tools
        self.pages += 1
        self._expected = payload.expected if payload.expected is not None else self._expected
        fallback = tools.source.options.get("encoding")
        masked = raw.masked_payload(
            payload, keep=tools.collector.KEEP, reads=tools.collector.READS, fallback=fallback
        )
        try:
            raw.keep(tools.home, tools.source.id, self.run_id, self.pages, masked)
        except OSError as exc:
            log.warning("payload of source %s not kept: %s", tools.source.id, exc.strerror)
        parsed = tools.collector.parse(masked, tools.source, tools.lookup)
        self.as_of = parsed.as_of or self.as_of or payload.fetched_at
        self._tell_new_fields(parsed.new_fields)
        records = len(parsed.versions) + len(parsed.rejects)
        if records >= _ENOUGH and len(parsed.rejects) > records * _MOST_REFUSED:
            self._store((), parsed.rejects)
            raise SourceChanged(
                f"{len(parsed.rejects)} trong {records} bản ghi không đọc được; xem mục cách ly của nguồn"
            )
        return parsed

    def _readings(self, payload: Payload, parsed: Parsed) -> tuple[DossierVersion, ...]:
        self._found.update(version.source_key for version in parsed.versions)
        self._found.update(reject.source_key for reject in parsed.rejects if reject.source_key)
        self._nameless |= any(reject.source_key is None for reject in parsed.rejects)
        return vanished.restored(parsed.versions, self._memory, seen_at=payload.fetched_at)

    def _tell_new_fields(self, fields: frozenset[str]) -> None:
        fresh = {field for field in fields if (self._tools.source.id, field) not in self._tools.told}
        if fresh:
            self._tools.told.update((self._tools.source.id, field) for field in fresh)
            log.info("source %s sends new fields: %s", self._tools.source.id, ", ".join(sorted(fresh)))

    def _store(
        self, readings: Sequence[DossierVersion], rejects: Sequence[Reject], *, with_memory: bool = False
    ) -> None:
        """Slice after slice; the memory with the last, and nothing at all when there is no news."""
        text = self._memory.text() if with_memory and self._memory != self._stored_memory else None
        slices = [readings[n : n + _SLICE] for n in range(0, len(readings), _SLICE)] or [()]
        for place, part in enumerate(slices):
            is_last = place == len(slices) - 1
            refused = rejects if is_last else ()
            cursor = text if is_last else None
            if part or refused or cursor is not None:
                self._ingest(part, refused, cursor)
        if text is not None:
            self._stored_memory = self._memory
        self._progress()

    def _ingest(
        self, versions: Sequence[DossierVersion], rejects: Sequence[Reject], cursor: str | None
    ) -> None:
        tools = self._tools
        batch = Batch(
            source_id=tools.source.id,
            run_id=self.run_id,
            versions=versions,
            rejects=rejects,
            cursor=cursor,
            fence=(tools.lease.name, tools.lease.fence),
            in_order=not tools.collector.IS_POLLED,  # a file older than the last one is refused
        )
        ledger = ingest(tools.engine, batch, now=tools.clock(), rule=tools.rule, accept_due=tools.accept_due)
        if not ledger.balances or ledger.fetched != len(versions) + len(rejects):
            log.error("ledger of run %s does not balance", self.run_id)
        self._ledger += ledger

    def _settle(self, payload: Payload, error: str | None, parsed: Parsed | None = None) -> None:
        tools = self._tools
        if parsed is not None and payload.sha256 is not None and parsed.as_of is not None:
            remember_file(
                tools.engine,
                source_id=tools.source.id,
                sha256=payload.sha256,
                name=payload.position,
                as_of=parsed.as_of,
                run_id=self.run_id,
            )
        rejects = parsed.rejects if parsed else ()
        tools.collector.settle(self._ask, payload, error=error, rejects=rejects)

    def _progress(self, *, at_end: bool = False) -> None:
        """For those who watch; at most once a second, and at the end."""
        now = self._tools.monotonic()
        if at_end or now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            note_progress(
                self._tools.engine,
                self.run_id,
                pages=self.pages,
                expected=self._expected,
                now=self._tools.clock(),
            )
