"""Every number opens into exactly the dossiers it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from ioc.model.dossier import Channel, Dossier, DossierVersion, Flag, Standing, Status
from ioc.model.figure import Figures
from ioc.model.scope import WHOLE_PROVINCE, Period, Scope
from ioc.queries.dossiers import (
    GROUP_COLUMNS,
    HISTORY_COLUMNS,
    ROW_COLUMNS,
    SORTS,
    DossierFilter,
    DossierGrouping,
    dossier_groups,
    dossier_history,
    dossier_page,
)
from ioc.queries.measures import Measure
from ioc.queries.overview import figures
from ioc.rules.ageing import Band, bands
from ioc.rules.counting import STANDARD, counted_as
from ioc.rules.timeliness import due_day, final_standing
from ioc.store.engine import reading
from ioc.store.tables import dossier as dossier_table
from tests.builders import a_version, local, periods, stores
from tests.queries.filled import Narrow, Question, empty, fill, narrows, on_stores, questions, take

Stores = tuple[tuple[DossierVersion, ...], ...]
GROUPINGS: tuple[DossierGrouping, ...] = ("agency", "domain", "procedure", "step")
WEEK = Period(first=date(2026, 11, 14), last=date(2026, 11, 20))
LATE = DossierFilter(measure=Measure.IN_PROGRESS_LATE, period=WEEK, as_of_day=WEEK.last)
FIELDS = [Measure(field.name) for field in fields(Figures)]
PARTS = {
    Measure.RECEIVED_TOTAL: [Measure.CARRIED_OVER, *(m for m in FIELDS if m.startswith("received_"))],
    Measure.RECEIVED_IN_PERIOD: [m for m in FIELDS if m.startswith("received_")],
    Measure.RECEIVED_ONLINE: [m for m in FIELDS if m.startswith("received_online_")],
    Measure.RESOLVED_TOTAL: [m for m in FIELDS if m.startswith("resolved_") or m == "closed_without_result"],
    Measure.IN_PROGRESS_TOTAL: [m for m in FIELDS if m.startswith("in_progress_")],
}


def behind(measure: Measure, dossiers: Iterable[Dossier], period: Period) -> Counter[tuple[str, str]]:
    """The keys of the dossiers that the rules alone count under a measure."""
    wanted = {part.value for part in PARTS.get(measure, [measure])}
    found = [d.latest for d in dossiers if wanted & {*counted_as(d, period)}]
    return Counter((latest.source_id, latest.source_key) for latest in found)


def keys_by_id(conn: Connection) -> dict[int, tuple[str, str]]:
    """Row -> key of every dossier in the store."""
    table = dossier_table.c
    rows = conn.execute(select(table.id, table.source_id, table.source_key))
    return {row.id: (row.source_id, row.source_key) for row in rows}


@on_stores
@given(histories=stores(), asked=questions(with_level=True))
def test_a_list_holds_exactly_the_dossiers_of_its_figure(
    engine: Engine, histories: Stores, asked: list[Question]
) -> None:
    dossiers = fill(engine, histories)
    with reading(engine) as conn:
        key_of = keys_by_id(conn)
        for period, narrow in asked:
            passed = [d for d in dossiers if narrow.passes(d)]
            for measure in (*FIELDS, *PARTS):
                page = dossier_page(conn, narrow.scope, filter_of(measure, period, narrow), limit=100)
                expected = behind(measure, passed, period)
                assert (measure, Counter(key_of[row] for row in page.rows["id"])) == (measure, expected)
                assert (measure, page.total) == (measure, expected.total())


LIFE = {
    date(2026, 11, 15): Measure.IN_PROGRESS_WITHIN,
    date(2026, 11, 16): Measure.IN_PROGRESS_PAUSED,
    date(2026, 11, 17): Measure.IN_PROGRESS_PAUSED,
    date(2026, 11, 18): Measure.IN_PROGRESS_WITHIN,
    date(2026, 11, 19): Measure.IN_PROGRESS_LATE,
    date(2026, 11, 20): Measure.RESOLVED_LATE,
}
"""Received on the 15th, due on the 18th; waits from the first second of the 16th to that of the 18th."""


@pytest.mark.parametrize(("day", "measure"), LIFE.items())
@pytest.mark.parametrize("is_closed", [True, False])
def test_a_list_of_a_past_day_knows_the_borders_of_a_life(
    engine: Engine, day: date, measure: Measure, is_closed: bool
) -> None:
    if measure is Measure.RESOLVED_LATE and not is_closed:
        measure = Measure.IN_PROGRESS_LATE
    empty(engine)
    asked, answered = local(date(2026, 11, 16), time(0)), local(date(2026, 11, 18), time(0))
    base = a_version(
        received_at=local(date(2026, 11, 15)), due_at=local(date(2026, 11, 18), time(23, 59, 59))
    )
    base = replace(base, supplement_requested_at=asked)
    steps: list[dict[str, Any]] = [
        {"version_at": asked, "status": Status.SUPPLEMENT},
        {"version_at": answered, "supplement_received_at": answered},
        {
            "version_at": local(date(2026, 11, 20)),
            "supplement_received_at": answered,
            "finished_at": local(date(2026, 11, 20), time(0)),
            "status": Status.COMPLETED,
        },
    ]
    take(engine, [replace(base, **step) for step in (steps if is_closed else steps[:-1])])
    period = Period(first=day, last=day)
    with reading(engine) as conn:
        for asked_for in {*LIFE.values()}:
            flt = DossierFilter(measure=asked_for, period=period, as_of_day=day)
            expected = int(asked_for is measure)
            assert (asked_for, dossier_page(conn, WHOLE_PROVINCE, flt).total) == (asked_for, expected)
            assert getattr(figures(conn, WHOLE_PROVINCE, period), asked_for.value) == expected


def filter_of(measure: Measure, period: Period, narrow: Narrow) -> DossierFilter:
    return DossierFilter(
        measure=measure,
        period=period,
        as_of_day=period.last,
        agency=narrow.agency,
        domain=narrow.domain,
        source=narrow.source,
        level=narrow.level,
    )


@on_stores
@given(
    histories=stores(),
    period=periods(),
    narrow=narrows(),
    measure=st.sampled_from([Measure.RECEIVED_TOTAL, Measure.IN_PROGRESS_TOTAL, Measure.IN_PROGRESS_LATE]),
    step=st.integers(1, 4),
)
def test_pages_and_groups_cut_a_list_without_loss_or_repetition(
    engine: Engine, histories: Stores, period: Period, narrow: Narrow, measure: Measure, step: int
) -> None:
    fill(engine, histories)
    flt = filter_of(measure, period, narrow)
    with reading(engine) as conn:
        whole = dossier_page(conn, narrow.scope, flt, limit=100)
        for sort in (*SORTS, *(f"-{name}" for name in SORTS)):
            pages = [
                dossier_page(conn, narrow.scope, flt, limit=step, offset=offset, sort=sort)
                for offset in range(0, whole.total + 1, step)
            ]
            listed = [key for page in pages for key in page.rows["id"]]
            assert sorted(listed) == sorted(whole.rows["id"])
            assert {page.total for page in pages} == {whole.total}
        for by in GROUPINGS:
            assert dossier_groups(conn, narrow.scope, flt, by=by)["count"].sum() == whole.total
        late = dossier_page(conn, narrow.scope, replace(flt, measure=Measure.IN_PROGRESS_LATE))
        aged = dossier_groups(conn, narrow.scope, replace(flt, measure=Measure.IN_PROGRESS_LATE), by="band")
        assert aged["count"].sum() == late.total


@on_stores
@given(histories=stores(), period=periods(), ahead=st.integers(0, 5))
def test_due_soon_and_bands_open_by_their_due_days(
    engine: Engine, histories: Stores, period: Period, ahead: int
) -> None:
    dossiers = fill(engine, histories)
    today, until = period.last, period.last + timedelta(days=ahead)
    running = [due_day(d, STANDARD) for d in dossiers if final_standing(d, STANDARD) is Standing.WITHIN]
    soon = DossierFilter(measure=Measure.DUE_SOON, period=period, as_of_day=today, due_until=until)
    late = DossierFilter(measure=Measure.IN_PROGRESS_LATE, period=period, as_of_day=today)
    days_late = [
        (today - day).days
        for d in dossiers
        if "in_progress_late" in counted_as(d, period) and (day := due_day(d, STANDARD))
    ]
    with reading(engine) as conn:
        page = dossier_page(conn, WHOLE_PROVINCE, soon)
        assert page.total == len(page.rows) == sum(1 for day in running if day and today <= day <= until)
        groups = dossier_groups(conn, WHOLE_PROVINCE, late, by="band", age_bands=bands((1, 3)))
        for band, count in zip(bands((1, 3)), groups["count"], strict=True):
            expected = sum(1 for days in days_late if band.contains(days))
            assert count == expected
            assert dossier_page(conn, WHOLE_PROVINCE, replace(late, band=band)).total == expected


def test_due_soon_without_an_end_is_refused(engine: Engine) -> None:
    with reading(engine) as conn, pytest.raises(ValueError, match="due_soon"):
        dossier_page(conn, WHOLE_PROVINCE, replace(LATE, measure=Measure.DUE_SOON))


def test_a_sort_that_nobody_offers_is_refused(engine: Engine) -> None:
    with reading(engine) as conn, pytest.raises(ValueError, match="sort"):
        dossier_page(conn, WHOLE_PROVINCE, LATE, sort="id; drop table dossier")


def late_version(key: str, **changes: object) -> DossierVersion:
    """A dossier that was due on 17/11/2026 and is not done."""
    return a_version(
        source_key=key,
        received_at=local(date(2026, 11, 2)),
        due_at=local(date(2026, 11, 17)),
        dossier_code=key,
        **changes,
    )


def test_rows_carry_names_moments_and_the_standing_of_the_day(engine: Engine) -> None:
    empty(engine)
    take(engine, [late_version("K1", procedure_code="?", flags=frozenset({Flag.UNKNOWN_PROCEDURE}))])
    with reading(engine) as conn:
        rows = dossier_page(conn, WHOLE_PROVINCE, LATE).rows
    assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == ROW_COLUMNS
    row = rows.iloc[0]
    assert (row["agency_name"], row["domain_name"]) == ("Phường Hạ Long", "Đất đai")
    assert (row["procedure_name"], row["standing"]) == ("Chưa ánh xạ", "late")
    assert row["due_day"].date() == date(2026, 11, 17)
    assert row["received_at"].to_pydatetime() == local(date(2026, 11, 2))
    assert row["flags"] == "unknown_procedure"


def test_frames_keep_their_columns_when_empty(engine: Engine) -> None:
    empty(engine)
    with reading(engine) as conn:
        frames = {
            "page": (dossier_page(conn, WHOLE_PROVINCE, LATE).rows, ROW_COLUMNS),
            "groups": (dossier_groups(conn, WHOLE_PROVINCE, LATE, by="agency"), GROUP_COLUMNS),
            "history": (dossier_history(conn, WHOLE_PROVINCE, 1), HISTORY_COLUMNS),
        }
    for rows, columns in frames.values():
        assert rows.empty
        assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == columns


@pytest.mark.parametrize(
    ("narrowing", "keys"),
    [
        ({"channel": Channel.POSTAL}, ["K2"]),
        ({"flag": Flag.BAD_UTF8}, ["K2"]),
        ({"step": "Trình ký"}, ["K2"]),
        ({"step": ""}, ["K3"]),
        ({"procedure": "1.000002"}, ["K3"]),
        ({"text": " k2"}, ["K2"]),
        ({"text": "%"}, []),
        ({"text": "'; drop table dossier --"}, []),
        ({"band": Band(1, 5)}, ["K1", "K2", "K3"]),
        ({"band": Band(6, None)}, []),
        ({"agency": "' or 1=1 --"}, []),
    ],
)
def test_each_filter_narrows(engine: Engine, narrowing: dict[str, object], keys: list[str]) -> None:
    empty(engine)
    second = late_version(
        "K2",
        channel=Channel.POSTAL,
        current_step="Trình ký",
        flags=frozenset({Flag.AMBIGUOUS_DATE, Flag.BAD_UTF8}),
    )
    third = late_version("K3", current_step=None, procedure_code="1.000002")
    take(engine, [late_version("K1"), second, third])
    with reading(engine) as conn:
        page = dossier_page(conn, WHOLE_PROVINCE, replace(LATE, **narrowing))  # type: ignore[arg-type]
    assert list(page.rows["dossier_code"]) == keys
    assert page.total == len(keys)


def test_unmapped_opens_into_every_dossier_with_a_word_that_nobody_knows(engine: Engine) -> None:
    empty(engine)
    known = a_version()
    lost = [
        a_version(source_key="K2", agency_code="?", agency_raw="Đơn vị lạ"),
        a_version(source_key="K3", procedure_code="?"),
        a_version(source_key="K4", status=Status.UNKNOWN, flags=frozenset({Flag.UNKNOWN_STATUS})),
        a_version(source_key="K5", status=Status.NEW, received_at=None, agency_code="?"),
    ]
    take(engine, [known, *lost])
    flt = replace(LATE, measure=Measure.UNMAPPED)
    with reading(engine) as conn:
        assert dossier_page(conn, WHOLE_PROVINCE, flt).total == 4


def test_groups_name_steps_and_show_the_oldest_due_day(engine: Engine) -> None:
    empty(engine)
    take(engine, [late_version("K1"), late_version("K2"), late_version("K3", current_step=None)])
    with reading(engine) as conn:
        groups = dossier_groups(conn, WHOLE_PROVINCE, LATE, by="step")
    assert list(zip(groups["name"], groups["count"], strict=True)) == [("Thẩm định", 2), ("Chưa rõ bước", 1)]
    assert groups["oldest_due_day"][0].date() == date(2026, 11, 17)


def test_history_is_told_in_order_and_only_within_the_scope(engine: Engine) -> None:
    empty(engine)
    first = late_version("K1")
    later = replace(first, status=Status.SUPPLEMENT, version_at=first.version_at + timedelta(hours=1))
    take(engine, [later, first])
    with reading(engine) as conn:
        found = conn.scalar(select(dossier_table.c.id))
        told = dossier_history(conn, WHOLE_PROVINCE, found or 0)
        hidden = dossier_history(conn, Scope(agencies=frozenset({"H49"})), found or 0)
    assert list(told["status"]) == ["processing", "supplement"]
    assert list(told["agency_name"]) == ["Phường Hạ Long"] * 2
    assert hidden.empty
