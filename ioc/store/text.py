"""What a store can hold: no NUL (PostgreSQL refuses it), no lone surrogate, no overlong word or number."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from sqlalchemy import BigInteger, String

from ioc.model.dossier import DossierVersion
from ioc.store.rows import VERSION_COLUMNS
from ioc.store.tables import dossier

_LARGEST = 2**63 - 1


def storable(text: str) -> str:
    """The same text with what no database holds written as escapes."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


_CLOSED_WORDS = {"status", "service_level", "channel", "applicant_type", "due_precision", "stated_flags"}
_LENGTHS = {
    name: length
    for name in VERSION_COLUMNS
    if isinstance(dossier.c[name].type, String)
    and name not in _CLOSED_WORDS
    and (length := dossier.c[name].type.length) is not None  # type: ignore[attr-defined]
}
_NUMBERS = tuple(name for name in VERSION_COLUMNS if isinstance(dossier.c[name].type, BigInteger))
_texts: Callable[[DossierVersion], tuple[str | None, ...]] = attrgetter(*_LENGTHS)
_numbers: Callable[[DossierVersion], tuple[int | None, ...]] = attrgetter(*_NUMBERS)


def unstorable(version: DossierVersion) -> str | None:
    """Why a reading cannot be kept (in words), or None; one bad record must not stop its batch."""
    texts = _texts(version)
    for (name, length), text in zip(_LENGTHS.items(), texts, strict=True):
        if text is not None and len(text) > length:
            return f"{name}: dài quá {length} ký tự"
    if not _is_storable("".join(filter(None, texts))):
        return "có ký tự không lưu được (NUL hoặc nửa cặp surrogate)"
    for name, number in zip(_NUMBERS, _numbers(version), strict=True):
        if number is not None and not -_LARGEST <= number <= _LARGEST:
            return f"{name}: số quá lớn"
    return None


def _is_storable(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
