"""Security headers on every answer (`safety.md` S11); Streamlit sends none of its own.

The policy allows scripts of this server and the one inline script of Streamlit's index page, by its
hash; no eval, no frame, no other host. Emotion (Streamlit's styles) needs inline styles.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
"""Streamlit's index page, whose inline script is allowed by hash."""

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_security_policy(index_html: str) -> str:
    """The policy for an index page; the hashes are of its inline scripts."""
    hashes = [_sha256(script) for script in _INLINE.findall(index_html)]
    return "; ".join(
        (
            "default-src 'self'",
            _directive("script-src", ("'self'", *hashes)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-src 'none'",
            "frame-ancestors 'self'",
        )
    )


def security_headers() -> tuple[tuple[str, str], ...]:
    """Name and value of every header added."""
    return (
        ("Content-Security-Policy", content_security_policy(INDEX.read_text(encoding="utf-8"))),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    )


class SecurityHeaders:
    """ASGI middleware: puts the headers on every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through; answers get the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = MutableHeaders(raw=message["headers"])
                for name, value in self.headers:
                    held[name] = value
                message["headers"] = held.raw
            await send(message)

        await self.app(scope, receive, with_headers)


def _sha256(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _directive(name: str, values: Iterable[str]) -> str:
    return " ".join((name, *values))
