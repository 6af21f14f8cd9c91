"""The door to the store: answers follow the data's version and the reader's scope, and survive its loss."""

from __future__ import annotations

import ast
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ioc.clock import local_day, utc_now
from ioc.errors import StoreUnready
from ioc.model.run import RunKind, RunState
from ioc.model.scope import WHOLE_PROVINCE, Scope
from ioc.pages import _data
from ioc.pages._view import View
from ioc.rules.counting import STANDARD
from ioc.store.check import recompute_differences
from ioc.store.engine import open_engine
from ioc.store.ingest import Batch, ingest
from ioc.store.runs import begin_run, end_run
from tests.builders import a_version
from tests.pages.conftest import forget
from tests.pages.province import Filled, environ_of, fill

PAGES = Path(_data.__file__).parent
WITHOUT_SCOPE = {"_quarantined", "_unmapped", "_runs", "_failed_check"}
"""Facts about sources, not about agencies; every other cached answer belongs to a scope."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small store of one's own, opened by nobody yet."""
    fill(tmp_path, now=utc_now(), dossiers=120)
    for name, value in environ_of(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("IOC_DATABASE_URL", raising=False)
    forget()
    return tmp_path


def take_in(home: Path, key: str) -> None:
    """One more dossier received today."""
    now = utc_now()
    engine = open_engine(f"sqlite:///{home / 'ioc.sqlite'}")
    run = begin_run(engine, source_id="h49-hcc", kind=RunKind.CHANGES, holder="test", now=now)
    version = a_version(
        source_id="h49-hcc", source_key=key, agency_code="H49", version_at=now, received_at=now
    )
    batch = Batch(source_id="h49-hcc", run_id=run, versions=[version])
    ingest(engine, batch, now=now, rule=STANDARD, accept_due=lambda at: at + timedelta(days=1))
    end_run(engine, run, state=RunState.OK, now=now)
    engine.dispose()


def received(view: View = View(span="today")) -> int:  # noqa: B008 - frozen
    return _data.overview(view).value.figures.received_in_period


def test_a_new_commit_shows_at_once(home: Path) -> None:
    before = received()
    take_in(home, "NEW-1")
    assert received() == before + 1


def test_figures_of_one_scope_are_never_shown_to_another(home: Path) -> None:
    day = local_day(utc_now())
    until = _data.due_until(day)
    asked = (1, WHOLE_PROVINCE, View(span="year"), day, until)
    whole = _data._overview(*asked)
    part = _data._overview(1, Scope(agencies=frozenset({"H49.05"})), *asked[2:])
    nothing = _data._overview(1, Scope(agencies=frozenset()), *asked[2:])
    assert {group.code for group in part.groups} <= {"H49.05"}
    assert part.figures.received_total < whole.figures.received_total
    assert nothing.figures.received_total == 0


def test_every_cached_answer_takes_the_scope() -> None:
    tree = ast.parse((PAGES / "_data.py").read_text("utf-8"))
    cached = {
        node.name: [argument.arg for argument in node.args.args]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("cache_data" in ast.unparse(decorator) for decorator in node.decorator_list)
    }
    assert len(cached) >= 8
    assert {name for name, arguments in cached.items() if "scope" not in arguments} == WITHOUT_SCOPE
    assert all(arguments[0] == "version" for arguments in cached.values())


def test_a_lost_store_answers_with_what_it_said_last_and_says_so(home: Path) -> None:
    good = _data.overview(View())
    assert not good.lost
    store, away = home / "ioc.sqlite", home / "away"
    away.mkdir()
    _data._forget_engine()
    for part in home.glob("ioc.sqlite*"):
        shutil.move(part, away / part.name)
    again = _data.overview(View())
    assert again.lost
    assert again.read_at == good.read_at
    assert again.value.figures == good.value.figures
    with pytest.raises(StoreUnready):
        _data.overview(View(span="year"))  # never asked before: nothing to show
    for part in away.iterdir():
        shutil.move(part, home / part.name)
    assert store.exists()
    assert not _data.overview(View()).lost


def test_a_reader_never_writes(home: Path) -> None:
    with _data._reading() as conn, pytest.raises(Exception, match=r"readonly|chỉ đọc|read-only"):
        conn.exec_driver_sql("DELETE FROM dossier")


# -- what no page may call -----------------------------------------------------------------------------

FORBIDDEN = {
    "markdown",  # loads images of other hosts
    "write",
    "download_button",  # readable by anybody for minutes, without a session
    "components",
    "iframe",
    "dataframe",
}


def calls_of_streamlit() -> set[tuple[str, str]]:
    found = set()
    for path in PAGES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
                found.add((path.name, node.attr))
    return found


def test_html_has_one_door() -> None:
    assert {path for path, name in calls_of_streamlit() if name == "html"} == {"_html.py"}


def test_no_page_calls_what_does_not_escape() -> None:
    assert {(path, name) for path, name in calls_of_streamlit() if name in FORBIDDEN} == set()


def test_caching_has_one_home() -> None:
    users = {path for path, name in calls_of_streamlit() if name.startswith("cache_")}
    assert users == {"_data.py", "_actions.py", "_wall_memory.py"}


def test_the_filled_store_balances(filled: Filled) -> None:
    """The store that the other tests look at is sound: nothing here hides behind a broken fixture."""
    engine = open_engine(filled.settings.database_url, read_only=True)
    with engine.connect() as conn:
        assert recompute_differences(conn, STANDARD) == ()
    engine.dispose()
