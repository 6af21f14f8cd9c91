"""What the recorded shapes of iGate 2 say, and which pages are asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from ioc.collectors import igate2, raw
from ioc.collectors.base import Ask, Parsed, Payload
from ioc.collectors.igate2_pages import overlap, read_cursor, tolerance, write_cursor
from ioc.collectors.vanished import Memory
from ioc.errors import SourceChanged
from ioc.faults import FaultKind, RejectReason
from ioc.model.dossier import UNMAPPED, Channel, DossierVersion, DuePrecision, Flag, ServiceLevel, Status
from ioc.model.run import RunKind
from ioc.settings import SourceSettings
from ioc.store.engine import reading
from ioc.store.runs import source_state
from tests.builders import NOON, a_source
from tests.collectors.building import STATUS_IDS, a_record, a_runner, igate_source, lookup, many
from tests.collectors.servers import FakeIgate, stamp

FIXTURES = Path(__file__).parent / "fixtures" / "igate2"
SOURCE = a_source("s1", codes={"status": STATUS_IDS, "channel": {"0": "online", "1": "counter"}})


def parse(
    rows: list[Any] | bytes, *, source: SourceSettings = SOURCE, at: datetime = NOON, **notes: str
) -> Parsed:
    body = rows if isinstance(rows, bytes) else json.dumps({"content": rows}).encode()
    payload = Payload(body=body, position="trang 1", fetched_at=at, notes=notes)
    masked = raw.masked_payload(
        payload, keep=igate2.KEEP, reads=igate2.READS, fallback=source.options.get("encoding")
    )
    return igate2.parse(masked, source, lookup(source))


def shape(name: str) -> Parsed:
    return parse((FIXTURES / f"{name}.json").read_bytes())


def one(**changes: Any) -> DossierVersion:
    """The reading of a single record."""
    parsed = parse([a_record(**changes)])
    assert parsed.rejects == ()
    (version,) = parsed.versions
    return version


def test_normal() -> None:
    running, done, waiting = shape("normal").versions
    assert running.status is Status.PROCESSING
    assert running.agency_code == "H49.101"
    assert (running.procedure_code, running.domain_code) == ("1.000002", "ho-tich")
    assert (running.channel, running.service_level) == (Channel.ONLINE, ServiceLevel.FULL)
    assert (running.current_step, running.current_unit) == ("Thẩm định", "Bộ phận Hộ tịch")
    assert running.received_at == datetime(2026, 11, 17, 1, 5, tzinfo=UTC)
    assert (running.due_at, running.due_precision) == (
        datetime(2026, 11, 24, 10, tzinfo=UTC),
        DuePrecision.SECOND,
    )
    assert running.version_at == datetime(2026, 11, 18, 2, 10, tzinfo=UTC)
    assert running.flags == frozenset()
    assert done.returned_at == datetime(2026, 11, 19, 8, 30, tzinfo=UTC)
    assert (done.fee_total, done.fee_paid, done.paid_online) == (50_000, 50_000, True)
    assert (done.signed_result, done.digitised_result) == (True, False)
    assert waiting.status is Status.NEW
    assert waiting.received_at is None
    assert waiting.due_at is None


def test_empty() -> None:
    assert shape("empty") == Parsed()


def test_minimal_says_nothing_it_was_not_told() -> None:
    (version,) = shape("minimal").versions
    assert version.agency_code == "H49"  # the source's own: the record names none
    assert version.procedure_code == UNMAPPED
    assert version.fee_total is None
    assert version.paid_online is None
    assert version.signed_result is None


def test_polymorphic_fields_say_the_same() -> None:
    versions = shape("polymorphic").versions
    assert len({version.current_step for version in versions}) == 1
    assert {version.agency_code for version in versions} == {"H49.101"}
    assert {version.procedure_code for version in versions} == {"1.000002"}
    assert {version.status for version in versions} == {Status.PROCESSING}
    assert {version.channel for version in versions} == {Channel.ONLINE}


def test_a_new_field_is_told_and_changes_nothing() -> None:
    parsed = shape("new_field")
    assert parsed.new_fields == {"slaScore", "relatedDossiers"}
    assert len(parsed.versions) == 1


def test_unknown_words_are_kept_and_never_guessed() -> None:
    (version,) = shape("unknown_word").versions
    assert version.status is Status.UNKNOWN
    assert version.raw_status == "17: Chờ liên thông thuế"
    assert (version.agency_code, version.agency_raw) == (UNMAPPED, "Phường Chưa Có")
    assert (version.procedure_code, version.procedure_raw) == (UNMAPPED, "9.999999 Thủ tục chưa có")
    assert (version.domain_code, version.channel) == (UNMAPPED, Channel.UNKNOWN)
    assert version.flags == {
        Flag.UNKNOWN_STATUS,
        Flag.UNKNOWN_AGENCY,
        Flag.UNKNOWN_PROCEDURE,
        Flag.UNKNOWN_CHANNEL,
    }


def test_broken_records_are_refused_alone_with_their_reasons() -> None:
    parsed = shape("broken")
    assert [version.source_key[-2:] for version in parsed.versions] == ["41"]
    assert [reject.reason for reject in parsed.rejects] == [
        RejectReason.MISSING_FIELD,
        RejectReason.BAD_DATE,
        RejectReason.FUTURE,
        RejectReason.MISSING_FIELD,
        RejectReason.BAD_TEXT,
        RejectReason.BAD_TEXT,
        RejectReason.BAD_NUMBER,
        RejectReason.NOT_A_RECORD,
        RejectReason.NOT_A_RECORD,
        RejectReason.BAD_TEXT,
        RejectReason.NOT_A_RECORD,
    ]
    assert parsed.rejects[1].position == "trang 1, bản ghi 3"
    assert parsed.rejects[1].source_key == "65e5a1b2c3d4e5f601230043"
    assert "CÔNG DÂN MẪU" not in "".join(reject.payload for reject in parsed.rejects)


def test_the_flag_of_no_due_date_is_stronger_than_a_date() -> None:
    assert one(undefindedCompleteTime=1).due_at is None
    assert one(undefindedCompleteTime=0).due_at is not None


@pytest.mark.parametrize(
    ("value", "due", "precision"),
    [
        ("2026-11-24", datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), DuePrecision.DAY),
        ("2026-11-24T23:59:59.000+0700", datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), DuePrecision.DAY),
        ("2026-11-24T17:00:00.000+0000", datetime(2026, 11, 24, 17, tzinfo=UTC), DuePrecision.SECOND),
        ("", None, None),
        (None, None, None),
        ("0001-01-01T00:00:00.000+0700", None, None),
        ("9999-12-31T00:00:00Z", None, None),
        ("1970-01-01T07:00:00.000+0700", None, None),
    ],
)
def test_due_dates(value: object, due: datetime | None, precision: DuePrecision | None) -> None:
    version = one(appointmentDate=value)
    assert (version.due_at, version.due_precision) == (due, precision)


def test_a_z_may_be_declared_local() -> None:
    rows = [a_record(acceptedDate="2026-11-17T08:05:00.000Z")]
    local = a_source("s1", options={"z_is_local": "true"})
    assert parse(rows).versions[0].received_at == datetime(2026, 11, 17, 8, 5, tzinfo=UTC)
    assert parse(rows, source=local).versions[0].received_at == datetime(2026, 11, 17, 1, 5, tzinfo=UTC)


def test_a_change_date_from_the_future_is_pulled_back_and_flagged() -> None:
    ahead = NOON + timedelta(hours=2)
    version = one(updated=ahead)
    assert version.version_at <= NOON
    assert Flag.FUTURE_VERSION in version.flags
    again = parse([a_record(updated=ahead)], at=NOON + timedelta(minutes=2)).versions[0]
    assert again == version  # the next poll says nothing new
    later = one(updated=ahead + timedelta(seconds=30))
    assert later.order > version.order
    assert one(updated=NOON + timedelta(seconds=90)).flags == frozenset()


def test_of_two_changes_in_one_second_the_later_wins() -> None:
    first = one(updated=NOON + timedelta(milliseconds=100) - timedelta(hours=1))
    second = one(updated=NOON + timedelta(milliseconds=900) - timedelta(hours=1))
    assert first.version_at == second.version_at
    assert second.order > first.order


def test_a_deletion_without_a_new_change_date_still_wins() -> None:
    assert one(removeStatus=1).version_seq > one().version_seq
    assert one(removeStatus=1).deleted


def test_a_word_mapped_later_wins_over_its_unknown_reading() -> None:
    unknown = one(dossierStatus={"id": 77, "name": "Chờ ký số"})
    mapped = a_source("s1", codes={"status": {**STATUS_IDS, "77": "processing"}})
    known = parse([a_record(dossierStatus={"id": 77, "name": "Chờ ký số"})], source=mapped).versions[0]
    assert (known.version_at, known.version_seq) > (unknown.version_at, unknown.version_seq)
    changed = a_source("s1", codes={"status": {"77": "completed"}}, options={"codes_version": "1"})
    remapped = parse([a_record(dossierStatus={"id": 77, "name": "Chờ ký số"})], source=changed).versions[0]
    assert remapped.status is Status.COMPLETED
    assert remapped.version_seq > known.version_seq


def test_rows_older_than_asked_for_are_skipped() -> None:
    parsed = parse(many(10), since=(NOON - timedelta(minutes=64, seconds=30)).isoformat())
    assert (len(parsed.versions), parsed.skipped) == (5, 5)


@pytest.mark.parametrize("missing", ["id", "updatedDate", "dossierStatus"])
def test_a_field_gone_from_every_record_freezes_the_page(missing: str) -> None:
    with pytest.raises(SourceChanged, match=missing):
        parse([{k: v for k, v in row.items() if k != missing} for row in many(20)])


def test_an_appointment_renamed_in_every_record_freezes_the_page() -> None:
    renamed = [{("hanTra" if k == "appointmentDate" else k): v for k, v in row.items()} for row in many(20)]
    with pytest.raises(SourceChanged, match="appointmentDate"):
        parse(renamed)
    assert len(parse(renamed[:5]).versions) == 5


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"content": null}', b'{"data": []}', b'"x"'])
def test_an_unknown_envelope_is_a_fault_never_no_rows(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        parse(body)


def test_what_is_kept_parses_to_the_same_as_what_came() -> None:
    for path in FIXTURES.glob("*.json"):
        payload = Payload(body=path.read_bytes(), position="p", fetched_at=NOON)
        masked = raw.masked_payload(payload, keep=igate2.KEEP, reads=igate2.READS, fallback=None)
        kept = Payload(body=masked.body, position="p", fetched_at=NOON, is_masked=True)
        plain = igate2.parse(payload, SOURCE, lookup(SOURCE))
        again = igate2.parse(kept, SOURCE, lookup(SOURCE))
        assert again.versions == plain.versions
        assert [r.reason for r in again.rejects] == [r.reason for r in plain.rejects]
        assert again == igate2.parse(masked, SOURCE, lookup(SOURCE))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(a_record())), VALUES))
def test_any_record_is_a_reading_or_a_reject(changes: dict[str, Any]) -> None:
    body = json.dumps({"content": [{**a_record(), **changes}]}).encode()
    parsed = parse(body)
    assert len(parsed.versions) + len(parsed.rejects) == 1


# -- which pages are asked for --------------------------------------------------------------------------


def asked(site: FakeIgate) -> list[dict[str, str]]:
    return [page for page in site.pages if "remove-status" not in page]


def run(engine: Engine, home: Path, site: FakeIgate, kind: RunKind = RunKind.CHANGES, **changes: Any) -> Any:
    source = igate_source(site, **changes)
    with a_runner(engine, home, source) as runner:
        return runner.run(source, kind)


def test_the_request_is_the_one_of_the_wire_notes(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    run(engine, tmp_path, site)
    assert site.pages[0] == {"page": "0", "size": "10", "spec": "page", "sort": "updatedDate,desc"}
    run(engine, tmp_path, site, RunKind.FULL)
    windows = [p for p in asked(site) if "accepted-from" in p]
    assert windows[0]["accepted-from"] == "2026-11-01T00:00:00.000Z"
    assert windows[0]["accepted-to"] == "2026-11-30T23:59:59.999Z"
    assert windows[1]["accepted-to"] == "2026-10-31T23:59:59.999Z"
    assert windows[-1]["accepted-from"] == "1990-01-01T00:00:00.000Z"
    assert len(windows) == 14
    statuses = [p["dossier-status"] for p in site.pages if "dossier-status" in p]
    assert statuses == ["0", "5", "6", "8", "9"]


def test_rows_inserted_while_paging_are_caught_by_reading_the_first_page_again(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(30))
    late = iter(range(1, 100))

    def insert(page: int) -> None:
        if page in (1, 2):
            n = next(late)
            site.put(a_record(f"late{n}", updated=NOON - timedelta(seconds=60 - n)))

    site.before_page = insert
    report = run(engine, tmp_path, site)
    assert report.ok
    assert report.run.ledger.inserted == 32


def test_a_slice_without_totals_is_read_to_its_end(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    site.spec = "slice"
    site.put(*many(25))
    report = run(engine, tmp_path, site)
    assert report.ok
    assert report.run.ledger.inserted == 25


def test_the_last_page_repeated_for_ever_is_the_end(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    site.put(*many(25))
    site.repeat_page = 2
    report = run(engine, tmp_path, site)
    assert report.ok, report.error
    assert report.run.ledger.inserted == 25


@pytest.mark.parametrize("page", [0, 1])
def test_a_page_repeated_before_the_end_is_a_fault(
    engine: Engine, tmp_path: Path, site: FakeIgate, page: int
) -> None:
    site.put(*many(40))
    site.repeat_page = page
    report = run(engine, tmp_path, site)
    assert report.run.fault is FaultKind.PARTIAL
    assert len(asked(site)) < 6


def test_fewer_rows_than_stated_are_read_again_and_then_not_believed(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(15))
    site.total_shift = 40
    report = run(engine, tmp_path, site)
    assert report.run.fault is FaultKind.PARTIAL
    site.total_shift = 1
    assert run(engine, tmp_path, site).ok


def test_a_page_cap_ends_an_endless_list(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    site.put(*many(60))
    report = run(engine, tmp_path, site, max_pages=3)
    assert report.run.fault is FaultKind.PARTIAL
    assert "max_pages" in (report.error or "")


def test_an_ignored_sort_is_not_believed(engine: Engine, tmp_path: Path, site: FakeIgate) -> None:
    site.ignored = {"sort"}
    site.put(*many(20))
    report = run(engine, tmp_path, site)
    assert report.run.fault is FaultKind.SCHEMA
    assert "sort" in (report.error or "")


def test_the_cursor_stays_behind_our_clock_and_never_goes_back(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    def cursor() -> datetime | None:
        with reading(engine) as conn:
            return read_cursor(Memory.read(source_state(conn, "s1").cursor).cursor)

    site.put(a_record("a", updated=NOON + timedelta(hours=1)))
    run(engine, tmp_path, site)
    assert cursor() == NOON - timedelta(minutes=1)
    site.rows.clear()
    site.put(a_record("b", updated=NOON - timedelta(hours=3)))
    run(engine, tmp_path, site)
    assert cursor() == NOON - timedelta(minutes=1)


@pytest.mark.parametrize(("every", "stated", "minutes"), [(15, 600, 10), (900, 600, 30), (60, 3600, 60)])
def test_the_overlap_is_the_longest_of_three(every: int, stated: int, minutes: int) -> None:
    source = a_source(every_seconds=every, overlap_seconds=stated)
    ask = Ask(source=source, kind=RunKind.CHANGES, cursor=None, now=NOON, home=Path())
    assert overlap(ask) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", [None, "", "rác", "{}", "[]", '{"updated": 5}', '{"updated": "hôm qua"}'])
def test_a_cursor_that_cannot_be_read_is_none(text: str | None) -> None:
    assert read_cursor(text) is None
    assert read_cursor(write_cursor(NOON)) == NOON


def test_records_changed_late_within_the_overlap_are_not_lost(
    engine: Engine, tmp_path: Path, site: FakeIgate
) -> None:
    site.put(*many(3, newest=NOON - timedelta(minutes=2)))
    run(engine, tmp_path, site)
    site.put(a_record("late", updated=NOON - timedelta(minutes=9)))  # a long transaction of the source
    assert run(engine, tmp_path, site).run.ledger.inserted == 1
    assert tolerance(0) == 2
    assert stamp(NOON).endswith("+0000")
