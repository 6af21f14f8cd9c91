"""Chance without memory: every draw is a hash of what it is drawn for.

A generator with a state would make the hundredth dossier depend on the ninety-nine before it. Here
each number is a pure function of (seed, agency, day, place, name of the draw), for whole arrays at once.
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def root(*parts: object) -> int:
    """A 64-bit number for what `parts` name together."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def keys(start: int, days: Ints, places: Ints) -> Keys:
    """One key for each (day, place), different for every `start`."""
    mixed = (days.astype(np.uint64) << np.uint64(24)) + places.astype(np.uint64)
    return _mix(mixed + np.uint64(start))


def one(*parts: object) -> float:
    """A single draw in [0, 1) for what `parts` name."""
    return (root(*parts) >> 11) * 2.0**-53


def _mix(values: Keys) -> Keys:
    """The finisher of splitmix64."""
    z = values + np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Draw:
    """Draws for an array of keys; the same name gives the same numbers."""

    def __init__(self, of: Keys) -> None:
        self._keys = of

    def bits(self, name: str) -> Keys:
        """64 random bits each."""
        slot = np.uint64(zlib.crc32(name.encode()) * _GOLDEN & _MASK)
        return _mix(self._keys ^ slot)

    def unit(self, name: str) -> Floats:
        """Uniform in [0, 1)."""
        return (self.bits(name) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, name: str, share: float | Floats) -> Bools:
        """True for about `share` of all."""
        return np.asarray(self.unit(name) < share)

    def between(self, name: str, low: float | Floats, high: float | Floats) -> Floats:
        """Uniform in [low, high)."""
        return np.asarray(low + (high - low) * self.unit(name))

    def normal(self, name: str) -> Floats:
        """Standard normal (Box and Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.unit(name + "/radius")))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.unit(name + "/angle")))

    def lognormal(self, name: str, *, median: float | Floats, sigma: float) -> Floats:
        """Skewed to the right around `median`."""
        return np.asarray(median * np.exp(sigma * self.normal(name)))

    def poisson(self, name: str, mean: Floats) -> Ints:
        """Counts with the given means: exact when small, rounded normal above 40."""
        rough = np.rint(mean + np.sqrt(mean) * self.normal(name))
        exact = _poisson_quantile(self.unit(name), np.minimum(mean, 40.0))
        return np.where(mean > 40.0, np.maximum(rough, 0), exact).astype(np.int64)


def _poisson_quantile(unit: Floats, mean: Floats) -> Floats:
    term = np.exp(-mean)
    reached, count = term.copy(), np.zeros_like(mean)
    for k in range(1, 120):
        above = unit > reached
        if not above.any():
            break
        count += above
        term = term * mean / k
        reached += term
    return count
