"""`up`, `simulate`, `schedule`: the long-running processes."""

from __future__ import annotations

import os
import threading
from typing import Annotated

import typer

from ioc import log
from ioc.clock import monotonic_seconds
from ioc.collectors.schedule import serve
from ioc.commands import desk
from ioc.commands.loading import FirstLoad
from ioc.commands.options import Scale, Seed
from ioc.commands.storing import bring_up_to_date
from ioc.settings import Settings
from ioc.simulator.calibration import DEFAULT_SCALE
from ioc.simulator.run import DEFAULT_PORT as SIMULATOR_PORT
from ioc.simulator.run import run_simulator
from ioc.up import DEFAULT_PORT, HOST, Supervisor, page_opens, processes

TICK_SECONDS = 0.5
OPEN_SECONDS = 120.0
"""The first page must open within this time, or people are told where to look."""


def up(
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Có chạy tỉnh mô phỏng không.")] = True,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Cổng của bảng điều hành.")] = DEFAULT_PORT,
    scale: Scale = DEFAULT_SCALE,
    seed: Seed = 1,
) -> None:
    """Chạy tất cả: kho dữ liệu, tỉnh mô phỏng, bộ lập lịch và bảng điều hành; Ctrl-C dừng tất cả."""
    chosen = desk.settings()
    with desk.stopping() as stop:
        children = processes(
            chosen,
            demo=demo and chosen.province.demo,
            port=port,
            scale=scale,
            seed=seed,
            environ=os.environ,
        )
        bring_up_to_date(chosen)
        supervisor = Supervisor(children, chosen.home / "logs", _tell)
        try:
            supervisor.start()
            _watch(chosen, supervisor, port, stop)
        finally:
            supervisor.stop()
    _tell("Đã dừng tất cả.")


def _watch(chosen: Settings, supervisor: Supervisor, port: int, stop: threading.Event) -> None:
    """Tend the children until `stop`; on the way, say when the page opens and how the first load goes."""
    late_at = monotonic_seconds() + OPEN_SECONDS
    is_open, is_late = False, False
    with FirstLoad(chosen, desk.notes()) as load:
        while not stop.wait(TICK_SECONDS):
            supervisor.tend()
            if not is_open and supervisor.is_running("dashboard") and page_opens(port):
                is_open = True
                desk.console().print(f"Mở trình duyệt tại http://{HOST}:{port} (Ctrl-C để dừng)")
            elif not is_open and not is_late and monotonic_seconds() > late_at:
                is_late = True
                _tell(f"Bảng điều hành chưa mở được; xem {chosen.home / 'logs' / 'dashboard.log'}")
            load.look()


def simulate(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Cổng trên 127.0.0.1.")] = SIMULATOR_PORT,
    scale: Scale = DEFAULT_SCALE,
    seed: Seed = 1,
    fault: Annotated[list[str] | None, typer.Option(help="Bật sẵn một lỗi, viết NGUỒN:LỖI.")] = None,
    drama: Annotated[bool, typer.Option(help="Lần lượt cho từng nguồn mất kết nối rồi trở lại.")] = False,
) -> None:
    """Tỉnh mô phỏng: máy chủ thật trên 127.0.0.1, số liệu giả."""
    log.configure()
    run_simulator(desk.settings(), port=port, scale=scale, seed=seed, faults=fault or (), drama=drama)


def schedule() -> None:
    """Bộ lập lịch: thu thập từng nguồn theo giờ, đóng số liệu cuối ngày; chỉ một tiến trình làm việc."""
    chosen = desk.settings()
    desk.keep_log(chosen)
    with desk.stopping() as stop, desk.store(chosen) as engine:
        serve(chosen, engine, stop=stop, environ=os.environ)


def _tell(sentence: str) -> None:
    desk.notes().print(sentence, soft_wrap=True)
