"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

From = Annotated[str | None, typer.Option("--from", help="Ngày đầu kỳ, như 2026-11-16.")]
To = Annotated[str | None, typer.Option("--to", help="Ngày cuối kỳ, như 2026-11-22.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Nhìn lại cuối một ngày hoặc một thời điểm.")]
AgencyCode = Annotated[str | None, typer.Option("--agency", help="Mã cơ quan.")]
AsJson = Annotated[bool, typer.Option("--json", help="In JSON.")]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="Cổng trên 127.0.0.1.")]
Scale = Annotated[float, typer.Option(min=0.0001, max=10.0, help="Cỡ của tỉnh mô phỏng so với tỉnh thật.")]
Seed = Annotated[int, typer.Option(help="Hạt giống: cùng số thì cùng dữ liệu.")]
