"""A column of a table out of an array, in three shapes: driver values, COPY text, hash text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from bench.calendar_arrays import NULL, Ints

COPY_NULL, HASH_NULL = "\\N", "\x00"


class Column:
    """One column of a chunk; the base is plain text that is never unknown."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def plain(self) -> Iterable[Any]:
        """What SQLite stores."""
        return self._values

    def copied(self) -> Iterable[str]:
        """What PostgreSQL's COPY reads."""
        return self._values

    def hashed(self) -> Iterable[str]:
        """What `DossierVersion.content_hash` digests."""
        return self._values


class Nothing(Column):
    """A column that no row fills."""

    def __init__(self) -> None:
        super().__init__(())

    def plain(self) -> Iterable[Any]:
        return repeat(None)

    def copied(self) -> Iterable[str]:
        return repeat(COPY_NULL)

    def hashed(self) -> Iterable[str]:
        return repeat(HASH_NULL)


class Same(Column):
    """One value for all rows."""

    def __init__(self, value: str | int) -> None:
        super().__init__(())
        self._value = value

    def plain(self) -> Iterable[Any]:
        return repeat(self._value)

    def copied(self) -> Iterable[str]:
        return repeat(str(self._value))

    def hashed(self) -> Iterable[str]:
        return repeat(str(self._value))


class Word(Column):
    """Codes into a vocabulary; None in it is unknown, a code of -1 means its last word."""

    def __init__(self, codes: Ints, words: Sequence[str | None]) -> None:
        super().__init__(())
        self._codes, self._words = codes, words

    def _told(self, nothing: Any) -> list[Any]:
        words = np.array([nothing if word is None else str(word) for word in self._words], dtype=object)
        told: list[Any] = words[self._codes].tolist()
        return told

    def plain(self) -> Iterable[Any]:
        return self._told(None)

    def copied(self) -> Iterable[str]:
        return self._told(COPY_NULL)

    def hashed(self) -> Iterable[str]:
        return self._told(HASH_NULL)


class Truth(Column):
    """1, 0, and -1 for unknown."""

    def __init__(self, codes: Ints) -> None:
        super().__init__(())
        self._codes = codes

    def _told(self, words: tuple[Any, Any, Any]) -> list[Any]:
        told: list[Any] = np.array(words, dtype=object)[self._codes].tolist()
        return told

    def plain(self) -> Iterable[Any]:
        return self._told((0, 1, None))

    def copied(self) -> Iterable[str]:
        return self._told(("f", "t", COPY_NULL))

    def hashed(self) -> Iterable[str]:
        return self._told(("False", "True", HASH_NULL))


class Number(Column):
    """Whole numbers; NULL is unknown."""

    def __init__(self, numbers: Ints) -> None:
        super().__init__(())
        self._numbers = numbers

    def _masked(self, values: np.ndarray[Any, Any], nothing: Any) -> list[Any]:
        values = values.astype(object)
        values[self._numbers == NULL] = nothing
        told: list[Any] = values.tolist()
        return told

    def plain(self) -> Iterable[Any]:
        return self._masked(self._numbers, None)

    def copied(self) -> Iterable[str]:
        return self._masked(np.array(list(map(str, self._numbers.tolist())), dtype=object), COPY_NULL)

    def hashed(self) -> Iterable[str]:
        return self._masked(np.array(list(map(str, self._numbers.tolist())), dtype=object), HASH_NULL)


class When(Number):
    """Moments in UTC seconds."""

    unit = "s"

    def copied(self) -> Iterable[str]:
        known = np.where(self._numbers == NULL, 0, self._numbers)
        return self._masked(np.datetime_as_string(known.astype(f"datetime64[{self.unit}]")), COPY_NULL)


class On(When):
    """Local days since 1970."""

    unit = "D"
