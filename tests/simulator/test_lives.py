"""Lives: the same for the same seed, whole, in order, and made in any number of steps."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest

from ioc.settings import Settings
from ioc.simulator.calibration import DEFAULT_SCALE
from ioc.simulator.lives import Event, Lives
from ioc.simulator.offices import sites
from ioc.simulator.province import Province
from ioc.simulator.state import state_at, updated_at
from ioc.simulator.worktime import DAY, NEVER, seconds_of
from tests.simulator.conftest import SINCE, plan

NOW = seconds_of(SINCE)


def same(one: Lives, other: Lives) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Lives))


def test_the_same_plan_gives_the_same_province(demo_settings: Settings, small: Province) -> None:
    twin = Province(demo_settings, plan())
    for site, other in zip(small.sites, twin.sites, strict=True):
        assert same(site.lives(NOW), other.lives(NOW))


def test_another_seed_gives_another_province(demo_settings: Settings, small: Province) -> None:
    other = Province(demo_settings, plan(seed=2))
    assert not same(small.sites[0].lives(NOW), other.sites[0].lives(NOW))


def test_a_dossier_does_not_depend_on_the_scale(demo_settings: Settings, small: Province) -> None:
    larger = Province(demo_settings, plan(scale=0.03)).sites[0].lives(NOW)
    lives = small.sites[0].lives(NOW)
    place = {key: row for row, key in enumerate(larger.keys.tolist())}
    rows = [place[key] for key in lives.keys.tolist() if key in place]
    assert len(rows) > 0.9 * len(lives)
    kept = np.isin(lives.keys, larger.keys)
    assert np.array_equal(larger.events[:, rows], lives.events[:, kept])


def test_days_made_one_by_one_equal_days_made_at_once(demo_settings: Settings) -> None:
    later = SINCE + timedelta(days=40)
    steps = Province(demo_settings, plan(pace=1.0)).by_id["h49-hcc"]
    for day in range(41):
        walked = steps.lives(NOW + day * DAY)
    at_once = Province(demo_settings, plan(pace=1.0)).by_id["h49-hcc"].lives(seconds_of(later))
    order, other = np.argsort(walked.keys), np.argsort(at_once.keys)
    assert np.array_equal(walked.keys[order], at_once.keys[other])
    assert np.array_equal(walked.events[:, order], at_once.events[:, other])
    assert np.array_equal(walked.number[order], at_once.number[other])


def test_rows_keep_their_places_when_days_are_added(demo_settings: Settings) -> None:
    site = Province(demo_settings, plan()).by_id["h49-06673"]
    before = site.lives(NOW)
    after = site.lives(NOW + 30 * DAY)
    assert np.array_equal(after.keys[: len(before)], before.keys)


def test_keys_and_codes_are_unique_in_a_site(small: Province) -> None:
    for site in small.sites:
        lives = site.lives(NOW)
        assert len(set(lives.keys.tolist())) == len(lives)
        codes = set(zip(lives.office.tolist(), lives.day.tolist(), lives.number.tolist(), strict=True))
        assert len(codes) == len(lives)


def test_events_come_in_an_order_that_makes_sense(small: Province) -> None:
    for site in small.sites:
        e = site.lives(NOW).events
        assert (e[Event.SUBMIT] < NEVER).all()
        accepted = e[Event.ACCEPT] < NEVER
        assert (accepted ^ (e[Event.REJECT] < NEVER)).all()
        assert (e[Event.ACCEPT][accepted] >= e[Event.SUBMIT][accepted]).all()
        for first, then in [
            (Event.ACCEPT, Event.STEP1),
            (Event.ASK, Event.BACK),
            (Event.STEP1, Event.FINISH),
            (Event.BACK, Event.FINISH),
            (Event.FEE_ASK, Event.FEE_PAID),
            (Event.FEE_PAID, Event.FINISH),
            (Event.APOLOGY, Event.FINISH),
            (Event.FINISH, Event.RETURN),
            (Event.FINISH, Event.REOPEN),
            (Event.REOPEN, Event.FINISH_AGAIN),
        ]:
            both = (e[first] < NEVER) & (e[then] < NEVER)
            assert (e[first][both] <= e[then][both]).all(), (first, then)


def test_every_dossier_ends_in_exactly_one_way(small: Province) -> None:
    e = small.sites[0].lives(NOW).events
    ends = sum(
        (e[event] < NEVER).astype(int) for event in (Event.REJECT, Event.WITHDRAW, Event.STOP, Event.FINISH)
    )
    assert (np.asarray(ends) == 1).all()


def test_the_state_at_a_moment_is_the_same_however_one_came_there(demo_settings: Settings) -> None:
    walked, fresh = (Province(demo_settings, plan(pace=1.0)).by_id["h49-hcc"] for _ in range(2))
    for hours in range(0, 72, 5):
        walked.lives(NOW + hours * 3600)
    moment = NOW + 72 * 3600
    states = []
    for site in (walked, fresh):
        lives = site.lives(moment)
        rows = np.flatnonzero(updated_at(lives, moment) > 0)
        rows = rows[np.argsort(lives.keys[rows])]
        states.append((lives.keys[rows], state_at(lives, moment, rows)))
    (keys, state), (other_keys, other) = states
    assert np.array_equal(keys, other_keys)
    for field in fields(type(state)):
        if field.name != "rows":
            assert np.array_equal(getattr(state, field.name), getattr(other, field.name)), field.name


def test_nothing_changes_without_a_new_change_date(small: Province) -> None:
    lives = small.by_id["h49-hcc"].lives(NOW)
    early, late = NOW - 5 * DAY, NOW
    rows = np.flatnonzero(updated_at(lives, early) > 0)
    before, after = state_at(lives, early, rows), state_at(lives, late, rows)
    unchanged = before.updated == after.updated
    assert unchanged.any()
    assert not unchanged.all()
    for field in fields(type(before)):
        assert np.array_equal(getattr(before, field.name)[unchanged], getattr(after, field.name)[unchanged])


def test_pulses_begin_with_the_first_start_and_stop_at_pace_0(demo_settings: Settings) -> None:
    lively = Province(demo_settings, plan(pace=1.0)).by_id["h49-hcc"].lives(NOW)
    pulses = lively.number >= 5_000
    assert pulses.any()
    assert lively.events[Event.SUBMIT, pulses].min() >= NOW
    assert not (Province(demo_settings, plan()).by_id["h49-hcc"].lives(NOW).number >= 5_000).any()


@pytest.mark.parametrize("hours", [0, 4, 10, 16, 22, 4 * 24])
def test_something_moves_about_every_ten_seconds_at_any_hour(demo_settings: Settings, hours: int) -> None:
    province = Province(demo_settings, plan(scale=DEFAULT_SCALE, pace=1.0))
    first = NOW + hours * 3600
    movements = []
    for site in province.sites:
        events = site.lives(first).events[[Event.SUBMIT, Event.ACCEPT, Event.FINISH, Event.RETURN]]
        movements.append(events[(events >= first) & (events < first + 3_600)])
    moments = np.sort(np.concatenate(movements))
    assert len(moments) > 300
    assert np.diff(moments).max() < 90


def test_the_centre_speaks_for_the_departments_and_nobody_for_two(demo_settings: Settings) -> None:
    specs = sites(demo_settings, 1)
    codes = [office.agency.code for spec in specs for office in spec.offices]
    assert sorted(codes) == sorted(agency.code for agency in demo_settings.agencies)
