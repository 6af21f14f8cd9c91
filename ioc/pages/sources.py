"""Nguồn dữ liệu: how every source is doing, what it refused, and "poll now"."""

from __future__ import annotations

from ioc.pages import screen
from ioc.pages._filters import Filters
from ioc.pages._screen import draw_screen
from ioc.pages._sources import draw_sources

draw_screen(screen("sources"), draw_sources, filters=Filters())
