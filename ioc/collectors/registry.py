"""Every kind of source there is a collector for; a new vendor is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ioc.collectors import file_drop, igate2
from ioc.collectors.base import Collector
from ioc.errors import SettingsError
from ioc.settings import SourceSettings

COLLECTORS: Mapping[str, Collector] = MappingProxyType({"igate2": igate2, "file_drop": file_drop})


def collector_of(source: SourceSettings) -> Collector:
    """The collector of a source; SettingsError for a kind that nobody wrote."""
    try:
        return COLLECTORS[source.kind]
    except KeyError:
        known = ", ".join(COLLECTORS)
        raise SettingsError(
            f"Nguồn {source.id}: không có loại {source.kind!r}; chọn một trong: {known}"
        ) from None
