"""Danh sách hồ sơ: what a number opens; the same count, its definition, and exactly its dossiers."""

from __future__ import annotations

from ioc.pages import PATH, screen
from ioc.pages._drill import Listing, draw_listing, open_dossier
from ioc.pages._filters import Filters
from ioc.pages._measures import MEANINGS
from ioc.pages._screen import Here, draw_screen
from ioc.pages._view import View
from ioc.queries.measures import Measure

_LATE = {Measure.IN_PROGRESS_LATE, Measure.RESOLVED_LATE, Measure.ACCEPTED_LATE}


def listing(view: View) -> Listing:
    """The list of the measure that the address names; all in progress when it names none."""
    measure = view.measure or Measure.IN_PROGRESS_TOTAL
    return Listing(
        measure=measure,
        url_path=PATH["dossiers"],
        bar_kind="late" if measure in _LATE else "accent",
        sort="due_day" if MEANINGS[measure].stock else "-version_at",
    )


def body(here: Here) -> None:
    """Draw the list."""
    draw_listing(listing(here.view), here)


draw_screen(
    screen("dossiers"),
    body,
    filters=Filters(period=True, agency=True, level=True),
    dialog=lambda view: open_dossier(listing(view), view),
)
