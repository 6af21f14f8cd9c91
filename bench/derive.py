"""What the product's rules tell of each drawn dossier, over arrays: the twin of `rules.history.fold` for one
reading, of `rules.timeliness` and of `rules.rollup`, under the standard rule. `tests/bench` holds it to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.calendar_arrays import NULL, Calendar, Ints, local_days
from bench.draw import CHANNELS, FLAGS, LEVELS, STATUSES, Drawn
from ioc.model.dossier import Channel, Flag, PauseKind, ServiceLevel, Standing, Status

Bools = npt.NDArray[np.bool_]

STANDINGS = tuple(Standing)
PAUSES = tuple(PauseKind)
ALL_FLAGS = (
    *FLAGS, Flag.NO_RECEIVED, Flag.DUE_BEFORE_RECEIVED, Flag.FINISHED_BEFORE_RECEIVED, Flag.NO_FINISH_DATE,
)  # fmt: skip
_S = {status: place for place, status in enumerate(STATUSES)}
_AT = {standing: place for place, standing in enumerate(STANDINGS)}
_LASTING = {"late": Standing.LATE, "paused": Standing.PAUSED, "no_due": Standing.NO_DUE}
NEVER = np.int64(2**40)
"""Later than any day."""


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """The state columns and the derived ones of `store.rows`; days since 1970, NULL where unknown.

    `pause_*`: at most one pause a dossier; `pause_kind` is -1 without one. `due_day` also stands for dossiers
    that do not count, `received_day` and `closed_day` only for those that do.
    """

    received_at: Ints
    closed_at: Ints
    accept_due_at: Ints
    flags: Ints
    standing: Ints
    received_day: Ints
    closed_day: Ints
    due_day: Ints
    pause_kind: Ints
    pause_began: Ints
    pause_ended: Ints
    counts: Bools
    steps: tuple[Ints, Ints]
    """Days of the steps (NEVER: none) and their standings, four columns and the closing as the fifth."""


def derive(drawn: Drawn, calendar: Calendar, accept_hours: int) -> Derived:
    """Everything that follows from one reading of each dossier."""
    received = _received(drawn)
    closed = _closed(drawn, received)
    kind, began, ended = _pauses(drawn)
    counts = received != NULL
    first = local_days(received)
    last = np.where(closed != NULL, np.maximum(local_days(closed), first), NULL)
    due = local_days(drawn.due_at)
    standing_at_end = _closing_class(drawn, closed, due)
    steps = _steps(
        counts, first, last, due, _Pause(kind, local_days(began), local_days(ended)), standing_at_end
    )
    return Derived(
        received_at=received,
        closed_at=closed,
        accept_due_at=_accept_due(drawn, calendar, accept_hours),
        flags=_flags(drawn, received, closed),
        standing=_final(drawn, counts, last, due, kind, ended, standing_at_end),
        received_day=np.where(counts, first, NULL),
        closed_day=np.where(counts, last, NULL),
        due_day=due,
        pause_kind=kind,
        pause_began=began,
        pause_ended=ended,
        counts=counts,
        steps=steps,
    )


def _is(drawn: Drawn, *statuses: Status) -> Bools:
    return np.isin(drawn.status, [_S[status] for status in statuses])


def _first_of(*columns: Ints) -> Ints:
    found = columns[0]
    for column in columns[1:]:
        found = np.where(found != NULL, found, column)
    return found


def _received(drawn: Drawn) -> Ints:
    never = _is(drawn, Status.NEW, Status.REJECTED, Status.WITHDRAWN)
    guessed = np.where(never, NULL, _first_of(drawn.submitted_at, drawn.version_at))
    return _first_of(drawn.received_at, guessed)


def _closed(drawn: Drawn, received: Ints) -> Ints:
    end = _first_of(drawn.finished_at, drawn.returned_at)
    ended = _is(drawn, Status.COMPLETED, Status.RETURNED)
    closed = np.where((end == NULL) & ended, drawn.version_at, end)
    for status, stated in ((Status.WITHDRAWN, drawn.withdrawn_at), (Status.REJECTED, drawn.rejected_at)):
        closed = np.where(_is(drawn, status), _first_of(stated, end, drawn.version_at), closed)
    return np.where(received != NULL, closed, NULL)


def _pauses(drawn: Drawn) -> tuple[Ints, Ints, Ints]:
    """Stated pauses that are over, and the one that a waiting status means; never both in what we draw."""
    kind = np.full(len(drawn), -1, dtype=np.int64)
    began, ended = np.full_like(kind, NULL), np.full_like(kind, NULL)
    stated = (
        (drawn.requested_at != NULL) & (drawn.supplied_at != NULL) & (drawn.requested_at < drawn.supplied_at)
    )
    kind[stated] = PAUSES.index(PauseKind.SUPPLEMENT)
    began[stated], ended[stated] = drawn.requested_at[stated], drawn.supplied_at[stated]
    over = (drawn.finished_at != NULL) | (drawn.returned_at != NULL)
    for status, pause in ((Status.SUPPLEMENT, PauseKind.SUPPLEMENT), (Status.FINANCIAL, PauseKind.FINANCIAL)):
        mine = _is(drawn, status) & ~over & ~stated
        kind[mine] = PAUSES.index(pause)
        asked = np.where(drawn.requested_at == NULL, drawn.version_at, drawn.requested_at)
        began[mine] = np.minimum(asked, drawn.version_at)[mine]
    return kind, began, ended


def _accept_due(drawn: Drawn, calendar: Calendar, hours: int) -> Ints:
    found = np.full(len(drawn), NULL, dtype=np.int64)
    online = (drawn.channel == CHANNELS.index(Channel.ONLINE)) & (drawn.submitted_at != NULL)
    found[online] = calendar.add_hours(drawn.submitted_at[online], hours)
    return found


def _flags(drawn: Drawn, received: Ints, closed: Ints) -> Ints:
    counts = received != NULL
    no_date = (drawn.finished_at == NULL) & (drawn.returned_at == NULL)
    found = (
        counts & (drawn.received_at == NULL),
        counts & (drawn.due_at != NULL) & (drawn.due_at < received),
        counts & (closed != NULL) & (closed < received),
        _is(drawn, Status.COMPLETED, Status.RETURNED) & no_date,
    )
    flags = drawn.flags.copy()
    for bit, mine in enumerate(found, start=len(FLAGS)):
        flags |= mine.astype(np.int64) << bit
    return flags


def _closing_class(drawn: Drawn, closed: Ints, due: Ints) -> Ints:
    day = local_days(closed)
    found = np.full(len(drawn), _AT[Standing.RESOLVED_ON_TIME], dtype=np.int64)
    found[day > due] = _AT[Standing.RESOLVED_LATE]
    found[day < due] = _AT[Standing.RESOLVED_EARLY]
    found[due == NULL] = _AT[Standing.RESOLVED_NO_DUE]
    found[_is(drawn, Status.WITHDRAWN, Status.REJECTED, Status.STOPPED)] = _AT[Standing.WITHOUT_RESULT]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Pause:
    kind: Ints
    began: Ints
    ended: Ints

    def covers(self, day: Ints) -> Bools:
        still = (self.ended == NULL) | (self.ended > day)
        covered: Bools = (self.kind >= 0) & (self.began <= day) & still
        return covered


def _steps(
    counts: Bools, first: Ints, last: Ints, due: Ints, pause: _Pause, closing: Ints
) -> tuple[Ints, Ints]:
    end = np.where(last == NULL, NEVER, last)
    paused = pause.kind >= 0
    days = np.stack(
        [
            first,
            np.where(due == NULL, NEVER, due + 1),
            np.where(paused, pause.began, NEVER),
            np.where(paused & (pause.ended != NULL), pause.ended, NEVER),
        ]
    )
    days[~(counts & (days >= first) & (days < end))] = NEVER
    days.sort(axis=0)
    at = np.full((5, len(first)), -1, dtype=np.int64)
    for place in range(4):
        day = days[place]
        standing = np.where(day > due, _AT[Standing.LATE], _AT[Standing.WITHIN])
        standing[due == NULL] = _AT[Standing.NO_DUE]
        standing[pause.covers(day)] = _AT[Standing.PAUSED]
        at[place] = np.where(day == NEVER, at[place - 1] if place else -1, standing)
    closes = counts & (last != NULL)
    at[4] = np.where(closes, closing, at[3])
    return np.vstack([days, np.where(closes, last, NEVER)]), at


def _final(
    drawn: Drawn, counts: Bools, last: Ints, due: Ints, kind: Ints, ended: Ints, closing: Ints
) -> Ints:
    found = np.full(len(drawn), _AT[Standing.WITHIN], dtype=np.int64)
    found[due == NULL] = _AT[Standing.NO_DUE]
    found[(kind >= 0) & (ended == NULL)] = _AT[Standing.PAUSED]
    found = np.where(last != NULL, closing, found)
    outside = np.where(_is(drawn, Status.NEW), _AT[Standing.WAITING], _AT[Standing.EXCLUDED])
    return np.where(counts, found, outside)


def events(drawn: Drawn, found: Derived) -> Iterator[tuple[str, Ints, Ints]]:
    """(counter of `daily`, rows that book it, their days), as `rules.rollup.contribution` books them."""
    first = found.received_day
    for name, mine in _on_receipt(drawn, found):
        rows = np.flatnonzero(mine & found.counts)
        yield name, rows, first[rows]
    yield from _on_closing(drawn, found)
    days, at = found.steps
    before = np.full(len(drawn), -1, dtype=np.int64)
    for place in range(5):
        for name, standing in _LASTING.items():
            code = _AT[standing]
            moved = days[place] != NEVER
            for side, mine in (
                ("in", (at[place] == code) & (before != code)),
                ("out", (before == code) & (at[place] != code)),
            ):
                rows = np.flatnonzero(mine & moved)
                yield f"{name}_{side}", rows, days[place][rows]
        before = at[place]


def _on_receipt(drawn: Drawn, found: Derived) -> Iterator[tuple[str, Bools]]:
    online = drawn.channel == CHANNELS.index(Channel.ONLINE)
    full, partial = (
        drawn.service_level == LEVELS.index(level) for level in (ServiceLevel.FULL, ServiceLevel.PARTIAL)
    )
    yield "received_online_full", online & full
    yield "received_online_partial", online & partial
    yield "received_online_other", online & ~full & ~partial
    yield "received_counter", drawn.channel == CHANNELS.index(Channel.COUNTER)
    yield "received_postal", drawn.channel == CHANNELS.index(Channel.POSTAL)
    stated = (drawn.received_at != NULL) & (found.accept_due_at != NULL)
    in_time = drawn.received_at <= found.accept_due_at
    yield "accepted_on_time", stated & in_time
    yield "accepted_late", stated & ~in_time
    due = (drawn.fee_total != NULL) & (drawn.fee_total != 0) & (drawn.paid_online >= 0)
    yield "fee_due", due
    yield "fee_paid_online", due & (drawn.paid_online == 1)


def _on_closing(drawn: Drawn, found: Derived) -> Iterator[tuple[str, Ints, Ints]]:
    closes = found.closed_day != NULL
    result = closes & (found.standing != _AT[Standing.WITHOUT_RESULT]) & (drawn.signed >= 0)
    classes = [(s.value, closes & (found.standing == _AT[s])) for s in STANDINGS if s.is_closed]
    for name, mine in (*classes, ("results_known", result), ("results_signed", result & (drawn.signed == 1))):
        rows = np.flatnonzero(mine)
        yield name, rows, found.closed_day[rows]
