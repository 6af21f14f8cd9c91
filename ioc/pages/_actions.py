"""The few things a screen may ask for: a poll, and in the demo a fault. The only writer among the pages."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import streamlit as st

from ioc.errors import IocError
from ioc.pages import _data
from ioc.settings import SourceSettings
from ioc.store.engine import open_engine
from ioc.store.requests import request_poll
from ioc.words import mark, t

log = logging.getLogger(__name__)

SIMULATOR_SECONDS = 2.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

FAULTS: dict[str, str] = {
    "down": mark("Tắt hẳn"),
    "gateway_504": mark("Cổng trả 504"),
    "rate_429": mark("Giới hạn tần suất 429"),
    "token_expiry": mark("Hết hạn phiên"),
    "html_200": mark("Trả trang web"),
    "truncated_body": mark("Đứt giữa chừng"),
    "slow_page": mark("Trang rất chậm"),
    "insert_while_paging": mark("Chèn dòng khi đang đọc"),
    "duplicate_rows": mark("Dòng trùng"),
    "stale_rows": mark("Dòng cũ"),
    "reopened": mark("Mở lại hồ sơ đã xong"),
    "moved_due": mark("Dời ngày hẹn"),
}
"""Switches of the simulated province, by its own names."""

FILE_FAULTS = ("down", "html_200", "truncated_body", "duplicate_rows", "reopened", "moved_due")
"""Those that a source which drops files has."""


def poll_now(source_id: str, *, full: bool) -> str:
    """Ask the scheduler to poll; a sentence that says what was asked."""
    try:
        request_poll(_writer(), source_id, full=full, now=_data.now())
    except IocError as fault:
        return str(fault)
    return t("Đã ghi yêu cầu thu thập; bộ lập lịch nhận trong vài giây.")


def switches(source: SourceSettings) -> frozenset[str] | None:
    """Faults that are on for a simulated source; None when the simulator does not answer."""
    answer = _ask_simulator("/sim/faults")
    if not isinstance(answer, dict):
        return None
    held = answer.get(source.id, [])
    return frozenset(str(switch.get("fault")) for switch in held if isinstance(switch, dict))


def turn(source: SourceSettings, fault: str, *, on: bool) -> None:
    """Switch one fault of a simulated source; nothing for a real one."""
    if source.simulated and fault in FAULTS:
        _ask_simulator(f"/sim/faults/{quote(source.id, safe='')}", {"fault": fault, "on": on})


def simulator_origin() -> str | None:
    """Where the simulated province listens: the host of a simulated source, on this machine only."""
    for source in _data.settings().sources:
        parts = urlsplit(source.base_url or "")
        if source.simulated and parts.scheme == "http" and parts.hostname in _LOOPBACK:
            return f"http://{parts.netloc}"
    return None


def _ask_simulator(path: str, body: dict[str, Any] | None = None) -> Any:
    origin = simulator_origin()
    if origin is None:
        return None
    data = json.dumps(body).encode() if body is not None else None
    request = Request(f"{origin}{path}", data=data, headers={"Content-Type": "application/json"})
    try:
        # no proxy: the simulator is on this machine, whatever the environment says
        with build_opener(ProxyHandler({})).open(request, timeout=SIMULATOR_SECONDS) as answer:
            return json.load(answer)
    except (URLError, OSError, ValueError) as fault:
        log.info("the simulated province does not answer: %s", fault)
        return None


@st.cache_resource(show_spinner=False)
def _writer() -> Any:
    return open_engine(_data.settings().database_url)
