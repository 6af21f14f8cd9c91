"""The first tables.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ioc.store.types import Day, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# fmt: off
TABLES = (
    "agency", "area", "domain", "procedure", "dossier", "dossier_change", "dossier_pause", "daily",
    "open_due", "stock", "unmapped", "day_close", "data_version", "source_run", "source_state",
    "source_lease", "poll_request", "file_seen", "quarantine",
)
COUNTERS = (
    "received_online_full", "received_online_partial", "received_online_other", "received_counter",
    "received_postal", "received_unknown", "resolved_early", "resolved_on_time", "resolved_late",
    "resolved_no_due", "closed_without_result", "late_in", "late_out", "paused_in", "paused_out",
    "no_due_in", "no_due_out", "accepted_on_time", "accepted_late", "fee_due", "fee_paid_online",
    "results_known", "results_signed",
)
# fmt: on
RUNNING = sa.text("standing = 'within'")


def upgrade() -> None:
    """Make every table, empty."""
    _reference()
    _dossiers()
    _rollups()
    _sources()


def downgrade() -> None:
    """Drop every table with what is in it; the indexes go with them."""
    for name in reversed(TABLES):
        op.drop_table(name)


def _reference() -> None:
    op.create_table(
        "agency",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("short_name", sa.String(80), nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("parent_code", sa.String(40)),
        sa.Column("area_code", sa.String(10)),
        sa.Column("valid_from", Day()),
        sa.Column("valid_to", Day()),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agency")),
    )
    op.create_table(
        "area",
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("province_code", sa.String(10), nullable=False),
        sa.Column("lat_microdegrees", sa.Integer(), nullable=False),
        sa.Column("lon_microdegrees", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_area")),
    )
    op.create_table(
        "domain",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_domain")),
    )
    op.create_table(
        "procedure",
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("domain_code", sa.String(40), nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("working_days", sa.Integer()),
        sa.Column("fee_vnd", sa.BigInteger()),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_procedure")),
    )


def _dossiers() -> None:
    op.create_table(
        "dossier",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("source_key", sa.String(120), nullable=False),
        sa.Column("version_at", Moment(), nullable=False),
        sa.Column("version_seq", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(16), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("raw_status", sa.String(200)),
        sa.Column("dossier_code", sa.String(120)),
        sa.Column("national_code", sa.String(120)),
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("agency_raw", sa.String(200)),
        sa.Column("procedure_code", sa.String(60), nullable=False),
        sa.Column("procedure_raw", sa.String(500)),
        sa.Column("domain_code", sa.String(40), nullable=False),
        sa.Column("service_level", sa.String(8)),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("applicant_type", sa.String(8), nullable=False),
        sa.Column("submitted_at", Moment()),
        sa.Column("stated_received_at", Moment()),
        sa.Column("due_at", Moment()),
        sa.Column("due_precision", sa.String(6)),
        sa.Column("finished_at", Moment()),
        sa.Column("returned_at", Moment()),
        sa.Column("supplement_requested_at", Moment()),
        sa.Column("supplement_received_at", Moment()),
        sa.Column("rejected_at", Moment()),
        sa.Column("withdrawn_at", Moment()),
        sa.Column("current_step", sa.String(200)),
        sa.Column("current_unit", sa.String(200)),
        sa.Column("fee_total", sa.BigInteger()),
        sa.Column("fee_paid", sa.BigInteger()),
        sa.Column("paid_online", sa.Boolean()),
        sa.Column("digitised_input", sa.Boolean()),
        sa.Column("digitised_result", sa.Boolean()),
        sa.Column("signed_result", sa.Boolean()),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("stated_flags", sa.String(200), nullable=False),
        sa.Column("received_at", Moment()),
        sa.Column("closed_at", Moment()),
        sa.Column("status_since", Moment(), nullable=False),
        sa.Column("due_original_at", Moment()),
        sa.Column("reopened_count", sa.SmallInteger(), nullable=False),
        sa.Column("due_moves", sa.SmallInteger(), nullable=False),
        sa.Column("accept_due_at", Moment()),
        sa.Column("flags", sa.String(200), nullable=False),
        sa.Column("standing", sa.String(24), nullable=False),
        sa.Column("received_day", Day()),
        sa.Column("closed_day", Day()),
        sa.Column("due_day", Day()),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("source_id", "source_key", name=op.f("uq_dossier_source_id_source_key")),
    )
    op.create_index("ix_dossier_closed", "dossier", ["closed_day", "agency_code"])
    op.create_index("ix_dossier_code", "dossier", ["dossier_code"])
    op.create_index("ix_dossier_received", "dossier", ["received_day", "agency_code"])
    op.create_index(
        "ix_dossier_running",
        "dossier",
        ["agency_code", "due_day", "id"],
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_index(
        "ix_dossier_running_all",
        "dossier",
        ["due_day", "id"],
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_index(
        "ix_dossier_still",
        "dossier",
        ["standing", "agency_code", "id"],
        sqlite_where=sa.text("standing IN ('paused', 'no_due')"),
        postgresql_where=sa.text("standing IN ('paused', 'no_due')"),
    )
    op.create_index(
        "ix_dossier_waiting",
        "dossier",
        ["accept_due_at", "id"],
        sqlite_where=sa.text("standing = 'waiting'"),
        postgresql_where=sa.text("standing = 'waiting'"),
    )
    op.create_table(
        "dossier_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("dossier_id", BIG, nullable=False),
        sa.Column("version_at", Moment(), nullable=False),
        sa.Column("version_seq", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(16), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("submitted_at", Moment()),
        sa.Column("received_at", Moment()),
        sa.Column("due_at", Moment()),
        sa.Column("finished_at", Moment()),
        sa.Column("returned_at", Moment()),
        sa.Column("supplement_requested_at", Moment()),
        sa.Column("supplement_received_at", Moment()),
        sa.Column("current_step", sa.String(200)),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_change_dossier_id_dossier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_change")),
        sa.UniqueConstraint(
            "dossier_id", "version_at", "version_seq", "content_hash", name="uq_dossier_change_reading"
        ),
    )
    op.create_table(
        "dossier_pause",
        sa.Column("dossier_id", BIG, nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_pause_dossier_id_dossier")
        ),
        sa.PrimaryKeyConstraint("dossier_id", "began_at", name=op.f("pk_dossier_pause")),
    )


def _rollups() -> None:
    op.create_table(
        "daily",
        sa.Column("day", Day(), nullable=False),
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("domain_code", sa.String(40), nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTERS),
        sa.PrimaryKeyConstraint("day", "agency_code", "domain_code", "source_id", name=op.f("pk_daily")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "open_due",
        sa.Column("due_day", Day(), nullable=False),
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("domain_code", sa.String(40), nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("running", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "due_day", "agency_code", "domain_code", "source_id", name=op.f("pk_open_due")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stock",
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("domain_code", sa.String(40), nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("no_due", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waiting", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("agency_code", "domain_code", "source_id", name=op.f("pk_stock")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unmapped",
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("raw", sa.String(200), nullable=False),
        sa.Column("dossiers", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("source_id", "kind", "raw", name=op.f("pk_unmapped")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "day_close",
        sa.Column("day", Day(), nullable=False),
        sa.Column("agency_code", sa.String(40), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("closed_at", Moment(), nullable=False),
        sa.Column("stale_sources", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "agency_code", name=op.f("pk_day_close")),
    )
    op.create_table(
        "data_version",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_version")),
    )


def _sources() -> None:
    op.create_table(
        "source_run",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("progress_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.Column("as_of", Moment()),
        sa.Column("fault", sa.String(12)),
        sa.Column("error", sa.Text()),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer()),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("clock_offset_seconds", sa.Integer()),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_run")),
    )
    op.create_index("ix_source_run_source", "source_run", ["source_id", "id"])
    op.create_index(
        "ix_source_run_open",
        "source_run",
        ["source_id", "id"],
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "source_state",
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("last_success_at", Moment()),
        sa.Column("last_full_at", Moment()),
        sa.Column("last_run_id", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", Moment()),
        sa.Column("pause_reason", sa.Text()),
        sa.Column("next_run_at", Moment()),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_state")),
    )
    op.create_table(
        "source_lease",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source_lease")),
    )
    op.create_table(
        "poll_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("taken_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_request")),
    )
    op.create_table(
        "file_seen",
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("as_of", Moment(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "sha256", name=op.f("pk_file_seen")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source_id", sa.String(60), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("seen_count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("position", sa.String(200), nullable=False),
        sa.Column("source_key", sa.String(120)),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.String(16), nullable=False),
        sa.Column("settled_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("source_id", "payload_hash", name=op.f("uq_quarantine_source_id_payload_hash")),
    )
    op.create_index(
        "ix_quarantine_open",
        "quarantine",
        ["source_id"],
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
