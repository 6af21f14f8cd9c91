"""Errors that come with a status of 200 (`wire.md` §8): a source may fail and still say "OK"."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ioc.collectors.mask import scrub
from ioc.collectors.texts import Refused, clean, fold
from ioc.errors import AccessRefused, RetryLater, SourceChanged, SourceFault
from ioc.faults import FaultKind

_SESSION_WORDS = ("token", "phien", "session", "dang nhap", "unauthorized", "expired", "login")
_LONGEST_QUOTE = 120

Hide = Callable[[str], str]
"""Takes secrets out of a text before it is shown."""


def fault_in(value: object, *, host: str, hide: Hide = str) -> SourceFault | None:
    """The fault that a decoded body tells of; None when it is no known error envelope."""
    if value is None:
        return SourceChanged(f"Máy chủ {host} trả lời null; kiểm tra cấu hình nguồn")
    if not isinstance(value, Mapping):
        return None
    told = next((rule(value) for rule in _RULES if rule(value) is not None), None)
    return None if told is None else _fault(told, value, host=host, hide=hide)


def _code(value: Mapping[str, object], *names: str) -> str | None:
    code = next((value[name] for name in names if name in value), None)
    if code is None or isinstance(code, bool | dict | list):
        return None
    text = str(code).strip()
    return None if text.strip("0") == "" else text


def _result_code(value: Mapping[str, object]) -> str | None:
    """`{"error_code":"-1","message":…}`, `{"response_code":"-1"}`; "0" and "00" are good."""
    return _code(value, "error_code", "response_code")


def _not_succeeded(value: Mapping[str, object]) -> str | None:
    return "succeeded=false" if value.get("succeeded") is False else None


def _fault_code(value: Mapping[str, object]) -> str | None:
    return _code(value, "faultCode") if "faultCode" in value else None


def _spring(value: Mapping[str, object]) -> str | None:
    """`{"timestamp","status","error","message","path"}`, which may come through a proxy with 200."""
    status = value.get("status")
    is_number = isinstance(status, int) and not isinstance(status, bool)
    return str(status) if is_number and "error" in value and status != 200 else None


def _bare_error(value: Mapping[str, object]) -> str | None:
    error = value.get("error")
    if error and "content" not in value and "data" not in value:
        return error if isinstance(error, str) else "error"
    return None


_RULES = (_result_code, _not_succeeded, _fault_code, _spring, _bare_error)


def _fault(code: str, value: Mapping[str, object], *, host: str, hide: Hide) -> SourceFault:
    said = _quote(value, hide)
    words = fold(f"{code} {said}")
    if code in ("401", "203") or any(word in words for word in _SESSION_WORDS):
        return AccessRefused(
            f"Máy chủ {host} báo phiên đăng nhập không hợp lệ{said}; kiểm tra tài khoản của nguồn"
        )
    if code == "403":
        return AccessRefused(
            f"Máy chủ {host} báo không đủ quyền{said}; đề nghị cấp quyền", kind=FaultKind.PERMISSION
        )
    return RetryLater(f"Máy chủ {host} báo lỗi trong trả lời{said}; sẽ tự thử lại")


def _quote(value: Mapping[str, object], hide: Hide) -> str:
    names = ("message", "faultMessage", "response_data", "error_description", "error")
    text = next((value[name] for name in names if isinstance(value.get(name), str)), None)
    if not text:
        return ""
    try:
        plain = scrub(hide(clean(str(text))))
    except Refused:
        return ""
    return f" (“{plain[:_LONGEST_QUOTE]}”)" if plain else ""
