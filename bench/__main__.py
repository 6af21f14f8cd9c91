"""`make bench`: every measure in turn on stores made once, then `bench/RESULTS.md`.

    make bench                                   1,000,000 dossiers on both engines
    make bench ARGS="--size 50000"               quickly
    make bench ARGS="--beside 10000000"          overview and lists also at 10M (thin, see bench/stage.py)
    make bench ARGS="figures lists"              some measures only
    make bench ARGS="browser --minutes 30"       the wall watched for half an hour

Times mean little while the machine does other things; CPU and ratios are what to read.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench import engines, report
from bench.stage import HOME, SERVER, say

MEASURES = ("figures", "lists", "screens", "browser", "load", "ingest", "memory")


def main() -> int:
    """Run the measures asked for, each in a process of its own; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("measures", nargs="*", help=f"default: {' '.join(MEASURES)}")
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--beside", type=int, help="a second size for figures and lists")
    parser.add_argument("--engines", default=",".join(engines.ENGINES))
    parser.add_argument("--full", action="store_true", help="all rows also at 10M")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long the wall is watched")
    parser.add_argument("--keep", action="store_true", help="leave the stores where they are")
    given = parser.parse_args()
    wanted = given.measures or MEASURES
    failed = []
    with _stage(given) as environ:
        for command in _commands(given, wanted):
            say(" ".join(command))
            if subprocess.run([sys.executable, "-m", *command], env=environ).returncode:
                failed.append(command[0])
    report.main()
    for name in failed:
        say(f"{name} failed")
    return 1 if failed else 0


@contextmanager
def _stage(given: argparse.Namespace) -> Iterator[Mapping[str, str]]:
    """A home and a server for all measures; both gone at the end."""
    home = os.environ.get(HOME) or tempfile.mkdtemp(prefix="ioc-bench-", dir="/tmp")
    environ = {**os.environ, HOME: home}
    try:
        if "postgresql" in given.engines:
            with engines.server() as url:
                yield {**environ, SERVER: url.render_as_string(hide_password=False)}
        else:
            yield environ
    finally:
        if not given.keep:
            shutil.rmtree(home, ignore_errors=True)


def _commands(given: argparse.Namespace, wanted: tuple[str, ...]) -> Iterator[list[str]]:
    common = ["--engines", given.engines, *(["--full"] if given.full else [])]
    for name in MEASURES:
        if name not in wanted:
            continue
        command = [f"bench.measure_{name}", *common, "--size", str(given.size)]
        if name == "lists" and given.beside:
            command += ["--beside", str(given.beside)]
        if name == "browser":
            command += ["--minutes", str(given.minutes)]
        yield command
        if name == "figures" and given.beside:
            yield [f"bench.measure_{name}", *common, "--size", str(given.beside)]


if __name__ == "__main__":
    raise SystemExit(main())
