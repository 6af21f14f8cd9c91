"""A deployment of its own in a temporary folder: the repository's configuration with a few sources of it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ONLINE, WARD, FOLDER = "h49-hcc", "h49-06652", "h49-06724"
"""A large and a small source over HTTP, and one that only sends files."""


def make_home(folder: Path, *, port: int, sources: Sequence[str] = (ONLINE, WARD, FOLDER)) -> dict[str, str]:
    """Write `config/` and return the environment of a deployment whose simulated province is at `port`."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("geo"))
    text = (config / "sources.toml").read_text("utf-8").replace("127.0.0.1:9100", f"127.0.0.1:{port}")
    head, *blocks = text.split("\n[[source]]")
    kept = [block for block in blocks if any(f'id = "{name}"' in block for name in sources)]
    (config / "sources.toml").write_text("\n[[source]]".join([head, *kept]), "utf-8")
    return {
        "IOC_CONFIG": str(config),
        "IOC_HOME": str(folder / "var"),
        "IOC_DEMO_SECRET": "a secret of the tests",
    }


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
