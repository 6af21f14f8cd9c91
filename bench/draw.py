"""Dossiers of three years, drawn from a seed as arrays: one reading of each, nothing derived yet.

Shares aimed at (`storage.md` §0): open 2.5 %, of them late 1.8 %, finished late 2.7 %, top unit 8 %, top
procedure 14 %; beside them pauses in 30 % (`peers.md` §6.3), 1 % without a due date and 1 % of defects.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
import numpy.typing as npt

from bench import province
from bench.calendar_arrays import DAY, NULL, Calendar, Ints, local_days, start_of
from ioc.model.dossier import ApplicantType, Channel, Flag, ServiceLevel, Status

YEARS_BACK = 3
CUTOFF = 20_270
"""01/07/2025, the day the districts were abolished, in days since 1970."""

STATUSES = tuple(Status)
CHANNELS = tuple(Channel)
LEVELS = (*ServiceLevel, None)
APPLICANTS = tuple(ApplicantType)
FLAGS = (Flag.UNKNOWN_STATUS, Flag.UNKNOWN_AGENCY, Flag.UNKNOWN_PROCEDURE)
"""Marks that a reading itself carries; bit n of `Drawn.flags`."""

STEPS = (
    "Thẩm định hồ sơ",
    "Trình ký",
    "Chờ ý kiến cơ quan phối hợp",
    "Đóng dấu, vào sổ",
    "Kiểm tra thực địa",
    None,
)
_S = {status: place for place, status in enumerate(STATUSES)}
_DEPARTMENT_SHARE, _TOP_OF_DEPARTMENTS = 0.38, 0.21


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Readings by column, ascending by source and key. Moments are UTC seconds; codes index the tuples above.

    `agency`, `procedure`, `domain`: -1 is unmapped. Truth values: 1, 0, -1 unknown.
    """

    source: Ints
    agency: Ints
    procedure: Ints
    domain: Ints
    status: Ints
    channel: Ints
    service_level: Ints
    applicant: Ints
    step: Ints
    version_at: Ints
    submitted_at: Ints
    received_at: Ints
    due_at: Ints
    finished_at: Ints
    returned_at: Ints
    requested_at: Ints
    supplied_at: Ints
    rejected_at: Ints
    withdrawn_at: Ints
    fee_total: Ints
    fee_paid: Ints
    paid_online: Ints
    digitised: Ints
    signed: Ints
    flags: Ints

    def __len__(self) -> int:
        return len(self.source)

    def taken(self, order: npt.NDArray[np.intp] | slice) -> Drawn:
        """The rows named by `order`."""
        return Drawn(*(getattr(self, field.name)[order] for field in fields(self)))


def draw(size: int, seed: int, now: datetime, calendar: Calendar) -> Drawn:
    """`size` dossiers as of `now`, the same for the same arguments."""
    rng, moment = np.random.default_rng(seed), int(now.timestamp())
    made = _Draft(rng, size, moment, calendar)
    made.place()
    made.receive()
    made.finish()
    made.wait()
    made.spoil()
    made.pay()
    drawn = made.drawn()
    return drawn.taken(np.lexsort((drawn.version_at, drawn.received_at, drawn.source)))


def _zipf(count: int, power: float) -> npt.NDArray[np.float64]:
    weights = np.arange(1, count + 1, dtype=np.float64) ** -power
    return weights / weights.sum()


class _Draft:
    """The steps of the drawing; each fills some of the columns."""

    def __init__(self, rng: np.random.Generator, size: int, now: int, calendar: Calendar) -> None:
        self.rng, self.size, self.now, self.calendar = rng, size, now, calendar
        self.today = (now + 7 * 3600) // DAY
        self.units, self.acts = province.units(), province.acts()
        self.c = {field.name: np.full(size, NULL, dtype=np.int64) for field in fields(Drawn)}

    def chance(self, share: float) -> npt.NDArray[np.bool_]:
        """True with the probability `share`."""
        return self.rng.random(self.size) < share

    def place(self) -> None:
        """Day, agency, procedure, channel."""
        days = self.calendar.days
        days = days[(days > self.today - 365 * YEARS_BACK) & (days <= self.today)]
        growth = np.linspace(1.0, 1.3, len(days))
        self.day = self.rng.choice(days, self.size, p=growth / growth.sum())
        central = self.chance(_DEPARTMENT_SHARE)
        departments, districts = province.DEPARTMENTS, province.DISTRICTS
        rest = _zipf(departments - 1, 0.4) * (1 - _TOP_OF_DEPARTMENTS)
        of_department = self.rng.choice(departments, self.size, p=[_TOP_OF_DEPARTMENTS, *rest])
        old = (self.day < CUTOFF) & self.chance(0.35)
        of_district = departments + self.rng.integers(0, districts, self.size)
        of_commune = (
            departments
            + districts
            + self.rng.choice(province.COMMUNES, self.size, p=_zipf(province.COMMUNES, 0.4))
        )
        self.c["agency"] = np.where(central, of_department, np.where(old, of_district, of_commune))
        self.c["procedure"] = self.rng.choice(
            province.COMMUNE_PROCEDURES, self.size, p=_zipf(province.COMMUNE_PROCEDURES, 1.15)
        )
        for n in range(departments):
            self._departmental(n)
        self.c["domain"] = np.array([act.domain for act in self.acts])[self.c["procedure"]]
        names = {source: place for place, (source, _, _) in enumerate(province.sources())}
        self.c["source"] = np.array([names[unit.source] for unit in self.units])[self.c["agency"]]
        self.c["channel"] = self.rng.choice(3, self.size, p=[0.25, 0.72, 0.03])  # counter, online, postal
        level = self.rng.choice(4, self.size, p=[0.45, 0.45, 0.02, 0.08])
        self.c["service_level"] = np.where(self.c["channel"] == 1, level, len(LEVELS) - 1)
        self.c["applicant"] = self.rng.choice(2, self.size, p=[0.85, 0.15])

    def _departmental(self, number: int) -> None:
        mine = np.flatnonzero(self.c["agency"] == number)
        own = [
            place
            for place, act in enumerate(self.acts)
            if act.level == "department" and act.domain in self.units[number].domains
        ]
        self.c["procedure"][mine] = self.rng.choice(own, len(mine), p=_zipf(len(own), 1.0))

    def receive(self) -> None:
        """Submission, receipt and due date."""
        office = start_of(self.day) + 8 * 3600 + self.rng.integers(0, 8 * 3600, self.size)
        self.c["received_at"] = np.minimum(office, self.now - self.rng.integers(300, 3_600, self.size))
        waited = self.rng.integers(300, 26 * 3600, self.size)
        self.c["submitted_at"] = self.c["received_at"] - waited
        limits = np.array([act.days for act in self.acts])[self.c["procedure"]]
        self.due_day = self.calendar.add_days(local_days(self.c["received_at"]), limits)
        self.c["due_at"] = start_of(self.due_day + 1) - 1

    def finish(self) -> None:
        """What became of each: late and open, finished late, finished in time, or still running."""
        received = local_days(self.c["received_at"])
        past = self.due_day < self.today
        stuck = past & self.chance(0.0178)
        late = past & self.chance(0.028)
        early = self.rng.beta(1.5, 1.6, self.size)
        day = received + np.floor((self.due_day - received + 1) * early).astype(np.int64)
        overrun = 1 + np.floor(self.rng.exponential(5.0, self.size)).astype(np.int64)
        day = np.where(late, self.due_day + overrun, np.minimum(day, self.due_day))
        finished = start_of(day) + 8 * 3600 + self.rng.integers(0, 9 * 3600, self.size)
        finished = np.maximum(finished, self.c["received_at"] + self.rng.integers(600, 7_200, self.size))
        self.is_over = ~stuck & (finished < self.now - 7_200)
        returned = finished + self.rng.integers(60, 3 * DAY, self.size)
        given = self.is_over & (returned < self.now - 60)
        self.c["finished_at"] = np.where(self.is_over, finished, NULL)
        self.c["returned_at"] = np.where(given, returned, NULL)
        seen = np.where(given, returned, np.where(self.is_over, finished, self.c["received_at"]))
        self.c["version_at"] = np.minimum(seen + self.rng.integers(0, 3_600, self.size), self.now - 30)
        running = np.where(self.chance(0.2), _S[Status.RECEIVED], _S[Status.PROCESSING])
        done = np.where(given, _S[Status.RETURNED], _S[Status.COMPLETED])
        self.c["status"] = np.where(self.is_over, done, running)
        steps = self.rng.integers(0, len(STEPS) - 1, self.size)
        self.c["step"] = np.where(self.is_over, len(STEPS) - 1, steps)

    def wait(self) -> None:
        """Pauses that are over, pauses that last, withdrawals, and dossiers not accepted yet."""
        span = self.c["finished_at"] - self.c["received_at"]
        was = self.is_over & (span > DAY) & self.chance(0.42)
        asked = self.c["received_at"] + (self.rng.random(self.size) * 0.5 * np.where(was, span, 0)).astype(
            np.int64
        )
        came = asked + 1_800 + (self.rng.random(self.size) * 0.4 * np.where(was, span, 0)).astype(np.int64)
        stands = ~self.is_over & self.chance(0.03)
        money = stands & self.chance(0.3)
        paper = stands & ~money
        self.c["requested_at"] = np.where(was, asked, np.where(paper, self.c["received_at"] + 600, NULL))
        self.c["supplied_at"] = np.where(was, came, NULL)
        self.c["status"][paper] = _S[Status.SUPPLEMENT]
        self.c["status"][money] = _S[Status.FINANCIAL]
        gone = self.is_over & self.chance(0.008)
        self._without_result(gone & self.chance(0.7), gone)
        online = self.c["channel"] == 1
        waits = online & (self.day >= self.today - 2) & ~self.is_over & self.chance(0.25)
        self._not_accepted(waits, Status.NEW)
        self._not_accepted(online & self.is_over & ~gone & self.chance(0.003), Status.REJECTED)

    def _without_result(self, withdrawn: npt.NDArray[np.bool_], gone: npt.NDArray[np.bool_]) -> None:
        refused = gone & ~withdrawn
        for mine, status, column in (
            (withdrawn, Status.WITHDRAWN, "withdrawn_at"),
            (refused, Status.REJECTED, "rejected_at"),
        ):
            self.c["status"][mine] = _S[status]
            self.c[column][mine] = self.c["finished_at"][mine]
        self.c["finished_at"][gone] = NULL
        self.c["returned_at"][gone] = NULL

    def _not_accepted(self, mine: npt.NDArray[np.bool_], status: Status) -> None:
        self.c["status"][mine] = _S[status]
        for column in ("received_at", "due_at", "finished_at", "returned_at", "requested_at", "supplied_at"):
            self.c[column][mine] = NULL
        if status is Status.NEW:
            self.c["version_at"][mine] = self.c["submitted_at"][mine] + 60
        else:
            self.c["rejected_at"][mine] = self.c["version_at"][mine]
        self.c["step"][mine] = len(STEPS) - 1

    def spoil(self) -> None:
        """Missing and impossible dates, codes that nobody knows."""
        received = self.c["received_at"] != NULL
        self.c["due_at"][self.chance(0.01)] = NULL
        finished = received & (self.c["finished_at"] != NULL)
        backwards = finished & self.chance(0.001)
        self.c["finished_at"][backwards] = self.c["received_at"][backwards] - 2 * DAY
        early = received & (self.c["due_at"] != NULL) & self.chance(0.001)
        self.c["due_at"][early] = self.c["received_at"][early] - 3 * DAY
        self.c["received_at"][received & self.chance(0.001)] = NULL
        self.c["submitted_at"][self.chance(0.001)] = NULL
        flags = np.zeros(self.size, dtype=np.int64)
        lost = (self.c["source"] == 0) & self.chance(0.002)
        self.c["agency"][lost] = -1
        strange = self.chance(0.001)
        self.c["procedure"][strange] = -1
        self.c["domain"][strange] = -1
        odd = ~self.is_over & self.chance(0.005) & (self.c["status"] == _S[Status.PROCESSING])
        self.c["status"][odd] = _S[Status.UNKNOWN]
        for bit, mine in enumerate((odd, lost, strange)):
            flags |= mine.astype(np.int64) << bit
        self.c["flags"] = flags

    def pay(self) -> None:
        """Fees, payment, digitising and signing."""
        fees = np.array([*(act.fee for act in self.acts), 0])[self.c["procedure"]]
        unknown = self.chance(0.02)
        self.c["fee_total"] = np.where(unknown, NULL, fees)
        due = ~unknown & (fees > 0)
        self.c["paid_online"] = np.where(due, self.chance(0.6), -1)
        self.c["fee_paid"] = np.where(due & (self.c["paid_online"] == 1), fees, NULL)
        over = self.c["finished_at"] != NULL
        self.c["digitised"] = np.where(self.chance(0.1), -1, self.chance(0.7))
        self.c["signed"] = np.where(over & ~self.chance(0.1), self.chance(0.8), -1)

    def drawn(self) -> Drawn:
        """All columns."""
        return Drawn(**self.c)
