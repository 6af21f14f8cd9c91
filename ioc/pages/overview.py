"""Tổng quan: what came in, what went out, what is late and where."""

from __future__ import annotations

from ioc.pages import screen
from ioc.pages._filters import Filters
from ioc.pages._overview import board
from ioc.pages._screen import draw_screen

draw_screen(screen("overview"), board, filters=Filters(period=True, agency=True, level=True))
