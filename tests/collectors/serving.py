"""A scheduler in a process of its own, for tests that kill it: python -m tests.collectors.serving …"""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ioc.collectors.http import AT_ONCE
from ioc.collectors.schedule import Timing, serve
from ioc.settings import Auth
from ioc.store.engine import open_engine
from tests.builders import a_source
from tests.collectors.building import ENVIRON, STATUS_IDS, settings_for

QUICK = Timing(tick=0.1, lease_life=3, renew_every=1.0, standby_every=0.3, requests_every=0.5, end_within=5.0)
"""The product's timing, ten times as fast."""


def main(home: str, database: str, base_url: str, holder: str, changes: str) -> None:
    """Serve until SIGTERM."""
    values: dict[str, Any] = {
        "base_url": base_url,
        "page_size": 10,
        "every_seconds": 1,
        "codes": {"status": STATUS_IDS},
        "auth": Auth(type="oidc", token_url=f"{base_url}/sso/token", client_id="ioc", secret_env="S1_SECRET"),
    }
    source = a_source("s1", **(values | json.loads(changes)))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    engine = open_engine(database)
    settings = settings_for(Path(home), source)
    serve(settings, engine, stop=stop, environ=ENVIRON, timing=QUICK, retry=AT_ONCE, holder=holder)
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
