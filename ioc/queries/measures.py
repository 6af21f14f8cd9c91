"""Measures: which dossiers a figure counts, as SQL over the dossiers themselves.

A measure is a union of disjoint branches, each of which one index serves. For the dossiers in
progress at the end of a day there are three: running and still ones of today (partial indexes), and
those closed since. Each branch then asks where the dossier stood on that very day, so the list is
exact for any day, and counts what `queries.rollups` counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, not_, or_, select, true

from ioc.clock import start_of_day
from ioc.model.dossier import UNMAPPED, Channel, Flag, ServiceLevel, Standing
from ioc.model.scope import Period
from ioc.queries.narrow import Conditions
from ioc.store.tables import dossier, dossier_pause


class Measure(StrEnum):
    """Every figure that opens into its dossiers: the fields and totals of `Figures`, and two of its own."""

    CARRIED_OVER = "carried_over"
    RECEIVED_ONLINE_FULL = "received_online_full"
    RECEIVED_ONLINE_PARTIAL = "received_online_partial"
    RECEIVED_ONLINE_OTHER = "received_online_other"
    RECEIVED_COUNTER = "received_counter"
    RECEIVED_POSTAL = "received_postal"
    RECEIVED_UNKNOWN = "received_unknown"
    RESOLVED_EARLY = "resolved_early"
    RESOLVED_ON_TIME = "resolved_on_time"
    RESOLVED_LATE = "resolved_late"
    RESOLVED_NO_DUE = "resolved_no_due"
    CLOSED_WITHOUT_RESULT = "closed_without_result"
    IN_PROGRESS_WITHIN = "in_progress_within"
    IN_PROGRESS_LATE = "in_progress_late"
    IN_PROGRESS_PAUSED = "in_progress_paused"
    IN_PROGRESS_NO_DUE = "in_progress_no_due"
    WAITING_ACCEPTANCE = "waiting_acceptance"
    ACCEPTED_ON_TIME = "accepted_on_time"
    ACCEPTED_LATE = "accepted_late"
    FEE_DUE = "fee_due"
    FEE_PAID_ONLINE = "fee_paid_online"
    RESULTS_KNOWN = "results_known"
    RESULTS_SIGNED = "results_signed"
    RECEIVED_TOTAL = "received_total"
    RECEIVED_IN_PERIOD = "received_in_period"
    RECEIVED_ONLINE = "received_online"
    RESOLVED_TOTAL = "resolved_total"
    IN_PROGRESS_TOTAL = "in_progress_total"
    DUE_SOON = "due_soon"
    UNMAPPED = "unmapped"


Branches = tuple[Conditions, ...]

_d = dossier.c
# Constants in the text of the statement: a prepared plan that fits any value uses no partial index.
_RUNNING = _d.standing == literal_column("'within'")
_STILL = _d.standing.in_([literal_column("'paused'"), literal_column("'no_due'")])
_WAITING = _d.standing == literal_column("'waiting'")
_COUNTED = _d.standing.not_in([Standing.EXCLUDED.value, Standing.WAITING.value])
_ONLINE = _d.channel == Channel.ONLINE.value

_ON_RECEIPT: dict[Measure, ColumnElement[bool]] = {
    Measure.RECEIVED_ONLINE_FULL: and_(_ONLINE, _d.service_level == ServiceLevel.FULL.value),
    Measure.RECEIVED_ONLINE_PARTIAL: and_(_ONLINE, _d.service_level == ServiceLevel.PARTIAL.value),
    Measure.RECEIVED_ONLINE_OTHER: and_(
        _ONLINE,
        func.coalesce(_d.service_level, "").not_in([ServiceLevel.FULL.value, ServiceLevel.PARTIAL.value]),
    ),
    Measure.RECEIVED_COUNTER: _d.channel == Channel.COUNTER.value,
    Measure.RECEIVED_POSTAL: _d.channel == Channel.POSTAL.value,
    Measure.RECEIVED_UNKNOWN: _d.channel == Channel.UNKNOWN.value,
    Measure.RECEIVED_ONLINE: _ONLINE,
    Measure.RECEIVED_IN_PERIOD: true(),
    Measure.ACCEPTED_ON_TIME: _d.stated_received_at <= _d.accept_due_at,
    Measure.ACCEPTED_LATE: _d.stated_received_at > _d.accept_due_at,
    Measure.FEE_DUE: and_(_d.fee_total != 0, _d.paid_online.is_not(None)),
    Measure.FEE_PAID_ONLINE: and_(_d.fee_total != 0, _d.paid_online.is_(True)),
}
_WITH_RESULT = _d.standing != Standing.WITHOUT_RESULT.value
_ON_CLOSING: dict[Measure, ColumnElement[bool]] = {
    Measure.RESOLVED_TOTAL: true(),
    Measure.RESULTS_KNOWN: and_(_WITH_RESULT, _d.signed_result.is_not(None)),
    Measure.RESULTS_SIGNED: and_(_WITH_RESULT, _d.signed_result.is_(True)),
    **{Measure(standing.value): _d.standing == standing.value for standing in Standing if standing.is_closed},
}


def branches(measure: Measure, period: Period, due_soon: Period | None = None) -> Branches:
    """Disjoint sets of dossiers whose union the measure counts; `due_soon` is the window of that measure."""
    if measure in _ON_RECEIPT:
        return ((*received_in(period), _ON_RECEIPT[measure]),)
    if measure in _ON_CLOSING:
        return ((_d.closed_day.between(period.first, period.last), _COUNTED, _ON_CLOSING[measure]),)
    if measure in _STANDING_ON:
        return _open_on(period.last, _STANDING_ON[measure](period.last))
    if measure is Measure.WAITING_ACCEPTANCE:
        return ((_WAITING,),)
    if measure is Measure.DUE_SOON:
        return (_due_in(due_soon),)
    carried = _open_on(period.first - timedelta(days=1), true())
    if measure is Measure.CARRIED_OVER:
        return carried
    everything = (*carried, received_in(period))
    if measure is Measure.RECEIVED_TOTAL:
        return everything
    return tuple((*branch, _UNMAPPED) for branch in (*everything, (_WAITING,)))


def received_in(period: Period) -> Conditions:
    """Counted dossiers whose receipt falls in the period."""
    return (_d.received_day.between(period.first, period.last), _COUNTED)


def _due_in(window: Period | None) -> Conditions:
    if window is None:
        raise ValueError("due_soon asks for the last due day that is soon")
    return (_RUNNING, _d.due_day.between(window.first, window.last))


def _open_on(day: date, standing: ColumnElement[bool]) -> Branches:
    """Dossiers in progress at the end of `day`: received by then, and not closed by then."""
    # IS TRUE keeps planners off the index of receipts, where "by then" is nearly every dossier
    received = (_d.received_day <= day).is_(True)
    return (
        (_RUNNING, received, standing),
        (_STILL, received, standing),
        (_d.closed_day > day, _COUNTED, received, standing),
    )


def _paused_on(day: date) -> ColumnElement[bool]:
    """A pause covers the end of `day`: begun on it or before, and not ended on it or before."""
    midnight = start_of_day(day + timedelta(days=1))
    pause = dossier_pause.c
    covers = and_(pause.began_at < midnight, or_(pause.ended_at.is_(None), pause.ended_at >= midnight))
    return exists(select(pause.began_at).where(pause.dossier_id == _d.id, covers))


def _no_due_on(day: date) -> ColumnElement[bool]:
    return and_(_d.due_day.is_(None), not_(_paused_on(day)))


def _late_on(day: date) -> ColumnElement[bool]:
    return and_(_d.due_day < day, not_(_paused_on(day)))


def _within_on(day: date) -> ColumnElement[bool]:
    return and_(_d.due_day >= day, not_(_paused_on(day)))


_STANDING_ON: dict[Measure, Callable[[date], ColumnElement[bool]]] = {
    Measure.IN_PROGRESS_TOTAL: lambda day: true(),
    Measure.IN_PROGRESS_WITHIN: _within_on,
    Measure.IN_PROGRESS_LATE: _late_on,
    Measure.IN_PROGRESS_PAUSED: _paused_on,
    Measure.IN_PROGRESS_NO_DUE: _no_due_on,
}


def flagged(flag: Flag) -> ColumnElement[bool]:
    """Dossiers that carry a quality mark; the column holds them sorted, with commas between."""
    return ("," + _d.flags + ",").contains(f",{flag.value},", autoescape=True)


_UNMAPPED = or_(
    _d.agency_code == UNMAPPED,
    _d.procedure_code == UNMAPPED,
    *(flagged(flag) for flag in (Flag.UNKNOWN_STATUS, Flag.UNKNOWN_AGENCY, Flag.UNKNOWN_PROCEDURE)),
)
