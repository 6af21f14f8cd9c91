"""Who may see what: the frozen scope that every query takes; and the period a figure speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The agencies a reader may see; `agencies=None` is the whole province."""

    agencies: frozenset[str] | None = None

    def allows(self, agency_code: str) -> bool:
        """Whether figures and dossiers of `agency_code` may be shown."""
        return self.agencies is None or agency_code in self.agencies


WHOLE_PROVINCE = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole local days, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"period ends ({self.last}) before it begins ({self.first})")

    @property
    def days(self) -> int:
        """Length in calendar days."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The period of equal length that ends the day before this one begins."""
        last = self.first - timedelta(days=1)
        return Period(first=last - timedelta(days=self.days - 1), last=last)
