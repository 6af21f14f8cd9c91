"""What each configuration file may hold: strict shapes, unknown keys refused, inputs never echoed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Literal
from urllib.parse import urlsplit

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ioc.clock import VIETNAM
from ioc.model.agency import Level
from ioc.model.figure import EndMoment, PausedAs, RateBase, WithoutResult

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def wrong(sentence: str, key: str | None = None) -> PydanticCustomError:
    """A fault in our own words; `key` names the key to blame when the whole block is judged."""
    return PydanticCustomError("said", "{sentence}", {"sentence": sentence, "key": key})


def _seconds(value: object) -> object:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise wrong('thời gian phải viết như "30s", "10m" hoặc "24h"')
    return int(match[1]) * _UNITS[match[2]]


def _words(value: str) -> str:
    clean = unicodedata.normalize("NFC", value).strip()
    if not clean or not clean.isprintable():
        raise wrong("không được để trống hay có ký tự điều khiển")
    return clean


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise wrong("địa chỉ không hợp lệ") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_fits:
        raise wrong("địa chỉ phải bắt đầu bằng https:// (hoặc http:// trên chính máy này) và có tên máy")
    if parts.username or parts.password or parts.query or parts.fragment or re.search(r"[\s\\]", value):
        raise wrong("địa chỉ không được chứa mật khẩu, tham số hay khoảng trắng")
    return value.rstrip("/")


def _cron(value: str) -> str:
    try:
        CronTrigger.from_crontab(value, timezone=VIETNAM)
    except (ValueError, OverflowError):
        raise wrong('lịch cron phải có 5 phần, ví dụ "*/5 * * * *"') from None
    return value


def _plain_day(value: object) -> object:
    if isinstance(value, datetime):
        raise wrong("phải là ngày, không kèm giờ")
    return value


def _folder(value: str) -> str:
    if ".." in re.split(r"[/\\]", value):
        raise wrong('thư mục không được chứa ".."')
    return value


def _hour(value: str) -> time:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise wrong('giờ phải viết như "07:30"', "sessions")
    return time.fromisoformat(value)


Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_words)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$")]
Seconds = Annotated[int, BeforeValidator(_seconds), Field(ge=1, le=366 * 86_400)]
Url = Annotated[str, Field(max_length=500), AfterValidator(_url)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
EnvName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,59}$")]
CodeMap = dict[Annotated[str, Field(min_length=1, max_length=200)], Words]


class Shape(BaseModel):
    """Root of the shapes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ProvinceShape(Shape):
    """`province.toml`."""

    code: Code
    name: Words
    owner: Words
    due_soon_days: int = Field(default=3, ge=0, le=60)
    accept_hours: int = Field(default=8, ge=1, le=200)
    ranking_coverage: Share = 0.9
    ageing_days: list[Annotated[int, Field(ge=1, le=3_650)]] = Field(default=[5, 15, 30], min_length=1)
    default_rule: Words = "standard"
    raw_keep_days: int = Field(default=14, ge=0, le=3_650)
    wall_every_seconds: int = Field(default=10, ge=2, le=3_600)
    wall_scene_seconds: int = Field(default=20, ge=5, le=3_600)
    demo: bool = False

    @model_validator(mode="after")
    def _ageing_ascends(self) -> ProvinceShape:
        if self.ageing_days != sorted(set(self.ageing_days)):
            raise wrong("các mốc phải tăng dần", "ageing_days")
        return self


class AuthShape(Shape):
    """`auth` of a source: names of secrets, never secrets."""

    type: Literal["none", "basic", "bearer", "oidc"] = "none"
    token_url: Url | None = None
    client_id: Words | None = None
    username: Words | None = None
    secret_env: EnvName | None = None

    @model_validator(mode="after")
    def _complete(self) -> AuthShape:
        needs = {
            "none": (),
            "basic": ("username", "secret_env"),
            "bearer": ("secret_env",),
            "oidc": ("token_url", "client_id", "secret_env"),
        }
        for key in needs[self.type]:
            if getattr(self, key) is None:
                raise wrong(f'auth.type = "{self.type}" cần khóa {key}', key)
        return self


class SourceShape(Shape):
    """One `[[source]]` block, with the defaults of its kind merged in."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    name: Words
    kind: str
    level: Annotated[Level, Field(strict=False)]
    agency: Code
    base_url: Url | None = None
    folder: Annotated[Words, AfterValidator(_folder)] | None = None
    every: Seconds | None = None
    cron: Annotated[str, AfterValidator(_cron)] | None = None
    full_every: Seconds = 86_400
    stale_after: Seconds = 600
    overlap: Seconds = 600
    page_size: int = Field(default=200, ge=1, le=5_000)
    deadline: Seconds = 60
    max_page_bytes: int = Field(default=50_000_000, ge=1_000, le=1_000_000_000)
    max_pages: int = Field(default=20_000, ge=1, le=1_000_000)
    floor_share: Share = 0.7
    auth: AuthShape = AuthShape()
    ca_file: Words | None = None
    simulated: bool = False
    codes: dict[Literal["status", "channel", "agency", "procedure", "domain", "service_level"], CodeMap] = {}
    options: CodeMap = {}

    @model_validator(mode="after")
    def _consistent(self) -> SourceShape:
        if (self.every is None) == (self.cron is None):
            raise wrong("phải có đúng một trong hai khóa every và cron", "every")
        for key, url in (("base_url", self.base_url), ("auth", self.auth.token_url)):
            if url is not None and not self._transport_is_safe(url):
                raise wrong('http:// không mã hóa; dùng https:// hoặc khai options.allow_http = "true"', key)
        return self

    def _transport_is_safe(self, url: str) -> bool:
        """TLS, or this very machine, or a plain network that the operator vouches for."""
        parts = urlsplit(url)
        allowed = self.options.get("allow_http") == "true"
        return parts.scheme == "https" or parts.hostname in _LOOPBACK or allowed


class DayShape(Shape):
    """One `[[day]]` of `calendar.toml`."""

    day: Annotated[date, BeforeValidator(_plain_day)]
    kind: Literal["off", "work"]
    note: Words


class HoursShape(Shape):
    """`[office_hours]`: sessions of a working day, in order, not overlapping."""

    sessions: list[list[str]] = Field(min_length=1, max_length=4)

    def times(self) -> tuple[tuple[time, time], ...]:
        """The sessions as pairs of times."""
        return tuple((_hour(first), _hour(last)) for first, last in self.sessions)

    @model_validator(mode="after")
    def _ordered(self) -> HoursShape:
        if any(len(pair) != 2 for pair in self.sessions):
            raise wrong("mỗi buổi phải có giờ đầu và giờ cuối", "sessions")
        edges = [edge for pair in self.times() for edge in pair]
        if any(later <= earlier for earlier, later in pairwise(edges)):
            raise wrong("các buổi phải theo thứ tự và không chồng nhau", "sessions")
        return self


class CalendarShape(Shape):
    """`calendar.toml`."""

    day: list[DayShape] = []
    office_hours: HoursShape | None = None


class RuleShape(Shape):
    """One `[[rule]]` of `rules.toml`."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    label: Words
    source: Words
    end_moment: Annotated[EndMoment, Field(strict=False)] = EndMoment.FINISHED
    without_result: Annotated[WithoutResult, Field(strict=False)] = WithoutResult.APART
    paused_as: Annotated[PausedAs, Field(strict=False)] = PausedAs.PAUSED
    rate_base: Annotated[RateBase, Field(strict=False)] = RateBase.RESOLVED
    by_hour: bool = False


class RulesShape(Shape):
    """`rules.toml`."""

    rule: list[RuleShape] = Field(min_length=1)
