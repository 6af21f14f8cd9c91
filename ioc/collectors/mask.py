"""Personal data stops here: nothing that names or numbers a person is kept, on disk or in quarantine.

Two nets: fields whose name says that they are personal are emptied, and every other text loses what
looks like an identity number (9 or 12 digits), a telephone number or an e-mail address.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from ioc.collectors.jsontext import TWICE, NotANumber, Twice, is_odd
from ioc.collectors.texts import fold

MASKED = "***"

_PERSONAL = frozenset(
    {
        "applicant",
        "accepter",
        "assignee",
        "owner",
        "candidateuser",
        "fullname",
        "firstname",
        "lastname",
        "applicantname",
        "ownername",
        "contactname",
        "receivername",
        "username",
        "identitynumber",
        "identity",
        "identityno",
        "idnumber",
        "cccd",
        "cmnd",
        "passport",
        "taxcode",
        "phone",
        "phonenumber",
        "mobile",
        "tel",
        "telno",
        "fax",
        "email",
        "address",
        "addressdetail",
        "contactaddress",
        "birthday",
        "dateofbirth",
        "birthdate",
        "gender",
        "bankaccount",
        "chuhoso",
        "sogiaytochuhoso",
        "sodinhdanh",
        "diachi",
        "sodienthoai",
        "nguoinop",
        "nguoixuly",
        "applicantidno",
        "contacttelno",
        "contactemail",
        "currentactionuser",
        "createduser",
        "updateduser",
    }
)
"""Names of JSON fields, lower case and without separators (iGate 2, OpenCPS, national format)."""

_PERSONAL_WORDS = (
    "chu ho so",
    "nguoi nop",
    "nguoi xu ly",
    "can bo",
    "ho ten",
    "ho va ten",
    "to chuc ca nhan",
    "nguoi dung ten",
    "nguoi nhan",
    "dia chi",
    "dien thoai",
    "sdt",
    "so dt",
    "email",
    "thu dien tu",
    "cccd",
    "cmnd",
    "can cuoc",
    "dinh danh ca nhan",
    "so dinh danh",
    "ngay sinh",
    "ma so thue",
    "nguoi dai dien",
    "ten nguoi",
    "sinh nhat",
    "applicant",
    "receiver",
    "owner",
    "full name",
    "first name",
    "last name",
    "citizen name",
    "phone",
    "mobile",
    "address",
    "birthday",
    "passport",
    "identity number",
)
"""Words in the headers of sheets, and in the names of JSON fields that nobody has listed."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
"""Where the words of a camelCase or snake_case name part."""

_NUMBERS = re.compile(
    r"(?<![\w.])(?:"
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail
    r"|\+?84(?:[ .-]?\d){9}(?!\d)"  # telephone abroad form
    r"|0(?:[ .-]?\d){9,10}(?!\d)"  # telephone, or the first digits of a CCCD
    r"|\d{12}(?!\d)|\d{9}(?!\d)"  # CCCD, CMND
    r"|\d{3}(?: \d{3}){3}(?!\d)"
    r")"
)


def scrub(text: str) -> str:
    """The text with identity numbers, telephone numbers and e-mail addresses replaced by `***`."""
    return _NUMBERS.sub(MASKED, text)


@lru_cache(maxsize=4096)
def is_personal(name: str) -> bool:
    """Whether a field or column of this name holds personal data."""
    if "".join(c for c in name.lower() if c.isalnum()) in _PERSONAL:
        return True
    words = f" {fold(_HUMP.sub(' ', name))} "
    return any(f" {word} " in words for word in _PERSONAL_WORDS)


def masked(
    value: object, *, keep: frozenset[str] = frozenset(), reads: frozenset[str] | None = None
) -> object:
    """The same JSON value without personal data; texts under the names in `keep` stay as they are.

    `keep` holds names of codes and dates, whose digits are no person's. With `reads` (the names that a
    collector reads) every other field is emptied, whatever it is called: nobody can list all names of
    fields that may hold a person.
    """
    if isinstance(value, dict):
        made = {name: _field(name, inner, keep, reads) for name, inner in value.items()}
        return value.like(made) if isinstance(value, Twice) else made
    if isinstance(value, list):
        return [masked(inner, keep=keep, reads=reads) for inner in value]
    return scrub(value) if isinstance(value, str) else value


def _field(name: str, value: object, keep: frozenset[str], reads: frozenset[str] | None) -> object:
    if value is None or isinstance(value, bool):
        return value
    if name in keep and isinstance(value, str | int | float):
        return value
    if is_personal(name):
        return MASKED
    if isinstance(value, int | float):
        return value if scrub(str(value)) == str(value) else MASKED
    if reads is not None and name not in reads:
        # what marks a record as odd must be seen by the parser, which reads nothing but masked payloads
        return masked(value, reads=frozenset()) if is_odd(value) else MASKED
    return masked(value, keep=keep, reads=reads)


def as_text(value: object, *, ascii_only: bool = False, odd: bool = True) -> str:
    """A masked value as JSON text; what was not a number in the source is not one here either.

    `ascii_only` writes escapes, in which halves of characters survive. Keys that came twice are named,
    if there may be any (`odd`).
    """
    return json.dumps(
        _told(value) if odd else value, ensure_ascii=ascii_only, separators=(",", ":"), default=_odd
    )


def _told(value: object) -> object:
    """Objects with double keys, wherever they lie, with a mark that `jsontext` reads back."""
    if not is_odd(value):
        return value
    if isinstance(value, dict):
        made = {name: _told(inner) for name, inner in value.items()}
        return made | {TWICE: list(value.names)} if isinstance(value, Twice) else made
    return [_told(inner) for inner in value] if isinstance(value, list) else value


def _odd(value: object) -> object:
    if isinstance(value, NotANumber):
        return float(value.text)
    raise TypeError(type(value).__name__)
