"""How many dossiers an office receives on each day, and at what moments of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ioc.simulator import calibration as cal
from ioc.simulator.chance import Bools, Draw, Floats, Ints, Keys, keys, root
from ioc.simulator.offices import Office
from ioc.simulator.worktime import DAY, NEVER, OFFSET, WorkTime, local_days

PLACES_PER_DAY = 1 << 20


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Dossiers of one office over some days: for each its key, its day and its place in the day."""

    keys: Keys
    days: Ints
    places: Ints


def arrivals(office: Office, days: Ints, *, seed: int, scale: float, time: WorkTime) -> Arrivals:
    """Every dossier of `office` on `days`, a pure function of (seed, office, day, place)."""
    start = root(seed, office.agency.code)
    mean = office.yearly * scale / cal.WORKING_YEAR * day_weights(days, time)
    counts = Draw(keys(start, days, np.full_like(days, PLACES_PER_DAY))).poisson("arrivals", mean)
    return _spread(start, days, counts)


def _spread(start: int, days: Ints, counts: Ints) -> Arrivals:
    every_day = np.repeat(days, counts)
    places = np.arange(len(every_day)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Arrivals(keys(start, every_day, places), every_day, places)


def day_weights(days: Ints, time: WorkTime) -> Floats:
    """Arrivals of each day against those of an ordinary one."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    usual = np.asarray(cal.WEEKDAY)[weekday]
    works, rest = time.is_working(days), weekday >= 5
    weight = np.where(works & rest, cal.WORKED_SATURDAY, usual)
    weight = np.where(~works & ~rest, cal.HOLIDAY, weight)
    return np.asarray(weight * _tet(days, time))


def _tet(days: Ints, time: WorkTime) -> Floats:
    """The weeks around a run of at least seven days off are slack."""
    free = ~time.works
    edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
    factor = np.ones(len(free))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        if after - first >= 7:
            factor[max(first - 7, 0) : first] = cal.BEFORE_TET
            factor[after : after + 7] = cal.AFTER_TET
    return np.asarray(factor[days - time.first])


def submission(draw: Draw, days: Ints, online: Bools, time: WorkTime) -> Ints:
    """The second at which each is handed in: online at any hour, else while the office is open."""
    unit = draw.unit("hour")
    any_hour, daytime = (_second_of_day(unit, table) for table in (cal.ONLINE_BY_HOUR, cal.COUNTER_BY_HOUR))
    moments: Ints = days * DAY - OFFSET + np.where(online, any_hour, daytime)
    return np.asarray(np.where(online, moments, time.from_work(time.to_work(moments))))


def _second_of_day(unit: Floats, by_hour: tuple[float, ...]) -> Ints:
    total = np.concatenate(([0.0], np.cumsum(by_hour)))
    return np.asarray(np.interp(unit * total[-1], total, np.arange(25) * 3600.0), dtype=np.int64)


def pulses(
    office: Office, days: Ints, *, seed: int, pace: float, since: int, time: WorkTime
) -> tuple[Arrivals, Ints]:
    """The demo's extra dossiers of `office`, with the moment of each; none before `since`."""
    start = root(seed, office.agency.code, "pulse")
    draw = Draw(keys(start, days, np.full_like(days, PLACES_PER_DAY)))
    mean = np.full(len(days), 24 * cal.PULSE_OUTSIDE * pace * office.pulse_share)
    found = _spread(start, days, draw.poisson("pulses", mean))
    inside = Draw(found.keys)
    moments = found.days * DAY - OFFSET + (inside.unit("moment") * DAY).astype(np.int64)
    opens = time.is_working(local_days(moments)) & (_worked(moments, time))
    keep = np.where(opens, inside.unit("kept") < cal.PULSE_OFFICE / cal.PULSE_OUTSIDE, True)
    keep &= (moments >= since) & (moments < NEVER)
    return Arrivals(found.keys[keep], found.days[keep], found.places[keep]), moments[keep]


def _worked(moments: Ints, time: WorkTime) -> Bools:
    second = (moments + OFFSET) % DAY
    return np.asarray((second >= time.opens) & (second < time.closes))
