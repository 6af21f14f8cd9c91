"""A folder into which people drop files: which one is next, what moment it speaks of, where it goes after.

A file is taken when it has stood still, never while it is being copied. Names are data from outside: they
are never used as a path, and what is put away gets a name of our own.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ioc.clock import end_of_day, local_day, start_of_day
from ioc.collectors.base import Ask
from ioc.collectors.texts import clean
from ioc.collectors.xlsx_check import refuse
from ioc.errors import SourceChanged

DONE, REFUSED = "done", "refused"
_SETTLE_SECONDS = 5.0
_TEMPORARY = (".part", ".tmp", ".crdownload", ".partial", ".filepart", ".txt", ".done")
_AS_OF = re.compile(r"_(\d{4})(\d{2})(\d{2})(?:-(\d{2})(\d{2}))?\.\w+$")
_ODD = re.compile(r"[^\w .()-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A file as read: its bytes, their fingerprint, and the moment for which it speaks."""

    path: Path
    body: bytes
    sha256: str
    as_of: datetime
    written_at: datetime

    @property
    def shown(self) -> str:
        """Its name, fit to be shown."""
        return safe_name(self.path.name)


def folder_of(ask: Ask) -> Path:
    """The folder of the source; made when it is not there, so that people see where to drop."""
    folder = ask.home / (ask.source.folder or f"inbox/{ask.source.id}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise refuse("Không tạo được thư mục nhận tệp; kiểm tra quyền ghi và khóa folder của nguồn") from exc
    return folder


def waiting(ask: Ask) -> list[Path]:
    """Files that stand still, the oldest as-of moment first."""
    settle = float(ask.source.options.get("settle_seconds", _SETTLE_SECONDS))
    try:
        found = [path for path in folder_of(ask).iterdir() if _is_dropped(path)]
        return sorted(
            (path for path in found if _stands_still(path, ask, settle)),
            key=lambda path: (_sort_moment(path, ask.now), path.name),
        )
    except OSError as exc:
        raise refuse("Không đọc được thư mục nhận tệp; kiểm tra ổ đĩa và quyền đọc") from exc


def _is_dropped(path: Path) -> bool:
    name = path.name
    hidden = name.startswith((".", "~"))
    return not hidden and not name.lower().endswith(_TEMPORARY) and path.is_file() and not path.is_symlink()


def _stands_still(path: Path, ask: Ask, settle: float) -> bool:
    """Untouched for `settle` seconds; a file whose clock is ahead of ours must keep its size a moment.

    With `options.done_mark = "true"` a file counts only once `<name>.done` lies beside it.
    """
    if ask.source.options.get("done_mark") == "true" and not path.with_name(path.name + ".done").exists():
        return False
    before = path.stat()
    age = ask.now.timestamp() - before.st_mtime
    if age >= settle:
        return True
    if age >= -1:  # our clock has whole seconds
        return False
    time.sleep(min(settle, 0.3))
    after = path.stat()
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def read_dropped(path: Path, ask: Ask) -> Dropped | None:
    """The file, whole; None when it changed while we read. SourceChanged when too large or unreadable."""
    try:
        before = path.stat()
        if before.st_size > ask.source.max_page_bytes:
            raise refuse(f"Tệp lớn hơn {ask.source.max_page_bytes // 1_000_000} MB; chia nhỏ rồi thả lại")
        body = path.read_bytes()
        after = path.stat()
    except OSError as exc:
        raise refuse("Không đọc được tệp; kiểm tra quyền đọc rồi thả lại") from exc
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(
        body
    ) != after.st_size:
        return None
    as_of = as_of_moment(path, ask.now)
    return Dropped(
        path=path,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        as_of=as_of,
        written_at=datetime.fromtimestamp(int(after.st_mtime), UTC),
    )


def as_of_moment(path: Path, now: datetime) -> datetime:
    """From `…_YYYYMMDD[-HHMM].xlsx`, else the file's own time; SourceChanged when it lies in the future.

    A day alone means its end, or the file's time when it was written that very day.
    """
    written = min(datetime.fromtimestamp(int(path.stat().st_mtime), UTC), now)
    found = _AS_OF.search(path.name)
    if found is None:
        return written
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as exc:
        raise refuse("Ngày chốt trong tên tệp không có thật; đặt lại tên …_NĂMTHÁNGNGÀY rồi thả lại") from exc
    if found[4] is not None:
        stated = start_of_day(day) + timedelta(hours=int(found[4]), minutes=int(found[5]))
    else:
        stated = written if local_day(written) == day else end_of_day(day)
    if start_of_day(day) > now or (found[4] is not None and stated > now + timedelta(minutes=10)):
        raise refuse("Ngày chốt trong tên tệp ở tương lai; đặt lại tên rồi thả lại")
    return min(stated, now)


def _sort_moment(path: Path, now: datetime) -> datetime:
    try:
        return as_of_moment(path, now)
    except SourceChanged:
        return now  # refused when its turn comes


def safe_name(name: str) -> str:
    """A name without separators and control characters, at most 100 characters."""
    text = "".join(c if c.isprintable() else "_" for c in name.encode("utf-8", "replace").decode())
    stem, dot, suffix = clean(_ODD.sub("_", text)).rpartition(".")
    return f"{stem[:90]}{dot}{suffix[:9]}".lstrip(".") or "tep"


def put_away(path: Path, *, into: str, mark: str, words: str = "") -> None:
    """Move a file into `done/` or `refused/` under our own name, with `words` in a .txt beside it."""
    folder = path.parent / into
    stem, _, suffix = safe_name(path.name).rpartition(".")
    target = folder / f"{stem}-{mark[:8]}.{suffix}"
    try:
        folder.mkdir(exist_ok=True)
        if path.exists():
            path.replace(target)
        path.with_name(path.name + ".done").unlink(missing_ok=True)
        if words:
            target.with_name(target.name + ".txt").write_text(words + "\n", encoding="utf-8")
    except OSError as exc:
        raise refuse(
            "Không chuyển được tệp đã đọc; kiểm tra quyền ghi và chỗ trống của thư mục nhận tệp"
        ) from exc
