"""`migrate` and `check`: bring the store up to date, and ask whether it agrees with itself."""

from __future__ import annotations

import typer

from ioc.commands import desk
from ioc.rules.counting import STANDARD
from ioc.settings import Settings
from ioc.store.check import recompute_differences
from ioc.store.engine import open_engine, writing
from ioc.store.migrate import upgrade
from ioc.store.reference import sync_reference
from ioc.words import formats

SHOWN = 50
"""Differences printed; a broken rollup differs everywhere."""


def migrate() -> None:
    """Đưa kho dữ liệu lên phiên bản mới nhất và chép danh mục từ cấu hình."""
    chosen = desk.settings()
    bring_up_to_date(chosen)
    desk.console().print("Kho dữ liệu đã ở phiên bản mới nhất.")


def bring_up_to_date(chosen: Settings) -> None:
    """Schema at its head, reference tables equal to the configuration."""
    engine = open_engine(chosen.database_url)
    try:
        upgrade(engine)
        with writing(engine) as conn:
            sync_reference(conn, chosen)
    finally:
        engine.dispose()


def check() -> None:
    """Tính lại mọi con số từ hồ sơ và so với số đang lưu; có chỗ lệch thì mã thoát là 1."""
    chosen = desk.settings()
    with desk.snapshot(chosen) as conn, desk.progress() as bar:
        task = bar.add_task("Đang tính lại", total=None)
        found = recompute_differences(
            conn, STANDARD, lambda done, count: bar.update(task, completed=done, total=count)
        )
    if not found:
        desk.console().print("Kho dữ liệu khớp: mọi con số tính lại đều bằng số đang lưu.")
        return
    for sentence in found[:SHOWN]:
        desk.console().print(f"Lệch: {sentence}")
    desk.notes().print(f"Kho dữ liệu không khớp: {formats.number(len(found))} chỗ lệch.")
    raise typer.Exit(1)
