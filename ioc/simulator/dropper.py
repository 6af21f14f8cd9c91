"""The clerks of communes without a system: every few minutes a whole file in their inbox folder."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from ioc.clock import Clock
from ioc.simulator.province import Province, Site
from ioc.simulator.sheet import workbook
from ioc.simulator.switches import Fault, Switchboard
from ioc.simulator.worktime import OFFSET, moment_of, seconds_of

EVERY_SECONDS = 180
"""Time between two files of one commune."""

KEPT = 2
"""Files of ours that stay in a folder: the newest, and one that may be open just now."""

_HTML = "<html><body><table><tr><td>Phiên làm việc đã hết hạn</td></tr></table></body></html>".encode()


class Dropper:
    """Writes the files of all `file_drop` sites in turn, so that one falls every few seconds."""

    def __init__(
        self,
        province: Province,
        switches: Switchboard,
        *,
        home: Path,
        now: Clock,
        every_seconds: int = EVERY_SECONDS,
    ) -> None:
        self._sites = [site for site in province.sites if site.spec.source.kind == "file_drop"]
        self._switches, self._home, self._now = switches, home, now
        self._every = every_seconds
        self._next: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Drop what is due, until `stop` is set."""
        while not stop.is_set():
            self.tick()
            stop.wait(1.0)

    def tick(self) -> list[Path]:
        """Drop the files that are due now; all of them the first time."""
        moment = seconds_of(self._now())
        dropped = []
        for place, site in enumerate(self._sites):
            if moment >= self._next.get(site.id, 0):
                dropped += self._drop(site, moment)
                first = site.id not in self._next
                spread = place * self._every // max(len(self._sites), 1) if first else 0
                self._next[site.id] = moment + self._every + spread
        return dropped

    def _drop(self, site: Site, moment: int) -> list[Path]:
        if self._switches.meets(site.id, Fault.DOWN):
            return []
        # the name says the minute; the content is as of that minute, never newer than the name
        as_of = moment - moment % 60
        path = self.folder(site) / f"{site.spec.path}_ho-so_{moment_of(as_of + OFFSET):%Y%m%d-%H%M}.xlsx"
        if path.exists():
            return []
        put_whole(path, self._content(site, as_of))
        self._tidy(site)
        return [path]

    def folder(self, site: Site) -> Path:
        """Where the files of `site` go."""
        return self._home / (site.spec.source.folder or site.id)

    def _content(self, site: Site, as_of: int) -> bytes:
        if self._switches.meets(site.id, Fault.HTML_200):
            return _HTML
        book = workbook(site, as_of, doubled=self._switches.meets(site.id, Fault.DUPLICATE_ROWS))
        return book[: len(book) // 2] if self._switches.meets(site.id, Fault.TRUNCATED_BODY) else book

    def _tidy(self, site: Site) -> None:
        """Also where the collector put them away: a demo must not fill the disk."""
        name = re.compile(re.escape(site.spec.path) + r"_ho-so_\d{8}-\d{4}(-\w+)?\.xlsx(\.txt)?")
        for folder in (self.folder(site), self.folder(site) / "done", self.folder(site) / "refused"):
            found = folder.iterdir() if folder.is_dir() else ()
            ours = sorted(path for path in found if name.fullmatch(path.name))
            for path in ours[:-KEPT]:
                path.unlink(missing_ok=True)


def put_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
