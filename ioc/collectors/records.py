"""Strict readers of single values: a record is read field by field, and refused when a field lies.

`take` removes what it reads, so that what is left over is news (`leftover`): a field that the source
has begun to send. None means that the source does not say.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from ioc.collectors.jsontext import NotANumber
from ioc.collectors.mask import scrub
from ioc.collectors.moments import NOTHING
from ioc.collectors.texts import Refused, clean, fold, looks_legacy
from ioc.faults import RejectReason

VIETNAMESE = "228"
"""languageId of Vietnamese names in iGate 2."""
LONGEST_TEXT = 10_000
"""Characters past which a text is no text any more; shorter ones are cut to their column."""
_LARGEST = 2**63 - 1
_PLAIN_CODE = re.compile(r"[A-Z0-9 ._/:()&+#-]+")
_CODE_SIGNS = frozenset(" ._/:()&+-#0123456789")


def take(record: dict[str, object], *names: str) -> object:
    """Remove `names` from the record; the value of the first that is there and not null."""
    values = [record.pop(name) for name in names if name in record]
    return next((value for value in values if value is not None), None)


def need(record: dict[str, object], *names: str) -> object:
    """Like `take`, for a field that every record of the source has; Refused when it is missing."""
    if not any(name in record for name in names):
        raise Refused(RejectReason.MISSING_FIELD, f"thiếu trường {names[0]}")
    return take(record, *names)


def leftover(record: Mapping[str, object], known: Iterable[str]) -> frozenset[str]:
    """Names of the fields that nobody reads and nobody has declared."""
    return frozenset(record).difference(known)


def read_key(value: object, *, limit: int = 120) -> str:
    """The vendor's stable id: text or a whole number; Refused(NO_KEY) for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(RejectReason.NO_KEY, "mã định danh không phải chữ hoặc số nguyên")
    key = clean(str(_fits(value) if isinstance(value, int) else value))
    if not key or key.lower() in NOTHING or len(key) > limit or "\ufffd" in key:
        raise Refused(RejectReason.NO_KEY, "thiếu mã định danh hoặc mã hỏng")
    return key


def read_code(value: object, *, limit: int = 120) -> str | None:
    """A code as people type it: upper case, no blanks at its ends; Latin letters and digits only."""
    if value is None or (isinstance(value, str) and clean(value).lower() in NOTHING):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(RejectReason.BAD_TEXT, "mã không phải chữ hoặc số nguyên")
    code = clean(str(_fits(value) if isinstance(value, int) else value)).upper()
    if len(code) > limit or not (_PLAIN_CODE.fullmatch(code) or all(map(_may_stand_in_code, code))):
        raise Refused(RejectReason.BAD_TEXT, f"mã có ký tự lạ hoặc quá dài: {scrub(code[:40])!r}")
    return code


def _may_stand_in_code(sign: str) -> bool:
    # a Cyrillic А looks like A and makes another dossier of it
    return sign in _CODE_SIGNS or (sign.isalpha() and unicodedata.name(sign, "").startswith("LATIN "))


def read_text(value: object, *, limit: int) -> str | None:
    """A text for people: cleaned, without numbers of persons, cut to `limit` characters."""
    if value is None:
        return None
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise Refused(RejectReason.BAD_TEXT, "chờ văn bản, gặp kiểu khác")
    raw = str(value)
    if len(raw) > LONGEST_TEXT:
        raise Refused(RejectReason.BAD_TEXT, f"văn bản dài {len(raw)} ký tự")
    return _readable(raw)[:limit].rstrip() or None


@lru_cache(maxsize=16_384)
def _readable(raw: str) -> str:
    """Names of offices and steps come again in every record; each is cleaned once."""
    text = scrub(clean(raw))
    if looks_legacy(text):
        raise Refused(RejectReason.BAD_TEXT, "văn bản dùng phông chữ cũ (TCVN3 hoặc VNI)")
    return text


def read_name(value: object, *, limit: int) -> str | None:
    """A name that is a text, a list of {languageId, name} or one such object; Vietnamese first."""
    if isinstance(value, dict):
        return read_name(value.get("name"), limit=limit)
    if not isinstance(value, list):
        return read_text(value, limit=limit)
    entries = [entry for entry in value if isinstance(entry, dict)]
    ours = [e for e in entries if str(e.get("languageId")) == VIETNAMESE]
    chosen: list[object] = [*ours, *entries, *(entry for entry in value if isinstance(entry, str))]
    return next((name for name in (read_name(e, limit=limit) for e in chosen) if name), None)


def read_integer(value: object) -> int | None:
    """A whole number below 2^63, or its digits as text; "5.0", "1_000" and true are none."""
    if value is None or (isinstance(value, str) and clean(value).lower() in NOTHING):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return _fits(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,19}", clean(value)):
        return _fits(int(clean(value)))
    raise Refused(RejectReason.BAD_NUMBER, f"chờ số nguyên, gặp {_shown(value)}")


def read_money(value: object) -> int | None:
    """An amount in VND: whole, not negative; 150000.0 is taken, 150000.5 is not."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    amount = read_integer(value)
    if amount is not None and amount < 0:
        raise Refused(RejectReason.BAD_NUMBER, f"số tiền âm: {amount}")
    return amount


def read_boolean(value: object) -> bool | None:
    """True or false, also as 0/1 and as text; None when the source does not say."""
    if value is None or isinstance(value, bool):
        return value
    word = fold(str(value)) if isinstance(value, str | int) else "?"
    if word in _WORDS:
        return _WORDS[word]
    raise Refused(RejectReason.BAD_NUMBER, f"chờ đúng/sai, gặp {_shown(value)}")


_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "1", "co", "x", "yes", "da nop"), True),
    **dict.fromkeys(("false", "0", "khong", "no", "chua nop"), False),
    **dict.fromkeys(("", "null", "none", "undefined"), None),
}


def _fits(number: int) -> int:
    if not -_LARGEST <= number <= _LARGEST:
        raise Refused(RejectReason.BAD_NUMBER, "số nguyên vượt 64 bit")
    return number


def _shown(value: object) -> str:
    if isinstance(value, NotANumber):
        return value.text
    return repr(scrub(value[:40])) if isinstance(value, str) else type(value).__name__
