"""The province of the measurements: 200 agencies, 25 fields, 1,800 procedures, as a configuration folder.

17 departments and 6 districts (abolished, history only) write into one provincial system, 177 communes
each into their own: 178 sources. The facts are made from numbers alone, so every run has the same ones.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ioc.settings import Settings
from ioc.settings_file import load_settings

CONFIG = Path(__file__).parents[1] / "config"

DEPARTMENTS, DISTRICTS, COMMUNES = 17, 6, 177
COMMUNE_PROCEDURES, DEPARTMENT_PROCEDURES = 600, 1_200
DOMAINS, COMMUNE_DOMAINS = 25, 12
PROVINCIAL = "tinh"
"""Id of the source that departments and districts share."""

_FEES = (0, 0, 0, 8_000, 30_000, 150_000)
_COMMUNE_DAYS = (1, 2, 3, 5, 5, 7, 10, 15)
_DEPARTMENT_DAYS = (3, 5, 5, 7, 10, 15, 20, 30)


@dataclass(frozen=True, slots=True)
class Unit:
    """One agency, with the source that tells of it and the fields it works in."""

    code: str
    name: str
    level: str
    source: str
    domains: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One procedure."""

    code: str
    name: str
    domain: int
    level: str
    days: int
    fee: int


def domain_codes() -> tuple[str, ...]:
    """Codes of the fields, ascending."""
    return tuple(f"LV{n:02d}" for n in range(1, DOMAINS + 1))


def units() -> tuple[Unit, ...]:
    """The 200 agencies, ascending by code."""
    common = tuple(range(COMMUNE_DOMAINS))
    own = [tuple(d for d in range(DOMAINS) if d % DEPARTMENTS == n) for n in range(DEPARTMENTS)]
    departments = [
        Unit(f"B{n + 1:02d}", f"Sở chuyên ngành số {n + 1}", "department", PROVINCIAL, own[n])
        for n in range(DEPARTMENTS)
    ]
    districts = [
        Unit(f"C{n + 1:02d}", f"Ủy ban nhân dân huyện cũ số {n + 1}", "district", PROVINCIAL, common)
        for n in range(DISTRICTS)
    ]
    communes = [
        Unit(f"D{n + 1:03d}", f"Ủy ban nhân dân xã Đồng Bằng {n + 1}", "commune", f"x{n + 1:03d}", common)
        for n in range(COMMUNES)
    ]
    return (*departments, *districts, *communes)


def acts() -> tuple[Act, ...]:
    """The 1,800 procedures, those of communes first, each group from the most asked for to the least."""
    communal = [_act(n, n % COMMUNE_DOMAINS, "commune", _COMMUNE_DAYS) for n in range(COMMUNE_PROCEDURES)]
    central = [
        _act(COMMUNE_PROCEDURES + n, n % DOMAINS, "department", _DEPARTMENT_DAYS)
        for n in range(DEPARTMENT_PROCEDURES)
    ]
    return (*communal, *central)


def _act(number: int, domain: int, level: str, days: tuple[int, ...]) -> Act:
    name = f"Thủ tục cấp, đổi, xác nhận giấy tờ số {number + 1} thuộc lĩnh vực {domain + 1}"
    mixed = number * 7_919
    return Act(f"1.{number + 1:06d}", name, domain, level, days[mixed % len(days)], _FEES[mixed % len(_FEES)])


def settings_of(home: Path, database_url: str) -> Settings:
    """Write the configuration below `home` (once) and load it as any process of the product would."""
    config = home / "config"
    if not (config / "sources.toml").exists():
        write_config(config)
    return load_settings(environ_of(home, database_url))


def environ_of(home: Path, database_url: str) -> dict[str, str]:
    """What the product's processes need in their environment."""
    return {"IOC_CONFIG": str(home / "config"), "IOC_HOME": str(home), "IOC_DATABASE_URL": database_url}


def write_config(config: Path) -> None:
    """The configuration folder; sources stay fresh for two days, so that screens are drawn in full."""
    config.mkdir(parents=True, exist_ok=True)
    for name in ("rules.toml", "calendar.toml"):
        shutil.copy(CONFIG / name, config / name)
    _write(config / "province.toml", _PROVINCE)
    _write(
        config / "areas.csv", "code,name,kind,province_code,lat,lon\n00001,Phường Một,phường,22,21.0,107.0\n"
    )
    _write(
        config / "domains.csv",
        "code,name\n" + "".join(f"{c},Lĩnh vực số {n}\n" for n, c in enumerate(domain_codes(), 1)),
    )
    codes = domain_codes()
    head = "code,name,domain,level,working_days,fee_vnd\n"
    rows = (f'{a.code},"{a.name}",{codes[a.domain]},{a.level},{a.days},{a.fee}\n' for a in acts())
    _write(config / "procedures.csv", head + "".join(rows))
    head = "code,name,short_name,level,parent,area_code,valid_from,valid_to,aliases\n"
    _write(
        config / "agencies.csv",
        head
        + "A,Thành phố đo thử,Thành phố,province,,,2023-01-01,,\n"
        + "".join(f"{u.code},{u.name},{u.name},{u.level},A,,2023-01-01,,\n" for u in units()),
    )
    _write(config / "sources.toml", _DEFAULTS + "".join(_source(*source) for source in sources()))


def sources() -> tuple[tuple[str, str, str], ...]:
    """(id, level, agency) of every source, the provincial one first."""
    communes = [(unit.source, "commune", unit.code) for unit in units() if unit.level == "commune"]
    return ((PROVINCIAL, "province", "A"), *communes)


def _source(source_id: str, level: str, agency: str) -> str:
    return (
        f'\n[[source]]\nid = "{source_id}"\nname = "Hệ thống {source_id}"\nkind = "file_drop"\n'
        f'level = "{level}"\nagency = "{agency}"\nfolder = "drop/{source_id}"\n'
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


_PROVINCE = """code = "A"
name = "Thành phố đo thử"
owner = "Đo tốc độ"
demo = true
"""
_DEFAULTS = """[defaults.file_drop]
every = "30s"
full_every = "24h"
stale_after = "48h"
simulated = true
"""
