"""Sắp đến hạn: running dossiers whose due day comes within the next working days."""

from __future__ import annotations

from ioc.pages import PATH, screen
from ioc.pages._drill import Listing, draw_listing, open_dossier
from ioc.pages._filters import Filters
from ioc.pages._screen import draw_screen
from ioc.queries.measures import Measure
from ioc.words import mark

LISTING = Listing(
    measure=Measure.DUE_SOON,
    url_path=PATH["due_soon"],
    bar_kind="soon",
    of_today=True,
    noun=mark("hồ sơ sắp đến hạn"),
)

draw_screen(
    screen("due_soon"),
    lambda here: draw_listing(LISTING, here),
    filters=Filters(agency=True, level=True),
    dialog=lambda view: open_dossier(LISTING, view),
)
