"""A list of dossiers as a file: the same question as on the screen, all its pages, with what is true of it.

Served by an address of our own (`ioc/web/files.py`), not by Streamlit's media store, which keeps every
file readable without a session for as long as it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from ioc import words
from ioc.exports import csv_file, xlsx_file
from ioc.exports.sheet import Kind, Sheet, SheetColumn, Value, file_name
from ioc.exports.template import write_template
from ioc.model.dossier import Flag, Standing
from ioc.pages import _data
from ioc.pages._bundles import list_day
from ioc.pages._measures import MEANINGS
from ioc.pages._rows import Row, day_in, moment_in, records, text_in
from ioc.pages._strip import plain_truth
from ioc.pages._view import View, parse, period_of
from ioc.queries.dossiers import SORTS
from ioc.queries.measures import Measure
from ioc.words import mark, t
from ioc.words.formats import day, moment, number
from ioc.words.names import CHANNEL, FLAG, LEVEL, STANDING

MOST_ROWS = 20_000
"""Rows of one file; a longer list says so in the file itself."""


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file to be sent."""

    name: str
    content_type: str
    body: bytes


def list_file(kind: str, params: Mapping[str, str]) -> ListFile:
    """The file of the list that the parameters describe; `kind` is csv or xlsx.

    IocError when the store is away.
    """
    words.use(params.get("lang"))
    view, _ = parse(params)
    measure = view.measure or Measure.IN_PROGRESS_TOTAL
    sort = view.sort if view.sort and view.sort.removeprefix("-") in SORTS else "due_day"
    sheet = _sheet(replace(view, dossier=None), measure, sort)
    name = file_name(f"ho-so-{measure.value.replace('_', '-')}", kind, _data.now())
    if kind == "csv":
        return ListFile(name, csv_file.CONTENT_TYPE, csv_file.write_csv(sheet))
    body = xlsx_file.write_xlsx(sheet, list_name=t("Hồ sơ"), facts_name=t("Giải thích"))
    return ListFile(name, xlsx_file.CONTENT_TYPE, body)


def template_file(kind: str, params: Mapping[str, str]) -> ListFile:
    """The empty sheet for units without a system; always XLSX."""
    return ListFile("mau-ho-so-mot-cua.xlsx", xlsx_file.CONTENT_TYPE, write_template())


FILES: Mapping[str, Callable[[str, Mapping[str, str]], ListFile]] = MappingProxyType(
    {"ho-so": list_file, "mau-tep": template_file}
)
"""Files that the dashboard gives, by the name in their address."""


def _sheet(view: View, measure: Measure, sort: str) -> Sheet:
    held = _data.whole_list(view, measure, sort, limit=MOST_ROWS)
    truth, now = _data.truth(), _data.now()
    facts = [
        (t("Số liệu lúc"), moment(held.read_at)),
        (t("Độ tin cậy"), plain_truth(truth.value, now=now)),
        (t("Số hồ sơ"), number(held.value.total)),
        (t("Công thức"), t(MEANINGS[measure].formula)),
        (t("Bộ lọc"), _filters(view)),
        (t("Đơn vị"), _data.settings().province.owner),
    ]
    if held.value.total > MOST_ROWS:
        words_ = t("Tệp chỉ gồm {n} hồ sơ đầu; danh sách dài hơn.", n=number(MOST_ROWS))
        facts.insert(3, (t("Chú ý"), words_))
    if _data.settings().province.demo:
        facts.insert(0, (t("Chú ý"), t("Dữ liệu mô phỏng")))
    as_of = list_day(measure, period_of(view, _data.today()), _data.today())
    all_late = measure is Measure.IN_PROGRESS_LATE
    rows = [_row(row, as_of, all_late=all_late) for row in records(held.value.rows)]
    title = t(MEANINGS[measure].title)
    columns = tuple(SheetColumn(t(label), kind, width) for label, kind, width in _COLUMNS)
    return Sheet(title=title, facts=tuple(facts), columns=columns, rows=rows)


_COLUMNS: tuple[tuple[str, Kind, int], ...] = (
    (mark("Mã hồ sơ"), Kind.TEXT, 24),
    (mark("Thủ tục"), Kind.TEXT, 48),
    (mark("Lĩnh vực"), Kind.TEXT, 24),
    (mark("Cơ quan"), Kind.TEXT, 32),
    (mark("Tình trạng"), Kind.TEXT, 26),
    (mark("Bước"), Kind.TEXT, 26),
    (mark("Đơn vị giữ"), Kind.TEXT, 28),
    (mark("Kênh nộp"), Kind.TEXT, 14),
    (mark("Tiếp nhận"), Kind.MOMENT, 16),
    (mark("Hẹn trả"), Kind.DAY, 12),
    (mark("Kết thúc"), Kind.MOMENT, 16),
    (mark("Trễ (ngày làm việc)"), Kind.NUMBER, 10),
    (mark("Ghi chú"), Kind.TEXT, 28),
    (mark("Nguồn dữ liệu"), Kind.TEXT, 18),
    (mark("Nguồn sửa lần cuối"), Kind.MOMENT, 16),
)


def _row(row: Row, as_of: date, *, all_late: bool) -> tuple[Value, ...]:
    """`all_late`: the list is of those late on `as_of`, whatever has become of them since."""
    due = day_in(row["due_day"])
    late = all_late or Standing.LATE.value == row["standing"]
    return (
        text_in(row["dossier_code"]),
        row["procedure_name"],
        row["domain_name"],
        row["agency_name"],
        STANDING[Standing(row["standing"])].label if row["standing"] in set(Standing) else row["standing"],
        text_in(row["current_step"]),
        text_in(row["current_unit"]),
        CHANNEL[row["channel"]].label,
        moment_in(row["received_at"]),
        due,
        moment_in(row["closed_at"]),
        _data.working_days(due, as_of) if late and due else None,
        ", ".join(FLAG[Flag(code)].label for code in row["flags"].split(",") if code in set(Flag)),
        row["source_id"],
        moment_in(row["version_at"]),
    )


def _filters(view: View) -> str:
    """What the list is narrowed by, in words."""
    held = _data.settings()
    period = period_of(view, _data.today())
    known = {
        t("Cơ quan"): {a.code: a.name for a in held.agencies}.get(view.agency or "", view.agency),
        t("Cấp"): LEVEL[view.level].label if view.level else None,
        t("Lĩnh vực"): {d.code: d.name for d in held.domains}.get(view.domain or "", view.domain),
        t("Thủ tục"): {p.code: p.name for p in held.procedures}.get(view.procedure or "", view.procedure),
        t("Bước"): view.step,
        t("Kênh nộp"): CHANNEL[view.channel].label if view.channel else None,
        t("Nhóm ngày trễ"): view.band,
    }
    parts = [f"{t('Kỳ số liệu')}: {day(period.first)} – {day(period.last)}"]
    parts += [f"{name}: {value}" for name, value in known.items() if value]
    return "; ".join(parts)
