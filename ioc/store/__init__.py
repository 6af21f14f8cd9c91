"""The only place that writes: tables, engine, ingest, rollups, runs, quarantine, migrations."""
