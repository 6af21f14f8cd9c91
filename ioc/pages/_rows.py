"""Rows of frames as plain values: what pandas calls NaT, NaN or NA is None here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

Row = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, each by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def moment_in(value: Any) -> datetime | None:
    """An aware moment, or None."""
    return None if value is None or pd.isna(value) else value.to_pydatetime()


def day_in(value: Any) -> date | None:
    """A local day, or None."""
    return None if value is None or pd.isna(value) else value.date()


def text_in(value: object) -> str | None:
    """A text that says something, or None."""
    return value if isinstance(value, str) and value.strip() else None
