"""The environment and `config/` made into one frozen `Settings`; nothing starts on a fault.

Files: province.toml sources.toml calendar.toml rules.toml agencies.csv areas.csv domains.csv procedures.csv.
Every fault is a `SettingsError` of one Vietnamese sentence that names file, line and key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ioc.errors import SettingsError
from ioc.model.agency import Agency
from ioc.model.dossier import Channel, ServiceLevel, Status
from ioc.model.figure import CountingRule
from ioc.settings import Auth, CalendarDay, OfficeHours, ProvinceSettings, Settings, SourceSettings
from ioc.settings_facts import read_agencies, read_areas, read_domains, read_procedures
from ioc.settings_shapes import CalendarShape, ProvinceShape, RulesShape, Shape, SourceShape
from ioc.settings_text import Loc, TomlFile, fault, read_toml

KNOWN_KINDS: Mapping[str, str] = MappingProxyType({"igate2": "base_url", "file_drop": "folder"})
"""Kinds of source there are collectors for, and the key that says where each is found."""

_CLOSED_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "status": frozenset(Status),
        "channel": frozenset(Channel),
        "service_level": frozenset(ServiceLevel),
    }
)

_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "missing": "thiếu khóa bắt buộc",
        "extra_forbidden": "khóa lạ, không có trong định nghĩa",
        "string_type": "phải là chuỗi trong dấu nháy",
        "string_too_short": "không được để trống",
        "string_too_long": "quá dài",
        "string_pattern_mismatch": "chứa ký tự không được phép",
        "int_type": "phải là số nguyên",
        "float_type": "phải là số",
        "finite_number": "phải là số hữu hạn",
        "bool_type": "phải là true hoặc false",
        "list_type": "phải là danh sách [ ]",
        "dict_type": "phải là bảng",
        "model_type": "phải là bảng",
        "date_type": "phải là ngày như 2026-08-22, không có dấu nháy",
        "too_short": "danh sách quá ngắn",
        "too_long": "danh sách quá dài",
    }
)

S = TypeVar("S", bound=Shape)


def load_settings(environ: Mapping[str, str], *, kinds: Mapping[str, str] = KNOWN_KINDS) -> Settings:
    """Read everything that IOC_CONFIG, IOC_HOME and IOC_DATABASE_URL point at, and check it all."""
    config = Path(environ.get("IOC_CONFIG") or "config")
    home = Path(environ.get("IOC_HOME") or "var")
    areas = read_areas(config / "areas.csv")
    agencies = read_agencies(config / "agencies.csv", areas)
    domains = read_domains(config / "domains.csv")
    rules = _rules(config / "rules.toml")
    calendar, hours = _calendar(config / "calendar.toml")
    return Settings(
        config=config,
        home=home,
        database_url=_database_url(environ, home),
        province=_province(config / "province.toml", rules),
        sources=_sources(config / "sources.toml", agencies, kinds),
        calendar=calendar,
        office_hours=hours,
        rules=rules,
        agencies=agencies,
        areas=areas,
        domains=domains,
        procedures=read_procedures(config / "procedures.csv", domains),
    )


def secret(source: SourceSettings, environ: Mapping[str, str]) -> str:
    """The secret of `source` from the environment; the error names the variable, never a value."""
    name = source.auth.secret_env
    if name is None:
        raise SettingsError(f"Nguồn {source.id}: chưa khai auth.secret_env trong sources.toml")
    value = environ.get(name, "")
    if not value.strip():
        raise SettingsError(f"Nguồn {source.id}: biến môi trường {name} chưa được đặt")
    return value


def _database_url(environ: Mapping[str, str], home: Path) -> str:
    url = environ.get("IOC_DATABASE_URL") or f"sqlite:///{home}/ioc.sqlite"
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        # never echoed: it may hold a password
        raise SettingsError("Biến IOC_DATABASE_URL phải bắt đầu bằng sqlite:/// hoặc postgresql://")
    return url


def _province(path: Path, rules: Sequence[CountingRule]) -> ProvinceSettings:
    file = read_toml(path)
    shape = _shaped(ProvinceShape, file.data, file)
    if shape.default_rule not in {rule.name for rule in rules}:
        raise file.fault("quy tắc không có trong rules.toml", ("default_rule",))
    values = shape.model_dump()
    return ProvinceSettings(**{**values, "ageing_days": tuple(shape.ageing_days)})


def _rules(path: Path) -> tuple[CountingRule, ...]:
    file = read_toml(path)
    shapes = _shaped(RulesShape, file.data, file).rule
    _check_unique(file, "rule", "name", [shape.name for shape in shapes])
    if "standard" not in {shape.name for shape in shapes}:
        raise fault(path, 'thiếu quy tắc "standard"', key="name")
    return tuple(CountingRule(**shape.model_dump()) for shape in shapes)


def _calendar(path: Path) -> tuple[tuple[CalendarDay, ...], OfficeHours]:
    file = read_toml(path)
    shape = _shaped(CalendarShape, file.data, file)
    _check_unique(file, "day", "day", [str(item.day) for item in shape.day])
    days = tuple(CalendarDay(day=d.day, off=d.kind == "off", note=d.note) for d in shape.day)
    hours = shape.office_hours
    return days, OfficeHours() if hours is None else OfficeHours(sessions=hours.times())


def _sources(path: Path, agencies: Sequence[Agency], kinds: Mapping[str, str]) -> tuple[SourceSettings, ...]:
    file = read_toml(path)
    defaults = _defaults(file, kinds)
    blocks = file.data.get("source", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise file.fault("phải viết thành các khối [[source]]", ("source",))
    codes = {agency.code for agency in agencies}
    shapes = [_source(file, n, block, defaults, kinds) for n, block in enumerate(blocks)]
    for n, shape in enumerate(shapes):
        _check_codes(_Place(file, n, shape.kind), shape, codes)
    _check_unique(file, "source", "id", [shape.id for shape in shapes])
    return tuple(_source_settings(shape) for shape in shapes)


def _defaults(file: TomlFile, kinds: Mapping[str, str]) -> Mapping[str, Mapping[str, Any]]:
    for key in file.data:
        if key not in {"source", "defaults"}:
            raise file.fault("khóa lạ, không có trong định nghĩa", (key,))
    defaults = file.data.get("defaults", {})
    if not isinstance(defaults, dict):
        raise file.fault("phải là bảng", ("defaults",))
    for kind, table in defaults.items():
        if kind not in kinds or not isinstance(table, dict):
            raise file.fault(f"loại nguồn phải là một trong: {', '.join(kinds)}", ("defaults", kind))
    return defaults


class _Place:
    """Finds the line of a key of the n-th block, or of the default it was taken from."""

    def __init__(self, file: TomlFile, n: int, kind: str) -> None:
        self.file, self.n, self.kind = file, n, kind

    def fault(self, sentence: str, loc: Loc) -> SettingsError:
        """The error about `loc` inside the block."""
        inside: Loc = ("source", self.n, *loc)
        taken: Loc = ("defaults", self.kind, *loc)
        depth = 4 if loc[:1] == ("codes",) else 3  # how deep blocks are merged over defaults
        own = not loc or self.file.has(inside[:depth]) or not self.file.has(taken[:depth])
        return self.file.fault(sentence, inside if own else taken)


def _source(
    file: TomlFile,
    n: int,
    block: Mapping[str, Any],
    defaults: Mapping[str, Mapping[str, Any]],
    kinds: Mapping[str, str],
) -> SourceShape:
    kind = block.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise file.fault(f"loại nguồn phải là một trong: {', '.join(kinds)}", ("source", n, "kind"))
    place = _Place(file, n, kind)
    shape = _shaped(SourceShape, _merged(defaults.get(kind, {}), block), place)
    if getattr(shape, kinds[kind]) is None:
        raise place.fault(f"nguồn loại {kind} cần khóa {kinds[kind]}", (kinds[kind],))
    return shape


def _merged(defaults: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """The block over its defaults; `codes` merges map by map, and every/cron displace each other."""
    merged = {**defaults, **block}
    for ours, other in (("every", "cron"), ("cron", "every")):
        if ours in block and other not in block:
            merged.pop(other, None)
    if isinstance(defaults.get("codes"), dict) and isinstance(block.get("codes"), dict):
        merged["codes"] = {**defaults["codes"], **block["codes"]}
    return merged


def _check_codes(place: _Place, shape: SourceShape, agencies: set[str]) -> None:
    if shape.agency not in agencies:
        raise place.fault("cơ quan không có trong agencies.csv", ("agency",))
    allowed = {**_CLOSED_WORDS, "agency": frozenset(agencies)}
    for table, words in allowed.items():
        for raw, word in shape.codes.get(table, {}).items():  # type: ignore[call-overload]
            if word not in words:
                raise place.fault("không phải mã chuẩn", ("codes", table, raw))


def _source_settings(shape: SourceShape) -> SourceSettings:
    values = shape.model_dump(exclude={"every", "full_every", "stale_after", "overlap", "deadline"})
    return SourceSettings(
        **{
            **values,
            "level": shape.level.value,
            "auth": Auth(**shape.auth.model_dump()),
            "codes": MappingProxyType({k: MappingProxyType(dict(v)) for k, v in shape.codes.items()}),
            "options": MappingProxyType(dict(shape.options)),
        },
        every_seconds=shape.every,
        full_every_seconds=shape.full_every,
        stale_after_seconds=shape.stale_after,
        overlap_seconds=shape.overlap,
        request_seconds=float(shape.deadline),
    )


def _check_unique(file: TomlFile, table: str, key: str, values: Sequence[str]) -> None:
    for n, value in enumerate(values):
        if value in values[:n]:
            raise file.fault("trùng với một khối ở trên", (table, n, key))


def _shaped(shape: type[S], data: Mapping[str, Any], place: TomlFile | _Place) -> S:
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise place.fault(_sentence(first), _loc(first)) from None


def _loc(error: ErrorDetails) -> Loc:
    key = error.get("ctx", {}).get("key") if error["type"] == "said" else None
    loc = tuple(part for part in error["loc"] if part != "[key]")
    return loc if key is None or (loc and loc[-1] == key) else (*loc, key)


def _sentence(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "said":
            return str(context["sentence"])
        case "enum" | "literal_error":
            return f"phải là một trong: {str(context['expected']).replace(' or ', ', ')}"
        case "greater_than_equal":
            return f"phải từ {context['ge']} trở lên"
        case "less_than_equal":
            return f"phải từ {context['le']} trở xuống"
        case known:
            return _SENTENCES.get(known, "giá trị không hợp lệ")
