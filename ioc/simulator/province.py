"""The simulated province in memory: the dossiers of every site, made when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ioc.model.agency import Procedure
from ioc.rules.calendar import vietnam_calendar
from ioc.settings import Settings
from ioc.simulator.arrivals import arrivals, pulses
from ioc.simulator.chance import Ints
from ioc.simulator.course import World, ordinary, pulsed
from ioc.simulator.lives import Event, Lives, catalogue, joined
from ioc.simulator.offices import SiteSpec, sites
from ioc.simulator.worktime import OFFSET, WorkTime, day_of, local_days

HISTORY_DAYS = 365
"""How far before its first start the simulated province remembers."""

_AHEAD = 3
"""Days made in advance when the clock reaches a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that the simulated dossiers depend on; the same plan gives the same province."""

    seed: int
    scale: float
    since: int
    """The moment of the very first start: the history lies before it, the demo's extra dossiers after."""
    pace: float

    @property
    def first_day(self) -> int:
        """First day of the history."""
        return (self.since + OFFSET) // 86_400 - HISTORY_DAYS


class Site:
    """One simulated source and its dossiers; safe to use from several threads."""

    def __init__(self, spec: SiteSpec, plan: Plan, world: World) -> None:
        self.spec, self.plan, self.world = spec, plan, world
        self._lock = threading.Lock()
        self._lives: Lives | None = None
        self._after = plan.first_day

    @property
    def id(self) -> str:
        """Id of the source in the settings."""
        return self.spec.source.id

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """The procedures that rows refer to."""
        return tuple(self.world.catalogue.procedures)

    @property
    def domain_names(self) -> Mapping[str, str]:
        """Names of fields by code."""
        return self.world.catalogue.domain_names

    def lives(self, moment: int) -> Lives:
        """The dossiers of every day up to that of `moment`, and perhaps some of the next days."""
        day = (moment + OFFSET) // 86_400
        with self._lock:
            if self._lives is None or day >= self._after:
                last = max(day, self._after - 1) + _AHEAD
                made = self._make(np.arange(self._after, last + 1))
                self._lives = made if self._lives is None else joined([self._lives, made])
                self._after = last + 1
            return self._lives

    def force(self, event: Event, rows: Ints, moment: int, *, due: int | None = None) -> None:
        """What a fault switch does to some dossiers; kept until the process ends."""
        with self._lock:
            assert self._lives is not None
            self._lives.events[event, rows] = moment
            if due is not None:
                self._lives.due[3, rows] = due

    def _make(self, days: Ints) -> Lives:
        plan, parts = self.plan, []
        for index, office in enumerate(self.spec.offices):
            found = arrivals(office, days, seed=plan.seed, scale=plan.scale, time=self.world.time)
            parts.append(ordinary(office, found, self.world, index))
            live = days[days >= local_days(np.array([plan.since]))[0]]
            extra, moments = pulses(
                office, live, seed=plan.seed, pace=plan.pace, since=plan.since, time=self.world.time
            )
            parts.append(pulsed(office, extra, moments, self.world, index))
        return joined(parts)


class Province:
    """All sites of one plan."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        start = day_of(plan.first_day)
        calendar = vietnam_calendar(
            first_year=start.year - 1,
            last_year=start.year + 6,
            overrides=settings.calendar,
            hours=settings.office_hours,
        )
        time = WorkTime(calendar, settings.office_hours)
        world = World(catalogue(settings.procedures, settings.domains), time)
        self.plan = plan
        self.sites = tuple(Site(spec, plan, world) for spec in sites(settings, plan.seed))
        self.by_id = {site.id: site for site in self.sites}

    def site_at(self, path: str, kind: str) -> Site | None:
        """The site of `kind` at the server's `path`."""
        return next((s for s in self.sites if s.spec.path == path and s.spec.source.kind == kind), None)
