"""What all readings of a dossier tell together: a fold that no order or repetition of them can change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from ioc.model.dossier import (
    Channel,
    Dossier,
    DossierVersion,
    Flag,
    Pause,
    PauseKind,
    Reading,
    Status,
)

AcceptDue = Callable[[datetime], datetime | None]
"""Submission -> last moment to accept it (8 working hours, Decree 45/2020); None when it cannot be told."""

_PAUSES = {
    Status.SUPPLEMENT: PauseKind.SUPPLEMENT,
    Status.FINANCIAL: PauseKind.FINANCIAL,
    Status.STOPPED: PauseKind.STOPPED,
}
_ENDED = {Status.COMPLETED, Status.RETURNED}
_NEVER_RECEIVED = {Status.NEW, Status.REJECTED, Status.WITHDRAWN}


def fold(latest: DossierVersion, readings: Iterable[Reading], *, accept_due: AcceptDue) -> Dossier:
    """The dossier that `readings` (with `latest` the newest of them) tell; pure in their set.

    Receipt, closing and standing follow the newest reading alone, so that a re-opened dossier
    restates the past; pauses, moved due days and re-openings are read off the whole history.
    """
    history = sorted({reading.order: reading for reading in readings}.values(), key=lambda r: r.order)
    received_at = _received_at(latest, history)
    since = _status_since(history)
    closed_at = _closed_at(latest, since) if received_at else None
    dues = [reading.due_at for reading in history if reading.due_at]
    return Dossier(
        latest=latest,
        received_at=received_at,
        closed_at=closed_at,
        status_since=since,
        due_original_at=dues[0] if dues else None,
        reopened_count=_changes(history),
        due_moves=sum(1 for a, b in pairwise(dues) if a != b),
        accept_due_at=_accept_due_at(latest, accept_due),
        pauses=_pauses(history),
        flags=_flags(latest, received_at, closed_at),
    )


def with_accept_due(dossier: Dossier, accept_due_at: datetime | None) -> Dossier:
    """The same dossier with a limit stored earlier: an edited calendar moves no deadline."""
    return replace(dossier, accept_due_at=accept_due_at)


def _received_at(latest: DossierVersion, history: Sequence[Reading]) -> datetime | None:
    if latest.received_at or latest.status in _NEVER_RECEIVED:
        return latest.received_at
    first = next((r.version_at for r in history if r.status not in _NEVER_RECEIVED), latest.version_at)
    return latest.submitted_at or first


def _closed_at(latest: DossierVersion, since: datetime) -> datetime | None:
    """Dates decide; a closing status without any date closes when it was first read."""
    end = latest.finished_at or latest.returned_at
    if latest.status is Status.WITHDRAWN:
        return latest.withdrawn_at or end or since
    if latest.status is Status.REJECTED:
        return latest.rejected_at or end or since
    return end or (since if latest.status in _ENDED else None)


def _status_since(history: Sequence[Reading]) -> datetime:
    since = history[-1]
    for reading in reversed(history):
        if reading.status is not since.status:
            break
        since = reading
    return since.version_at


def _is_over(reading: Reading) -> bool:
    return bool(reading.finished_at or reading.returned_at or reading.status in _ENDED)


def _changes(history: Sequence[Reading]) -> int:
    return sum(1 for before, after in pairwise(history) if _is_over(before) and not _is_over(after))


def _accept_due_at(latest: DossierVersion, accept_due: AcceptDue) -> datetime | None:
    if latest.channel is not Channel.ONLINE or latest.submitted_at is None:
        return None
    return accept_due(latest.submitted_at)


def _pause_kind(reading: Reading) -> PauseKind | None:
    return None if _is_over(reading) else _PAUSES.get(reading.status)


def _pauses(history: Sequence[Reading]) -> tuple[Pause, ...]:
    """Stated intervals and those seen between readings, merged where they overlap."""
    return _merged([*_stated_pauses(history), *_seen_pauses(history)])


def _stated_pauses(history: Sequence[Reading]) -> list[Pause]:
    spans = {(r.supplement_requested_at, r.supplement_received_at) for r in history}
    return [
        Pause(kind=PauseKind.SUPPLEMENT, began_at=began, ended_at=ended)
        for began, ended in spans
        if began and ended and began < ended
    ]


def _seen_pauses(history: Sequence[Reading]) -> list[Pause]:
    pauses: list[Pause] = []
    current: Pause | None = None
    for reading in history:
        kind = _pause_kind(reading)
        if current and kind is not current.kind:
            pauses.append(replace(current, ended_at=_pause_end(current, reading)))
            current = None
        if kind and current is None:
            current = Pause(kind=kind, began_at=_pause_start(kind, reading))
    return pauses if current is None else [*pauses, current]


def _pause_start(kind: PauseKind, reading: Reading) -> datetime:
    stated = reading.supplement_requested_at if kind is PauseKind.SUPPLEMENT else None
    return min(stated, reading.version_at) if stated else reading.version_at


def _pause_end(pause: Pause, reading: Reading) -> datetime:
    stated = reading.supplement_received_at if pause.kind is PauseKind.SUPPLEMENT else None
    end = min(stated, reading.version_at) if stated else reading.version_at
    return max(end, pause.began_at)


def _pause_order(pause: Pause) -> tuple[datetime, bool, datetime, str]:
    return (pause.began_at, pause.ended_at is None, pause.ended_at or pause.began_at, pause.kind)


def _merged(pauses: list[Pause]) -> tuple[Pause, ...]:
    merged: list[Pause] = []
    for pause in sorted(pauses, key=_pause_order):
        last = merged[-1] if merged else None
        if last is None or (last.ended_at is not None and pause.began_at > last.ended_at):
            merged.append(pause)
        elif last.ended_at is not None:
            end = None if pause.ended_at is None else max(last.ended_at, pause.ended_at)
            kind = pause.kind if end is None else last.kind
            merged[-1] = replace(last, kind=kind, ended_at=end)
    return tuple(merged)


def _flags(
    latest: DossierVersion, received_at: datetime | None, closed_at: datetime | None
) -> frozenset[Flag]:
    found = set(latest.flags)
    if received_at and not latest.received_at:
        found.add(Flag.NO_RECEIVED)
    if received_at and latest.due_at and latest.due_at < received_at:
        found.add(Flag.DUE_BEFORE_RECEIVED)
    if received_at and closed_at and closed_at < received_at:
        found.add(Flag.FINISHED_BEFORE_RECEIVED)
    if latest.status in _ENDED and not (latest.finished_at or latest.returned_at):
        found.add(Flag.NO_FINISH_DATE)
    return frozenset(found)
