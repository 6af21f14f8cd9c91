"""Logs: one JSON object a line on stderr, without secrets, identity numbers or forged lines."""

from __future__ import annotations

import logging
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO, cast
from urllib.parse import quote, quote_plus

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from ioc.clock import utc_now

HIDDEN = "[đã che]"
"""What stands in a log where a secret or an identity number stood."""

_IDENTITY = re.compile(r"(?<!\d)\d{9,12}(?!\d)")
_QUIET = ("httpx", "httpcore", "hpack", "urllib3")
"""Libraries that print whole URLs, keys included, at INFO."""

_MAX_TEXT = 20_000


def configure(*, level: str = "INFO", secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (stderr); `secrets` are values never to be written.

    Call it once at the start of a process; calling it again replaces what was set before.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(Redactor(secrets)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for module `name`; use it as `log.info("event", key=value)`."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))


def _shared() -> list[Processor]:
    return [
        structlog.stdlib.filter_by_level,
        structlog.contextvars.merge_contextvars,
        *_labels(),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]


def _labels() -> list[Processor]:
    return [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, _stamp]


def _formatter(redactor: Redactor) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_labels(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # text only: a traceback with local variables would hold records and passwords
            structlog.processors.format_exc_info,
            redactor,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )


def _stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["at"] = utc_now().isoformat()
    return event


class Redactor:
    """Last step before the renderer: hides known secrets and numbers of 9 to 12 digits, however nested."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {self.text(str(key)): self.value(item) for key, item in event.items()}

    def value(self, item: object) -> Any:
        """`item` made of plain JSON types, everything readable in it redacted."""
        if item is None or isinstance(item, bool | float):
            return item
        if isinstance(item, int):
            return HIDDEN if _IDENTITY.fullmatch(str(abs(item))) else item
        if isinstance(item, Mapping):
            return {self.text(str(key)): self.value(inner) for key, inner in item.items()}
        if isinstance(item, Sequence | set | frozenset) and not isinstance(item, str | bytes | bytearray):
            return [self.value(inner) for inner in item]
        return self.text(str(item))

    def text(self, text: str) -> str:
        """One string, redacted, without characters that some viewer takes for a new line."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return "".join(map(_harmless, _IDENTITY.sub(HIDDEN, text)[:_MAX_TEXT]))


def _forms(secret: str) -> set[str]:
    """A secret as it may be written: plain and URL-encoded; very short ones would hide half the log."""
    return {form for form in (secret, quote(secret, safe=""), quote_plus(secret)) if len(secret) >= 4}


def _harmless(char: str) -> str:
    # JSON itself escapes C0; the separators and C1 pass unescaped, and bidi marks can reorder a line
    return " " if unicodedata.category(char) in {"Zl", "Zp", "Cf", "Cs"} or "\x7f" <= char <= "\x9f" else char
