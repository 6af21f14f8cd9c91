"""How a source wants to be asked: nothing, Basic, Bearer, or an OpenID Connect token that we renew."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ioc.collectors import jsontext
from ioc.errors import AccessRefused, SettingsError, SourceChanged
from ioc.settings import SourceSettings

Secret = Callable[[], str]
"""Reads the secret of a source from the environment; raises SettingsError that names the variable."""
Post = Callable[[str, Mapping[str, str]], bytes]
"""Posts a form to an address and returns the body; raises SourceFault."""

_RENEW_SHARE = 0.8
_SHORTEST_LIFE, _LONGEST_LIFE = 5.0, 86_400.0


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    renew_at: float


class Credentials:
    """The Authorization header of one source; a token lives as long as this object."""

    def __init__(
        self, source: SourceSettings, *, secret: Secret, post: Post, monotonic: Callable[[], float]
    ) -> None:
        self._auth = source.auth
        self._secret = secret
        self._post = post
        self._monotonic = monotonic
        self._token: _Token | None = None
        self._known: set[str] = set()

    @property
    def can_renew(self) -> bool:
        """Whether logging in again may help."""
        return self._auth.type == "oidc"

    def forget(self) -> None:
        """Drop the token: the source does not take it any more."""
        self._token = None

    def hide(self, text: str) -> str:
        """`text` without any secret or token that this object has held."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def headers(self) -> dict[str, str]:
        """The header to send; logs in first when the token has lived four fifths of its life."""
        if self._auth.type == "none":
            return {}
        if self._auth.type == "basic":
            pair = f"{self._auth.username or self._auth.client_id or ''}:{self._read_secret()}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if self._auth.type == "bearer":
            return {"Authorization": f"Bearer {self._read_secret()}"}
        if self._auth.type == "oidc":
            return {"Authorization": f"Bearer {self._current()}"}
        raise SettingsError(f"Cách đăng nhập “{self._auth.type}” không có; sửa auth.type của nguồn")

    def _read_secret(self) -> str:
        secret = self._secret()
        self._known.add(secret)
        return secret

    def _current(self) -> str:
        if self._token is None or self._monotonic() >= self._token.renew_at:
            self._token = self._log_in()
        return self._token.text

    def _log_in(self) -> _Token:
        if not self._auth.token_url:
            raise SettingsError("Nguồn dùng oidc nhưng thiếu auth.token_url; bổ sung vào cấu hình")
        asked_at = self._monotonic()
        try:
            body = self._post(self._auth.token_url, self._form())
        except SourceChanged as exc:
            # token endpoints answer 400 to a wrong secret
            raise AccessRefused(self._refused()) from exc
        text, life = _read_token(body)
        self._known.add(text)
        return _Token(text, asked_at + life * _RENEW_SHARE)

    def _refused(self) -> str:
        name = self._auth.secret_env or "secret_env"
        return f"Không lấy được mã truy cập; kiểm tra client_id và biến môi trường {name} của nguồn"

    def _form(self) -> dict[str, str]:
        form = {"client_id": self._auth.client_id or ""}
        if self._auth.username:
            return form | {
                "grant_type": "password",
                "username": self._auth.username,
                "password": self._read_secret(),
            }
        return form | {"grant_type": "client_credentials", "client_secret": self._read_secret()}


def _read_token(body: bytes) -> tuple[str, float]:
    """Token and its life in seconds."""
    value = jsontext.load(body).value
    token = value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(token, str) or not token.strip():
        raise AccessRefused("Máy chủ đăng nhập không trả mã truy cập; kiểm tra auth.token_url của nguồn")
    if any(c.isspace() or not c.isprintable() for c in token):
        raise AccessRefused("Máy chủ đăng nhập trả mã truy cập hỏng; báo đơn vị quản trị nguồn")
    return token, _life(value.get("expires_in"))


def _life(told: object) -> float:
    try:
        seconds = float(str(told))
    except ValueError:
        seconds = 60.0
    return min(max(seconds, _SHORTEST_LIFE), _LONGEST_LIFE)
