"""The simulated province's web server: log-in, `igate2` pages, fault switches and the truth.

POST /sso/token                              access tokens, five minutes long
GET  /igate/<site>/pa/dossier/search         pages of dossiers (`wire.md` §4)
GET  /sim                                    what is simulated, and how
GET  /sim/faults, POST /sim/faults/<source>  switches: {"fault": "down", "on": true, "every": 1}
GET  /sim/truth?at=…&source=…&days=…         counts from the lives themselves
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ioc.clock import Clock, monotonic_seconds
from ioc.errors import SettingsError
from ioc.simulator.chance import Ints, root
from ioc.simulator.forced import apply_switch
from ioc.simulator.lives import Event
from ioc.simulator.province import Province
from ioc.simulator.search import BadParameter, Search, Shelf, parse
from ioc.simulator.state import updated_at
from ioc.simulator.switches import Fault, Switch, Switchboard
from ioc.simulator.truth import truth
from ioc.simulator.worktime import DAY, moment_of, seconds_of

TOKEN_SECONDS = 300
SLOW_SECONDS = 20.0
STALE_BY = 2 * DAY
_LIFE_WHEN_EXPIRING = 3

_LOGIN_PAGE = (
    "<!DOCTYPE html><html lang='vi'><head><title>Đăng nhập</title></head>"
    "<body><form method='post'>Phiên làm việc đã hết hạn. Vui lòng đăng nhập lại.</form></body></html>"
)
_GATEWAY_PAGE = "<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>"


class Tokens:
    """Access tokens handed out; each dies after five minutes."""

    def __init__(self, secret: str | None) -> None:
        self._secret = secret
        self._ends: dict[str, float] = {}
        self._uses: dict[tuple[str, str], int] = {}

    def issue(self, form: Mapping[str, str]) -> str | None:
        """A new token for the right client secret (any, when none was set); None for a wrong one."""
        told = form.get("client_secret", "")
        right = bool(told) if self._secret is None else secrets.compare_digest(told, self._secret)
        if form.get("grant_type") != "client_credentials" or not form.get("client_id") or not right:
            return None
        token = secrets.token_urlsafe(24)
        now = monotonic_seconds()
        self._ends = {known: end for known, end in self._ends.items() if end > now}
        self._uses = {key: uses for key, uses in self._uses.items() if key[1] in self._ends}
        self._ends[token] = now + TOKEN_SECONDS
        return token

    def accepts(self, header: str, source_id: str, *, expiring: bool) -> bool:
        """Whether a request may pass; `expiring` tokens wear out after three requests of a source."""
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or self._ends.get(token, 0.0) <= monotonic_seconds():
            return False
        self._uses[source_id, token] = self._uses.get((source_id, token), 0) + 1
        return not expiring or self._uses[source_id, token] <= _LIFE_WHEN_EXPIRING


class CutResponse(Response):
    """Promises the whole body, sends half of it and lets go."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class Server:
    """Answers for all sites; one instance a process."""

    def __init__(
        self,
        province: Province,
        switches: Switchboard,
        *,
        now: Clock,
        secret: str | None = None,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._province, self._switches, self._now = province, switches, now
        self._slow_seconds = slow_seconds
        self._tokens = Tokens(secret)
        self._shelves = {
            site.spec.path: Shelf(site) for site in province.sites if site.spec.source.kind == "igate2"
        }
        self._served = 0

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/sso/token", self._token, methods=["POST"]),
                Route("/igate/{site}/pa/dossier/search", self._search),
                Route("/sim", self._about),
                Route("/sim/faults", self._faults),
                Route("/sim/faults/{source}", self._turn, methods=["POST"]),
                Route("/sim/truth", self._truth),
            ]
        )

    async def _token(self, request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        token = self._tokens.issue({name: values[0] for name, values in fields.items()})
        if token is None:
            return JSONResponse({"error": "unauthorized_client"}, status_code=401)
        return JSONResponse(
            {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "bearer", "scope": "read"}
        )

    async def _search(self, request: Request) -> Response:
        shelf = self._shelves.get(request.path_params["site"])
        if shelf is None:
            return _spring(404, "Not Found", request)
        wrong = await self._refused(shelf.site.id, request)
        if wrong is not None:
            return wrong
        try:
            search = parse(request.query_params)
        except BadParameter as error:
            return _spring(400, f"Bad Request: {error}", request)
        return self._page(shelf, search)

    async def _refused(self, source_id: str, request: Request) -> Response | None:
        """What a switched-on fault, or a bad token, answers instead of a page."""
        meets = self._switches.meets
        if meets(source_id, Fault.SLOW_PAGE):
            await asyncio.sleep(self._slow_seconds)
        if meets(source_id, Fault.DOWN):
            return _spring(500, "Internal Server Error", request)
        if meets(source_id, Fault.GATEWAY_504):
            return Response(_GATEWAY_PAGE, status_code=504, media_type="text/html")
        if meets(source_id, Fault.RATE_429):
            return JSONResponse({"error": "Too Many Requests"}, 429, {"Retry-After": "2"})
        if meets(source_id, Fault.HTML_200):
            return Response(_LOGIN_PAGE, media_type="text/html; charset=utf-8")
        expiring = self._switches.is_on(source_id, Fault.TOKEN_EXPIRY)
        header = request.headers.get("authorization", "")
        if not self._tokens.accepts(header, source_id, expiring=expiring):
            return JSONResponse({"error": "invalid_token"}, 401, {"WWW-Authenticate": "Bearer"})
        return None

    def _page(self, shelf: Shelf, search: Search) -> Response:
        moment, source_id = seconds_of(self._now()), shelf.site.id
        self._served += 1
        if search.page > 0 and self._switches.meets(source_id, Fault.INSERT_WHILE_PAGING):
            self._touch(shelf, moment)
        page = shelf.page(search, moment)
        content = page["content"]
        if content and self._switches.meets(source_id, Fault.DUPLICATE_ROWS):
            content += [content[0], content[-1]]
        if content and self._switches.meets(source_id, Fault.STALE_ROWS):
            content += self._stale(shelf, moment)
        body = json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()
        cut = self._switches.meets(source_id, Fault.TRUNCATED_BODY)
        return (CutResponse if cut else Response)(body, media_type="application/json;charset=UTF-8")

    def _touch(self, shelf: Shelf, moment: int) -> None:
        """Three older rows are saved again and jump to the top of the list."""
        rows = np.flatnonzero(updated_at(shelf.site.lives(moment), moment) > 0)
        picks = [root("touch", self._served, n) % len(rows) for n in range(3)] if len(rows) else []
        shelf.site.force(Event.TOUCH, rows[picks], moment)

    def _stale(self, shelf: Shelf, moment: int) -> list[dict[str, Any]]:
        """Newly changed rows as they stood two days ago."""
        lives, before = shelf.site.lives(moment), moment - STALE_BY
        then = updated_at(lives, before)
        changed: Ints = np.flatnonzero((then > 0) & (updated_at(lives, moment) > then))
        return shelf.written(lives, before, changed[-3:])

    async def _about(self, request: Request) -> Response:
        plan = self._province.plan
        return JSONResponse(
            {
                "notice": "Dữ liệu mô phỏng: không hồ sơ nào có thật",
                "seed": plan.seed,
                "scale": plan.scale,
                "pace": plan.pace,
                "since": moment_of(plan.since).isoformat(),
                "sources": [site.id for site in self._province.sites],
            }
        )

    async def _faults(self, request: Request) -> Response:
        return JSONResponse(self._switches.listed())

    async def _turn(self, request: Request) -> Response:
        # a form from some web page cannot claim to be JSON without asking first
        if not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"error": "application/json"}, 415)
        source_id = request.path_params["source"]
        try:
            switch, on = _switch(await request.body())
            changed = self._switches.turn(source_id, switch, on=on)
        except SettingsError as error:
            return JSONResponse({"error": str(error)}, 400)
        if changed:
            site = self._province.by_id[source_id]
            apply_switch(site, switch.fault, seconds_of(self._now()), on=on)
        return JSONResponse(self._switches.listed()[source_id])

    async def _truth(self, request: Request) -> Response:
        try:
            at = request.query_params.get("at")
            moment = seconds_of(datetime.fromisoformat(at) if at else self._now())
            days = min(max(int(request.query_params.get("days", "31")), 1), 400)
        except ValueError:
            return JSONResponse({"error": "at, days"}, 400)
        wanted = request.query_params.get("source")
        sites = [site for site in self._province.sites if wanted in (None, site.id)]
        counts = {site.id: truth(site, moment, days=days) for site in sites}
        return JSONResponse({"at": moment_of(moment).isoformat(), "sources": counts})


def _switch(body: bytes) -> tuple[Switch, bool]:
    try:
        told = json.loads(body)
        fault, on, every = Fault(told["fault"]), told["on"], told.get("every", 1)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError(
            f'cần {{"fault": …, "on": true}}; fault là một trong: {", ".join(Fault)}'
        ) from None
    if not isinstance(on, bool) or not isinstance(every, int) or not 0 < every < 1_000:
        raise SettingsError("on là true hoặc false, every là số từ 1 đến 999")
    return Switch(fault, every), on


def _spring(status: int, error: str, request: Request) -> Response:
    return JSONResponse(
        {"status": status, "error": error, "message": "", "path": request.url.path}, status_code=status
    )
