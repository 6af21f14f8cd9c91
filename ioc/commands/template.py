"""`template`: the sheet that units without a system fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ioc.collectors.template import template_csv, template_xlsx
from ioc.commands import desk
from ioc.errors import IocError

NAME = "mau-ho-so"
"""Of both files; people rename them to their source and day before they send them in."""


def template(
    out: Annotated[Path, typer.Option(file_okay=False, help="Thư mục để ghi hai tệp mẫu.")],
) -> None:
    """Ghi biểu mẫu XLSX và CSV cho đơn vị chưa có phần mềm một cửa."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for suffix, content in ((".xlsx", template_xlsx()), (".csv", template_csv())):
            path = out / f"{NAME}{suffix}"
            path.write_bytes(content)
            desk.console().print(f"Đã ghi {path}", soft_wrap=True)
    except OSError as fault:
        raise IocError(f"Không ghi được vào {out}: {fault.strerror}") from fault
