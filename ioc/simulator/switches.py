"""Fault switches: what can be made to go wrong with a source while the simulator runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ioc.errors import SettingsError


class Fault(StrEnum):
    """What goes wrong; the comment says how a collector meets it."""

    TOKEN_EXPIRY = "token_expiry"  # a token is good for three requests: 401 amid paging
    RATE_429 = "rate_429"  # 429 with Retry-After
    GATEWAY_504 = "gateway_504"  # the gateway's page instead of an answer
    HTML_200 = "html_200"  # a log-in page with status 200
    TRUNCATED_BODY = "truncated_body"  # the connection closes in the middle of the body
    SLOW_PAGE = "slow_page"  # twenty seconds before the first byte
    INSERT_WHILE_PAGING = "insert_while_paging"  # rows move to the top between pages
    DUPLICATE_ROWS = "duplicate_rows"  # rows twice on a page
    STALE_ROWS = "stale_rows"  # rows as they were two days ago, beside the newest
    REOPENED = "reopened"  # finished dossiers in work again, until switched off
    MOVED_DUE = "moved_due"  # due days of open dossiers pushed out
    DOWN = "down"  # nothing but 500; no new file


FILE_FAULTS = frozenset(
    {Fault.DOWN, Fault.HTML_200, Fault.TRUNCATED_BODY, Fault.DUPLICATE_ROWS, Fault.REOPENED, Fault.MOVED_DUE}
)
"""Those that also make sense for a source that drops files."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A fault of a source: on, and met by every `every`-th request."""

    fault: Fault
    every: int = 1


class Switchboard:
    """All switches of a running simulator; safe to use from several threads."""

    def __init__(self, kinds: Mapping[str, str], switches: Iterable[tuple[str, Switch]] = ()) -> None:
        self._kinds = MappingProxyType(dict(kinds))
        self._lock = threading.Lock()
        self._on: dict[tuple[str, Fault], int] = {}
        self._met: dict[tuple[str, Fault], int] = {}
        for source_id, switch in switches:
            self.turn(source_id, switch, on=True)

    def turn(self, source_id: str, switch: Switch, *, on: bool) -> bool:
        """Turn a switch; whether that changed anything. SettingsError for an unknown or unfitting one."""
        self._check(source_id, switch.fault)
        key = (source_id, switch.fault)
        with self._lock:
            changed = (key in self._on) is not on
            self._met[key] = 0
            if on:
                self._on[key] = switch.every
            else:
                self._on.pop(key, None)
        return changed

    def meets(self, source_id: str, fault: Fault) -> bool:
        """Whether this request (it is counted) meets the fault."""
        key = (source_id, fault)
        with self._lock:
            if key not in self._on:
                return False
            self._met[key] += 1
            return self._met[key] % self._on[key] == 0

    def is_on(self, source_id: str, fault: Fault) -> bool:
        """Whether the switch is on."""
        with self._lock:
            return (source_id, fault) in self._on

    def listed(self) -> dict[str, list[dict[str, str | int]]]:
        """Every source with its switches that are on."""
        found: dict[str, list[dict[str, str | int]]] = {source_id: [] for source_id in self._kinds}
        with self._lock:
            for (source_id, fault), every in sorted(self._on.items()):
                found[source_id].append({"fault": fault.value, "every": every})
        return found

    def _check(self, source_id: str, fault: Fault) -> None:
        kind = self._kinds.get(source_id)
        if kind is None:
            raise SettingsError(f"Không có nguồn mô phỏng {source_id!r}; xem GET /sim/faults")
        if kind == "file_drop" and fault not in FILE_FAULTS:
            raise SettingsError(f"Nguồn {source_id} thả tệp, không có lỗi {fault.value}")


def read_switch(text: str) -> tuple[str, Switch]:
    """`SOURCE:NAME` or `SOURCE:NAME:EVERY`, as given on the command line."""
    source_id, _, rest = text.partition(":")
    name, _, every = rest.partition(":")
    if name not in set(Fault) or not (every == "" or (every.isdecimal() and 0 < int(every) < 1_000)):
        raise SettingsError(f"Lỗi mô phỏng phải viết NGUỒN:TÊN, TÊN là một trong: {', '.join(Fault)}")
    return source_id, Switch(Fault(name), int(every or 1))
