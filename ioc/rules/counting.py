"""Figures from dossiers by brute force, and the rates made of them.

The rollups give the same figures without reading dossiers; this module is their oracle, and the way
figures under the other counting rules are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from ioc.model.dossier import Dossier, Standing
from ioc.model.figure import CountingRule, Figures, RateBase
from ioc.model.scope import Period
from ioc.rules.rollup import counters_on_closing, counters_on_receipt, received_counter
from ioc.rules.timeliness import standing_at_last, standing_on, timeline

STANDARD = CountingRule(
    name="standard",
    label="Theo ngày có kết quả",
    source="QĐ 766/QĐ-TTg, cách tính theo ngày; hồ sơ tạm dừng và không có kết quả để riêng",
)
"""The rule of the rollups and of every screen unless another is named."""

_IN_PROGRESS = {
    Standing.WITHIN: "in_progress_within",
    Standing.LATE: "in_progress_late",
    Standing.PAUSED: "in_progress_paused",
    Standing.NO_DUE: "in_progress_no_due",
}


def figures_over(dossiers: Iterable[Dossier], period: Period, rule: CountingRule = STANDARD) -> Figures:
    """Figures of `dossiers` over `period`; stocks as at the end of its last day."""
    counters: Counter[str] = Counter()
    for dossier in dossiers:
        counters.update(counted_as(dossier, period, rule))
    return Figures(**counters)


def counted_as(dossier: Dossier, period: Period, rule: CountingRule = STANDARD) -> tuple[str, ...]:
    """The fields of `Figures` in which one dossier counts over `period`."""
    steps = timeline(dossier, rule)
    if not steps:
        waits = standing_at_last(dossier, steps) is Standing.WAITING
        return ("waiting_acceptance",) if waits else ()
    names: list[str] = []
    if steps[0].day < period.first:
        standing = standing_on(steps, period.first - timedelta(days=1))
        names += ["carried_over"] if standing and standing.is_open else []
    elif steps[0].day <= period.last:
        names += [received_counter(dossier), *counters_on_receipt(dossier)]
    last = steps[-1]
    if last.standing.is_closed and period.first <= last.day <= period.last:
        names += [last.standing.value, *counters_on_closing(dossier, last.standing)]
    at_end = standing_on(steps, period.last)
    return (*names, _IN_PROGRESS[at_end]) if at_end in _IN_PROGRESS else tuple(names)


def on_time_rate(figures: Figures, rule: CountingRule = STANDARD) -> float | None:
    """Share on time, 0..1; None when nothing was resolved: an empty denominator is never 100 %.

    Dossiers without a due day are on neither side: not knowing is not being on time.
    """
    good = figures.resolved_early + figures.resolved_on_time
    bad = figures.resolved_late
    if rule.rate_base is RateBase.RECEIVED_PROCESSED:
        good += figures.in_progress_within
        bad += figures.in_progress_late
    return share(good, good + bad)


def share(numerator: int, denominator: int) -> float | None:
    """numerator / denominator; None when the denominator is 0."""
    return numerator / denominator if denominator else None
