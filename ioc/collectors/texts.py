"""Text as people meant it: one normal form, no hidden characters, and a folded form for comparing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ioc.errors import IocError
from ioc.faults import RejectReason

DAMAGE = "\u2063"
"""Invisible separator put after each character that only a second decoding could read; cleaned away."""

_STROKES = str.maketrans({"\u00d0": "Đ", "\u0189": "Đ", "\u00f0": "đ", "\u0256": "đ"})
"""Letters that look like Đ: eth and African D, from old keyboards."""
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Refused(IocError):
    """One record cannot be read; it goes to quarantine, the rest of the page goes on."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def clean(text: str) -> str:
    """NFC, Ð as Đ, without controls, zero-width and direction marks, spaces collapsed.

    Raises Refused for what no store can hold: NUL and lone surrogates.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    if "\x00" in text:
        raise Refused(RejectReason.BAD_TEXT, "có ký tự NUL trong văn bản")
    if _SURROGATE.search(text):
        raise Refused(RejectReason.BAD_TEXT, "có nửa ký tự Unicode (surrogate) trong văn bản")
    text = unicodedata.normalize("NFC", text).translate(_STROKES)
    return _SPACES.sub(" ", _CONTROL.sub("", _HIDDEN.sub("", text))).strip()


def is_damaged(text: str) -> bool:
    """Whether the text went through a broken encoding on its way."""
    return DAMAGE in text or "\ufffd" in text


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case, without diacritics and punctuation, words one space apart; only for comparing."""
    plain = unicodedata.normalize("NFD", clean(text).casefold().replace("đ", "d"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", letters).strip()


_LEGACY = re.compile("[\u00a1-\u00a9\u00ab-\u00af\u00b5-\u00b9\u00bb-\u00be]")


def looks_legacy(text: str) -> bool:
    """Whether this is TCVN3 or VNI text read as Latin-1, such as "Hå s¬" for "Hồ sơ".

    Signs such as ¬ µ ¸ ® right beside a letter do not occur in Vietnamese Unicode text.
    """
    return any(
        text[max(0, m.start() - 1) : m.start()].isalpha() or text[m.end() : m.end() + 1].isalpha()
        for m in _LEGACY.finditer(text)
    )
