"""Agencies (cơ quan), areas (địa bàn), domains (lĩnh vực) and procedures (thủ tục): plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """Level of an agency; `district` only for history (abolished on 01/07/2025)."""

    PROVINCE = "province"  # Trung tâm Phục vụ hành chính công tỉnh / thành phố
    DEPARTMENT = "department"  # sở, ban, ngành
    DISTRICT = "district"  # huyện
    COMMUNE = "commune"  # xã, phường, đặc khu


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A body that receives dossiers; `aliases` are other codes and names that sources use for it."""

    code: str
    name: str
    short_name: str
    level: Level
    parent_code: str | None = None
    area_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A commune-level unit with its GSO code (Decision 19/2025/QĐ-TTg) and a label point."""

    code: str
    name: str
    kind: str
    province_code: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A field of procedures (lĩnh vực)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """An administrative procedure (TTHC).

    `working_days` is its legal time limit; None when it is by the hour or unknown.
    """

    code: str
    name: str
    domain_code: str
    level: Level
    working_days: int | None = None
    fee_vnd: int | None = None
