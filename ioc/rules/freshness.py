"""How far the figures of a source, and of a whole screen, can be trusted now.

A figure is only as good as its age: a source is fresh while its last good run is younger than the
`stale_after` of its settings, and a screen tells the truth while enough of its sources are fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ioc.model.run import Freshness, Light, RunState, SourceHealth, Truth

_BROKEN = frozenset({RunState.FAILED, RunState.PARTIAL, RunState.HELD})


def age_seconds(*, now: datetime, last_success: datetime | None) -> int | None:
    """Age of the figures in whole seconds, never negative; None when there are none."""
    if last_success is None:
        return None
    return max(0, int((now - last_success).total_seconds()))


def freshness(
    *,
    now: datetime,
    last_success: datetime | None,
    stale_after_seconds: int,
    last_state: RunState | None,
    paused: bool,
    loading: bool,
) -> Freshness:
    """State of one source at `now`.

    `last_success` is the moment its figures speak of; `last_state` how its last ended run ended;
    `paused` that polling waits for a person; `loading` that its first full pass is still going on.
    """
    if paused:
        return Freshness.PAUSED
    if loading:
        return Freshness.LOADING
    if last_success is None:
        return Freshness.NEVER
    # both ways: figures dated far in the future come from a wrong clock, and would never grow old
    if abs((now - last_success).total_seconds()) <= stale_after_seconds:
        return Freshness.FRESH
    return Freshness.FAILING if last_state in _BROKEN else Freshness.STALE


def truth(
    health: Sequence[SourceHealth],
    *,
    now: datetime,
    ranking_coverage: float,
    open_defects: int,
) -> Truth:
    """What stands over a screen that draws on these sources.

    The shares are of fresh sources among all; below `ranking_coverage` units are not ranked, for a
    unit whose source is silent would look better or worse than it is. `open_defects` are faults in
    the figures themselves (refused or unmapped records, a failed check of the rollups). Green means
    that nothing is missing: one silent source is enough for amber, so that the word beside the light
    never says more than the figures hold.
    """
    fresh = sum(source.freshness is Freshness.FRESH for source in health)
    coverage = fresh / len(health) if health else 0.0
    missing = [source for source in health if source.freshness is not Freshness.FRESH]
    loading = [source for source in missing if source.freshness is Freshness.LOADING]
    waiting = [source for source in missing if source.freshness is not Freshness.LOADING]
    never = [source for source in waiting if source.last_success is None]
    oldest_success, oldest_name = _oldest(health)
    return Truth(
        as_of=now,
        light=_light(
            alarm=coverage < ranking_coverage or bool(never) or not health,
            doubt=bool(missing) or open_defects > 0,
        ),
        fresh=fresh,
        total=len(health),
        oldest_name=oldest_name,
        oldest_success=oldest_success,
        stale_ids=tuple(source.source_id for source in waiting if source.last_success is not None),
        never_ids=tuple(source.source_id for source in never),
        loading_ids=tuple(source.source_id for source in loading),
        open_defects=open_defects,
        stale_open_dossiers=sum(source.open_dossiers for source in missing),
        rankings_allowed=bool(health) and coverage >= ranking_coverage,
    )


def _light(*, alarm: bool, doubt: bool) -> Light:
    if alarm:
        return Light.RED
    return Light.AMBER if doubt else Light.GREEN


def _oldest(health: Sequence[SourceHealth]) -> tuple[datetime | None, str | None]:
    """The source heard of longest ago; those never heard of are named apart."""
    heard = [(source.last_success, source.name) for source in health if source.last_success is not None]
    return min(heard, default=(None, None))
