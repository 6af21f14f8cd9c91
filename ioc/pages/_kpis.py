"""The eight tiles of the overview and of the wall: one row each, one loop draws them.

Counts open into their dossiers; a rate opens into the dossiers it is made of, named below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ioc.model.figure import Figures
from ioc.queries.measures import Measure
from ioc.rules.counting import on_time_rate, share
from ioc.words import mark, t
from ioc.words.formats import number, percent, signed


@dataclass(frozen=True, slots=True)
class Part:
    """A count that a rate is made of, with the dossiers behind it."""

    text: str
    value: Callable[[Figures], int]
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One tile. `daily` makes the small line from a frame of daily counters; `better` is +1, −1 or 0."""

    key: str
    label: str
    unit: str
    value: Callable[[Figures], float | None]
    measure: Measure
    daily: Callable[[pd.DataFrame], pd.Series[float]]
    better: int = 0
    rate: bool = False
    stock: bool = False
    parts: tuple[Part, ...] = ()

    def shown(self, figures: Figures) -> str:
        """The value as text, without its unit."""
        value = self.value(figures)
        return percent(value) if self.rate else number(value)


def _column(name: str) -> Callable[[pd.DataFrame], pd.Series[float]]:
    return lambda frame: frame[name].astype(float)


def _ratio(top: tuple[str, ...], bottom: tuple[str, ...]) -> Callable[[pd.DataFrame], pd.Series[float]]:
    """A rate over the seven days up to each day: week-ends leave no gaps; unknown without a denominator."""

    def rate(frame: pd.DataFrame) -> pd.Series[float]:
        above = frame[list(top)].sum(axis="columns").rolling(7, min_periods=1).sum()
        below = frame[list(bottom)].sum(axis="columns").rolling(7, min_periods=1).sum()
        return above / below.where(below > 0)

    return rate


_GOOD = ("resolved_early", "resolved_on_time")

KPIS: tuple[Kpi, ...] = (
    Kpi(
        key="received",
        label=mark("Tiếp nhận"),
        unit=mark("hồ sơ"),
        value=lambda f: f.received_in_period,
        measure=Measure.RECEIVED_IN_PERIOD,
        daily=_column("received"),
    ),
    Kpi(
        key="resolved",
        label=mark("Đã giải quyết"),
        unit=mark("hồ sơ"),
        value=lambda f: f.resolved_total,
        measure=Measure.RESOLVED_TOTAL,
        daily=_column("resolved"),
        better=1,
    ),
    Kpi(
        key="in_progress",
        label=mark("Đang giải quyết"),
        unit=mark("hồ sơ"),
        value=lambda f: f.in_progress_total,
        measure=Measure.IN_PROGRESS_TOTAL,
        daily=_column("in_progress"),
        stock=True,
    ),
    Kpi(
        key="late",
        label=mark("Đang quá hạn"),
        unit=mark("hồ sơ"),
        value=lambda f: f.in_progress_late,
        measure=Measure.IN_PROGRESS_LATE,
        daily=_column("late"),
        better=-1,
        stock=True,
    ),
    Kpi(
        key="on_time",
        label=mark("Giải quyết đúng hạn"),
        unit=mark("trên số đã giải quyết có ngày hẹn"),
        value=on_time_rate,
        measure=Measure.RESOLVED_LATE,
        daily=_ratio(_GOOD, (*_GOOD, "resolved_late")),
        better=1,
        rate=True,
        parts=(
            Part(mark("sớm {n}"), lambda f: f.resolved_early, Measure.RESOLVED_EARLY),
            Part(mark("đúng {n}"), lambda f: f.resolved_on_time, Measure.RESOLVED_ON_TIME),
            Part(mark("trễ {n}"), lambda f: f.resolved_late, Measure.RESOLVED_LATE),
        ),
    ),
    Kpi(
        key="online",
        label=mark("Nộp trực tuyến"),
        unit=mark("trên số tiếp nhận"),
        value=lambda f: share(f.received_online, f.received_in_period),
        measure=Measure.RECEIVED_ONLINE,
        daily=_ratio(("received_online",), ("received",)),
        better=1,
        rate=True,
        parts=(
            Part(mark("trực tuyến {n}"), lambda f: f.received_online, Measure.RECEIVED_ONLINE),
            Part(mark("tiếp nhận {n}"), lambda f: f.received_in_period, Measure.RECEIVED_IN_PERIOD),
        ),
    ),
    Kpi(
        key="paid",
        label=mark("Thanh toán trực tuyến"),
        unit=mark("trên số có phí, lệ phí"),
        value=lambda f: share(f.fee_paid_online, f.fee_due),
        measure=Measure.FEE_PAID_ONLINE,
        daily=_ratio(("fee_paid_online",), ("fee_due",)),
        better=1,
        rate=True,
        parts=(
            Part(mark("trả trực tuyến {n}"), lambda f: f.fee_paid_online, Measure.FEE_PAID_ONLINE),
            Part(mark("có phí {n}"), lambda f: f.fee_due, Measure.FEE_DUE),
        ),
    ),
    Kpi(
        key="signed",
        label=mark("Kết quả ký số"),
        unit=mark("trên số kết quả đã biết"),
        value=lambda f: share(f.results_signed, f.results_known),
        measure=Measure.RESULTS_SIGNED,
        daily=_ratio(("results_signed",), ("results_known",)),
        better=1,
        rate=True,
        parts=(
            Part(mark("ký số {n}"), lambda f: f.results_signed, Measure.RESULTS_SIGNED),
            Part(mark("đã biết {n}"), lambda f: f.results_known, Measure.RESULTS_KNOWN),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change against the period before: its words, its arrow, and whether it is for the worse."""

    text: str
    arrow: str
    worse: bool


def change(kpi: Kpi, now: Figures, before: Figures) -> Change | None:
    """How a value moved; None when either side is not known."""
    new, old = kpi.value(now), kpi.value(before)
    if new is None or old is None or before == Figures():
        return None
    moved = (new - old) * (100 if kpi.rate else 1)
    flat = abs(moved) < 0.05 if kpi.rate else moved == 0
    if flat:
        return Change(t("không đổi"), "flat", False)
    words = mark("tăng {n}") if moved > 0 else mark("giảm {n}")
    amount = number(abs(moved), decimals=1 if kpi.rate else 0) + (f" {t('điểm %')}" if kpi.rate else "")
    if not kpi.rate and old:
        amount += f" ({signed(100 * moved / old, decimals=1)}\u00a0%)"
    worse = kpi.better * moved < 0
    return Change(t(words, n=amount), "up" if moved > 0 else "down", worse)


def small_line(kpi: Kpi, sparks: pd.DataFrame) -> tuple[float | None, ...]:
    """Daily values, oldest first; nothing where the frame does not hold what the tile needs."""
    try:
        values = kpi.daily(sparks)
    except KeyError:
        return ()
    return tuple(None if pd.isna(value) else float(value) for value in values)
