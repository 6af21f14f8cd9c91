"""What one dossier adds to the rollups: additive counters without a clock.

`rollup(all) == Σ contribution`, and every update is new − old. Counters are booked on local days:
receipts on the day of receipt, closings on the day of closing, lateness on the day after the due
day (also when that is still to come), pauses on the days they begin and end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from ioc.model.dossier import UNMAPPED, Channel, Dossier, Flag, ServiceLevel, Standing
from ioc.model.figure import CountingRule
from ioc.rules.timeliness import Step, due_day, standing_at_last, timeline

K = TypeVar("K")


@dataclass(frozen=True, slots=True, order=True)
class RollupKey:
    """Whose counters: rows of the rollups are per agency, domain and source."""

    agency_code: str
    domain_code: str
    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One dossier's share of every rollup."""

    key: RollupKey
    daily: Mapping[tuple[date, str], int] = field(default_factory=dict)
    open_due: date | None = None
    stock: str | None = None
    unmapped: frozenset[tuple[str, str]] = frozenset()


_RECEIVED = {
    Channel.COUNTER: "received_counter",
    Channel.POSTAL: "received_postal",
    Channel.UNKNOWN: "received_unknown",
}
_RECEIVED_ONLINE = {
    ServiceLevel.FULL: "received_online_full",
    ServiceLevel.PARTIAL: "received_online_partial",
}
_LASTING = {Standing.LATE: "late", Standing.PAUSED: "paused", Standing.NO_DUE: "no_due"}
_STOCK = {
    Standing.WITHIN: "running",
    Standing.PAUSED: "paused",
    Standing.NO_DUE: "no_due",
    Standing.WAITING: "waiting",
}


def contribution(dossier: Dossier, rule: CountingRule) -> Contribution:
    """The counters of one dossier under `rule`."""
    steps = timeline(dossier, rule)
    final = standing_at_last(dossier, steps)
    latest = dossier.latest
    return Contribution(
        key=RollupKey(latest.agency_code, latest.domain_code, latest.source_id),
        daily=_daily(dossier, steps),
        open_due=due_day(dossier, rule) if final is Standing.WITHIN else None,
        stock=_STOCK.get(final),
        unmapped=frozenset() if final is Standing.EXCLUDED else unmapped_codes(dossier),
    )


def received_counter(dossier: Dossier) -> str:
    """The `received_*` counter of the dossier's channel and service level."""
    if dossier.latest.channel is not Channel.ONLINE:
        return _RECEIVED[dossier.latest.channel]
    level = dossier.latest.service_level
    return _RECEIVED_ONLINE.get(level, "received_online_other") if level else "received_online_other"


def unmapped_codes(dossier: Dossier) -> frozenset[tuple[str, str]]:
    """(kind, raw word) of everything about the dossier that nobody has mapped yet."""
    latest = dossier.latest
    found = set()
    if Flag.UNKNOWN_STATUS in dossier.flags:
        found.add(("status", latest.raw_status or ""))
    if Flag.UNKNOWN_AGENCY in dossier.flags or latest.agency_code == UNMAPPED:
        found.add(("agency", latest.agency_raw or ""))
    if Flag.UNKNOWN_PROCEDURE in dossier.flags or latest.procedure_code == UNMAPPED:
        found.add(("procedure", (latest.procedure_raw or "")[:200]))
    return frozenset(found)


def counters_on_receipt(dossier: Dossier) -> tuple[str, ...]:
    """Counters booked on the day of receipt beside the channel's."""
    latest = dossier.latest
    names = []
    if dossier.accept_due_at and latest.received_at:
        in_time = latest.received_at <= dossier.accept_due_at
        names.append("accepted_on_time" if in_time else "accepted_late")
    if latest.fee_total and latest.paid_online is not None:
        names.append("fee_due")
        if latest.paid_online:
            names.append("fee_paid_online")
    return tuple(names)


def counters_on_closing(dossier: Dossier, standing: Standing) -> tuple[str, ...]:
    """Counters booked on the day of closing beside the class of the closing."""
    signed = dossier.latest.signed_result
    if standing is Standing.WITHOUT_RESULT or signed is None:
        return ()
    return ("results_known", "results_signed") if signed else ("results_known",)


def _daily(dossier: Dossier, steps: Sequence[Step]) -> Mapping[tuple[date, str], int]:
    if not steps:
        return {}
    counters: dict[tuple[date, str], int] = {}
    first = steps[0].day
    for name in (received_counter(dossier), *counters_on_receipt(dossier)):
        counters[first, name] = 1
    before: Standing | None = None
    for step in steps:
        for name in _moves(before, step.standing, dossier):
            counters[step.day, name] = counters.get((step.day, name), 0) + 1
        before = step.standing
    return counters


def _moves(before: Standing | None, after: Standing, dossier: Dossier) -> tuple[str, ...]:
    out = (f"{_LASTING[before]}_out",) if before in _LASTING else ()
    into = (f"{_LASTING[after]}_in",) if after in _LASTING else ()
    closing = (after.value, *counters_on_closing(dossier, after)) if after.is_closed else ()
    return (*out, *into, *closing)


@dataclass(slots=True)
class Delta:
    """Sum of contributions, each added or taken away; what one batch changes in the rollups."""

    daily: dict[tuple[RollupKey, date], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    open_due: dict[tuple[RollupKey, date], int] = field(default_factory=lambda: defaultdict(int))
    stock: dict[RollupKey, dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    unmapped: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, share: Contribution, sign: int) -> None:
        """Add (`sign` 1) or take away (−1) one dossier's share."""
        for (day, name), count in share.daily.items():
            self.daily[share.key, day][name] += sign * count
        if share.open_due is not None:
            self.open_due[share.key, share.open_due] += sign
        if share.stock is not None:
            self.stock[share.key][share.stock] += sign
        for kind, raw in share.unmapped:
            self.unmapped[share.key.source_id, kind, raw] += sign

    def pruned(self) -> Delta:
        """The same sum without zeros; empty when nothing changed."""
        return Delta(
            daily=_nonzero_rows(self.daily),
            open_due={key: count for key, count in self.open_due.items() if count},
            stock=_nonzero_rows(self.stock),
            unmapped={key: count for key, count in self.unmapped.items() if count},
        )

    @property
    def is_empty(self) -> bool:
        """Whether applying this changes nothing (ask a pruned delta)."""
        return not (self.daily or self.open_due or self.stock or self.unmapped)


def _nonzero_rows(rows: dict[K, dict[str, int]]) -> dict[K, dict[str, int]]:
    kept = {key: {name: n for name, n in row.items() if n} for key, row in rows.items()}
    return {key: row for key, row in kept.items() if row}
