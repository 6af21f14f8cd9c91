"""The address of lists as files: one at a time, never kept by anybody on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ioc.errors import IocError


class File(Protocol):
    """What a maker of files gives back."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...


MakeFile = Callable[[str, Mapping[str, str]], File]

_ONE_AT_A_TIME = Lock()


def file_endpoint(make: MakeFile) -> Callable[[Request], object]:
    """Endpoint for `/xuat/….{kind}`; the file is made in a thread of its own."""

    async def endpoint(request: Request) -> Response:
        kind, params = request.path_params["kind"], dict(request.query_params)
        if kind not in ("csv", "xlsx"):
            return PlainTextResponse("Chỉ có tệp csv và xlsx", status_code=404)
        try:
            made = await run_in_threadpool(_make, make, kind, params)
        except IocError as fault:
            return PlainTextResponse(str(fault), status_code=503, headers=_NEVER_KEPT)
        return Response(made.body, media_type=made.content_type, headers=_headers(made.name))

    return endpoint


_NEVER_KEPT = {"Cache-Control": "no-store"}


def _make(make: MakeFile, kind: str, params: Mapping[str, str]) -> File:
    """Writing a long list takes seconds of processor time: readers of screens come first."""
    with _ONE_AT_A_TIME:
        return make(kind, params)


def _headers(name: str) -> dict[str, str]:
    """RFC 6266: our own name, also for browsers that read only ASCII."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", **_NEVER_KEPT}
