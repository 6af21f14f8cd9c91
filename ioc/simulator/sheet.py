"""A commune's whole book of dossiers as the XLSX that its clerk sends (`wire.md` §7)."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import xlsxwriter

from ioc.model.dossier import Status
from ioc.simulator.chance import Ints
from ioc.simulator.lives import Event, Lives
from ioc.simulator.province import Site
from ioc.simulator.records import code_of, placeholder
from ioc.simulator.state import STATUSES, State, state_at, updated_at
from ioc.simulator.wording import CHANNEL_NAMES, LEVEL_NAMES, STATUS_NAMES
from ioc.simulator.worktime import NEVER, OFFSET, moment_of

HEADER = (
    "STT",
    "Mã hồ sơ",
    "Mã TTHC",
    "Tên thủ tục",
    "Lĩnh vực",
    "Đơn vị giải quyết",
    "Chủ hồ sơ",
    "Hình thức nộp",
    "Mức độ DVC",
    "Ngày nộp",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Ngày có kết quả",
    "Ngày trả kết quả",
    "Trạng thái",
    "Lệ phí",
    "Đã nộp",
)
_COLUMNS = len(HEADER)
Line = list[str | int | None]


def workbook(site: Site, moment: int, *, doubled: bool = False) -> bytes:
    """All dossiers of the site as they stand at `moment`; `doubled` repeats the first ten rows."""
    lives = site.lives(moment)
    state = state_at(lives, moment, _rows(lives, moment))
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("Danh sách hồ sơ")
    for number, line in enumerate(_lines(site, lives, state, moment, doubled=doubled)):
        sheet.write_row(number, 0, ["" if cell is None else cell for cell in line])
    book.close()
    return stream.getvalue()


def _rows(lives: Lives, moment: int) -> Ints:
    """Everything not taken out again, by procedure's field, oldest first within it."""
    exists = (updated_at(lives, moment) > 0) & (lives.events[Event.REMOVE] > moment)
    rows = np.flatnonzero(exists)
    return rows[np.lexsort((lives.events[Event.SUBMIT, rows], lives.procedure[rows]))]


def _lines(site: Site, lives: Lives, state: State, moment: int, *, doubled: bool) -> Iterator[Line]:
    """Banner, header, numbering row, groups of dossiers, total, signature."""
    agency = site.spec.offices[0].agency
    yield ["ỦY BAN NHÂN DÂN", *_blank(8), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]
    yield [agency.name, *_blank(8), "Độc lập - Tự do - Hạnh phúc"]
    yield []
    yield ["DANH SÁCH HỒ SƠ THỦ TỤC HÀNH CHÍNH (DỮ LIỆU MÔ PHỎNG)"]
    yield [f"Số liệu đến {_text(moment)}"]
    yield list(HEADER)
    yield [f"({n})" for n in range(1, _COLUMNS + 1)]
    dates = _Dates(lives, state)
    lines = [_line(site, lives, state, dates, place) for place in range(len(state.rows))]
    yield from _grouped(lines + lines[:10] if doubled else lines)
    yield ["", "Tổng cộng", len(lines)]
    yield []
    yield [*_blank(9), "Người lập biểu"]


def _grouped(lines: Sequence[Line]) -> Iterator[Line]:
    group = None
    counts = Counter(line[4] for line in lines)
    for number, line in enumerate(sorted(lines, key=lambda line: str(line[4])), start=1):
        if line[4] != group:
            group = line[4]
            yield [f"{group} ({counts[group]})"]
        yield [number, *line[1:]]


def _line(site: Site, lives: Lives, state: State, dates: _Dates, place: int) -> Line:
    row = int(state.rows[place])
    procedure = site.procedures[int(lives.procedure[row])]
    applicant = placeholder(int(lives.keys[row]))["data"]["fullname"]
    status, fee = STATUSES[state.status[place]], int(lives.fee[row])
    owing = status in (Status.NEW, Status.REJECTED, Status.FINANCIAL)
    return [
        None,
        code_of(site.spec, lives, row),
        procedure.code,
        procedure.name,
        site.domain_names.get(procedure.domain_code, procedure.domain_code),
        site.spec.offices[int(lives.office[row])].agency.name,
        applicant,
        CHANNEL_NAMES[int(lives.channel[row])],
        LEVEL_NAMES[bool(site.world.catalogue.full[int(lives.procedure[row])])],
        *dates.of(place),
        STATUS_NAMES[status],
        fee,
        0 if owing else fee,
    ]


class _Dates:
    """The five dates of every row as text; a withdrawal or refusal ends the processing."""

    def __init__(self, lives: Lives, state: State) -> None:
        over = state.has_status(Status.WITHDRAWN)
        finished = np.where(over, state.withdrawn, state.finished)
        finished = np.where(state.has_status(Status.REJECTED), state.rejected, finished)
        moments = (
            lives.events[Event.SUBMIT, state.rows],
            state.accepted,
            state.due,
            finished,
            state.returned,
        )
        self._columns = [_texts(column) for column in moments]

    def of(self, place: int) -> list[str | None]:
        """Handed in, received, due, finished, handed over."""
        return [column[place] for column in self._columns]


def _texts(moments: Ints) -> list[str | None]:
    known = moments < NEVER
    local = np.where(known, moments + OFFSET, 0).astype("datetime64[s]")
    texts = np.datetime_as_string(local, unit="m").tolist()
    return [_vietnamese(text) if is_known else None for text, is_known in zip(texts, known, strict=True)]


def _vietnamese(iso: str) -> str:
    return f"{iso[8:10]}/{iso[5:7]}/{iso[:4]} {iso[11:16]}"


def _text(moment: int) -> str:
    return f"{moment_of(moment + OFFSET):%d/%m/%Y %H:%M}"


def _blank(count: int) -> list[str | int | None]:
    return [None] * count
