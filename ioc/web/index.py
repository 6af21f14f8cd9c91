"""The index page, in Vietnamese and with our style and script from the first paint.

Streamlit serves one fixed index page in English. A screen reader would read Vietnamese aloud as English
and a kiosk browser would offer to translate it; a dark wall would flash white. So the answer is
rewritten on its way out: language, title, one style sheet, one script, both served by us.
"""

from __future__ import annotations

import hashlib
import html
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parents[1] / "static"
"""Our style sheet, script and icon."""

STATIC_URL = "tinh"
"""Where they are served; relative, so that a base path before it changes nothing."""


def rewritten(page: bytes, *, title: str) -> bytes:
    """The index page with our language, title and two files; unchanged where it is not as expected."""
    lines = f"{_style()}{_script()}</head>".encode()
    return (
        page.replace(b'<html lang="en">', b'<html lang="vi" translate="no">', 1)
        .replace(b"<title>Streamlit</title>", f"<title>{html.escape(title)}</title>".encode(), 1)
        .replace(b"</head>", lines, 1)
    )


def _style() -> str:
    return f'<link rel="stylesheet" href="./{STATIC_URL}/ioc.css?v={_version("ioc.css")}">'


def _script() -> str:
    return f'<script type="module" src="./{STATIC_URL}/ioc.js?v={_version("ioc.js")}"></script>'


def _version(name: str) -> str:
    """Changes when the file does, so that a browser never keeps an old one."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


class IndexPage:
    """ASGI middleware: rewrites HTML answers, passes everything else through untouched."""

    def __init__(self, app: ASGIApp, *, title: str) -> None:
        self.app = app
        self.title = title

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold an HTML answer until it is whole, then send it rewritten."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        plain = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"accept-encoding"]}
        asks_for_page = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
        held = _Held(send, title=self.title)
        await self.app(plain if asks_for_page else scope, receive, held.send)


class _Held:
    """Collects the body of an HTML answer."""

    def __init__(self, send: Send, *, title: str) -> None:
        self._send = send
        self._title = title
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Pass on, or hold while the answer is a whole HTML page."""
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            return
        if message["type"] != "http.response.body" or self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._release()

    async def _release(self) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        body = rewritten(self._body, title=self._title) if self._body else b""
        headers = MutableHeaders(raw=start["headers"])
        for name in ("etag", "last-modified"):
            del headers[name]
        if body:
            headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_page(message: Message) -> bool:
    headers = MutableHeaders(raw=message["headers"])
    plain = "content-encoding" not in headers
    return message["status"] == 200 and plain and headers.get("content-type", "").startswith("text/html")
