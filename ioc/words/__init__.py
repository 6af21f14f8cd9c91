"""Every word a person reads: Vietnamese in the code, English by a switch from `ioc/locale`.

The Vietnamese sentence is the message id, so that code reads as the screen does:

    t("{count} hồ sơ trễ hạn", count=number(1234))      # translate now
    LABEL = mark("Hồ sơ trễ hạn")                       # only mark; t(LABEL) translates when drawn

Values are given as ready strings (`ioc.words.formats`). The language is chosen with `use` at the start
of each run and holds for that run's thread only.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
"""Languages of the switch; the first is the language of the message ids."""

_language: ContextVar[str] = ContextVar("language", default=LANGUAGES[0])


def use(language: str | None) -> str:
    """Choose the language of this run; anything unknown means Vietnamese. Returns the choice."""
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    _language.set(chosen)
    return chosen


def language() -> str:
    """The language of this run."""
    return _language.get()


def mark(text: str) -> str:
    """The same text; says to the catalogue test that `text` is drawn later through `t`."""
    return text


def t(text: str, /, **values: str) -> str:
    """`text` in the language of this run, with `values` put in."""
    template = _catalogue(language()).get(text, text)
    return template.format(**values) if values else template


@cache
def _catalogue(code: str) -> dict[str, str]:
    """Translations of `code`; read from the .po file once, no compile step."""
    if code == LANGUAGES[0]:
        return {}
    path = Path(__file__).parents[1] / "locale" / code / "LC_MESSAGES" / "ioc.po"
    with path.open("rb") as file:
        messages = read_po(file, locale=code)
    return {str(m.id): str(m.string) for m in messages if m.id and m.string}
