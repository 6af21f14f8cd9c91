"""The reference tables mirror the configuration, with a row for what nobody has mapped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select

from ioc.model.agency import Area, Domain
from ioc.settings import Settings
from ioc.store import tables as t
from ioc.store.engine import reading, writing
from ioc.store.reference import sync_reference
from ioc.store.version import data_version
from tests.builders import AGENCIES, a_settings

AREA = Area(code="06994", name="Hạ Long", kind="phường", province_code="22", lat=20.95071, lon=107.07336)


def _sync(engine: Engine, settings: Settings) -> bool:
    with writing(engine) as conn:
        return sync_reference(conn, settings)


def test_names_can_be_joined_and_the_unmapped_has_a_name(engine: Engine, tmp_path: Path) -> None:
    assert _sync(engine, a_settings(tmp_path, "", areas=(AREA,)))
    with reading(engine) as conn:
        names = {row.code: row.name for row in conn.execute(select(t.agency.c.code, t.agency.c.name))}
        assert names["H49"] == AGENCIES[0].name
        assert names["?"] == "Chưa ánh xạ"
        assert len(names) == len(AGENCIES) + 1
        assert (
            conn.execute(select(t.domain.c.name).where(t.domain.c.code == "?")).scalar_one() == "Chưa ánh xạ"
        )
        assert conn.execute(select(t.procedure.c.name).where(t.procedure.c.code == "?")).scalar_one()
        area = conn.execute(select(t.area)).one()
    assert (area.lat_microdegrees, area.lon_microdegrees) == (20_950_710, 107_073_360)


def test_the_same_configuration_again_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    settings = a_settings(tmp_path, "", areas=(AREA,))
    assert _sync(engine, settings)
    with reading(engine) as conn:
        version = data_version(conn)
    assert not _sync(engine, settings)
    with reading(engine) as conn:
        assert data_version(conn) == version == 1


def test_a_changed_configuration_replaces_the_rows_and_tells_the_caches(
    engine: Engine, tmp_path: Path
) -> None:
    settings = a_settings(tmp_path, "")
    _sync(engine, settings)
    assert _sync(engine, replace(settings, domains=(Domain(code="moi", name="Lĩnh vực mới"),)))
    with reading(engine) as conn:
        assert set(conn.execute(select(t.domain.c.code)).scalars()) == {"moi", "?"}
        assert data_version(conn) == 2
