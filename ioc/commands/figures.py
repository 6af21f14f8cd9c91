"""`figures`: the figures of a period with their age, as a table or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import Connection

from ioc.commands import desk
from ioc.commands.desk import Wrong
from ioc.commands.options import AgencyCode, AsJson, AsOf, From, To
from ioc.commands.words import FIGURES
from ioc.model.figure import CountingRule, Figures
from ioc.model.run import Freshness, SourceHealth, Truth
from ioc.model.scope import WHOLE_PROVINCE, Period
from ioc.queries import sources
from ioc.queries.overview import GroupFigures, Grouping, figures_by, figures_scan
from ioc.queries.overview import figures as figures_of
from ioc.rules.counting import STANDARD, on_time_rate
from ioc.settings import Settings
from ioc.words import formats
from ioc.words.names import CHANNEL, LEVEL

GROUPINGS: tuple[Grouping, ...] = ("agency", "domain", "level", "channel", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question, checked."""

    as_of: datetime
    period: Period
    rule: CountingRule
    agency: str | None
    by: Grouping | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the store says to it, from one snapshot."""

    figures: Figures
    groups: tuple[GroupFigures, ...]
    health: tuple[SourceHealth, ...]
    truth: Truth


def figures(
    first: From = None,
    last: To = None,
    as_of: AsOf = None,
    agency: AgencyCode = None,
    group_by: Annotated[str | None, typer.Option(help=f"Chia nhóm: {', '.join(GROUPINGS)}.")] = None,
    rule: Annotated[str | None, typer.Option(help="Quy tắc tính trong config/rules.toml.")] = None,
    as_json: AsJson = False,
) -> None:
    """Số liệu của một kỳ (mặc định 7 ngày đến nay), kèm tuổi của số liệu."""
    chosen = desk.settings()
    moment = desk.moment_of(as_of)
    asked = Asked(
        as_of=moment,
        period=desk.period_of(first, last, moment),
        rule=_rule(chosen, rule),
        agency=desk.known_agency(chosen, agency),
        by=_grouping(group_by),
    )
    if asked.by and asked.rule.name != STANDARD.name:
        raise Wrong(f"--group-by chỉ dùng với quy tắc {STANDARD.name}")
    with desk.snapshot(chosen) as conn:
        answer = _answer(conn, chosen, asked)
    if as_json:
        desk.emit(document(asked, answer))
        return
    out = desk.console()
    out.print(_groups_table(chosen, asked, answer) if asked.by else _table(asked, known(answer)))
    out.print(desk.age_line(answer.truth))


def document(asked: Asked, answer: Answer) -> dict[str, Any]:
    """The JSON of `figures`: a stable contract."""
    groups = [
        {"code": group.code, "name": group.name, "level": group.level, **_counts(group.figures, asked.rule)}
        for group in answer.groups
    ]
    return {
        "as_of": asked.as_of,
        "from": asked.period.first,
        "to": asked.period.last,
        "rule": asked.rule.name,
        "agency": asked.agency,
        **_counts(known(answer), asked.rule),
        **({"group_by": asked.by, "groups": groups} if asked.by else {}),
        "sources": [
            {"id": s.source_id, "last_success": s.last_success, "stale": s.freshness is not Freshness.FRESH}
            for s in answer.health
        ],
    }


def _counts(held: Figures | None, rule: CountingRule) -> dict[str, int | float | None]:
    """Every count by its name; null when nothing was ever heard, for unknown is not zero."""
    if held is None:
        return dict.fromkeys([*FIGURES, "on_time_rate"])
    rate = on_time_rate(held, rule)
    counts: dict[str, int | float | None] = {name: getattr(held, name) for name in FIGURES}
    return {**counts, "on_time_rate": None if rate is None else round(rate, 6)}


def known(answer: Answer) -> Figures | None:
    """The figures; None before any source has told anything."""
    heard = any(source.last_success for source in answer.health)
    return answer.figures if heard or answer.figures != Figures() else None


def _answer(conn: Connection, chosen: Settings, asked: Asked) -> Answer:
    by, period, agency = asked.by, asked.period, asked.agency
    return Answer(
        figures=_held(conn, asked),
        groups=figures_by(conn, WHOLE_PROVINCE, period, by=by, agency=agency) if by else (),
        health=sources.health(conn, chosen, now=asked.as_of),
        truth=sources.truth(conn, chosen, WHOLE_PROVINCE, now=asked.as_of),
    )


def _held(conn: Connection, asked: Asked) -> Figures:
    if asked.rule.name == STANDARD.name:
        return figures_of(conn, WHOLE_PROVINCE, asked.period, agency=asked.agency)
    with desk.waiting(f"Đang tính lại từng hồ sơ theo quy tắc {asked.rule.name}"):
        return figures_scan(conn, WHOLE_PROVINCE, asked.period, rule=asked.rule, agency=asked.agency)


def _rule(chosen: Settings, name: str | None) -> CountingRule:
    try:
        return chosen.rule(name)
    except KeyError as exc:
        known = ", ".join(rule.name for rule in chosen.rules)
        raise Wrong(f"không có quy tắc {name!r}; có: {known}") from exc


def _grouping(name: str | None) -> Grouping | None:
    found = next((known for known in GROUPINGS if known == name), None)
    if name is not None and found is None:
        raise Wrong(f"không chia nhóm theo {name!r} được; có: {', '.join(GROUPINGS)}")
    return found


def _table(asked: Asked, held: Figures | None) -> Table:
    table = desk.grid("Chỉ tiêu", ("Số hồ sơ", "right"), title=_title(asked))
    counts = _counts(held, asked.rule)
    for name, label in FIGURES.items():
        table.add_row(label, formats.number(counts[name]))
    table.add_row("Tỷ lệ đúng hạn", formats.percent(counts["on_time_rate"]))
    return table


def _groups_table(chosen: Settings, asked: Asked, answer: Answer) -> Table:
    heads = ("Tiếp nhận", "Đã giải quyết", "Đang giải quyết", "Quá hạn", "Đúng hạn")
    table = desk.grid("Nhóm", *((head, "right") for head in heads), title=_title(asked))
    for group in answer.groups:
        table.add_row(group_label(chosen, asked.by, group), *_group_cells(group.figures, asked.rule))
    table.add_section()
    table.add_row("Tổng", *_group_cells(answer.figures, asked.rule))
    return table


def _group_cells(held: Figures, rule: CountingRule) -> Sequence[str]:
    counts = (held.received_in_period, held.resolved_total, held.in_progress_total, held.in_progress_late)
    return (*map(formats.number, counts), formats.percent(on_time_rate(held, rule)))


def group_label(chosen: Settings, by: Grouping | None, group: GroupFigures) -> str:
    """The name of a group; sources are named by the configuration, levels and channels by the catalogue."""
    named = {
        "level": {level.value: word.label for level, word in LEVEL.items()},
        "channel": {channel.value: word.label for channel, word in CHANNEL.items()},
        "source": {source.id: source.name for source in chosen.sources},
    }.get(by or "", {})
    return named.get(group.code, group.name)


def _title(asked: Asked) -> str:
    period = f"{formats.day(asked.period.first)} – {formats.day(asked.period.last)}"
    return f"Số liệu {period}, quy tắc {asked.rule.name}"
