"""Peak memory and CPU of every process of the demo (`ioc up`): first load, then polling, for some minutes."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from bench.cpu import memory_mb, process_ms
from bench.province import CONFIG
from bench.stage import Stage, add_options, keep, say, stage_of
from ioc.settings_file import load_settings
from ioc.up import simulator_port

ROOT = Path(__file__).parents[1]
NAMES = {"schedule": "scheduler", "streamlit": "dashboard", "simulate": "simulator", "up": "supervisor"}


def measure(stage: Stage, *, minutes: float, scale: str) -> dict[str, Any]:
    """Run the demo and look at its processes every two seconds."""
    home = stage.home / "demo"
    environ = {**os.environ, "IOC_CONFIG": str(_config(home)), "IOC_HOME": str(home), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "ioc", "up", "--port", str(_free_port()), "--scale", scale]
    with (home / "up.log").open("wb") as log:
        demo = subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=ROOT)
    found: dict[str, dict[str, float]] = {}
    try:
        end = time.perf_counter() + minutes * 60
        while time.perf_counter() < end and demo.poll() is None:
            time.sleep(2)
            for process in (psutil.Process(demo.pid), *psutil.Process(demo.pid).children(recursive=True)):
                _look(process, found)
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(30)
    for name, row in found.items():
        say(f"  {name}: {row}")
    return {"minutes": minutes, "scale": scale, "processes": found}


def _look(process: psutil.Process, found: dict[str, dict[str, float]]) -> None:
    try:
        words = process.cmdline()
        name = next((label for word, label in NAMES.items() if word in words), None)
        if name is not None:
            found[name] = {
                "peak_mb": round(memory_mb(process.pid, "VmHWM")),
                "rss_mb": round(memory_mb(process.pid)),
                "cpu_s": round(process_ms(process.pid) / 1e3, 1),
            }
    except (psutil.Error, OSError, ValueError):
        return


def _config(home: Path) -> Path:
    """The demo's configuration with the simulator on a free port."""
    target = home / "config"
    target.mkdir(parents=True, exist_ok=True)
    settings = load_settings({"IOC_CONFIG": str(CONFIG), "IOC_HOME": str(home)})
    usual, free = f"127.0.0.1:{simulator_port(settings)}", f"127.0.0.1:{_free_port()}"
    for file in CONFIG.iterdir():
        if file.is_file():
            text = file.read_text(encoding="utf-8").replace(usual, free)
            (target / file.name).write_text(text, encoding="utf-8")
    return target


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--demo-minutes", type=float, default=1.5)
    parser.add_argument("--scale", default="0.03")
    given = parser.parse_args()
    given.engines = "sqlite"
    with stage_of(given) as stage:
        keep("memory", 0, measure(stage, minutes=given.demo_minutes, scale=given.scale))


if __name__ == "__main__":
    main()
