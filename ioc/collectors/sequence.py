"""The second key of a reading's order: it breaks ties between readings of the same second.

Readings of one second differ because the source changed the dossier twice (milliseconds), because it was
deleted without a new change date, or because *we* read it better: with a newer parser, a newer code table,
or a mapping that was missing. The better reading must win on every machine and in any order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ioc.model.dossier import Flag

_UNKNOWN = {Flag.UNKNOWN_STATUS, Flag.UNKNOWN_AGENCY, Flag.UNKNOWN_PROCEDURE, Flag.UNKNOWN_CHANNEL}


def sequence(
    place: int, *, deleted: bool = False, parser: int, options: Mapping[str, str], flags: Collection[Flag]
) -> int:
    """`place` (a millisecond or a row), then deletion, then how well it was read."""
    told = options.get("codes_version", "0")
    version = parser + (int(told) if told.isdecimal() else 0)
    mapped = len(_UNKNOWN) - len(_UNKNOWN.intersection(flags))
    return ((place * 2 + deleted) * 100 + min(version, 99)) * 10 + mapped
