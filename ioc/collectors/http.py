"""The one `fetch` of all HTTP sources (`safety.md` §6): deadline, byte caps, own gzip, retries, re-login.

    Http(source, secret=…).fetch_json("/path", [("page", "0")]) -> Answer

No redirects, no proxy or .netrc from the environment, certificates always checked.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

import certifi
import httpcore
import httpx
import stamina
from stamina.instrumentation import set_on_retry_hooks

from ioc.clock import Clock, monotonic_seconds, utc_now
from ioc.collectors import envelopes, jsontext, verdicts
from ioc.collectors.guard import Guard, GuardedTransport
from ioc.collectors.inflate import Inflater
from ioc.collectors.tokens import Credentials, Secret
from ioc.errors import AccessRefused, RetryLater, SourceChanged
from ioc.settings import SourceSettings

AGENT = "ioc/0.1 (+trung-tam-dieu-hanh)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How stubborn one request is; waits are in seconds. Tests use `AT_ONCE`."""

    attempts: int = 3
    wait_initial: float = 0.5
    wait_max: float = 4.0
    jitter: float = 1.0
    patience: float = 4.0
    """A Retry-After longer than this ends the run instead; the source is asked again after it."""


PATIENT = Retry()
AT_ONCE = Retry(wait_initial=0.0, wait_max=0.0, jitter=0.0, patience=0.0)
ONE_TRY = Retry(attempts=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer of status 200: its decoded bytes, what they say, and when we asked (our clock)."""

    asked_at: datetime
    body: bytes
    document: jsontext.Document


_BLANKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""What may stand before the first sign of a JSON text: byte order marks, the zeros of UTF-16, blanks."""
_TRANSPORT_FAULTS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


class Http:
    """The client of one source; keeps its connection and token between requests. Not for two threads."""

    def __init__(
        self,
        source: SourceSettings,
        *,
        secret: Secret,
        retry: Retry = PATIENT,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = monotonic_seconds,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        _quiet()
        self._source = source
        self._retry = retry
        self._clock = clock
        self._guard = Guard(stop=stop, monotonic=monotonic)
        self._credentials = Credentials(source, secret=secret, post=self._post, monotonic=monotonic)
        self._client: httpx.Client | None = None
        self.clock_offset_seconds: int | None = None
        """Source's clock minus ours, from the last Date header."""

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def fetch_json(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Answer:
        """GET `path` below the source's base address; at most three tries, one new login.

        Raises RetryLater, AccessRefused, SourceChanged, or Stopped.
        """
        url = f"{(self._source.base_url or '').rstrip('/')}{path}"
        plan = self._retry
        for attempt in stamina.retry_context(
            on=self._try_again,
            attempts=plan.attempts,
            timeout=None,
            wait_initial=plan.wait_initial,
            wait_max=plan.wait_max,
            wait_jitter=plan.jitter,
        ):
            with attempt:
                return self._with_login(url, params)
        raise AssertionError("a retry ends with an answer or an exception")

    def _try_again(self, exc: Exception) -> bool | float:
        if not isinstance(exc, RetryLater):
            return False
        if exc.after_seconds is None:
            return True
        return exc.after_seconds if exc.after_seconds <= self._retry.patience else False

    def _with_login(self, url: str, params: Sequence[tuple[str, str]]) -> Answer:
        headers = self._credentials.headers()
        try:
            return self._ask(url, params, headers)
        except AccessRefused as exc:
            if not self._credentials.can_renew or exc.kind is not AccessRefused.default_kind:
                raise
        self._credentials.forget()
        return self._ask(url, params, self._credentials.headers())

    def _ask(self, url: str, params: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> Answer:
        asked_at = self._clock()
        body = self._send("GET", url, headers=headers, params=params)
        document = jsontext.load(body, fallback=self._source.options.get("encoding"))
        host = _host(url)
        if fault := envelopes.fault_in(document.value, host=host, hide=self._credentials.hide):
            raise fault
        return Answer(asked_at=asked_at, body=body, document=document)

    def _post(self, url: str, form: Mapping[str, str]) -> bytes:
        return self._send("POST", url, form=form)

    def _send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        params: Sequence[tuple[str, str]] = (),
        form: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a 200 that looks like JSON; everything else is an exception."""
        host, seconds = _host(url), self._source.request_seconds
        self._guard.begin(seconds)
        try:
            client = self._open()
            request = client.build_request(method, url, params=list(params) or None, data=form)
            request.headers.update(headers)
            status, told, body = self._read(client.send(request, stream=True))
        except _TRANSPORT_FAULTS as exc:
            raise verdicts.of_transport(exc, host=host, seconds=seconds) from None
        if fault := verdicts.of_status(status, told, host=host, now=self._clock()):
            raise fault
        if not body.lstrip(_BLANKS).startswith((b"{", b"[", b"null")):
            raise verdicts.of_page(body, host=host)
        return body

    def _read(self, response: httpx.Response) -> tuple[int, Mapping[str, str], bytes]:
        self._note_clock(response.headers.get("date"))
        try:
            body = self._whole_body(response) if response.status_code == 200 else b""
        finally:
            response.close()
        return response.status_code, response.headers, body

    def _whole_body(self, response: httpx.Response) -> bytes:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise SourceChanged(f"Kiểu nén “{coding[:20]}” không được hỗ trợ; báo đơn vị vận hành nguồn")
        inflater = Inflater(gzipped="gzip" in coding, limit=self._source.max_page_bytes)
        for piece in response.iter_raw():
            inflater.feed(piece)
        # a body that ends because the line closed proves itself whole by being complete JSON, or not at all
        return inflater.finish()

    def _note_clock(self, text: str | None) -> None:
        if moment := verdicts.http_date(text):
            self.clock_offset_seconds = round((moment - self._clock()).total_seconds())

    def _open(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                transport=GuardedTransport(ssl_context=tls(self._source.ca_file), guard=self._guard),
                headers={"User-Agent": AGENT, "Accept-Encoding": "gzip"},
                follow_redirects=False,
                trust_env=False,
                timeout=None,  # the guard is the timeout
            )
        return self._client


@lru_cache(maxsize=32)
def tls(ca_file: str | None) -> ssl.SSLContext:
    """A context that checks certificates and names, TLS 1.2 or newer; `ca_file` replaces the usual roots.

    Reading the roots takes 80 ms, so sources share one.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or certifi.where())
    except OSError as exc:
        raise SourceChanged("Không đọc được tệp chứng thư gốc; sửa ca_file của nguồn") from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or "?"
    except httpx.InvalidURL:
        return "?"


def _quiet() -> None:
    """httpx prints whole addresses at INFO, keys in the query included; stamina prints every retry."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    set_on_retry_hooks([])
