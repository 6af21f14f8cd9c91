"""Can a source be reached with the credentials at hand? What `doctor` asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ioc.clock import Clock, utc_now
from ioc.collectors.base import Ask
from ioc.collectors.http import ONE_TRY, Http
from ioc.collectors.registry import collector_of
from ioc.errors import IocError
from ioc.model.run import RunKind
from ioc.settings import SourceSettings
from ioc.settings_file import secret

_SECONDS = 15.0


def probe(
    source: SourceSettings, environ: Mapping[str, str], *, home: Path, clock: Clock = utc_now
) -> str | None:
    """The sentence of what is wrong, None when one small page (or the folder) could be read."""
    quick = replace(source, request_seconds=min(source.request_seconds, _SECONDS), page_size=1)
    http = Http(quick, secret=partial(secret, source, environ), retry=ONE_TRY, clock=clock)
    ask = Ask(source=quick, kind=RunKind.CHANGES, cursor=None, now=clock(), home=home, page_limit=1)
    try:
        collector_of(source).reach(ask, http)
    except IocError as exc:
        return str(exc)
    finally:
        http.close()
    return None
