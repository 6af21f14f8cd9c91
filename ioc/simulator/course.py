"""The course of each dossier: drawn once from its key, never revised.

Durations are office time, so that results come while the office is open; only the applicant's own
waiting (supplements, collecting the result) runs by the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ioc.simulator import calibration as cal
from ioc.simulator.arrivals import Arrivals, submission
from ioc.simulator.chance import Bools, Draw, Floats, Ints
from ioc.simulator.lives import COUNTER, ONLINE, POSTAL, Catalogue, Event, Lives
from ioc.simulator.offices import Office
from ioc.simulator.worktime import DAY, NEVER, OFFSET, WorkTime, local_days

LAST_SAME_DAY = 15 * 3_600
"""What comes later in the day and should be done at once may wait until tomorrow."""

PULSE_NUMBER = 5_000
"""Numbers of the demo's extra dossiers begin here, apart from the ordinary ones."""


@dataclass(frozen=True, slots=True)
class World:
    """What all courses have in common."""

    catalogue: Catalogue
    time: WorkTime


@dataclass(slots=True)
class _Course:
    """One office's dossiers while their courses are being drawn."""

    office: Office
    world: World
    draw: Draw
    procedure: Ints
    submitted: Ints
    channel: Ints
    accepted: Ints
    due: Ints
    budget: Ints
    needed: Ints
    extra_days: Floats

    @property
    def limit(self) -> Ints:
        return np.asarray(self.world.catalogue.limit[self.procedure])

    @property
    def start(self) -> Ints:
        """Office time at which processing begins."""
        return self.world.time.to_work(self.accepted)

    @property
    def late(self) -> Bools:
        return self.extra_days > 0


def ordinary(office: Office, found: Arrivals, world: World, index: int) -> Lives:
    """The lives of the dossiers that `office` (the site's `index`-th) received."""
    draw = Draw(found.keys)
    procedure = _procedures(office, draw)
    channel = _channels(draw, world.catalogue.online[procedure], world.time.is_working(found.days))
    submitted = submission(draw, found.days, channel == ONLINE, world.time)
    accepted = _accepted(office, draw, submitted, channel, world.time)
    course = _planned(office, world, draw, procedure, submitted, channel, accepted)
    events, due = _events(course)
    shift = _slips(course, events, due)
    return _lives(course, found, index, events, due, shift, _numbers(found.days, submitted))


def pulsed(office: Office, found: Arrivals, moments: Ints, world: World, index: int) -> Lives:
    """The lives of the demo's extra dossiers: handed in online, accepted and finished by machine."""
    draw = Draw(found.keys)
    quickest = office.procedures[world.catalogue.limit[office.procedures].argsort(kind="stable")[:3]]
    procedure = quickest[(draw.unit("procedure") * len(quickest)).astype(np.int64)]
    accepted = moments + draw.between("accept", 20, 200).astype(np.int64)
    channel = np.full(len(moments), ONLINE)
    course = _planned(office, world, draw, procedure, moments, channel, accepted)
    events = np.full((len(Event), len(moments)), NEVER)
    events[Event.SUBMIT], events[Event.ACCEPT] = moments, accepted
    events[Event.STEP1] = accepted + 30
    events[Event.FINISH] = accepted + draw.between("finish", 120, 1_800).astype(np.int64)
    events[Event.RETURN] = events[Event.FINISH] + draw.between("return", 60, 300).astype(np.int64)
    due = np.full((4, len(moments)), NEVER)
    due[0] = course.due
    numbers = found.places + PULSE_NUMBER
    return _lives(course, found, index, events, due, np.zeros_like(moments), numbers)


def _procedures(office: Office, draw: Draw) -> Ints:
    places = np.searchsorted(office.popularity, draw.unit("procedure"), side="right")
    return np.asarray(office.procedures[np.minimum(places, len(office.procedures) - 1)])


def _channels(draw: Draw, online: Floats, works: Bools) -> Ints:
    unit = draw.unit("channel")
    channel = np.where(unit < online, ONLINE, np.where(unit > 1 - cal.POSTAL, POSTAL, COUNTER))
    return np.asarray(np.where(works, channel, ONLINE))


def _accepted(office: Office, draw: Draw, submitted: Ints, channel: Ints, time: WorkTime) -> Ints:
    """Online by the office's own pace (8 working hours allowed), at the counter within minutes."""
    hours = draw.lognormal("accept", median=1.1 * office.accept_pace, sigma=0.85)
    wait = np.where(channel == ONLINE, hours * 3_600, draw.between("counter", 60, 600))
    return time.from_work(time.to_work(submitted) + wait.astype(np.int64))


def _planned(
    office: Office, world: World, draw: Draw, procedure: Ints, submitted: Ints, channel: Ints, accepted: Ints
) -> _Course:
    """Due day, and how much office time the dossier will take."""
    time, limit = world.time, world.catalogue.limit[procedure]
    due = _first_due(time, accepted, limit)
    budget = np.maximum(time.to_work(due) - time.to_work(accepted), 600)
    share = np.where(limit <= 1, 0.95, 0.3 + 0.69 * draw.unit("duration") ** 0.6)
    quick = draw.lognormal("quick", median=2_400, sigma=0.8)
    needed = np.where(limit <= 1, np.minimum(quick, 0.95 * budget), share * budget)
    late = draw.chance("late", np.minimum(world.catalogue.late[procedure] * office.late_factor, 0.6))
    extra = draw.lognormal("extra", median=cal.LATE_MEDIAN_DAYS, sigma=cal.LATE_SIGMA)
    extra = np.where(draw.chance("stuck", cal.STUCK), draw.between("stuck days", *cal.STUCK_DAYS), extra)
    extra = np.where(late, np.minimum(extra, 220.0), 0.0)
    needed = np.where(late, budget + extra * time.day_seconds, needed).astype(np.int64)
    return _Course(office, world, draw, procedure, submitted, channel, accepted, due, budget, needed, extra)


def _first_due(time: WorkTime, accepted: Ints, limit: Ints) -> Ints:
    days = local_days(accepted)
    tomorrow = (limit == 0) & ((accepted + OFFSET) % DAY >= LAST_SAME_DAY)
    return time.closing(time.add_days(days, limit + tomorrow))


def _events(course: _Course) -> tuple[Ints, Ints]:
    """Moments of every event, and the due days that follow one another."""
    events = np.full((len(Event), len(course.submitted)), NEVER)
    due = np.full((4, len(course.submitted)), NEVER)
    events[Event.SUBMIT], events[Event.ACCEPT] = course.submitted, course.accepted
    due[0] = course.due
    asked_at, pause = _supplements(course, events, due)
    _fees(course, events, asked_at, pause)
    _steps(course, events, asked_at, pause)
    _apologies(course, events, due)
    _ends(course, events)
    _refusals(course, events, due)
    due[:, course.draw.chance("no due", cal.NO_DUE)] = NEVER
    return events, due


def _supplements(course: _Course, events: Ints, due: Ints) -> tuple[Floats, Ints]:
    """Papers asked for, once: where in the processing (2 = never) and for how much office time."""
    time, draw = course.world.time, course.draw
    asks = draw.chance("supplement", cal.SUPPLEMENT) & (course.limit >= 2)
    share = np.where(asks, draw.between("ask", 0.05, 0.5), 2.0)
    position = course.start + (share * np.minimum(course.needed, course.budget)).astype(np.int64)
    asked = time.from_work(position)
    days = draw.lognormal("supply", median=cal.SUPPLEMENT_MEDIAN_DAYS, sigma=0.9)
    back = time.from_work(time.to_work(asked + (days * DAY).astype(np.int64)) + 60)
    never = asks & draw.chance("no supply", cal.NEVER_SUPPLEMENTED)
    events[Event.ASK] = np.where(asks, asked, NEVER)
    events[Event.BACK] = np.where(asks & ~never, back, NEVER)
    stopped = time.from_work(time.to_work(asked + 30 * DAY) + 60)
    events[Event.STOP] = np.where(never, stopped, NEVER)
    longer = time.days_between(local_days(asked), local_days(back))
    later = time.closing(time.add_days(local_days(course.due), longer))
    due[1] = np.where(asks & ~never, later, NEVER)
    pause = np.where(asks, time.to_work(back) - position, 0)
    done = share * np.minimum(course.needed, course.budget) / course.needed
    return np.where(asks, done, 2.0), pause


def _at(course: _Course, share: float | Floats, asked_at: Floats, pause: Ints) -> Ints:
    """The moment at which `share` of the work is done, pauses passed over."""
    done = course.start + (share * course.needed).astype(np.int64)
    return course.world.time.from_work(done + np.where(asked_at <= share, pause, 0))


def _fees(course: _Course, events: Ints, asked_at: Floats, pause: Ints) -> None:
    """A few wait for a fee; the wait comes out of the time the office has left."""
    draw = course.draw
    waits = draw.chance("fee wait", cal.FEE_WAIT) & (course.world.catalogue.fee[course.procedure] > 0)
    waits &= (asked_at > 1) & (course.limit >= 2)
    asked = _at(course, np.full(len(waits), 0.6), asked_at, pause)
    paid = _at(course, 0.6 + 0.2 * draw.unit("fee paid"), asked_at, pause)
    events[Event.FEE_ASK] = np.where(waits, asked, NEVER)
    events[Event.FEE_PAID] = np.where(waits, np.maximum(paid, asked + 60), NEVER)


def _steps(course: _Course, events: Ints, asked_at: Floats, pause: Ints) -> None:
    """Inner steps; what is late is held up while other offices are asked."""
    ones = np.ones(len(course.needed))
    events[Event.STEP1] = _at(course, 0.05 * ones, asked_at, pause)
    events[Event.STEP2] = _at(course, np.where(course.late, 0.2, 0.5), asked_at, pause)
    events[Event.STEP3] = _at(course, np.where(course.late, 0.96, 0.85), asked_at, pause)
    events[Event.FINISH] = _at(course, ones, asked_at, pause)


def _apologies(course: _Course, events: Ints, due: Ints) -> None:
    """A new due day, once, mostly a day before the old one passes."""
    time, draw = course.world.time, course.draw
    present = np.where(due[1] < NEVER, due[1], due[0])
    before = time.to_work(present) - (draw.between("apology", 0.1, 1.2) * time.day_seconds).astype(np.int64)
    slow = draw.chance("apology late", cal.MOVED_AFTER_DUE)
    moved = time.from_work(np.where(slow, before + 4 * time.day_seconds, before))
    added = np.maximum(course.extra_days * draw.between("added", 0.4, 1.3), 2.0).astype(np.int64)
    fits = draw.chance("moved", cal.APOLOGY) & course.late & (course.limit >= 3)
    fits &= (moved < events[Event.FINISH]) & (moved > course.accepted)
    fits &= (events[Event.ASK] == NEVER) | (moved > events[Event.BACK])
    events[Event.APOLOGY] = np.where(fits, moved, NEVER)
    due[2] = np.where(fits, time.closing(time.add_days(local_days(present), added)), NEVER)


def _ends(course: _Course, events: Ints) -> None:
    """Withdrawal, stop, result, hand-over and the rare second thoughts."""
    time, draw = course.world.time, course.draw
    leaves = draw.chance("withdraw", cal.WITHDRAWN) & (course.limit >= 1) & (events[Event.ASK] == NEVER)
    left = time.from_work(course.start + (draw.between("left", 0.1, 0.9) * course.needed).astype(np.int64))
    events[Event.WITHDRAW] = np.where(leaves, left, NEVER)
    stopped = events[Event.STOP].copy()
    end = np.where(stopped < NEVER, events[Event.ASK], events[Event.WITHDRAW])
    events[Event.STEP1 :] = np.where(events[Event.STEP1 :] > end, NEVER, events[Event.STEP1 :])
    events[Event.STOP] = stopped
    _hand_over(course, events)
    removed = course.accepted + draw.between("removed at", 1_800, 3 * DAY).astype(np.int64)
    events[Event.REMOVE] = np.where(draw.chance("removed", cal.REMOVED), removed, NEVER)


def _hand_over(course: _Course, events: Ints) -> None:
    time, draw, finish = course.world.time, course.draw, events[Event.FINISH].copy()
    done = finish < NEVER
    position = time.to_work(np.where(done, finish, course.accepted))
    days = draw.lognormal("collect", median=0.7, sigma=1.0)
    counter = time.from_work(position + 60 + (days * time.day_seconds).astype(np.int64))
    online = finish + draw.between("send", 60, 10_000).astype(np.int64)
    given = np.where(course.channel == ONLINE, online, counter)
    again = done & draw.chance("reopened", cal.REOPENED)
    reopened = time.from_work(position + (draw.between("reopen", 0.2, 2) * time.day_seconds).astype(np.int64))
    second = time.from_work(
        time.to_work(reopened) + (draw.between("again", 0.5, 4) * time.day_seconds).astype(np.int64)
    )
    events[Event.REOPEN] = np.where(again, reopened, NEVER)
    events[Event.FINISH_AGAIN] = np.where(again, second, NEVER)
    given = np.where(again, second + 3_600, given)
    collected = done & ~draw.chance("left behind", cal.NEVER_COLLECTED)
    events[Event.RETURN] = np.where(collected, given, NEVER)


def _refusals(course: _Course, events: Ints, due: Ints) -> None:
    """Refused at the door: nothing but the refusal happens."""
    refused = (course.channel == ONLINE) & course.draw.chance("refused", cal.REFUSED_ONLINE)
    events[Event.REJECT] = np.where(refused, course.accepted, NEVER)
    events[Event.ACCEPT :, refused] = NEVER
    due[:, refused] = NEVER


def _slips(course: _Course, events: Ints, due: Ints) -> Ints:
    """A few dates typed wrong: due days or results before the receipt."""
    draw, accepted = course.draw, course.accepted
    early = draw.chance("due slip", cal.DUE_TYPED_EARLY) & (due[0] < NEVER)
    due[0] = np.where(early, course.world.time.closing(local_days(accepted) - 3), due[0])
    typed = draw.chance("finish slip", cal.FINISH_TYPED_EARLY) & (events[Event.FINISH] < NEVER)
    back = accepted - DAY - np.where(typed, events[Event.FINISH], 0)
    return np.asarray(np.where(typed, back, 0))


def _numbers(days: Ints, submitted: Ints) -> Ints:
    """Place of each in its day's numbering, by the moment it was handed in."""
    order = np.lexsort((submitted, days))
    numbers = np.empty(len(days), dtype=np.int64)
    sorted_days = days[order]
    first = np.searchsorted(sorted_days, sorted_days, side="left")
    numbers[order] = np.arange(len(days)) - first + 1
    return numbers


def _lives(
    course: _Course, found: Arrivals, index: int, events: Ints, due: Ints, shift: Ints, numbers: Ints
) -> Lives:
    draw, online = course.draw, course.channel == ONLINE
    fee = np.where(draw.chance("exempt", cal.FEE_EXEMPT), 0, course.world.catalogue.fee[course.procedure])
    paid = np.where(online, cal.PAID_ONLINE_IF_ONLINE, cal.PAID_ONLINE_IF_COUNTER)
    signed = np.where(online, cal.SIGNED_IF_ONLINE, cal.SIGNED_IF_COUNTER)
    return Lives(
        keys=found.keys,
        office=np.full(len(found.keys), index),
        day=found.days,
        number=numbers,
        procedure=course.procedure,
        channel=course.channel.astype(np.int64),
        events=events,
        due=due,
        finish_shift=shift.astype(np.int64),
        fee=fee,
        paid_online=draw.chance("paid online", paid),
        signed=draw.chance("signed", signed),
        digitised_result=draw.chance("result file", cal.DIGITISED_RESULT),
    )
