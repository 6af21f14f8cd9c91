"""Hồ sơ trễ hạn: every running dossier past its due day, from the agency down to the step that holds it."""

from __future__ import annotations

from ioc.pages import PATH, screen
from ioc.pages._drill import Listing, draw_listing, open_dossier
from ioc.pages._filters import Filters
from ioc.pages._screen import draw_screen
from ioc.queries.measures import Measure
from ioc.words import mark

LISTING = Listing(
    measure=Measure.IN_PROGRESS_LATE,
    url_path=PATH["late"],
    bar_kind="late",
    of_today=True,
    noun=mark("hồ sơ đang quá hạn"),
)

draw_screen(
    screen("late"),
    lambda here: draw_listing(LISTING, here),
    filters=Filters(agency=True, level=True),
    dialog=lambda view: open_dossier(LISTING, view),
)
