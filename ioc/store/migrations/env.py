"""Run migrations on the connection handed over by `ioc.store.migrate`, inside its transaction."""

from __future__ import annotations

from alembic import context

from ioc.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite rolls DDL back like anything else when BEGIN is ours (`engine.py`)
    transactional_ddl=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
