"""A run of a source, its ledger, and what a person is told of the source's health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ioc.faults import FaultKind, RejectReason

CHECK = "check"
"""Under this name the nightly check of the rollups leaves its runs, beside those of the sources."""


class RunKind(StrEnum):
    """What a run set out to read."""

    CHANGES = "changes"  # since the cursor
    FULL = "full"  # everything, also as reconciliation


class RunState(StrEnum):
    """How a run ended; `running` until then."""

    RUNNING = "running"
    OK = "ok"
    PARTIAL = "partial"  # some pages read and kept, the cursor unmoved
    HELD = "held"  # readable but not believable: nothing taken
    FAILED = "failed"
    ABANDONED = "abandoned"  # its process died


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What became of the records of a batch; always fetched = the sum of the other five."""

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    quarantined: int = 0

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            fetched=self.fetched + other.fetched,
            inserted=self.inserted + other.inserted,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            stale=self.stale + other.stale,
            quarantined=self.quarantined + other.quarantined,
        )

    @property
    def balances(self) -> bool:
        """Whether every record fetched is accounted for."""
        parts = self.inserted + self.updated + self.unchanged + self.stale + self.quarantined
        return self.fetched == parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A record refused at the edge.

    `payload` is the masked raw text, `position` its place in the page or file.
    """

    reason: RejectReason
    detail: str
    position: str
    payload: str
    source_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of `source_run`."""

    id: int
    source_id: str
    kind: RunKind
    state: RunState
    started_at: datetime
    progress_at: datetime | None = None
    """The last sign of life; None: none since it began."""
    ended_at: datetime | None = None
    fault: FaultKind | None = None
    error: str | None = None
    pages: int = 0
    expected: int | None = None
    ledger: Ledger = Ledger()
    as_of: datetime | None = None


class Freshness(StrEnum):
    """How far a source's figures can be trusted now."""

    FRESH = "fresh"  # mới
    STALE = "stale"  # cũ: no good run for longer than `stale_after`
    FAILING = "failing"  # hỏng: stale, and the last run failed
    LOADING = "loading"  # đang nạp lần đầu
    NEVER = "never"  # chưa có dữ liệu
    PAUSED = "paused"  # tạm ngừng thu thập (credentials refused, breaker)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One row of the sources screen; ages in seconds at `as_of`."""

    source_id: str
    name: str
    kind: str
    level: str
    freshness: Freshness
    last_success: datetime | None
    age_seconds: int | None
    last_run: Run | None
    next_run_at: datetime | None
    open_dossiers: int
    quarantined: int
    unmapped: int
    recent: tuple[RunState, ...] = ()
    simulated: bool = False


class Light(StrEnum):
    """The one lamp of the truth strip: is this screen telling the truth now?"""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What stands over every screen, wall and export."""

    as_of: datetime
    light: Light
    fresh: int
    total: int
    oldest_name: str | None
    oldest_success: datetime | None
    stale_ids: tuple[str, ...] = ()
    never_ids: tuple[str, ...] = ()
    loading_ids: tuple[str, ...] = ()
    open_defects: int = 0
    stale_open_dossiers: int = 0
    """Dossiers in the in-progress total that come from sources not fresh: the last known of the missing."""
    rankings_allowed: bool = True

    @property
    def coverage(self) -> float | None:
        """Fresh sources / all sources; None without any source."""
        return self.fresh / self.total if self.total else None
