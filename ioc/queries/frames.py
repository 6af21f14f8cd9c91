"""Frames with fixed columns and dtypes, the same when empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

TEXT = "str"
COUNT = "int64"
MAYBE_COUNT = "Int64"
YES_NO = "boolean"
DAY = "datetime64[s]"
"""A local day in Vietnam, at 00:00 and without a zone."""
MOMENT = "datetime64[s, UTC]"


def frame(rows: Iterable[Sequence[Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """A frame of `rows` whose values stand in the order of `columns` (name -> dtype)."""
    held = [tuple(row) for row in rows]
    return pd.DataFrame(
        {
            name: _series([row[place] for row in held], dtype)
            for place, (name, dtype) in enumerate(columns.items())
        }
    )


def _series(values: list[Any], dtype: str) -> pd.Series[Any]:
    if dtype == MOMENT:
        return pd.Series(pd.to_datetime(values, utc=True)).astype("datetime64[s, UTC]")
    if dtype == DAY:
        return pd.Series(pd.to_datetime(values)).astype("datetime64[s]")
    return pd.Series(values, dtype=dtype)
