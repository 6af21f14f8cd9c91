"""Text that a spreadsheet takes as text, whatever a source has put into it (`safety.md` S05).

A cell that begins with = + - @, a tab or a line break is a formula or a command to a spreadsheet; so are
the full-width forms of these signs, which some versions fold. An apostrophe before it makes it text.
"""

from __future__ import annotations

import re

_STARTS_A_FORMULA = re.compile(
    r"^[\s\x00-\x20\u00a0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@＝＋－＠]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BREAKS = ("\t", "\r", "\n")

LONGEST = 32_767
"""Most characters that a spreadsheet cell holds."""


def clean(text: str) -> str:
    """Without the characters that XML and spreadsheets cannot hold, cut to a cell's length with a mark."""
    kept = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"


def safe_cell(text: str) -> str:
    """`text` for a CSV cell: with an apostrophe before it where it could be read as a formula."""
    dangerous = text.startswith(_BREAKS) or bool(_STARTS_A_FORMULA.match(text))
    kept = clean(text)
    return f"'{kept}" if dangerous or _STARTS_A_FORMULA.match(kept) else kept
