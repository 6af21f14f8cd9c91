"""What an answer, or the lack of one, means: the one place where a status becomes an exception.

Every text is one sentence that says what to do. It names the host, never the path, the query or a header.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpcore
import httpx

from ioc.errors import AccessRefused, RetryLater, SourceChanged, SourceFault
from ioc.faults import FaultKind

SHORTEST_WAIT, LONGEST_WAIT = 1.0, 3600.0
"""Seconds to which a Retry-After is clamped: a source may not stop us for a day, nor make us hammer."""

_LOGIN_WORDS = ("login", "log in", "signin", "sign in", "đăng nhập", "dang nhap", "password", "sso", "oauth")


def of_status(status: int, headers: Mapping[str, str], *, host: str, now: datetime) -> SourceFault | None:
    """The fault that an HTTP status stands for; None for 200. 203 is OpenCPS's "not logged in"."""
    if status == 200:
        return None
    if 300 <= status < 400:
        return _redirect(headers.get("location", ""), host)
    if status in (429, 503):
        kind = FaultKind.RATE if status == 429 else FaultKind.SERVER
        wait = retry_after(headers.get("retry-after"), now=now)
        return RetryLater(
            f"Máy chủ {host} đang bận (mã {status}); sẽ tự thử lại", kind=kind, after_seconds=wait
        )
    if status in (401, 203):
        return AccessRefused(
            f"Máy chủ {host} từ chối đăng nhập (mã {status}); kiểm tra tài khoản và khóa bí mật của nguồn"
        )
    if status == 403:
        return AccessRefused(
            f"Tài khoản không đủ quyền đọc trên {host} (mã 403); đề nghị đơn vị quản trị nguồn cấp quyền",
            kind=FaultKind.PERMISSION,
        )
    if status in (408, 504):
        return RetryLater(
            f"Máy chủ {host} xử lý quá lâu (mã {status}); sẽ tự thử lại", kind=FaultKind.TIMEOUT
        )
    if status >= 500:
        return RetryLater(f"Máy chủ {host} báo lỗi {status}; sẽ tự thử lại")
    return _unexpected(status, host)


def _unexpected(status: int, host: str) -> SourceChanged:
    if status in (204, 205):
        return SourceChanged(f"Máy chủ {host} trả lời rỗng (mã {status}); kiểm tra cấu hình nguồn")
    if status in (404, 410):
        return SourceChanged(f"Không còn dịch vụ tại {host} (mã {status}); kiểm tra base_url của nguồn")
    return SourceChanged(f"Máy chủ {host} không nhận yêu cầu (mã {status}); kiểm tra cấu hình nguồn")


def _redirect(location: str, host: str) -> SourceFault:
    target = urlsplit(location).hostname or host
    if any(word in location.lower() for word in _LOGIN_WORDS):
        return AccessRefused(
            f"Máy chủ {host} chuyển sang trang đăng nhập tại {target}; kiểm tra tài khoản của nguồn"
        )
    return SourceChanged(f"Máy chủ {host} chuyển hướng sang {target}; nếu đúng, sửa base_url của nguồn")


def retry_after(text: str | None, *, now: datetime) -> float | None:
    """Seconds asked for by a Retry-After header (a number or a date), between 1 s and 1 h."""
    if not text:
        return None
    if text.strip().isdecimal():
        wait = float(text)
    else:
        moment = http_date(text)
        if moment is None:
            return None
        wait = (moment - now).total_seconds()
    return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)


def http_date(text: str | None) -> datetime | None:
    """The moment of an HTTP date; None when it is missing or no date."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def of_transport(exc: Exception, *, host: str, seconds: float) -> SourceFault:
    """The fault behind an exception of httpx or httpcore; `seconds` is the deadline that held."""
    cause = _cause(exc)
    if isinstance(cause, ssl.SSLError):
        return _tls(cause, host)
    if isinstance(exc, httpcore.ConnectTimeout | httpx.ConnectTimeout):
        return RetryLater(
            f"Không kết nối được {host} trong 5 giây; kiểm tra đường truyền", kind=FaultKind.NETWORK
        )
    if isinstance(exc, httpcore.TimeoutException | httpx.TimeoutException):
        return RetryLater(
            f"Máy chủ {host} không trả lời xong trong {seconds:.0f} giây; sẽ tự thử lại",
            kind=FaultKind.TIMEOUT,
        )
    if isinstance(exc, httpcore.ConnectError | httpx.ConnectError):
        return RetryLater(_unreachable(cause, host), kind=FaultKind.NETWORK)
    if isinstance(exc, httpcore.UnsupportedProtocol | httpx.UnsupportedProtocol | httpx.InvalidURL):
        return SourceChanged("Địa chỉ nguồn không đọc được; sửa base_url của nguồn")
    return RetryLater(f"Đường truyền tới {host} bị ngắt giữa chừng; sẽ tự thử lại", kind=FaultKind.NETWORK)


def _unreachable(cause: BaseException | None, host: str) -> str:
    if isinstance(cause, socket.gaierror):
        return f"Không tìm thấy tên máy {host}; kiểm tra base_url hoặc máy chủ tên miền (DNS)"
    if isinstance(cause, ConnectionRefusedError):
        return f"Máy chủ {host} không nhận kết nối; kiểm tra dịch vụ phía nguồn"
    return f"Không kết nối được {host}; kiểm tra đường truyền"


_CERTIFICATE = {
    10: "đã hết hạn",
    9: "chưa có hiệu lực",
    62: "không đúng tên máy",
    64: "không đúng tên máy",
}


def _tls(cause: ssl.SSLError, host: str) -> SourceChanged:
    why = "không được tin cậy; khai báo ca_file cho nguồn"
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = _CERTIFICATE.get(cause.verify_code, why)
    else:
        why = "không dùng được (bắt tay TLS thất bại)"
    return SourceChanged(f"Chứng thư TLS của {host} {why}; báo đơn vị quản trị nguồn", kind=FaultKind.TLS)


def _cause(exc: BaseException) -> BaseException | None:
    seen: BaseException | None = exc
    while seen is not None and not isinstance(seen, OSError):
        seen = seen.__cause__ or seen.__context__
    return seen


def of_page(body: bytes, *, host: str) -> SourceFault:
    """The fault of a body that is not JSON: a login page, another page, nothing, or plain text."""
    start = body[:8192].decode("utf-8", errors="replace").strip().lower()
    if not start:
        return SourceChanged(f"Máy chủ {host} trả lời rỗng; kiểm tra cấu hình nguồn")
    if not start.startswith("<"):
        return SourceChanged(
            f"Máy chủ {host} trả lời bằng văn bản thay vì dữ liệu JSON; báo đơn vị vận hành nguồn"
        )
    if any(word in start for word in _LOGIN_WORDS):
        return AccessRefused(
            f"Máy chủ {host} trả về trang đăng nhập thay vì dữ liệu; kiểm tra tài khoản của nguồn"
        )
    return SourceChanged(
        f"Máy chủ {host} trả về trang web thay vì dữ liệu; kiểm tra cổng kết nối hoặc báo đơn vị vận hành",
        kind=FaultKind.HTML,
    )
