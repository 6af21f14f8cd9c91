"""The list query of `igate2` (`wire.md` §4): filters, order and Spring pages over one site."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from ioc.clock import start_of_day
from ioc.model.dossier import Status
from ioc.simulator.chance import Bools, Ints
from ioc.simulator.lives import Event, Lives
from ioc.simulator.province import Site
from ioc.simulator.records import Record, Writer, code_of, status_ids
from ioc.simulator.state import STATUSES, State, state_at, updated_at
from ioc.simulator.worktime import DAY, NEVER, OFFSET, seconds_of

LARGEST_PAGE = 500
"""A larger size is cut to this one without a word, as the real system does."""

_SORTS = {"updatedDate": None, "acceptedDate": Event.ACCEPT, "appliedDate": Event.SUBMIT}
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z?")


class BadParameter(ValueError):
    """A parameter that Spring could not bind; answered with 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A parsed request; moments are seconds since 1970, both ends included."""

    page: int = 0
    size: int = 20
    with_totals: bool = True
    sort: str = "updatedDate"
    descending: bool = True
    accepted_from: int | None = None
    accepted_to: int | None = None
    applied_from: int | None = None
    applied_to: int | None = None
    statuses: frozenset[int] | None = None
    code: str | None = None
    removed: bool = False


def parse(params: Mapping[str, str]) -> Search:
    """The request that `params` make; unknown ones are ignored, malformed ones raise BadParameter."""
    sort, _, order = params.get("sort", "updatedDate,desc").partition(",")
    if sort not in _SORTS:
        raise BadParameter("sort")
    return Search(
        page=_integer(params, "page", 0),
        size=min(max(_integer(params, "size", 20), 1), LARGEST_PAGE),
        with_totals=params.get("spec", "page") != "slice",
        sort=sort,
        descending=order != "asc",
        accepted_from=_local_moment(params, "accepted-from"),
        accepted_to=_local_moment(params, "accepted-to"),
        applied_from=_day_start(params, "applied-from", 0),
        applied_to=_day_start(params, "applied-to", DAY - 1),
        statuses=_statuses(params.get("dossier-status")),
        code=params.get("code") or None,
        removed=params.get("remove-status", "0") != "0",
    )


def _integer(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadParameter(name)
    return int(text)


def _local_moment(params: Mapping[str, str], name: str) -> int | None:
    """ISO with a `Z` that is really local time."""
    text = params.get(name)
    if not text:
        return None
    match = _ISO.fullmatch(text)
    try:
        read = datetime.fromisoformat(match[1]) if match else None
    except ValueError:
        read = None
    if read is None:
        raise BadParameter(name)
    return seconds_of(read.replace(tzinfo=UTC)) - OFFSET


def _day_start(params: Mapping[str, str], name: str, added: int) -> int | None:
    """`dd/MM/yyyy`."""
    text = params.get(name)
    if not text:
        return None
    match = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text)
    try:
        day = date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        day = None
    if day is None:
        raise BadParameter(name)
    return seconds_of(start_of_day(day)) + added


def _statuses(text: str | None) -> frozenset[int] | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,4}(,\d{1,4})*", text):
        raise BadParameter("dossier-status")
    return frozenset(int(part) for part in text.split(","))


class Shelf:
    """One site as its server sees it: finds, sorts and writes pages."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._writer = Writer(site)
        self._ids = status_ids(site.spec)

    def page(self, search: Search, moment: int) -> Record:
        """The Spring page that answers `search` at `moment`."""
        lives = self.site.lives(moment)
        rows = self._found(lives, search, moment)
        first = search.page * search.size
        shown = rows[first : first + search.size]
        return envelope(self.written(lives, moment, shown), len(rows), search)

    def written(self, lives: Lives, moment: int, rows: Ints) -> list[Record]:
        """Records of `rows` as they stand at `moment`."""
        return self._writer.records(lives, state_at(lives, moment, rows))

    def _found(self, lives: Lives, search: Search, moment: int) -> Ints:
        updated = updated_at(lives, moment)
        keep = self._kept(lives, search, moment, updated > 0)
        rows = np.flatnonzero(keep)
        if search.statuses is not None:
            rows = rows[self._with_status(state_at(lives, moment, rows), search.statuses)]
        if search.code:
            rows = rows[[code_of(self.site.spec, lives, int(row)) == search.code for row in rows]]
        event = _SORTS[search.sort]
        by = updated[rows] if event is None else lives.events[event, rows]
        # the newest of a second first, and always in the same order
        order = np.lexsort((rows, by))
        return np.asarray(rows[order[::-1] if search.descending else order])

    def _kept(self, lives: Lives, search: Search, moment: int, exists: Bools) -> Bools:
        events = lives.events
        removed = events[Event.REMOVE] <= moment
        keep = exists & (removed if search.removed else ~removed)
        accepted = np.where(events[Event.ACCEPT] <= moment, events[Event.ACCEPT], NEVER)
        if search.accepted_from is not None:
            keep &= (accepted >= search.accepted_from) & (accepted < NEVER)
        if search.accepted_to is not None:
            keep &= accepted <= search.accepted_to
        if search.applied_from is not None:
            keep &= events[Event.SUBMIT] >= search.applied_from
        if search.applied_to is not None:
            keep &= events[Event.SUBMIT] <= search.applied_to
        return np.asarray(keep)

    def _with_status(self, state: State, wanted: frozenset[int]) -> Bools:
        statuses: list[Status] = [status for status, code in self._ids.items() if code in wanted]
        return np.isin(state.status, [STATUSES.index(status) for status in statuses])


def envelope(content: list[Record], total: int, search: Search) -> Record:
    """The Spring page around `content`; a slice tells no totals."""
    pages = math.ceil(total / search.size)
    page: Record = {
        "content": content,
        "number": search.page,
        "size": search.size,
        "numberOfElements": len(content),
        "first": search.page == 0,
        "last": search.page >= pages - 1,
    }
    if search.with_totals:
        page |= {"totalElements": total, "totalPages": pages}
    return page
