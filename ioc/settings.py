"""The frozen settings of a deployment: what the environment and `config/` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from types import MappingProxyType

from ioc.model.agency import Agency, Area, Domain, Procedure
from ioc.model.figure import CountingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How a source wants to be asked; secrets are named here and read from the environment."""

    type: str = "none"  # none | basic | bearer | oidc
    token_url: str | None = None
    client_id: str | None = None
    username: str | None = None
    secret_env: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One `[[source]]` block of `config/sources.toml`."""

    id: str
    name: str
    kind: str
    level: str
    agency: str
    base_url: str | None = None
    folder: str | None = None  # file_drop: below IOC_HOME unless absolute
    every_seconds: int | None = 60
    cron: str | None = None
    full_every_seconds: int = 86_400
    stale_after_seconds: int = 600
    overlap_seconds: int = 600
    page_size: int = 200
    request_seconds: float = 60.0
    max_page_bytes: int = 50_000_000
    max_pages: int = 20_000
    floor_share: float = 0.7  # a full pass that finds less than this share of what is stored is held
    auth: Auth = Auth()
    ca_file: str | None = None
    simulated: bool = False
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """An override of the national calendar, with its legal note."""

    day: date
    off: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """Working hours of a working day, for limits by the hour."""

    sessions: tuple[tuple[time, time], ...] = (
        (time(7, 30), time(11, 30)),
        (time(13, 30), time(17, 30)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvinceSettings:
    """`config/province.toml`: names and thresholds of this deployment."""

    code: str
    name: str
    owner: str
    due_soon_days: int = 3
    accept_hours: int = 8
    ranking_coverage: float = 0.9
    ageing_days: tuple[int, ...] = (5, 15, 30)
    default_rule: str = "standard"
    raw_keep_days: int = 14
    wall_every_seconds: int = 10
    wall_scene_seconds: int = 20
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a process needs to know; made once, never changed."""

    config: Path
    home: Path
    database_url: str
    province: ProvinceSettings
    sources: tuple[SourceSettings, ...]
    calendar: tuple[CalendarDay, ...]
    office_hours: OfficeHours
    rules: tuple[CountingRule, ...]
    agencies: tuple[Agency, ...]
    areas: tuple[Area, ...]
    domains: tuple[Domain, ...]
    procedures: tuple[Procedure, ...]

    def source(self, source_id: str) -> SourceSettings:
        """The block of `source_id`; KeyError when there is none."""
        return next(s for s in self.sources if s.id == source_id)

    def rule(self, name: str | None = None) -> CountingRule:
        """The counting rule `name`, or the default one; KeyError when there is none."""
        wanted = name or self.province.default_rule
        return {rule.name: rule for rule in self.rules}[wanted]
