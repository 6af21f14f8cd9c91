"""Every table. Rollups carry no clock: lateness is booked on the day after the due day (`design.md` §5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ioc.store.types import Day, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""Surrogate key: SQLite gives a rowid only to INTEGER."""


def _partial(name: str, *columns: Column[Any], where: str) -> None:
    """An index over the rows that meet `where` only, on either engine."""
    Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


# -- reference: copied from the configuration at start -------------------------------------------

agency = Table(
    "agency",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("short_name", String(80), nullable=False),
    Column("level", String(12), nullable=False),
    Column("parent_code", String(40)),
    Column("area_code", String(10)),
    Column("valid_from", Day),
    Column("valid_to", Day),
)

area = Table(
    "area",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("province_code", String(10), nullable=False),
    Column("lat_microdegrees", Integer, nullable=False),
    Column("lon_microdegrees", Integer, nullable=False),
)

domain = Table(
    "domain",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
)

procedure = Table(
    "procedure",
    metadata,
    Column("code", String(60), primary_key=True),
    Column("name", String(500), nullable=False),
    Column("domain_code", String(40), nullable=False),
    Column("level", String(12), nullable=False),
    Column("working_days", Integer),
    Column("fee_vnd", BigInteger),
)

# -- dossiers --------------------------------------------------------------------------------------

dossier = Table(
    "dossier",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("source_id", String(60), nullable=False),
    Column("source_key", String(120), nullable=False),
    # the newest reading, as in model.dossier.DossierVersion
    Column("version_at", Moment, nullable=False),
    Column("version_seq", BigInteger, nullable=False),
    Column("content_hash", String(16), nullable=False),
    Column("status", String(12), nullable=False),
    Column("raw_status", String(200)),
    Column("dossier_code", String(120)),
    Column("national_code", String(120)),
    Column("agency_code", String(40), nullable=False),
    Column("agency_raw", String(200)),
    Column("procedure_code", String(60), nullable=False),
    Column("procedure_raw", String(500)),
    Column("domain_code", String(40), nullable=False),
    Column("service_level", String(8)),
    Column("channel", String(8), nullable=False),
    Column("applicant_type", String(8), nullable=False),
    Column("submitted_at", Moment),
    Column("stated_received_at", Moment),
    Column("due_at", Moment),
    Column("due_precision", String(6)),
    Column("finished_at", Moment),
    Column("returned_at", Moment),
    Column("supplement_requested_at", Moment),
    Column("supplement_received_at", Moment),
    Column("rejected_at", Moment),
    Column("withdrawn_at", Moment),
    Column("current_step", String(200)),
    Column("current_unit", String(200)),
    Column("fee_total", BigInteger),
    Column("fee_paid", BigInteger),
    Column("paid_online", Boolean),
    Column("digitised_input", Boolean),
    Column("digitised_result", Boolean),
    Column("signed_result", Boolean),
    Column("deleted", Boolean, nullable=False),
    Column("stated_flags", String(200), nullable=False),
    # what all readings tell, as in model.dossier.Dossier
    Column("received_at", Moment),
    Column("closed_at", Moment),
    Column("status_since", Moment, nullable=False),
    Column("due_original_at", Moment),
    Column("reopened_count", SmallInteger, nullable=False),
    Column("due_moves", SmallInteger, nullable=False),
    Column("accept_due_at", Moment),
    Column("flags", String(200), nullable=False),
    # for the partial indexes: the final standing under the `standard` rule, `within` standing for late too
    Column("standing", String(24), nullable=False),
    Column("received_day", Day),
    Column("closed_day", Day),
    Column("due_day", Day),
    Column("first_seen_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("source_id", "source_key"),
)

_partial(
    "ix_dossier_running", dossier.c.agency_code, dossier.c.due_day, dossier.c.id, where="standing = 'within'"
)
_partial("ix_dossier_running_all", dossier.c.due_day, dossier.c.id, where="standing = 'within'")
_partial(
    "ix_dossier_still",
    dossier.c.standing,
    dossier.c.agency_code,
    dossier.c.id,
    where="standing IN ('paused', 'no_due')",
)
_partial("ix_dossier_waiting", dossier.c.accept_due_at, dossier.c.id, where="standing = 'waiting'")
Index("ix_dossier_received", dossier.c.received_day, dossier.c.agency_code)
Index("ix_dossier_closed", dossier.c.closed_day, dossier.c.agency_code)
Index("ix_dossier_code", dossier.c.dossier_code)

dossier_change = Table(
    "dossier_change",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("dossier_id", BigKey, ForeignKey("dossier.id"), nullable=False),
    Column("version_at", Moment, nullable=False),
    Column("version_seq", BigInteger, nullable=False),
    Column("content_hash", String(16), nullable=False),
    Column("status", String(12), nullable=False),
    Column("agency_code", String(40), nullable=False),
    Column("submitted_at", Moment),
    Column("received_at", Moment),
    Column("due_at", Moment),
    Column("finished_at", Moment),
    Column("returned_at", Moment),
    Column("supplement_requested_at", Moment),
    Column("supplement_received_at", Moment),
    Column("current_step", String(200)),
    Column("deleted", Boolean, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("seen_at", Moment, nullable=False),
    # named by hand: by the convention it would be one letter longer than PostgreSQL allows
    UniqueConstraint(
        "dossier_id", "version_at", "version_seq", "content_hash", name="uq_dossier_change_reading"
    ),
)

dossier_pause = Table(
    "dossier_pause",
    metadata,
    Column("dossier_id", BigKey, ForeignKey("dossier.id"), primary_key=True),
    Column("began_at", Moment, primary_key=True),
    Column("ended_at", Moment),
    Column("kind", String(12), nullable=False),
)

# -- rollups: additive counters, no clock ----------------------------------------------------------

_KEY = (
    ("agency_code", String(40)),
    ("domain_code", String(40)),
    ("source_id", String(60)),
)

DAILY_COUNTERS = (
    "received_online_full",
    "received_online_partial",
    "received_online_other",
    "received_counter",
    "received_postal",
    "received_unknown",
    "resolved_early",
    "resolved_on_time",
    "resolved_late",
    "resolved_no_due",
    "closed_without_result",
    "late_in",
    "late_out",
    "paused_in",
    "paused_out",
    "no_due_in",
    "no_due_out",
    "accepted_on_time",
    "accepted_late",
    "fee_due",
    "fee_paid_online",
    "results_known",
    "results_signed",
)
STOCK_COUNTERS = ("running", "paused", "no_due", "waiting")

daily = Table(
    "daily",
    metadata,
    Column("day", Day, primary_key=True),
    *(Column(name, kind, primary_key=True) for name, kind in _KEY),
    *(Column(name, Integer, nullable=False, server_default="0") for name in DAILY_COUNTERS),
    sqlite_with_rowid=False,
)

open_due = Table(
    "open_due",
    metadata,
    Column("due_day", Day, primary_key=True),
    *(Column(name, kind, primary_key=True) for name, kind in _KEY),
    Column("running", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

stock = Table(
    "stock",
    metadata,
    *(Column(name, kind, primary_key=True) for name, kind in _KEY),
    *(Column(name, Integer, nullable=False, server_default="0") for name in STOCK_COUNTERS),
    sqlite_with_rowid=False,
)

unmapped = Table(
    "unmapped",
    metadata,
    Column("source_id", String(60), primary_key=True),
    Column("kind", String(12), primary_key=True),  # status | agency | procedure | channel
    Column("raw", String(200), primary_key=True),
    Column("dossiers", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

day_close = Table(
    "day_close",
    metadata,
    Column("day", Day, primary_key=True),
    Column("agency_code", String(40), primary_key=True),
    Column("figures", Text, nullable=False),  # JSON of model.figure.Figures for that one day
    Column("rule", String(40), nullable=False),
    Column("closed_at", Moment, nullable=False),
    Column("stale_sources", Text, nullable=False),
)

data_version = Table(
    "data_version",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# -- sources ---------------------------------------------------------------------------------------

source_run = Table(
    "source_run",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("source_id", String(60), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("progress_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("as_of", Moment),
    Column("fault", String(12)),
    Column("error", Text),
    Column("pages", Integer, nullable=False),
    Column("expected", Integer),
    Column("fetched", Integer, nullable=False),
    Column("inserted", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("stale", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("clock_offset_seconds", Integer),
    Column("holder", String(120), nullable=False),
)
Index("ix_source_run_source", source_run.c.source_id, source_run.c.id)
_partial("ix_source_run_open", source_run.c.source_id, source_run.c.id, where="state = 'running'")

source_state = Table(
    "source_state",
    metadata,
    Column("source_id", String(60), primary_key=True),
    Column("cursor", Text),
    Column("last_success_at", Moment),
    Column("last_full_at", Moment),
    Column("last_run_id", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused_until", Moment),  # breaker
    Column("pause_reason", Text),
    Column("next_run_at", Moment),
)

source_lease = Table(
    "source_lease",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

poll_request = Table(
    "poll_request",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("source_id", String(60), nullable=False),
    Column("full", Boolean, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("taken_at", Moment),
)

file_seen = Table(
    "file_seen",
    metadata,
    Column("source_id", String(60), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("run_id", BigInteger, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("source_id", String(60), nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("seen_count", Integer, nullable=False, server_default="1"),
    Column("reason", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    Column("position", String(200), nullable=False),
    Column("source_key", String(120)),
    Column("payload", Text, nullable=False),
    Column("payload_hash", String(16), nullable=False),
    Column("settled_at", Moment),  # retried well, or the record came again in order
    UniqueConstraint("source_id", "payload_hash"),
)
_partial("ix_quarantine_open", quarantine.c.source_id, where="settled_at IS NULL")
