"""Configuration files as text: read them, and find the line that a fault is about."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ioc.errors import SettingsError

MAX_BYTES = 5_000_000
"""No configuration file is larger; one that is has been mixed up with something else."""

Loc = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, and the place of a block among its like."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_PLACE = re.compile(r"at line (\d+), column (\d+)")


def fault(path: Path, sentence: str, *, line: int | None = None, key: str | None = None) -> SettingsError:
    """The error that names file, line and key; `sentence` is Vietnamese and never holds a secret."""
    parts = [str(path)]
    if line is not None:
        parts.append(f"dòng {line}")
    if key is not None:
        parts.append(f"khóa {_visible(key)}")
    return SettingsError(f"{', '.join(parts)}: {sentence}")


def _visible(text: str) -> str:
    """`text` on one line, short: a damaged key may hold anything."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= 60 else clean[:60] + "…"


def read_text(path: Path) -> str:
    """The whole file as UTF-8 text, without its byte-order mark."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise fault(path, "tệp lớn bất thường")
        data = path.read_bytes()
    except OSError as error:
        raise fault(path, f"không đọc được tệp ({error.strerror or 'lỗi'})") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault(path, "tệp không phải UTF-8", line=line) from None


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed file that still knows on which line each key stands."""

    path: Path
    data: Mapping[str, object]
    lines: Mapping[Loc, int]

    def has(self, loc: Loc) -> bool:
        """Whether exactly this key or table is written in the file."""
        return loc in self.lines

    def line_of(self, loc: Loc) -> int | None:
        """Line of `loc`, or of the nearest thing around it."""
        for end in range(len(loc), 0, -1):
            if loc[:end] in self.lines:
                return self.lines[loc[:end]]
        return None

    def fault(self, sentence: str, loc: Loc) -> SettingsError:
        """The error about the value at `loc`."""
        names = [str(part) for part in loc if isinstance(part, str)]
        return fault(self.path, sentence, line=self.line_of(loc), key=names[-1] if names else None)


def read_toml(path: Path) -> TomlFile:
    """Parse `path`; a syntax fault names its line."""
    text = read_text(path)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = _PLACE.search(str(error))
        if place is None:
            raise fault(path, "sai cú pháp TOML ở cuối tệp", line=text.count("\n") + 1) from None
        raise fault(path, f"sai cú pháp TOML ở cột {place[2]}", line=int(place[1])) from None
    return TomlFile(path, data, _lines(text))


def _lines(text: str) -> dict[Loc, int]:
    """First line of every table and key; good enough to point a person at the right place."""
    found: dict[Loc, int] = {}
    counts: dict[Loc, int] = {}
    section: Loc = ()
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header is not None:
            section = _section(_parts(header[2]), counts, array=header[1] == "[[")
            found.setdefault(section, number)
            continue
        key = _KEY.match(line)
        if key is not None:
            found.setdefault(section + _parts(key[1]), number)
    return found


def _section(names: Loc, counts: dict[Loc, int], *, array: bool) -> Loc:
    """The place a header opens: `[source.auth]` belongs to the newest `[[source]]`."""
    place: Loc = ()
    for depth, name in enumerate(names):
        place += (name,)
        if array and depth == len(names) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place += (counts[place],)
    return place


def _parts(dotted: str) -> Loc:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file; readers of cells raise with file, line and column."""

    path: Path
    line: int
    cells: Mapping[str, str]

    def fault(self, sentence: str, column: str) -> SettingsError:
        """The error about one cell."""
        return fault(self.path, sentence, line=self.line, key=column)

    def text(self, column: str) -> str:
        """A cell that must say something."""
        value = self.cells[column]
        if not value:
            raise self.fault("ô trống", column)
        return value

    def maybe(self, column: str) -> str | None:
        """A cell that may be empty."""
        return self.cells[column] or None

    def integer(self, column: str) -> int | None:
        """A count of something, 0 and more, or nothing."""
        value = self.maybe(column)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,12}", value):
            raise self.fault("phải là số nguyên không âm hoặc để trống", column)
        return int(value)

    def number(self, column: str, *, low: float, high: float) -> float:
        """A decimal number within bounds."""
        value = self.text(column)
        if not re.fullmatch(r"-?[0-9]{1,4}(\.[0-9]{1,12})?", value) or not low <= float(value) <= high:
            raise self.fault(f"phải là số từ {low:g} đến {high:g}", column)
        return float(value)


def read_csv(path: Path, columns: Sequence[str]) -> list[Row]:
    """Rows of `path`, whose header must hold exactly `columns`; codes in column 1 are unique."""
    reader = csv.reader(read_text(path).splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        _check_header(path, [name.strip() for name in header], columns)
        rows = [_row(path, reader.line_num, columns, cells) for cells in reader if any(cells)]
    except csv.Error:
        raise fault(path, "sai cú pháp CSV (dấu nháy hoặc ô quá dài)", line=reader.line_num) from None
    _check_unique(rows, columns[0])
    return rows


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    for name in columns:
        if name not in header:
            raise fault(path, "thiếu cột", line=1, key=name)
    if list(header) != list(columns):
        raise fault(path, f"dòng đầu phải là: {','.join(columns)}", line=1)


def _row(path: Path, line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(columns):
        raise fault(path, f"có {len(cells)} ô, phải là {len(columns)}", line=line)
    row = Row(path, line, dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
    for column, cell in row.cells.items():
        if not cell.isprintable() or len(cell) > 2_000:
            raise row.fault("ô có ký tự điều khiển hoặc quá dài", column)
    return row


def _check_unique(rows: Sequence[Row], column: str) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        code = row.text(column)
        if code in seen:
            raise row.fault(f"trùng mã với dòng {seen[code]}", column)
        seen[code] = row.line
