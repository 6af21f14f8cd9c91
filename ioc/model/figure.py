"""Figures of a unit over a period, their identities, and the counting rules that make them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class RateBase(StrEnum):
    """Denominator of the on-time rate."""

    RESOLVED = "resolved"  # resolved with a due day (VPCP form)
    RECEIVED_PROCESSED = "received_processed"  # resolved + in progress (portal 766)


class EndMoment(StrEnum):
    """Which moment of a dossier ends its processing."""

    FINISHED = "finished"  # ngày có kết quả
    RETURNED = "returned"  # ngày trả kết quả


class WithoutResult(StrEnum):
    """Where dossiers closed without a result are counted."""

    APART = "apart"  # their own column
    ON_TIME = "on_time"  # printed inside "Đúng hạn" (VPCP form)
    BY_DUE = "by_due"  # early, on time or late by the moment they were closed (portal 766)


class PausedAs(StrEnum):
    """Where dossiers waiting for the applicant are counted."""

    PAUSED = "paused"
    RESOLVED_AT_REQUEST = "resolved_at_request"  # portal 766: asked once = on time, more than once = late


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRule:
    """A named, versioned way to count (quy tắc tính), from `config/rules.toml` (`domain.md` §2.4)."""

    name: str
    label: str
    source: str
    end_moment: EndMoment = EndMoment.FINISHED
    without_result: WithoutResult = WithoutResult.APART
    paused_as: PausedAs = PausedAs.PAUSED
    rate_base: RateBase = RateBase.RESOLVED
    by_hour: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of dossiers over a period, in-progress at its end; the names are a stable contract."""

    carried_over: int = 0
    received_online_full: int = 0
    received_online_partial: int = 0
    received_online_other: int = 0
    received_counter: int = 0
    received_postal: int = 0
    received_unknown: int = 0
    resolved_early: int = 0
    resolved_on_time: int = 0
    resolved_late: int = 0
    resolved_no_due: int = 0
    closed_without_result: int = 0
    in_progress_within: int = 0
    in_progress_late: int = 0
    in_progress_paused: int = 0
    in_progress_no_due: int = 0
    waiting_acceptance: int = 0
    accepted_on_time: int = 0
    accepted_late: int = 0
    fee_due: int = 0
    fee_paid_online: int = 0
    results_known: int = 0
    results_signed: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def received_in_period(self) -> int:
        """Tiếp nhận trong kỳ."""
        return self.received_online + self.received_counter + self.received_postal + self.received_unknown

    @property
    def received_online(self) -> int:
        """Tiếp nhận trực tuyến trong kỳ."""
        return self.received_online_full + self.received_online_partial + self.received_online_other

    @property
    def received_total(self) -> int:
        """Tổng số tiếp nhận = kỳ trước chuyển sang + trong kỳ."""
        return self.carried_over + self.received_in_period

    @property
    def resolved_total(self) -> int:
        """Đã giải quyết."""
        return (
            self.resolved_early
            + self.resolved_on_time
            + self.resolved_late
            + self.resolved_no_due
            + self.closed_without_result
        )

    @property
    def in_progress_total(self) -> int:
        """Đang giải quyết (tồn)."""
        return (
            self.in_progress_within
            + self.in_progress_late
            + self.in_progress_paused
            + self.in_progress_no_due
        )
