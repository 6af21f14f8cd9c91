"""The loader: what `config/` says is what processes get, and every fault names file, line and key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.collectors.registry import COLLECTORS
from ioc.errors import SettingsError
from ioc.model.agency import Level
from ioc.model.figure import EndMoment, PausedAs, RateBase, WithoutResult
from ioc.settings import Settings
from ioc.settings_file import KNOWN_KINDS, load_settings, secret

CONFIG = Path(__file__).parent.parent / "config"
FILES = (
    "province.toml",
    "sources.toml",
    "calendar.toml",
    "rules.toml",
    "agencies.csv",
    "areas.csv",
    "domains.csv",
    "procedures.csv",
)
ALPHA = """
[defaults.igate2]
every = "40s"
auth = { type = "oidc", token_url = "http://127.0.0.1:9100/sso/token", client_id = "ioc", secret_env = "S" }

[defaults.igate2.codes.status]
0 = "new"

[defaults.igate2.codes.channel]
0 = "online"

[[source]]
id = "alpha"
name = "Trung tâm"
kind = "igate2"
level = "province"
agency = "H49"
base_url = "http://127.0.0.1:9100/igate/h49"

[[source]]
id = "beta"
name = "Đặc khu Cô Tô"
kind = "file_drop"
level = "commune"
agency = "H49.07192"
folder = "inbox/07192"
cron = "*/5 * * * *"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped configuration, to be damaged."""
    shutil.copytree(CONFIG, tmp_path / "config")
    return tmp_path


def load(home: Path, **environ: str) -> Settings:
    return load_settings({"IOC_CONFIG": str(home / "config"), "IOC_HOME": str(home / "var"), **environ})


def refusal(home: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(home, **environ)
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(str(home) + "/", "")


def outcome(home: Path) -> str | None:
    try:
        load(home)
    except SettingsError as error:
        return str(error)
    return None


def put(home: Path, name: str, text: str) -> None:
    (home / "config" / name).write_text(text, encoding="utf-8")


def change(home: Path, name: str, old: str, new: str) -> None:
    text = (home / "config" / name).read_text(encoding="utf-8")
    assert old in text
    put(home, name, text.replace(old, new, 1))


# -- the shipped configuration -----------------------------------------------------------------------


def test_the_demo_province_is_quang_ninh_of_today(home: Path) -> None:
    loaded = load(home)
    communes = [a for a in loaded.agencies if a.level is Level.COMMUNE]
    assert (loaded.province.name, loaded.province.demo) == ("Thành phố Quảng Ninh", True)
    assert len(communes) == len(loaded.areas) == 54
    assert {a.area_code for a in communes} == {area.code for area in loaded.areas}
    kinds = [area.kind for area in loaded.areas]
    assert (kinds.count("phường"), kinds.count("xã"), kinds.count("đặc khu")) == (30, 22, 2)
    assert all(a.valid_from == date(2025, 7, 1) for a in communes)


def test_every_commune_and_the_centre_have_exactly_one_source(home: Path) -> None:
    loaded = load(home)
    wanted = {a.code for a in loaded.agencies if a.level is not Level.DEPARTMENT}
    assert sorted(s.agency for s in loaded.sources) == sorted(wanted)
    assert all(s.simulated for s in loaded.sources)
    assert [s.kind for s in loaded.sources].count("file_drop") == 8


def test_the_three_rules_differ_as_the_law_and_the_portal_differ(home: Path) -> None:
    loaded = load(home)
    vpcp, portal = loaded.rule("vpcp-06"), loaded.rule("portal-766")
    assert loaded.rule().name == "standard"
    assert (vpcp.end_moment, vpcp.without_result) == (EndMoment.RETURNED, WithoutResult.ON_TIME)
    assert (portal.rate_base, portal.paused_as) == (
        RateBase.RECEIVED_PROCESSED,
        PausedAs.RESOLVED_AT_REQUEST,
    )


def test_procedures_belong_to_known_domains_and_all_domains_are_used(home: Path) -> None:
    loaded = load(home)
    assert {p.domain_code for p in loaded.procedures} == {d.code for d in loaded.domains}
    assert len(loaded.procedures) >= 120


def test_paths_and_store_come_from_the_environment(home: Path) -> None:
    assert load(home).database_url == f"sqlite:///{home}/var/ioc.sqlite"
    assert load(home, IOC_DATABASE_URL="postgresql://h/ioc").database_url == "postgresql://h/ioc"
    assert "secretpw" not in refusal(home, IOC_DATABASE_URL="mysql://root:secretpw@h/ioc")


# -- merging and secrets -----------------------------------------------------------------------------


def test_defaults_of_a_kind_are_merged_and_overridden(home: Path) -> None:
    own = ALPHA.replace(
        'base_url = "http://127.0.0.1:9100/igate/h49"',
        'base_url = "http://127.0.0.1:9100/igate/h49/"\nevery = "15s"\n[source.codes.status]\n16 = "new"',
    )
    put(home, "sources.toml", own)
    alpha, beta = load(home).sources
    assert (alpha.every_seconds, alpha.base_url) == (15, "http://127.0.0.1:9100/igate/h49")
    assert dict(alpha.codes["status"]) == {"16": "new"}
    assert dict(alpha.codes["channel"]) == {"0": "online"}
    assert (beta.every_seconds, beta.cron) == (None, "*/5 * * * *")


def test_a_block_that_sets_cron_drops_the_default_every(home: Path) -> None:
    put(home, "sources.toml", ALPHA.replace('agency = "H49"\n', 'agency = "H49"\ncron = "0 6 * * *"\n'))
    assert load(home).sources[0].every_seconds is None


def test_secrets_are_read_by_name_and_never_shown(home: Path) -> None:
    put(home, "sources.toml", ALPHA)
    alpha, beta = load(home).sources
    assert secret(alpha, {"S": "hunter22"}) == "hunter22"
    with pytest.raises(SettingsError, match="biến môi trường S chưa được đặt"):
        secret(alpha, {"S": " "})
    with pytest.raises(SettingsError, match="beta"):
        secret(beta, {"S": "hunter22"})


def test_a_pasted_secret_is_refused_without_being_repeated(home: Path) -> None:
    put(home, "sources.toml", ALPHA.replace('secret_env = "S"', 'secret_env = "p4ssw0rd!"'))
    text = refusal(home)
    assert text.startswith("config/sources.toml, dòng 4, khóa secret_env: ")
    assert "p4ssw0rd" not in text


def test_calendar_overrides_and_office_hours(home: Path) -> None:
    put(
        home,
        "calendar.toml",
        '[[day]]\nday = 2027-04-29\nkind = "off"\nnote = "QĐ 1"\n'
        '[[day]]\nday = 2027-05-08\nkind = "work"\nnote = "QĐ 1"\n'
        '[office_hours]\nsessions = [["08:00", "12:00"]]\n',
    )
    loaded = load(home)
    assert [(d.day, d.off) for d in loaded.calendar] == [(date(2027, 4, 29), True), (date(2027, 5, 8), False)]
    assert loaded.office_hours.sessions == ((time(8), time(12)),)


# -- faults ------------------------------------------------------------------------------------------

SOURCE_FAULTS = [
    ('base_url = "http://127.0.0.1:9100/igate/h49"', 'base_url = "ftp://x"', 18, "base_url"),
    ('base_url = "http://127.0.0.1:9100/igate/h49"', 'base_url = "http://u:pw@127.0.0.1/"', 18, "base_url"),
    ('base_url = "http://127.0.0.1:9100/igate/h49"', 'base_url = "http://h.example/"', 18, "base_url"),
    ('base_url = "http://127.0.0.1:9100/igate/h49"', 'base_url = "https://h:99999/"', 18, "base_url"),
    ('base_url = "http://127.0.0.1:9100/igate/h49"', "", 12, "base_url"),
    ('every = "40s"', 'every = "40 giây"', 3, "every"),
    ('every = "40s"', "every = 40", 3, "every"),
    ('every = "40s"', 'every = "0s"', 3, "every"),
    ('every = "40s"', "", 12, "every"),
    ('every = "40s"', 'every = "40s"\ncron = "* * * * *"', 3, "every"),
    ('cron = "*/5 * * * *"', 'cron = "*/5 * *"', 27, "cron"),
    ('cron = "*/5 * * * *"', 'cron = "99 * * * *"', 27, "cron"),
    ('id = "beta"', 'id = "alpha"', 21, "id"),
    ('id = "beta"', 'id = "Bê ta"', 21, "id"),
    ('kind = "file_drop"', 'kind = "opencps9"', 23, "kind"),
    ('kind = "file_drop"', "", 20, "kind"),
    ('agency = "H49.07192"', 'agency = "H99"', 25, "agency"),
    ('level = "commune"', 'level = "huyện"', 24, "level"),
    ('folder = "inbox/07192"', 'folder = "../../etc"', 26, "folder"),
    ('folder = "inbox/07192"', "", 20, "folder"),
    ('folder = "inbox/07192"', 'folder = "x"\npage_size = 0', 27, "page_size"),
    ('folder = "inbox/07192"', 'folder = "x"\npage_size = true', 27, "page_size"),
    ('folder = "inbox/07192"', 'folder = "x"\nfloor_share = nan', 27, "floor_share"),
    ('folder = "inbox/07192"', 'folder = "x"\ninterval = "5m"', 27, "interval"),
    ('0 = "new"', '0 = "mới"', 7, "0"),
    ('0 = "online"', '0 = "mạng"', 10, "0"),
    ("[defaults.igate2.codes.channel]", "[defaults.igate2.codes.kenh]", 9, "kenh"),
    ('type = "oidc"', 'type = "basic"', 4, "username"),
    ("[defaults.igate2]\n", "[defaults.opencps9]\n", 2, "opencps9"),
]


@pytest.mark.parametrize(("old", "new", "line", "key"), SOURCE_FAULTS)
def test_a_fault_of_a_source_names_line_and_key(home: Path, old: str, new: str, line: int, key: str) -> None:
    assert old in ALPHA
    put(home, "sources.toml", ALPHA.replace(old, new, 1))
    assert refusal(home).startswith(f"config/sources.toml, dòng {line}, khóa {key}: ")


def test_a_broken_toml_file_names_the_line(home: Path) -> None:
    put(home, "sources.toml", ALPHA.replace("codes.channel]", "codes.kênh]"))
    assert refusal(home).startswith("config/sources.toml, dòng 9: sai cú pháp TOML ở cột ")


FILE_FAULTS = [
    ("province.toml", "demo = true", 'demo = "true"', "dòng 14, khóa demo: phải là true hoặc false"),
    ("province.toml", "due_soon_days = 3 ", "due_soon_days = -3 ", "khóa due_soon_days: phải từ 0"),
    ("province.toml", "ageing_days = [5, 15, 30]", "ageing_days = [5, 5, 30]", "khóa ageing_days: các mốc"),
    ("province.toml", '"standard"', '"khác"', "khóa default_rule: quy tắc không có trong rules.toml"),
    ("province.toml", "owner = ", "ower = ", "khóa owner: thiếu khóa bắt buộc"),
    ("province.toml", "owner = ", "owner == ", "dòng 4: sai cú pháp TOML ở cột 8"),
    ("rules.toml", 'name = "standard"', 'name = "chuan"', "khóa name: thiếu quy tắc"),
    ("rules.toml", 'name = "vpcp-06"', 'name = "standard"', "dòng 14, khóa name: trùng"),
    ("rules.toml", '"resolved"', '"received"', "khóa rate_base: phải là một trong: 'resolved'"),
    ("calendar.toml", '"07:30", "11:30"', '"07:30", "7h"', 'khóa sessions: giờ phải viết như "07:30"'),
    ("calendar.toml", '"07:30", "11:30"', '"12:30", "11:30"', "khóa sessions: các buổi phải theo thứ tự"),
    ("calendar.toml", "[office_hours]", "[[day]]\nday = 2027-01-02\n[office_hours]", "khóa kind: thiếu"),
    ("agencies.csv", "short_name,", "short,", "dòng 1, khóa short_name: thiếu cột"),
    ("agencies.csv", "H49.02,", "H49.01,", "dòng 4, khóa code: trùng mã với dòng 3"),
    ("agencies.csv", ",commune,H49,", ",commune,H50,", "khóa parent: cơ quan cấp trên không có"),
    ("agencies.csv", ",province,,", ",province,H49.01,", "khóa parent: cơ quan cấp trên thành vòng tròn"),
    ("agencies.csv", "|000.06652.H49", "|H49.01", "khóa aliases: bí danh trùng"),
    ("agencies.csv", ",06652,", ",99999,", "khóa area_code: địa bàn không có"),
    ("agencies.csv", "2025-07-01", "01/07/2025", "dòng 2, khóa valid_from: ngày phải viết như"),
    ("agencies.csv", ",department,", ",so,", "dòng 3, khóa level: phải là một trong"),
    ("areas.csv", "20.9627", "209627", "dòng 2, khóa lat: phải là số từ 6 đến 24"),
    ("areas.csv", ",107.1593", "", "dòng 2: có 5 ô, phải là 6"),
    ("areas.csv", "06652,", "6652,", "dòng 2, khóa code: mã xã phải gồm 5 chữ số"),
    ("domains.csv", "LV02,", ",", "dòng 3, khóa code: ô trống"),
    ("procedures.csv", ",LV03,", ",LV99,", "dòng 2, khóa domain: lĩnh vực không có"),
    ("procedures.csv", ",2000\n", ",2.000 đ\n", "dòng 2, khóa fee_vnd: phải là số nguyên"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), FILE_FAULTS)
def test_a_fault_of_any_file_names_it(home: Path, name: str, old: str, new: str, said: str) -> None:
    change(home, name, old, new)
    text = refusal(home)
    assert text.startswith(f"config/{name}, ")
    assert said in text


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(home: Path, name: str) -> None:
    (home / "config" / name).unlink()
    assert refusal(home).startswith(f"config/{name}: không đọc được tệp")


@pytest.mark.parametrize("name", FILES)
def test_a_file_in_another_encoding_is_named(home: Path, name: str) -> None:
    path = home / "config" / name
    path.write_bytes(path.read_bytes() + b"\n# \xff\xfe")
    assert "tệp không phải UTF-8" in refusal(home)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(FILES),
    place=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 12),
    junk=st.binary(max_size=6)
    | st.sampled_from([b'"', b"[", b"]]", b"\n", b"=", b",", b"\x00", b"9" * 5000, b"'''", b"[[[[[["]),
)
def test_damage_gives_settings_or_a_settings_error_and_nothing_else(
    home: Path, name: str, place: float, length: int, junk: bytes
) -> None:
    path = home / "config" / name
    whole = path.read_bytes()
    at = int(place * len(whole))
    path.write_bytes(whole[:at] + junk + whole[at + length :])
    try:
        said = outcome(home)
    finally:
        path.write_bytes(whole)
    assert said is None or (str(home / "config") in said and "\n" not in said)


def _nested(depth: int) -> Callable[[Path], None]:
    return lambda home: put(home, "province.toml", "a = " + "[" * depth + "]" * depth)


@pytest.mark.parametrize("damage", [_nested(5_000), lambda home: put(home, "rules.toml", "x" * 6_000_000)])
def test_a_file_made_to_exhaust_is_refused(home: Path, damage: Callable[[Path], None]) -> None:
    damage(home)
    assert refusal(home).startswith("config/")


def test_every_kind_that_can_be_configured_has_a_collector() -> None:
    assert set(KNOWN_KINDS) == set(COLLECTORS)
