"""Sockets that obey one deadline and a wish to stop.

httpx limits the wait for each read, not the request: one byte every 0.9 s kept a call with a timeout of
2 s alive past 12 s, and a server may drip its headers the same way, long before a chunk can be counted.
So the clock is looked at below HTTP, in every read of the socket.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from ioc.clock import monotonic_seconds
from ioc.errors import IocError

CONNECT_SECONDS = 5.0
_SLICE_SECONDS = 0.5
"""How long a read may sleep before it looks up again; a stop is obeyed within this time."""


class Stopped(IocError):
    """The process is asked to end; what was read so far is kept, nothing more is asked."""


class Guard:
    """The deadline of the request that runs now, on the monotonic clock, and the wish to stop."""

    def __init__(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._stop = stop
        self._monotonic = monotonic
        self._deadline = monotonic()

    def begin(self, seconds: float) -> None:
        """Start a request that must be over, body included, after `seconds`."""
        self._deadline = self._monotonic() + seconds

    def left(self, most: float = _SLICE_SECONDS) -> float:
        """Seconds to wait now, at most `most`; raises Stopped, or ReadTimeout past the deadline."""
        if self._stop():
            raise Stopped("Tiến trình thu thập được yêu cầu dừng")
        left = self._deadline - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return min(left, most)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            wait = self._guard.left()
            try:
                return self._inner.read(max_bytes, timeout=wait)
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # requests are small; a write that was cut cannot be taken up again, so it gets all the time left
        self._inner.write(buffer, timeout=self._guard.left(most=CONNECT_SECONDS))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        wait = self._guard.left(most=CONNECT_SECONDS)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, wait), self._guard)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, guard: Guard) -> None:
        self._inner = httpcore.SyncBackend()
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        wait = self._guard.left(most=CONNECT_SECONDS)
        return _Stream(self._inner.connect_tcp(host, port, wait, local_address, socket_options), self._guard)


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: Iterable[bytes]) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        yield from self._inner

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


class GuardedTransport(httpx.BaseTransport):
    """HTTP/1.1 over guarded sockets; no proxy, no retries of its own."""

    def __init__(self, *, ssl_context: ssl.SSLContext, guard: Guard) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=2,
            max_keepalive_connections=1,
            keepalive_expiry=20,
            network_backend=_Backend(guard),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; httpcore's exceptions come out as they are."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
