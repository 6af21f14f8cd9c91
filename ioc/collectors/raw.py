"""Payloads as they came, masked and compressed, kept for a while so that a run can be parsed again.

<home>/raw/<source>/<run>/0001.json.gz     one JSON object: where it came from, and the masked body
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from ioc.collectors import jsontext
from ioc.collectors.base import Payload
from ioc.collectors.inbox import DONE, REFUSED
from ioc.collectors.mask import as_text, masked

_LEVEL = 3
"""Compression; pages are alike, so more effort saves little."""


def masked_payload(
    payload: Payload,
    *,
    keep: frozenset[str],
    fallback: str | None,
    reads: frozenset[str] | None = None,
) -> Payload:
    """The same payload without personal data; it parses to the same records. Raises as `jsontext.load`."""
    if payload.is_masked:
        return payload
    document = payload.document or jsontext.load(payload.body, fallback=fallback)
    clean = replace(document, value=masked(document.value, keep=keep, reads=reads))
    body = as_text(clean.value, ascii_only=True, odd=document.odd).encode()
    return replace(payload, body=body, document=clean, is_masked=True)


def run_folder(home: Path, source_id: str, run_id: int) -> Path:
    """Where the payloads of a run lie."""
    return home / "raw" / source_id / str(run_id)


def keep(home: Path, source_id: str, run_id: int, place: int, payload: Payload) -> None:
    """Write one masked payload; `place` counts from 1. OSError when the disk refuses."""
    assert payload.is_masked
    folder = run_folder(home, source_id, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "position": payload.position,
        "fetched_at": payload.fetched_at.isoformat(),
        "sha256": payload.sha256,
        "is_whole": payload.is_whole,
        "notes": dict(payload.notes),
    }
    line = json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass")
    target = folder / f"{place:04}.json.gz"
    unfinished = target.with_suffix(".tmp")
    unfinished.write_bytes(gzip.compress(line + b"\n" + payload.body, _LEVEL, mtime=0))
    unfinished.replace(target)


def kept(home: Path, source_id: str, run_id: int) -> Iterator[Payload]:
    """The payloads of a run in their order; nothing when none are kept any more."""
    for path in sorted(run_folder(home, source_id, run_id).glob("*.json.gz")):
        line, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
        head = json.loads(line.decode("utf-8", "surrogatepass"))
        yield Payload(
            body=body,
            position=head["position"],
            fetched_at=datetime.fromisoformat(head["fetched_at"]),
            sha256=head["sha256"],
            is_masked=True,
            is_whole=head["is_whole"],
            notes=head["notes"],
        )


def drop(home: Path, source_id: str, run_id: int) -> None:
    """Forget the payloads of a run that told nothing new."""
    shutil.rmtree(run_folder(home, source_id, run_id), ignore_errors=True)


def purge(home: Path, *, now: datetime, keep_days: int) -> int:
    """Remove runs, and files that were put away, older than `keep_days`; how many went.

    The files people dropped hold personal data, so they are not kept longer than our own copies.
    """
    limit = (now - timedelta(days=keep_days)).timestamp()
    gone = 0
    for run in (home / "raw").glob("*/*"):
        if run.is_dir() and run.stat().st_mtime < limit:
            shutil.rmtree(run, ignore_errors=True)
            gone += 1
    return gone


def purge_folder(folder: Path, *, now: datetime, keep_days: int) -> int:
    """Remove what was put away below a folder of dropped files more than `keep_days` ago."""
    limit = (now - timedelta(days=keep_days)).timestamp()
    gone = 0
    for name in (DONE, REFUSED):
        for path in (folder / name).glob("*"):
            if path.is_file() and max(path.stat().st_mtime, path.stat().st_ctime) < limit:
                path.unlink(missing_ok=True)
                gone += 1
    return gone
