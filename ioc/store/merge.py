"""What a batch says of one dossier beside what is known: pure, and deaf to order and repetition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter

from ioc.model.dossier import Dossier, DossierVersion, Reading, reading_of
from ioc.rules.history import AcceptDue, fold

Order = tuple[datetime, int, str]


@dataclass(frozen=True, slots=True)
class Known:
    """A dossier as the store has it, with every reading kept of it.

    `derived` are its stored values of `rows.DERIVED_COLUMNS`.
    """

    id: int
    dossier: Dossier
    derived: tuple[object, ...]
    readings: tuple[Reading, ...]


@dataclass(slots=True)
class Tally:
    """What became of the readings; they sum up to those that came."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0


@dataclass(slots=True)
class Merge:
    """The outcome for one key: the newest reading, all readings, and those among them that are new."""

    latest: DossierVersion | None
    newest: Reading | None
    readings: dict[Order, Reading]
    fresh: list[Reading] = field(default_factory=list)


def merge(
    known: Known | None, incoming: Sequence[DossierVersion], tally: Tally, *, in_order: bool = False
) -> Merge:
    """Lay `incoming` (one key, any order, repeats allowed) upon what is known; counts into `tally`.

    A reading seen before is `unchanged` and leaves no trace. A newer one with the content already
    stored is `unchanged` too, but kept: what an older reading that comes late means depends on it.
    From a source that never goes back (`in_order`) no such reading can come, and nothing is kept.
    """
    outcome = _start(known)
    for version in incoming:
        reading = reading_of(version)
        order = reading.order
        if order in outcome.readings:
            tally.unchanged += 1
            continue
        if in_order and _says_nothing_new(outcome.newest, reading):
            tally.unchanged += 1
            continue
        _count(outcome.newest, reading, tally)
        outcome.readings[order] = reading
        outcome.fresh.append(reading)
        if outcome.newest is None or order > outcome.newest.order:
            outcome.latest, outcome.newest = version, reading
    return outcome


def _says_nothing_new(newest: Reading | None, reading: Reading) -> bool:
    return newest is not None and newest.content_hash == reading.content_hash and newest.order < reading.order


def refold(known: Known | None, outcome: Merge, accept_due: AcceptDue) -> Dossier:
    """The dossier that all readings tell now."""
    assert outcome.latest is not None
    keep = _keeping(known, accept_due) if known else accept_due
    return fold(outcome.latest, outcome.readings.values(), accept_due=keep)


def looks_the_same(before: Dossier, after: Dossier) -> bool:
    """Whether no screen could tell them apart: all equal but the place of the newest reading in time."""
    return _state(before) == _state(after) and _content(before.latest) == _content(after.latest)


_state: Callable[[Dossier], object] = attrgetter(*(f.name for f in fields(Dossier) if f.name != "latest"))
_content: Callable[[DossierVersion], object] = attrgetter(
    *(f.name for f in fields(DossierVersion) if f.name not in {"version_at", "version_seq"})
)


def _start(known: Known | None) -> Merge:
    if known is None:
        return Merge(latest=None, newest=None, readings={})
    readings = {reading.order: reading for reading in known.readings}
    return Merge(latest=known.dossier.latest, newest=max(known.readings, key=_order), readings=readings)


def _order(reading: Reading) -> Order:
    return reading.order


def _count(newest: Reading | None, reading: Reading, tally: Tally) -> None:
    if newest is None:
        tally.inserted += 1
    elif reading.order < newest.order:
        tally.stale += 1
    elif reading.content_hash == newest.content_hash:
        tally.unchanged += 1
    else:
        tally.updated += 1


def _keeping(known: Known, accept_due: AcceptDue) -> AcceptDue:
    """Deadlines given once stay: an edited calendar speaks only of submissions to come."""
    stored = known.dossier

    def keep(submitted_at: datetime) -> datetime | None:
        if stored.accept_due_at is not None and stored.latest.submitted_at == submitted_at:
            return stored.accept_due_at
        return accept_due(submitted_at)

    return keep
