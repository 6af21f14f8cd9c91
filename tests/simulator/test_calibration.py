"""The simulated year looks like the real ones of `domain.md` §7 and §11; seen at a tenth of it."""

from __future__ import annotations

from datetime import date
from functools import cached_property

import numpy as np
import pytest

from ioc.model.dossier import Status
from ioc.settings import Settings
from ioc.simulator import calibration as cal
from ioc.simulator.arrivals import day_weights
from ioc.simulator.chance import Bools, Ints
from ioc.simulator.lives import ONLINE, Event, Lives, joined
from ioc.simulator.province import Province
from ioc.simulator.state import late_days, state_at, updated_at
from ioc.simulator.worktime import DAY, NEVER, OFFSET, day_number, day_of, local_days, seconds_of
from tests.simulator.conftest import SINCE, plan

NOW = seconds_of(SINCE)
SCALE = 0.1


class Year:
    """The whole province in columns."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.province = Province(settings, plan(scale=SCALE))
        parts = [site.lives(NOW) for site in self.province.sites]
        self.lives: Lives = joined(parts)
        self.site = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self.rows = np.flatnonzero(updated_at(self.lives, NOW) > 0)
        self.state = state_at(self.lives, NOW, self.rows)

    @cached_property
    def received(self) -> Bools:
        return np.asarray((self.state.accepted < NEVER) & ~self.state.removed)

    @cached_property
    def running(self) -> Bools:
        over = (self.state.finished < NEVER) | (self.state.withdrawn < NEVER) | (self.state.returned < NEVER)
        return self.received & ~over

    @cached_property
    def timed(self) -> Bools:
        """Closed with a result and a due day."""
        done = (self.state.finished < NEVER) & ~self.state.has_status(Status.STOPPED)
        return self.received & done & (self.state.due < NEVER)

    @cached_property
    def on_time(self) -> Bools:
        ends = local_days(np.where(self.timed, self.state.finished, 0))
        return self.timed & (ends <= local_days(np.where(self.timed, self.state.due, 0)))

    @cached_property
    def late_open(self) -> Bools:
        paused = self.state.has_status(Status.SUPPLEMENT, Status.FINANCIAL)
        return self.running & ~paused & late_days(self.state, (NOW + OFFSET) // DAY)

    @cached_property
    def domain(self) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        codes = np.array([p.domain_code for p in self.settings.procedures])
        return np.asarray(codes[self.lives.procedure[self.rows]])

    def rate(self, among: Bools) -> float:
        return float(self.on_time[among].sum() / self.timed[among].sum())


@pytest.fixture(scope="module")
def year(demo_settings: Settings) -> Year:
    return Year(demo_settings)


def share(of: Bools) -> float:
    return float(of.mean())


def test_volume_is_that_of_quang_ninh(year: Year) -> None:
    assert year.received.sum() / SCALE == pytest.approx(1_250_000, rel=0.05)


def test_mondays_are_busy_and_holidays_empty(year: Year) -> None:
    days = year.lives.day[year.rows]
    per_day = {
        day_of(d): n
        for d, n in zip(*map(np.ndarray.tolist, np.unique(days, return_counts=True)), strict=True)
    }
    mondays = [n for d, n in per_day.items() if d.weekday() == 0 and d.month in (3, 5, 6, 7, 10)]
    fridays = [n for d, n in per_day.items() if d.weekday() == 4 and d.month in (3, 5, 6, 7, 10)]
    assert np.median(mondays) > 1.2 * np.median(fridays)
    assert per_day.get(date(2026, 9, 2), 0) < 0.1 * np.median(mondays)
    assert max(per_day.get(date(2026, 2, d), 0) for d in range(16, 21)) < 0.1 * np.median(mondays)
    assert per_day[date(2026, 8, 22)] > 0.4 * np.median(mondays)  # the worked Saturday


def test_the_weeks_around_tet_are_slack(year: Year) -> None:
    days = np.array([day_number(date(2026, 2, 11)), day_number(date(2026, 3, 18))])
    before, usual = day_weights(days, year.province.sites[0].world.time)
    assert before == pytest.approx(usual * cal.BEFORE_TET)


def test_shares_of_channels_fees_and_refusals(year: Year) -> None:
    fee = year.received & (year.lives.fee[year.rows] > 0)
    events = year.lives.events[:, year.rows]
    assert 0.65 < share(year.lives.channel[year.rows] == ONLINE) < 0.75
    assert 0.60 < share(year.lives.paid_online[year.rows][fee]) < 0.85
    assert 0.03 < share(events[Event.ASK] < NEVER) < 0.08
    assert 0.005 < share(events[Event.REJECT] < NEVER) < 0.03
    assert 0.005 < share(events[Event.WITHDRAW] < NEVER) < 0.02
    assert 0 < share(events[Event.APOLOGY] < NEVER) < 0.03


def test_almost_all_is_on_time(year: Year) -> None:
    assert 0.96 < year.rate(year.received) < 0.99


def test_lateness_has_a_tail_in_land_and_construction(year: Year) -> None:
    land, certified = year.rate(year.domain == "LV01"), year.rate(year.domain == "LV03")
    assert land < 0.95 < 0.985 < certified
    assert year.rate(year.domain == "LV04") < 0.96


def test_a_handful_of_communes_does_clearly_worse(year: Year) -> None:
    rates = sorted(
        year.rate(year.site[year.rows] == index)
        for index, site in enumerate(year.province.sites)
        if site.spec.source.level == "commune"
    )
    assert all(rate < 0.93 for rate in rates[:4])
    assert np.median(rates) > 0.97


def test_open_dossiers_and_the_late_among_them(year: Year) -> None:
    running = share(year.running)
    assert 0.02 < running < 0.04
    assert 0.03 < year.late_open.sum() / year.running.sum() < 0.15
    assert 0 < (year.running & (year.state.due == NEVER)).sum() < 0.02 * year.running.sum()


def test_late_dossiers_fill_every_ageing_band(year: Year) -> None:
    time = year.province.sites[0].world.time
    due: Ints = local_days(year.state.due[year.late_open])
    late = time.days_between(due, np.full(len(due), (NOW + OFFSET) // DAY))
    assert all(
        ((late >= low) & (late <= high)).sum() >= 10 for low, high in [(1, 5), (6, 15), (16, 30), (31, 999)]
    )


def test_some_wait_to_be_accepted_and_few_of_them_too_long(year: Year) -> None:
    time = year.province.sites[0].world.time
    online = year.received & (year.lives.channel[year.rows] == ONLINE)
    submitted = year.lives.events[Event.SUBMIT, year.rows[online]]
    hours = (time.to_work(year.state.accepted[online]) - time.to_work(submitted)) / 3600
    assert 10 < year.state.has_status(Status.NEW).sum() < 500
    assert 0.002 < share(hours > 8) < 0.03


def test_slips_of_the_keyboard_are_rare_but_there(year: Year) -> None:
    state = year.state
    due_first = year.received & (state.due < state.accepted)
    finish_first = year.received & (state.finished < state.accepted)
    assert 0 < share(due_first) < 0.002
    assert 0 < share(finish_first) < 0.002
