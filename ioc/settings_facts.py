"""The CSV files: agencies, areas, domains and procedures, each row checked against the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from ioc.model.agency import Agency, Area, Domain, Level, Procedure
from ioc.settings_text import Row, fault, read_csv

_AGENCY = (
    "code", "name", "short_name", "level", "parent", "area_code", "valid_from", "valid_to", "aliases",
)  # fmt: skip
_AREA = ("code", "name", "kind", "province_code", "lat", "lon")
_DOMAIN = ("code", "name")
_PROCEDURE = ("code", "name", "domain", "level", "working_days", "fee_vnd")
_KINDS = ("phường", "xã", "đặc khu")


def read_areas(path: Path) -> tuple[Area, ...]:
    """`areas.csv`: GSO codes, kinds and label points; points lie in Vietnam, its islands included."""
    return tuple(_area(row) for row in read_csv(path, _AREA))


def _area(row: Row) -> Area:
    return Area(
        code=_matching(row, "code", r"[0-9]{5}", "mã xã phải gồm 5 chữ số"),
        name=row.text("name"),
        kind=_one_of(row, "kind", _KINDS),
        province_code=_matching(row, "province_code", r"[0-9]{2}", "mã tỉnh phải gồm 2 chữ số"),
        lat=row.number("lat", low=6, high=24),
        lon=row.number("lon", low=102, high=118),
    )


def read_domains(path: Path) -> tuple[Domain, ...]:
    """`domains.csv`."""
    return tuple(Domain(code=_code(row), name=row.text("name")) for row in read_csv(path, _DOMAIN))


def read_procedures(path: Path, domains: Iterable[Domain]) -> tuple[Procedure, ...]:
    """`procedures.csv`: every procedure belongs to a known domain."""
    known = {domain.code for domain in domains}
    return tuple(_procedure(row, known) for row in read_csv(path, _PROCEDURE))


def _procedure(row: Row, domains: set[str]) -> Procedure:
    if row.text("domain") not in domains:
        raise row.fault("lĩnh vực không có trong domains.csv", "domain")
    return Procedure(
        code=_code(row),
        name=row.text("name"),
        domain_code=row.text("domain"),
        level=Level(_one_of(row, "level", tuple(Level))),
        working_days=row.integer("working_days"),
        fee_vnd=row.integer("fee_vnd"),
    )


def read_agencies(path: Path, areas: Iterable[Area]) -> tuple[Agency, ...]:
    """`agencies.csv`: parents and areas exist, and no code or alias names two agencies."""
    rows = read_csv(path, _AGENCY)
    known = {area.code for area in areas}
    agencies = tuple(_agency(row, known) for row in rows)
    _check_parents(rows, {agency.code: agency for agency in agencies})
    _check_aliases(rows, agencies)
    if not agencies:
        raise fault(path, "không có cơ quan nào")
    return agencies


def _agency(row: Row, areas: set[str]) -> Agency:
    area = row.maybe("area_code")
    if area is not None and area not in areas:
        raise row.fault("địa bàn không có trong areas.csv", "area_code")
    first, last = _day(row, "valid_from"), _day(row, "valid_to")
    if first and last and last < first:
        raise row.fault("hết hiệu lực trước khi bắt đầu", "valid_to")
    return Agency(
        code=_code(row),
        name=row.text("name"),
        short_name=row.text("short_name"),
        level=Level(_one_of(row, "level", tuple(Level))),
        parent_code=row.maybe("parent"),
        area_code=area,
        valid_from=first,
        valid_to=last,
        aliases=tuple(part.strip() for part in row.cells["aliases"].split("|") if part.strip()),
    )


def _check_parents(rows: Iterable[Row], agencies: Mapping[str, Agency]) -> None:
    for row in rows:
        seen, at = set[str](), row.text("code")
        while (parent := agencies[at].parent_code) is not None:
            if parent not in agencies:
                raise row.fault("cơ quan cấp trên không có trong tệp này", "parent")
            seen.add(at)
            if parent in seen:
                raise row.fault("cơ quan cấp trên thành vòng tròn", "parent")
            at = parent


def _check_aliases(rows: Iterable[Row], agencies: Iterable[Agency]) -> None:
    owner = {agency.code.casefold(): agency.code for agency in agencies}
    for row, agency in zip(rows, agencies, strict=True):
        for alias in agency.aliases:
            if owner.setdefault(alias.casefold(), agency.code) != agency.code:
                raise row.fault("bí danh trùng với cơ quan khác", "aliases")


def _code(row: Row) -> str:
    return _matching(row, "code", r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", "mã chỉ gồm chữ, số, dấu chấm và gạch")


def _matching(row: Row, column: str, pattern: str, sentence: str) -> str:
    value = row.text(column)
    if not re.fullmatch(pattern, value):
        raise row.fault(sentence, column)
    return value


def _one_of(row: Row, column: str, words: tuple[str, ...]) -> str:
    value = row.text(column)
    if value not in words:
        raise row.fault(f"phải là một trong: {', '.join(words)}", column)
    return value


def _day(row: Row, column: str) -> date | None:
    value = row.maybe(column)
    if value is None:
        return None
    try:
        return _iso_day(value)
    except ValueError:
        raise row.fault("ngày phải viết như 2025-07-01", column) from None


def _iso_day(value: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(value)
    return date.fromisoformat(value)
