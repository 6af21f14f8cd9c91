"""The house keeps its order: imports point down, tools stay in their rooms, only `clock.py` reads the clock.

Each probe is also shown code that breaks its rule, so that none can pass by seeing nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "faults", "clock"}),
    frozenset({"model"}),
    frozenset({"settings", "log", "words"}),
    frozenset({"rules", "store"}),
    frozenset({"collectors", "queries"}),
    frozenset({"charts", "maps", "exports"}),
    frozenset({"pages", "web", "frame", "simulator", "commands", "cli", "up"}),
    frozenset({"app", "__main__"}),
)
SIDEWAYS = frozenset(
    {
        ("errors", "faults"),
        ("store", "rules"),  # pure functions; rules never see the store
        ("frame", "pages"),
        ("frame", "web"),
        ("cli", "commands"),
        ("cli", "up"),
        ("cli", "simulator"),
        ("commands", "up"),
        ("commands", "simulator"),
    }
)
"""The only imports allowed between units of one layer."""

SIMULATOR_MAY = (
    "ioc.model",
    "ioc.clock",
    "ioc.errors",  # to refuse with a sentence a person can act on
    "ioc.faults",
    "ioc.settings",  # values only: the office hours of the calendar
    "ioc.rules.calendar",
    "ioc.simulator",
)
"""The demo's sources are strangers to us: they share facts with the product, never its readers or store."""

ROOMS: Mapping[str, tuple[str, ...]] = {
    "streamlit": ("app.py", "ioc/frame.py", "ioc/pages/", "ioc/web/"),
    "sqlalchemy": ("ioc/store/", "ioc/queries/"),
    "alembic": ("ioc/store/",),
    "httpx": ("ioc/collectors/",),
    "apscheduler": ("ioc/collectors/", "ioc/settings_shapes.py"),  # the settings check a cron's words
}
HANDLES = frozenset({"sqlalchemy.Engine", "sqlalchemy.Connection"})
"""Types of the handles that the upper layers pass on without looking inside."""

CLOCK_ROOMS = ("ioc/clock.py",)
STOPWATCH_ROOMS = (*CLOCK_ROOMS, "ioc/cli.py", "ioc/commands/")
STOPWATCHES = frozenset({"time.perf_counter", "time.perf_counter_ns"})
CLOCKS = frozenset(
    f"{owner}.{name}"
    for owner, names in {
        "datetime": ("now", "utcnow", "today"),
        "date": ("today",),
        "Timestamp": ("now", "utcnow", "today"),
        "func": ("now", "current_timestamp", "current_date"),  # the store's clock is a second one
        "time": ("time", "time_ns", "monotonic", "monotonic_ns", "localtime", "gmtime"),
    }.items()
    for name in names
)

MODULE_LINES = 400
FUNCTION_LINES = 60
DECLARATIONS = ("ioc/store/migrations/versions/",)
"""A migration is a list of statements, frozen once released: its length says nothing."""

Modules = Mapping[str, ast.Module]
Finding = tuple[str, str]


def our_modules() -> dict[str, ast.Module]:
    """Path below the root -> syntax tree, of everything that is shipped."""
    files = [*sorted((ROOT / "ioc").rglob("*.py")), *ROOT.glob("app.py")]
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    return our_modules()


# -- the probes: each gives what breaks its rule ---------------------------------------------------


def imports(path: str, tree: ast.Module) -> Iterator[str]:
    """Full dotted names of everything imported, wherever in the file, relative ones resolved."""
    package = path.removesuffix("/__init__.py").removesuffix(".py").split("/")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def unit_of(name: str) -> str:
    """`ioc.settings_file` and `ioc/settings_text.py` belong to the unit `settings`."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")
    unit = parts[1] if parts[0] == "ioc" and len(parts) > 1 else parts[0]
    return "settings" if unit.startswith("settings_") else unit


def level_of(unit: str) -> int:
    """Number of the unit's layer; a unit that is in none is a fault of this table."""
    found = [level for level, units in enumerate(LAYERS) if unit in units]
    assert found, f"the unit {unit!r} is in no layer: give it one in LAYERS"
    return found[0]


def our_pairs(modules: Modules) -> Iterator[Finding]:
    """(path, imported name) for every import of ours, `ioc` itself (the version) apart."""
    for path, tree in modules.items():
        for name in imports(path, tree):
            if name.startswith("ioc.") and name != "ioc.__version__":
                yield path, name


def pointing_up(modules: Modules) -> list[Finding]:
    def allowed(importer: str, imported: str) -> bool:
        down = level_of(imported) < level_of(importer)
        return down or importer == imported or (importer, imported) in SIDEWAYS

    return [
        (path, name)
        for path, name in our_pairs(modules)
        if path != "ioc/__init__.py" and not allowed(unit_of(path), unit_of(name))
    ]


def out_of_room(modules: Modules) -> list[Finding]:
    return [
        (path, name)
        for path, tree in modules.items()
        for name in imports(path, tree)
        if name not in HANDLES and not path.startswith(ROOMS.get(name.split(".")[0], ("",)))
    ]


def simulator_reaching_out(modules: Modules) -> list[Finding]:
    return [
        (path, name)
        for path, name in our_pairs(modules)
        if path.startswith("ioc/simulator/")
        and not f"{name}.".startswith(tuple(f"{m}." for m in SIMULATOR_MAY))
    ]


def reading_the_clock(modules: Modules) -> list[Finding]:
    return [
        (path, call)
        for path, tree in modules.items()
        for call in _clock_names(path, tree)
        if not path.startswith(STOPWATCH_ROOMS if call in STOPWATCHES else CLOCK_ROOMS)
    ]


def _clock_names(path: str, tree: ast.Module) -> Iterator[str]:
    wanted = CLOCKS | STOPWATCHES
    yield from (name for name in imports(path, tree) if name in wanted)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if f"{last}.{node.attr}" in wanted:
                yield f"{last}.{node.attr}"


def unsafe_html(modules: Modules) -> list[Finding]:
    return [
        (path, f"line {node.value.lineno}")
        for path, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html"
    ]


def too_long(modules: Modules) -> list[Finding]:
    found = []
    for path, tree in modules.items():
        last = max((getattr(node, "end_lineno", 0) for node in tree.body), default=0)
        if last > MODULE_LINES:
            found.append((path, f"{last} lines"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not path.startswith(DECLARATIONS):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    found.append((path, f"{node.name}: {length} lines"))
    return found


# -- the house ------------------------------------------------------------------------------------


def test_imports_only_point_down(modules: Modules) -> None:
    assert pointing_up(modules) == []


def test_tools_stay_in_their_rooms(modules: Modules) -> None:
    assert out_of_room(modules) == []


def test_the_simulator_shares_no_reader_and_no_store_with_the_product(modules: Modules) -> None:
    assert simulator_reaching_out(modules) == []


def test_only_the_clock_reads_the_clock(modules: Modules) -> None:
    assert reading_the_clock(modules) == []


def test_no_screen_writes_unescaped_html(modules: Modules) -> None:
    assert unsafe_html(modules) == []


def test_no_module_and_no_function_is_too_long(modules: Modules) -> None:
    assert too_long(modules) == []


# -- the probes see -------------------------------------------------------------------------------


def test_the_probes_see_known_facts(modules: Modules) -> None:
    pairs = set(our_pairs(modules))
    assert ("ioc/rules/calendar.py", "ioc.errors.IocError") in pairs
    assert ("ioc/store/tables.py", "ioc.store.types.Moment") in pairs
    assert "sqlalchemy.Table" in imports("ioc/store/tables.py", modules["ioc/store/tables.py"])
    assert "datetime.now" in set(_clock_names("ioc/clock.py", modules["ioc/clock.py"]))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("ioc/rules/x.py", "from ioc.store.engine import open_engine"),
        ("ioc/rules/x.py", "from ioc import store"),
        ("ioc/rules/x.py", "import ioc.queries.overview as overview"),
        ("ioc/rules/x.py", "def late():\n    from ioc.pages import overview"),
        ("ioc/rules/__init__.py", "from ..store import engine"),
        ("ioc/rules/x.py", "from ..store import engine"),
        ("ioc/model/x.py", "if TYPE_CHECKING:\n    from ioc.settings import Settings"),
        ("ioc/settings_file.py", "from ioc.rules.calendar import WorkCalendar"),
        ("ioc/queries/x.py", "from ioc.collectors import registry"),
        ("ioc/collectors/x.py", "from ioc.queries import overview"),
        ("ioc/pages/x.py", "from ioc import frame"),
        ("ioc/up.py", "import ioc.cli"),
    ],
)
def test_an_import_that_points_up_or_sideways_is_seen(path: str, line: str) -> None:
    assert len(pointing_up({path: ast.parse(line)})) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("ioc/store/x.py", "from ioc.rules import rollup"),
        ("ioc/settings_file.py", "from ioc.settings_text import read"),
        ("ioc/rules/x.py", "from . import counting"),
        ("ioc/frame.py", "from ioc.pages import PAGES"),
        ("app.py", "import ioc.frame"),
        ("ioc/cli.py", "from ioc import __version__"),
    ],
)
def test_an_import_that_points_down_or_stays_home_is_left_alone(path: str, line: str) -> None:
    assert pointing_up({path: ast.parse(line)}) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("ioc/queries/x.py", "import streamlit as st"),
        ("ioc/pages/x.py", "from sqlalchemy import Connection, text"),
        ("ioc/pages/x.py", "import sqlalchemy"),
        ("ioc/cli.py", "def late():\n    import httpx"),
        ("ioc/queries/x.py", "from alembic import op"),
    ],
)
def test_a_tool_out_of_its_room_is_seen(path: str, line: str) -> None:
    assert len(out_of_room({path: ast.parse(line)})) == 1


@pytest.mark.parametrize(
    "line", ["from ioc.store import tables", "from ioc.rules import rollup", "import ioc.collectors"]
)
def test_a_simulator_that_reaches_out_is_seen(line: str) -> None:
    assert len(simulator_reaching_out({"ioc/simulator/x.py": ast.parse(line)})) == 1
    assert simulator_reaching_out({"ioc/simulator/x.py": ast.parse("import ioc.rules.calendar")}) == []


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "default = datetime.now",
        "date.today()",
        "time.time()",
        "from time import monotonic",
        "pd.Timestamp.now()",
        "select(func.now())",
        "time.perf_counter()",
    ],
)
def test_a_second_reader_of_the_clock_is_seen(line: str) -> None:
    assert len(reading_the_clock({"ioc/rules/x.py": ast.parse(line)})) == 1


def test_a_stopwatch_is_for_the_command_line_only() -> None:
    watch = ast.parse("time.perf_counter()")
    assert reading_the_clock({"ioc/cli.py": watch}) == []
    assert len(reading_the_clock({"ioc/cli.py": ast.parse("time.time()")})) == 1


def test_unsafe_html_is_seen() -> None:
    assert len(unsafe_html({"ioc/pages/x.py": ast.parse("st.markdown(x, unsafe_allow_html=True)")})) == 1


def test_length_is_seen() -> None:
    long = "def long():\n" + "    pass\n" * 60
    assert too_long({"ioc/rules/x.py": ast.parse(long)}) == [("ioc/rules/x.py", "long: 61 lines")]
    assert too_long({"ioc/rules/x.py": ast.parse("x = 1\n" * 401)}) == [("ioc/rules/x.py", "401 lines")]
    assert too_long({"ioc/store/migrations/versions/x.py": ast.parse(long)}) == []
