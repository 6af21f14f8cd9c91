"""Real servers on loopback sockets: a small iGate 2, and one that breaks HTTP byte by byte.

with RawServer(cut_gzip) as server: ...          what the script writes is what the client gets
with FakeIgate() as site: site.put(a_record(…))  token, Spring pages, filters, scripted faults
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Script = Callable[[socket.socket, bytes], None]
"""Answers one request on an open connection; the connection is closed after it."""

HOST = "127.0.0.1"


class RawServer:
    """Gives each connection in turn to the next script; the last one answers all that follow."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = deque(scripts)
        self._tls = tls
        self._listener = socket.create_server((HOST, 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        """Base address."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            script = self._scripts.popleft() if len(self._scripts) > 1 else self._scripts[0]
            threading.Thread(target=self._answer, args=(connection, script), daemon=True).start()

    def _answer(self, connection: socket.socket, script: Script) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(65536)
                if not piece:
                    return
                request += piece
            self.requests.append(request)
            script(connection, request)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the client has gone, which is often what the test wants
        finally:
            connection.close()


def reply(
    body: bytes = b"{}",
    *,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    length: int | None = -1,
) -> Script:
    """A plain answer; `length` None leaves Content-Length out, -1 tells the truth."""

    def script(connection: socket.socket, request: bytes) -> None:
        lines = {"Content-Type": "application/json", "Connection": "close"} | dict(headers or {})
        if length is not None:
            lines["Content-Length"] = str(len(body) if length < 0 else length)
        head = f"HTTP/1.1 {status}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n"
        connection.sendall(head.encode() + body)

    return script


def zipped(data: bytes, *, cut: int | None = None, **more: Any) -> Script:
    """A gzip answer, cut after `cut` bytes but with an honest length for what is sent."""
    return reply(gzip.compress(data)[:cut], headers={"Content-Encoding": "gzip"}, **more)


def silent(seconds: float = 30) -> Script:
    """Takes the request and says nothing."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.settimeout(seconds)
        connection.recv(1)

    return script


def drip(data: bytes, *, every: float, stop: threading.Event) -> Script:
    """One byte at a time, headers included when `data` holds them."""

    def script(connection: socket.socket, request: bytes) -> None:
        for place in range(len(data)):
            if stop.wait(every):
                return
            connection.sendall(data[place : place + 1])

    return script


def reset(data: bytes = b"") -> Script:
    """Sends `data`, then resets the connection."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return script


def chunked(pieces: Iterable[bytes], *, finish: bool = True) -> Script:
    """A chunked answer, without its end when `finish` is False."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for piece in pieces:
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if finish:
            connection.sendall(b"0\r\n\r\n")

    return script


@dataclass(frozen=True, slots=True)
class Reply:
    """A scripted answer of the fake site in place of its page."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


Record = dict[str, Any]


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is what some tests want."""


def stamp(moment: datetime) -> str:
    """As iGate writes change dates: milliseconds, `+0000` without a colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


class FakeIgate:
    """A site with token, list and switches; `rows` may be changed while it serves."""

    SECRET = "bí-mật-canary-1"

    def __init__(self) -> None:
        self.rows: dict[str, Record] = {}
        self.script: deque[Reply | None] = deque()
        """Answers to the next list requests; None lets one pass."""
        self.pages: list[dict[str, str]] = []
        """Parameters of every list request answered with a page."""
        self.logins = 0
        self.token_life = 300
        self.token_uses: int | None = None
        """Requests that a token is good for; None: until it expires."""
        self.spec: str | None = None
        self.total_shift = 0
        self.repeat_page: int | None = None
        """From this page on the same page is sent again."""
        self.ignored: set[str] = set()
        """Parameters that are not obeyed."""
        self.before_page: Callable[[int], None] = lambda page: None
        self.date_header: str | None = None
        self._left = 0
        self._token = ""
        self._server = _Quiet((HOST, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def token_url(self) -> str:
        """Where tokens are given out."""
        return f"{self.url}/sso/token"

    def put(self, *records: Record) -> None:
        """Add or replace dossiers."""
        self.rows |= {record["id"]: record for record in records}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _handler(site: FakeIgate) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet an answer, or each waits 40 ms for an acknowledgement

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._send(site.log_in({name: values[0] for name, values in form.items()}))

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self._send(site.answer(query, self.headers.get("Authorization", "")))

            def _send(self, reply: Reply) -> None:
                self.send_response_only(reply.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply.body)))
                if site.date_header is not None:
                    self.send_header("Date", site.date_header)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                self.wfile.flush()

            def log_message(self, *args: object) -> None:
                pass

        return Handler

    def log_in(self, form: Mapping[str, str]) -> Reply:
        """A new token; every earlier one is void."""
        self.logins += 1
        secret = form.get("client_secret") or form.get("password")
        if secret != self.SECRET:
            return Reply(400, b'{"error":"invalid_client"}')
        self._token = f"token-{self.logins}"
        self._left = self.token_uses if self.token_uses is not None else 1_000_000
        body = {"access_token": self._token, "expires_in": self.token_life}
        return Reply(body=json.dumps(body).encode())

    def answer(self, query: Mapping[str, str], authorization: str) -> Reply:
        """The next scripted answer, or the page asked for."""
        if self.script:
            scripted = self.script.popleft()
            if scripted is not None:
                return scripted
        if authorization != f"Bearer {self._token}" or self._left <= 0:
            return Reply(401, b'{"status":401,"error":"Unauthorized","path":"/pa/dossier/search"}')
        self._left -= 1
        self.before_page(int(query.get("page", "0")))
        self.pages.append(dict(query))
        return Reply(body=json.dumps(self.page(query), ensure_ascii=False).encode())

    def page(self, query: Mapping[str, str]) -> Record:
        """The Spring page."""
        number, size = int(query.get("page", "0")), int(query.get("size", "20"))
        if self.repeat_page is not None:
            number = min(number, self.repeat_page)
        rows = self._found({k: v for k, v in query.items() if k not in self.ignored})
        shown = rows[number * size : (number + 1) * size]
        last = (number + 1) * size >= len(rows) and self.repeat_page is None
        page = {"content": shown, "number": number, "size": size, "first": number == 0, "last": last}
        if (self.spec or query.get("spec")) == "page":
            page["totalElements"] = len(rows) + (self.total_shift if rows else 0)
        return page

    def _found(self, query: Mapping[str, str]) -> list[Record]:
        removed = query.get("remove-status", "0") != "0"
        rows = [row for row in self.rows.values() if bool(row.get("removeStatus")) == removed]
        if "dossier-status" in query:
            wanted = query["dossier-status"].split(",")
            rows = [row for row in rows if str(row["dossierStatus"]["id"]) in wanted]
        for name, keep in (("accepted-from", str.__ge__), ("accepted-to", str.__le__)):
            if name in query:
                limit = query[name][:19]
                rows = [row for row in rows if keep((row.get("acceptedDate") or "~")[:19], limit)]
        rows = [row for row in rows if "accepted-from" not in query or row.get("acceptedDate")]
        return sorted(rows, key=lambda row: str(row["updatedDate"]), reverse="sort" in query)
