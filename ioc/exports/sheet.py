"""A list ready to be written: its title, what is true of it, its columns and rows."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from ioc.clock import VIETNAM

Value = str | int | date | datetime | None


class Kind(Enum):
    """How the values of a column are written."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column; `width` in characters."""

    label: str
    kind: Kind = Kind.TEXT
    width: int = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything a file says. `facts` are name and value: as of when, how true, which filters."""

    title: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[SheetColumn, ...]
    rows: Sequence[Sequence[Value]]


def file_name(stem: str, kind: str, moment: datetime) -> str:
    """A name that no other export has: two exports of one second differ too."""
    return f"{stem}_{moment.astimezone(VIETNAM):%Y%m%d-%H%M%S}_{secrets.token_hex(3)}.{kind}"
