"""What a collector is: `fetch` touches the network or the disk, `parse` touches nothing.

A module of this package with the names of `Collector` is one; `registry` lists them all. The bytes between
the two are kept, so that a mended parser can read them again (`replay`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from ioc.collectors.http import Http
from ioc.collectors.jsontext import Document
from ioc.collectors.lookup import Lookup
from ioc.model.dossier import DossierVersion
from ioc.model.run import Reject, RunKind
from ioc.settings import SourceSettings


@dataclass(slots=True)
class Absence:
    """Whether a complete pass may be believed about what it does *not* show; `fetch` takes it back."""

    is_told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a run wants to know; `now` is our clock at its start."""

    source: SourceSettings
    kind: RunKind
    cursor: str | None
    now: datetime
    home: Path
    page_limit: int | None = None
    """Pages of a first look, which only wants numbers on the screen at once."""
    known_file: Callable[[str], bool] = lambda sha256: False
    absence: Absence = field(default_factory=Absence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One page or file as it was read: JSON bytes, and where they came from."""

    body: bytes
    position: str
    fetched_at: datetime
    expected: int | None = None
    """Records that the whole run expects, as far as the source says; for the progress bar."""
    stated_total: int | None = None
    """Records that the source says it has in all; what a run is believed by."""
    sha256: str | None = None
    is_masked: bool = False
    """The bytes hold no personal data already, and are kept as they are."""
    is_whole: bool = False
    """The payload by itself lists every dossier of the source, so that an absent one is news."""
    document: Document | None = field(default=None, compare=False, repr=False)
    """The body decoded, when somebody has done so already."""
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What `parse` must know besides the bytes; kept with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a payload says: every record is in `versions` or in `rejects`."""

    versions: tuple[DossierVersion, ...] = ()
    rejects: tuple[Reject, ...] = ()
    as_of: datetime | None = None
    """The moment for which a file speaks; None for live sources."""
    new_fields: frozenset[str] = frozenset()
    skipped: int = 0
    """Rows that are no records (totals, group titles, page rows older than asked for)."""


Pages = Generator[Payload, None, str | None]
"""Payloads in the order read; the value returned at the end is the new cursor (None leaves the old one)."""


class Collector(Protocol):
    """A vendor: transport and shape, nothing else."""

    @property
    def KIND(self) -> str:
        """The word in `kind = "…"` of a source."""

    @property
    def IS_POLLED(self) -> bool:
        """Whether a server can be asked at any time, also for everything; a folder is only looked into."""

    @property
    def KEEP(self) -> frozenset[str]:
        """Names of fields whose digits are codes, dates or amounts and must survive the masking."""

    @property
    def READS(self) -> frozenset[str] | None:
        """Names of all fields that are read, at any depth; None when nothing else can be there."""

    def has_work(self, ask: Ask) -> bool:
        """Whether a run would find anything to read; a folder may be empty."""

    def reach(self, ask: Ask, http: Http) -> None:
        """Try the source with as little as possible; raises what is wrong."""

    def fetch(self, ask: Ask, http: Http) -> Pages:
        """Read page after page; raises SourceFault."""

    def parse(self, payload: Payload, source: SourceSettings, lookup: Lookup) -> Parsed:
        """Pure: the same payload always gives the same records. Raises SourceChanged."""

    def settle(
        self, ask: Ask, payload: Payload | None, *, error: str | None, rejects: Sequence[Reject]
    ) -> None:
        """Put away what was read, after its data is committed (`error` None) or refused."""
