"""HTML made safely: every value is escaped unless it was made here. The only caller of `st.html`.

    show(tag("p", "Cơ quan: ", tag("b", name), class_="who"))

Streamlit cleans the result a second time in the browser (DOMPurify, HTML profile), and the content
security policy runs no script that is not ours; neither is relied on.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import streamlit as st

_VOID = {"br", "col", "hr", "img"}
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


class Html(str):
    """Text that already is HTML: made by `tag`, `text` or `join`, never by hand from data."""

    __slots__ = ()


EMPTY = Html("")


def text(value: object) -> Html:
    """`value` as HTML text: escaped, unless it is Html already; None is nothing."""
    if isinstance(value, Html):
        return value
    return EMPTY if value is None else Html(html.escape(str(value)))


def join(parts: Iterable[object], between: str = "") -> Html:
    """The parts one after another, each escaped, with `between` (escaped too) between them."""
    return Html(html.escape(between).join(text(part) for part in parts))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element. Attribute names: `class_` is class, `data_x` is data-x; None and False leave it out."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not an element name: {name!r}")
    opening = f"<{name}{''.join(_attribute(k, v) for k, v in attributes.items())}>"
    if name in _VOID:
        return Html(opening)
    return Html(f"{opening}{join(children)}</{name}>")


def icon(name: str, *, label: str | None = None, class_: str = "") -> Html:
    """A drawn sign of `ioc.css`; silent for screen readers unless it stands alone with a `label`."""
    return tag(
        "i",
        class_=f"icon icon-{name} {class_}".strip(),
        role="img" if label else None,
        aria_label=label,
        aria_hidden=None if label else "true",
        title=label,
    )


def show(body: Html) -> None:
    """Draw `body` here. Takes only Html, so that plain text cannot slip through unescaped."""
    if not isinstance(body, Html):
        raise TypeError("only Html is drawn; make it with tag()")
    st.html(body)


def plain(value: object) -> str:
    """`value` for a place that reads Markdown (labels, captions): no link, image, icon or formula is left."""
    one_line = " ".join(str(value).split())
    return _SPECIAL.sub(r"\\\1", one_line)


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(shown) or shown.startswith("on"):
        raise ValueError(f"not an attribute name: {shown!r}")
    return f" {shown}" if value is True else f' {shown}="{html.escape(str(value))}"'
