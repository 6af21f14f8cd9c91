"""Which pages of iGate 2 to ask for, and when to stop or to disbelieve (`wire.md` §8 A2, §11.16-18).

    changes   newest change first, down to the cursor less an overlap; then what was deleted since
    full      by month of acceptance, newest first; then what was never accepted; then what was deleted

Rows move while pages are turned: the first pages are read again at the end, until nothing on them is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ioc.clock import VIETNAM, local_day, start_of_day
from ioc.collectors.base import Ask, Pages, Payload
from ioc.collectors.http import Answer, Http
from ioc.collectors.moments import DateRules, read_moment
from ioc.collectors.texts import Refused
from ioc.errors import SourceChanged
from ioc.faults import FaultKind
from ioc.model.run import RunKind
from ioc.rules.plausibility import check_total

CONTENT = "content"
PATH = "/pa/dossier/search"
_NEWEST_FIRST = (("spec", "page"), ("sort", "updatedDate,desc"))
_LEAST_OVERLAP = timedelta(minutes=10)
_BEHIND_NOW = timedelta(minutes=1)
"""The cursor stays this far behind our clock: rows of the running minute may still come."""
_FULL_MONTHS = 13
_LONG_AGO = date(1990, 1, 1)
_AGAIN = 5
"""Pages read again at the end of a query at most; more means that the source changes faster than we read."""
_UNACCEPTED = {"new", "rejected", "withdrawn", "supplement", "financial"}
"""Statuses in which a dossier may be that nobody has accepted."""

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One list to read; `window` are the days of acceptance it was narrowed to."""

    label: str
    params: Params = ()
    since: datetime | None = None
    window: tuple[date, date] | None = None
    deleted: bool = False
    page_limit: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of the list is wanted, so that its stated total can be held against it."""
        return self.since is None and self.page_limit is None


@dataclass(slots=True)
class _Seen:
    """What a query has shown so far: key -> change date as stated."""

    rows: dict[str, str] = field(default_factory=dict)
    pages: set[bytes] = field(default_factory=set)
    total: int | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class _View:
    """One page as far as turning pages needs it."""

    answer: Answer
    rows: list[object]
    keys: tuple[tuple[str, str], ...]
    moments: tuple[datetime, ...]
    total: int | None
    last: bool

    @property
    def digest(self) -> bytes:
        return hashlib.blake2b(repr(self.keys).encode(), digest_size=16).digest()


def fetch(ask: Ask, http: Http) -> Pages:
    """Pages of one run; the value at the end is the new cursor."""
    if ask.kind is RunKind.FULL:
        return (yield from _full(_Pager(ask, http), ask))
    return (yield from _changes(_Pager(ask, http), ask))


def reach(ask: Ask, http: Http) -> None:
    """Log in and read one record."""
    _Pager(ask, http).total()


def _changes(pager: _Pager, ask: Ask) -> Pages:
    cursor = read_cursor(ask.cursor)
    since = cursor - overlap(ask) if cursor else None
    seen = yield from pager.read(Query(label="thay đổi", since=since, page_limit=ask.page_limit))
    if ask.source.options.get("deletes") != "false":
        yield from pager.read(_deleted(since=since, page_limit=ask.page_limit))
    if seen.newest is None:
        return None
    newest = min(seen.newest, ask.now - _BEHIND_NOW)
    return write_cursor(max(newest, cursor) if cursor else newest)


def _full(pager: _Pager, ask: Ask) -> Pages:
    pager.expected = whole = pager.total()
    found: set[str] = set()
    for query in _parts(ask):
        found |= (yield from pager.read(query)).rows.keys()
    if whole is not None and len(found) < whole:
        # dossiers that no window shows: neither accepted nor in a status that waits for it
        found |= (yield from pager.read(Query(label="toàn bộ"))).rows.keys()
        check_total(stated=whole, received=len(found), tolerance=tolerance(whole))
    if whole is None or len(found) < whole:
        ask.absence.is_told = False  # what was not shown may be what the source forgot to show
    if ask.source.options.get("deletes") != "false":
        yield from pager.read(_deleted())
    # what changed while we read is still to come, so only a source without a cursor gets one here
    return write_cursor(ask.now - _BEHIND_NOW) if read_cursor(ask.cursor) is None else None


def _deleted(*, since: datetime | None = None, page_limit: int | None = None) -> Query:
    return Query(
        label="đã xóa",
        params=(("remove-status", "1"),),
        since=since,
        deleted=True,
        page_limit=page_limit,
    )


def _parts(ask: Ask) -> Iterator[Query]:
    told = ask.source.options.get("full_months", "")
    months = int(told) if told.isdecimal() else _FULL_MONTHS
    first = local_day(ask.now).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    for _ in range(max(months, 1)):
        yield _window(first, last)
        last = first - timedelta(days=1)
        first = last.replace(day=1)
    yield _window(_LONG_AGO, last)
    statuses = ask.source.codes.get("status", {"0": "new"})
    for code in sorted(code for code, word in statuses.items() if word in _UNACCEPTED):
        yield Query(label=f"trạng thái {code}", params=(("dossier-status", code),))


def _window(first: date, last: date) -> Query:
    """iGate writes local time with a Z here."""
    span = (("accepted-from", f"{first}T00:00:00.000Z"), ("accepted-to", f"{last}T23:59:59.999Z"))
    return Query(label=f"tiếp nhận {first:%m/%Y}", params=span, window=(first, last))


class _Pager:
    """Turns the pages of one query after another."""

    def __init__(self, ask: Ask, http: Http) -> None:
        self._ask = ask
        self._http = http
        self._rules = DateRules.of(ask.source.options)
        self.expected: int | None = None

    def total(self) -> int | None:
        """How many dossiers the source says it has."""
        return self._page(Query(label="tổng số"), 0, size=1).total

    def read(self, query: Query) -> Generator[Payload, None, _Seen]:
        """All pages of a query; once again when rows slipped away while we read."""
        seen = yield from self._once(query)
        if query.is_whole and seen.total is not None and _missing(seen) > tolerance(seen.total):
            again = yield from self._once(query)
            seen.rows |= again.rows
            # a total that fell in between is no proof: the larger one must be met
            seen.total = max(seen.total, again.total or 0)
            check_total(stated=seen.total, received=len(seen.rows), tolerance=tolerance(seen.total))
        return seen

    def _once(self, query: Query) -> Generator[Payload, None, _Seen]:
        seen = _Seen()
        pages = 0
        while True:
            view = self._page(query, pages)
            if view.digest in seen.pages and view.rows:
                _check_repeated(seen)
                break
            if pages == 0:
                self._check_first(query, view)
            if pages and not view.rows:
                _check_ended(seen, query)
                break
            self._check_filter(query, view)
            yield self._payload(query, view, pages)
            _note(seen, view)
            pages += 1
            if self._is_past(query, view) or pages == query.page_limit:
                break
            if view.last or not view.rows:
                _check_ended(seen, query)
                break
            if pages >= self._ask.source.max_pages:
                raise SourceChanged(
                    "Quá nhiều trang (max_pages); tăng page_size hoặc giảm full_months của nguồn",
                    kind=FaultKind.PARTIAL,
                )
        if pages > 1 and query.page_limit is None:
            yield from self._again(query, seen)
        return seen

    def _again(self, query: Query, seen: _Seen) -> Generator[Payload, None, None]:
        """Rows that came to the top while we read below."""
        for page in range(_AGAIN):
            view = self._page(query, page)
            fresh = [key for key in view.keys if seen.rows.get(key[0]) != key[1]]
            if fresh:
                yield self._payload(query, view, page)
                _note(seen, view)
            if len(fresh) < len(view.keys) or view.last or not view.rows:
                return

    def _page(self, query: Query, page: int, *, size: int | None = None) -> _View:
        size = size or self._ask.source.page_size
        asked = (("page", str(page)), ("size", str(size)), *_NEWEST_FIRST, *query.params)
        return self._view(self._http.fetch_json(PATH, asked))

    def _view(self, answer: Answer) -> _View:
        value = answer.document.value
        rows = value.get(CONTENT) if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(rows, list):
            raise SourceChanged("Trả lời không có danh sách “content”; báo đơn vị vận hành iGate")
        pairs = [(str(r.get("id")), str(r.get("updatedDate"))) for r in rows if isinstance(r, dict)]
        stamps = [self._moment(row, "updatedDate") for row in rows]
        total = value.get("totalElements")
        return _View(
            answer=answer,
            rows=rows,
            keys=tuple(pairs),
            moments=tuple(moment for moment in stamps if moment),
            total=total if isinstance(total, int) and not isinstance(total, bool) else None,
            last=value.get("last") is True,
        )

    def _moment(self, row: object, name: str) -> datetime | None:
        try:
            return read_moment(row.get(name), self._rules) if isinstance(row, dict) else None
        except Refused:
            return None

    def _payload(self, query: Query, view: _View, page: int) -> Payload:
        notes = {"since": query.since.isoformat()} if query.since else {}
        return Payload(
            body=view.answer.body,
            document=view.answer.document,
            position=f"{query.label}, trang {page + 1}",
            fetched_at=view.answer.asked_at,
            expected=self.expected,
            stated_total=view.total if not query.params else None,
            notes=notes,
        )

    def _is_past(self, query: Query, view: _View) -> bool:
        """The middle row decides: one stale row shown among new ones must not end the reading."""
        if query.since is None or not view.moments:
            return False
        return sorted(view.moments)[len(view.moments) // 2] < query.since

    def _check_first(self, query: Query, view: _View) -> None:
        if not view.rows and view.total:
            raise SourceChanged(
                f"Nguồn báo có {view.total} hồ sơ nhưng trang đầu rỗng; báo đơn vị vận hành iGate",
                kind=FaultKind.PARTIAL,
            )
        ups = sum(1 for a, b in zip(view.moments, view.moments[1:], strict=False) if b > a)
        if ups > 1 and ups * 4 > len(view.moments):
            raise _ignored("sort=updatedDate,desc")

    def _check_filter(self, query: Query, view: _View) -> None:
        """A parameter that is ignored brings everything: believe the rows, not the request."""
        records = [row for row in view.rows if isinstance(row, dict)]
        if query.deleted and records and not any(row.get("removeStatus") for row in records):
            raise _ignored('remove-status (đặt options.deletes = "false" nếu nguồn không hỗ trợ)')
        if query.window is None:
            return
        first = start_of_day(query.window[0] - timedelta(days=1))
        last = start_of_day(query.window[1] + timedelta(days=2))
        moments = [self._moment(row, "acceptedDate") for row in records]
        outside = sum(1 for moment in moments if moment and not first <= moment < last)
        if outside > 1 and outside * 20 > len(records):
            raise _ignored("accepted-from/accepted-to")


def _note(seen: _Seen, view: _View) -> None:
    seen.rows.update(view.keys)
    seen.pages.add(view.digest)
    seen.total = view.total if view.total is not None else seen.total
    seen.newest = max((*view.moments, *([seen.newest] if seen.newest else [])), default=None)


def _missing(seen: _Seen) -> int:
    return (seen.total or 0) - len(seen.rows)


def _check_ended(seen: _Seen, query: Query) -> None:
    """The list ended before the moment asked for: fine when that was all of it."""
    if query.since is not None and seen.total is not None:
        check_total(stated=seen.total, received=len(seen.rows), tolerance=tolerance(seen.total))


def _check_repeated(seen: _Seen) -> None:
    """The same page again: the end of the list when we have all of it, else a page number ignored."""
    if seen.total is None or _missing(seen) > tolerance(seen.total):
        raise SourceChanged(
            "Nguồn trả lặp lại cùng một trang, chưa đọc hết; báo đơn vị vận hành iGate",
            kind=FaultKind.PARTIAL,
        )


def _ignored(name: str) -> SourceChanged:
    return SourceChanged(f"Nguồn bỏ qua tham số {name}; báo đơn vị vận hành iGate")


def tolerance(total: int) -> int:
    """Records that may slip between pages of a moving list; the next pass brings them."""
    return 2 + total // 100


def overlap(ask: Ask) -> timedelta:
    """How far before the cursor to read again: late commits, and clocks that disagree."""
    interval = timedelta(seconds=2 * (ask.source.every_seconds or 0))
    return max(interval, _LEAST_OVERLAP, timedelta(seconds=ask.source.overlap_seconds))


def read_cursor(text: str | None) -> datetime | None:
    """The newest change date read so far; None when there is none, or none that we can read."""
    try:
        value = json.loads(text or "null")
        return datetime.fromisoformat(value["updated"]) if value else None
    except (ValueError, KeyError, TypeError):
        return None


def write_cursor(updated: datetime) -> str:
    """A cursor as text."""
    return json.dumps({"updated": updated.astimezone(VIETNAM).isoformat()})
