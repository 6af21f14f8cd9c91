"""Frames with fixed columns and dtypes, the same when empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
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
    values = zip(*held, strict=True) if held else ((),) * len(columns)
    named = zip(columns.items(), values, strict=True)
    return pd.DataFrame({name: _array(list(column), dtype) for (name, dtype), column in named}, copy=False)


def _array(values: list[Any], dtype: str) -> Any:
    """Values as pandas holds them; moments lose their zone on the way, for numpy knows none."""
    if dtype == MOMENT:
        plain = [None if moment is None else moment.replace(tzinfo=None) for moment in values]
        return pd.DatetimeIndex(np.array(plain, dtype=DAY)).tz_localize("UTC").array
    if dtype == DAY:
        return np.array(values, dtype=DAY)
    return pd.Series(values, dtype=dtype).array
