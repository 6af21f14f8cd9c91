"""Stores filled from random histories through the product's own door, and the dossiers they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from hypothesis import HealthCheck
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from ioc.model.dossier import UNMAPPED, Dossier, DossierVersion, reading_of
from ioc.model.run import Reject, RunKind, RunState
from ioc.model.scope import WHOLE_PROVINCE, Period, Scope
from ioc.queries.names import UNKNOWN_LEVEL
from ioc.rules.counting import STANDARD
from ioc.rules.history import fold
from ioc.store.engine import writing
from ioc.store.ingest import Batch, ingest
from ioc.store.reference import sync_reference
from ioc.store.runs import begin_run, end_run
from ioc.store.tables import metadata
from tests.builders import AGENCIES, NOON, a_settings, accept_in_a_day, agency_codes, flat, periods

on_stores = examples(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""For properties that fill a store in every example: the fixture is emptied, not made anew."""

SMALL_PROVINCE = a_settings(Path("nowhere"), "sqlite:///nowhere")
"""The builders' province; nothing of it is read from or written to a disk."""

Histories = Iterable[Sequence[DossierVersion]]


def fill(engine: Engine, histories: Histories) -> tuple[Dossier, ...]:
    """Empty the store, take in all readings, and return the dossiers that they tell of."""
    held = tuple(histories)
    empty(engine)
    for source_id in sorted({version.source_id for version in flat(held)}):
        take(engine, [version for version in flat(held) if version.source_id == source_id])
    return folded(held)


def take(
    engine: Engine,
    versions: Sequence[DossierVersion],
    *,
    rejects: Sequence[Reject] = (),
    now: datetime = NOON,
) -> int:
    """One good run of one source with these readings; its id."""
    source_id = versions[0].source_id if versions else "s1"
    run_id = begin_run(engine, source_id=source_id, kind=RunKind.FULL, holder="test", now=now)
    batch = Batch(source_id=source_id, run_id=run_id, versions=versions, rejects=rejects)
    ingest(engine, batch, now=now, rule=STANDARD, accept_due=accept_in_a_day)
    end_run(engine, run_id, state=RunState.OK, now=now)
    return run_id


def folded(histories: Histories) -> tuple[Dossier, ...]:
    """The dossiers by the rules alone, without any store."""
    return tuple(
        fold(
            max(history, key=lambda version: version.order),
            [reading_of(version) for version in history],
            accept_due=accept_in_a_day,
        )
        for history in histories
    )


def empty(engine: Engine) -> None:
    """Nothing but the reference tables."""
    with writing(engine) as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(delete(table))
        sync_reference(conn, SMALL_PROVINCE)


def level_of(agency_code: str) -> str:
    """The level of an agency, as the queries name it."""
    return next((a.level.value for a in AGENCIES if a.code == agency_code), UNKNOWN_LEVEL)


@dataclass(frozen=True, slots=True)
class Narrow:
    """A random choice of filters, and which dossiers pass it."""

    scope: Scope
    agency: str | None
    domain: str | None
    source: str | None
    level: str | None

    def passes(self, dossier: Dossier) -> bool:
        """Whether the dossier is in scope and has every code asked for."""
        latest = dossier.latest
        wanted = (
            (self.agency, latest.agency_code),
            (self.domain, latest.domain_code),
            (self.source, latest.source_id),
            (self.level, level_of(latest.agency_code)),
        )
        return self.scope.allows(latest.agency_code) and all(a in (None, b) for a, b in wanted)


EVERYTHING = Narrow(scope=WHOLE_PROVINCE, agency=None, domain=None, source=None, level=None)


def narrows(*, with_level: bool = False) -> st.SearchStrategy[Narrow]:
    """Everything, or one filter, or two: more would leave nothing to look at."""
    single: dict[str, st.SearchStrategy[object]] = {
        "scope": st.builds(Scope, agencies=st.frozensets(agency_codes(), max_size=3)),
        "agency": agency_codes(),
        "domain": st.sampled_from(["dat-dai", "ho-tich", UNMAPPED]),
        "source": st.sampled_from(["s1", "s2"]),
    }
    if with_level:
        single["level"] = st.sampled_from(["province", "department", "commune", UNKNOWN_LEVEL])
    one = st.one_of(*(st.fixed_dictionaries({name: values}) for name, values in single.items()))
    two = st.builds(lambda first, second: {**first, **second}, one, one)
    return st.just(EVERYTHING) | st.builds(lambda keys: replace(EVERYTHING, **keys), one | two)


Question = tuple[Period, Narrow]


def questions(*, with_level: bool = False) -> st.SearchStrategy[list[Question]]:
    """Several questions to one store, for filling it is what takes long; the first asks for everything."""
    asked = st.lists(st.tuples(periods(), narrows(with_level=with_level)), max_size=2)
    return st.builds(lambda period, more: [(period, EVERYTHING), *more], periods(), asked)
