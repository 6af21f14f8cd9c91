"""Which offices each simulated source speaks for, how busy they are and what they handle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

import numpy as np

from ioc.model.agency import Agency, Level, Procedure
from ioc.settings import Settings, SourceSettings
from ioc.simulator import calibration as cal
from ioc.simulator.chance import Floats, Ints, one


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One agency as the simulator sees it; `procedures` index `Settings.procedures`."""

    agency: Agency
    wire_code: str
    """The code its system sends: half of the departments still use the old national form."""
    yearly: float
    """Dossiers a year at scale 1."""
    procedures: Ints
    popularity: Floats
    """Running total of the shares of `procedures`, ending at 1."""
    accept_pace: float
    late_factor: float
    pulse_share: float
    """Its part of the province's volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """One simulated source: its settings, its place on the server or in the inbox, its offices."""

    source: SourceSettings
    path: str
    offices: tuple[Office, ...]


def sites(settings: Settings, seed: int) -> tuple[SiteSpec, ...]:
    """Every source of `settings` that is marked simulated; a source of the centre also speaks for
    the departments without a source of their own."""
    luck = _commune_luck(settings.agencies, seed)
    offices = {a.code: _office(a, settings, seed, luck) for a in settings.agencies}
    own = {source.agency for source in settings.sources}
    specs = []
    for source in (s for s in settings.sources if s.simulated):
        codes = [source.agency]
        if source.level == Level.PROVINCE:
            codes += [a.code for a in settings.agencies if a.level is Level.DEPARTMENT and a.code not in own]
        chosen = tuple(offices[code] for code in codes if len(offices[code].procedures))
        specs.append(SiteSpec(source=source, path=place(source), offices=chosen))
    return tuple(specs)


def place(source: SourceSettings) -> str:
    """Last part of a source's address or folder: `h49`, `06673`."""
    where = source.folder if source.base_url is None else urlsplit(source.base_url).path
    return PurePath(where or source.id).name


def _office(agency: Agency, settings: Settings, seed: int, luck: dict[str, float]) -> Office:
    chosen, weights = _procedures(agency, settings.procedures)
    share = _share(agency, settings, seed)
    return Office(
        agency=agency,
        wire_code=_wire_code(agency, seed),
        yearly=cal.YEARLY * share,
        procedures=chosen,
        popularity=np.cumsum(weights) / max(float(np.sum(weights)), 1e-9),
        accept_pace=math.exp(0.35 * (2 * one(seed, agency.code, "accept") - 1)),
        late_factor=luck.get(agency.code, 1.0),
        pulse_share=share,
    )


def _wire_code(agency: Agency, seed: int) -> str:
    old = next((alias for alias in agency.aliases if alias.startswith("000.")), None)
    is_old = agency.level is Level.DEPARTMENT and one(seed, agency.code, "code") < 0.5
    return old if old and is_old else agency.code


def _commune_luck(agencies: Iterable[Agency], seed: int) -> dict[str, float]:
    """How late each commune tends to be; the unluckiest few stand out."""
    draws = {a.code: one(seed, a.code, "late") for a in agencies if a.level is Level.COMMUNE}
    worst = set(sorted(draws, key=lambda code: draws[code])[: cal.WORST_COMMUNES])
    return {code: cal.WORST_FACTOR if code in worst else 0.5 + 0.8 * draw for code, draw in draws.items()}


def _procedures(agency: Agency, procedures: Sequence[Procedure]) -> tuple[Ints, Floats]:
    domains = cal.DEPARTMENT_DOMAINS.get(_suffix(agency), ())
    chosen = [
        (index, rank)
        for rank, index in enumerate(i for i, p in enumerate(procedures) if p.level == agency.level)
        if agency.level is not Level.DEPARTMENT or not domains or procedures[index].domain_code in domains
    ]
    ranks = np.array([rank for _, rank in chosen], dtype=np.float64)
    weights = (ranks + cal.ZIPF_OFFSET) ** -cal.ZIPF_POWER
    return np.array([index for index, _ in chosen], dtype=np.int64), weights


def _share(agency: Agency, settings: Settings, seed: int) -> float:
    """The agency's part of the province's year; all parts together make 1."""
    is_commune = agency.level is Level.COMMUNE
    peers = [a for a in settings.agencies if (a.level is Level.COMMUNE) == is_commune]
    weights = {a.code: _weight(a, settings, seed) for a in peers}
    part = 1 - cal.DEPARTMENT_SHARE if is_commune else cal.DEPARTMENT_SHARE
    return part * weights[agency.code] / sum(weights.values())


def _weight(agency: Agency, settings: Settings, seed: int) -> float:
    if agency.level is not Level.COMMUNE:
        return cal.DEPARTMENT_WEIGHT.get(_suffix(agency), 1.0)
    kind = next((area.kind for area in settings.areas if area.code == agency.area_code), "xã")
    return cal.KIND_WEIGHT.get(kind, 1.0) * math.exp(0.7 * (2 * one(seed, agency.code, "size") - 1))


def _suffix(agency: Agency) -> str:
    return "" if agency.parent_code is None else agency.code.rpartition(".")[2]
