"""Chờ tiếp nhận: the receipt clock of online dossiers."""

from __future__ import annotations

from ioc.pages import screen
from ioc.pages._filters import Filters
from ioc.pages._receipts import draw_receipts
from ioc.pages._screen import draw_screen

draw_screen(screen("receipts"), draw_receipts, filters=Filters(agency=True))
