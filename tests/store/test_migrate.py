"""The schema goes up, down and up again, and equals the tables that the code speaks of."""

from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from ioc.errors import StoreUnready
from ioc.store.engine import open_engine, reading, writing
from ioc.store.migrate import FOLDER, downgrade, head, require_head, upgrade
from ioc.store.tables import metadata


def _differences(engine: Engine) -> list[object]:
    with engine.connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


def test_the_migrated_schema_is_the_one_in_the_code(fresh_engine: Engine) -> None:
    assert _differences(fresh_engine) == []


def test_a_column_that_no_migration_made_would_be_seen(fresh_engine: Engine) -> None:
    with writing(fresh_engine) as conn:
        conn.execute(text("ALTER TABLE dossier DROP COLUMN current_unit"))
    assert len(_differences(fresh_engine)) == 1


def test_the_migrated_constraints_bear_the_names_of_the_code(fresh_engine: Engine) -> None:
    found = inspect(fresh_engine)
    for table in metadata.sorted_tables:
        assert found.get_pk_constraint(table.name)["name"] == f"pk_{table.name}"
        uniques = {str(c.name) for c in table.constraints if c.__visit_name__ == "unique_constraint"}
        assert {c["name"] for c in found.get_unique_constraints(table.name)} == uniques


def test_rollup_tables_have_no_rowid_on_sqlite(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as conn:
        rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
    without = {name for name, sql in rows if "WITHOUT ROWID" in sql}
    assert without == {"daily", "open_due", "stock", "unmapped"}


def test_up_down_up_on_an_empty_and_on_a_filled_store(fresh_engine: Engine) -> None:
    for _ in range(2):
        with writing(fresh_engine) as conn:
            conn.execute(text("INSERT INTO domain (code, name) VALUES ('dat-dai', 'Đất đai')"))
        downgrade(fresh_engine, "base")
        assert set(inspect(fresh_engine).get_table_names()) <= {"alembic_version"}
        upgrade(fresh_engine)
        assert _differences(fresh_engine) == []


def test_upgrading_twice_is_upgrading_once(fresh_engine: Engine) -> None:
    upgrade(fresh_engine)
    require_head(fresh_engine)


def test_a_store_behind_names_the_command(store_url: str) -> None:
    engine = open_engine(store_url)
    with pytest.raises(StoreUnready, match="python -m ioc migrate"):
        require_head(engine)
    upgrade(engine)
    require_head(engine)
    downgrade(engine, "base")
    with pytest.raises(StoreUnready, match="python -m ioc migrate"):
        require_head(engine)
    engine.dispose()


def test_a_store_ahead_is_refused(fresh_engine: Engine) -> None:
    with writing(fresh_engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnready, match="mới hơn"):
        require_head(fresh_engine)


def test_a_migration_that_breaks_leaves_nothing_behind(store_url: str) -> None:
    engine = open_engine(store_url)
    with writing(engine) as conn:  # stands in the way of the last table that the migration makes
        conn.execute(text("CREATE TABLE quarantine (id INTEGER)"))
    with pytest.raises(Exception, match=r"quarantine|không dùng được"):
        upgrade(engine)
    assert set(inspect(engine).get_table_names()) == {"quarantine"}
    engine.dispose()


def test_revisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (FOLDER / "versions").glob("[0-9]*.py"))
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in names)
    assert head() == names[-1][:4]


def test_partial_indexes_are_partial(fresh_engine: Engine) -> None:
    option = f"{fresh_engine.dialect.name}_where"
    found = inspect(fresh_engine)
    for table in metadata.sorted_tables:
        wanted = {str(index.name) for index in table.indexes if index.dialect_kwargs.get(option) is not None}
        made = {
            index["name"] for index in found.get_indexes(table.name) if option in index["dialect_options"]
        }
        assert made == wanted
