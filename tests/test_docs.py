"""The README tells of everything there is, and of nothing that is gone; no setting is written in vain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ioc.cli import app
from ioc.collectors.registry import COLLECTORS
from ioc.model.figure import CountingRule
from ioc.pages import SCREENS
from ioc.settings import Auth, CalendarDay, OfficeHours, ProvinceSettings, Settings, SourceSettings
from ioc.settings_file import load_settings
from tests.test_layers import ROOT, our_modules

README = (ROOT / "README.md").read_text("utf-8")


def section(title: str) -> str:
    """The text under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#+ |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {title!r}"
    return found[1]


def rows(title: str) -> dict[str, tuple[str, ...]]:
    """First cell -> all cells, of the table in a section; code marks and escapes removed."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")][2:]
    cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines)
    plain = (tuple(cell.replace("\\|", "|").strip(" `") for cell in row) for row in cells)
    return {row[0]: row for row in plain}


def commands() -> dict[str, TyperCommand]:
    """Every command of the command line; those of a group under `group command`."""
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    return dict(_leaves(root, ""))


def _leaves(group: TyperGroup, prefix: str) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _leaves(command, f"{prefix}{name} ")
        else:
            assert isinstance(command, TyperCommand)
            yield f"{prefix}{name}", command


def told_commands() -> dict[str, str]:
    """Command -> its synopsis: small words up to the first option or argument."""
    synopses = [synopsis for synopsis, *_ in rows("Command line").values()]
    names = (re.match(r"[a-z]+(?: [a-z]+)*", synopsis) for synopsis in synopses)
    return {name[0]: synopsis for name, synopsis in zip(names, synopses, strict=True) if name}


def test_every_command_is_told_and_none_that_is_gone() -> None:
    assert set(told_commands()) == set(commands())


def test_every_option_of_a_command_is_told() -> None:
    told = told_commands()
    untold = [
        (name, flags)
        for name, command in commands().items()
        for parameter in command.params
        if (flags := [flag for flag in (*parameter.opts, *parameter.secondary_opts) if flag[:2] == "--"])
        and flags != ["--help"]
        and not any(flag in told[name] for flag in flags)
    ]
    assert untold == []


def test_every_screen_is_told_with_its_address_and_none_that_is_gone() -> None:
    told = {name: address for name, address, _ in rows("Screens").values()}
    assert told == {screen.title: f"/{screen.url_path}" for screen in SCREENS}


def test_every_kind_of_source_is_told_and_none_that_is_gone() -> None:
    assert rows("Kinds of source").keys() == set(COLLECTORS)


def test_every_environment_variable_is_told_and_none_that_is_gone() -> None:
    files = [*ROOT.glob("tests/*.py"), *ROOT.glob("ioc/**/*.py"), *ROOT.glob("deploy/**/*"), ROOT / "app.py"]
    text = "\n".join(file.read_text("utf-8") for file in files if file.is_file())
    used = set(re.findall(r"""(?<=["'{ ])IOC_[A-Z_]+""", text))
    assert used <= set(re.findall(r"IOC_[A-Z_]+", README))
    assert set(re.findall(r"IOC_[A-Z_]+", README)) <= set(re.findall(r"IOC_[A-Z_]+", text))
    assert {"IOC_CONFIG", "IOC_TEST_POSTGRES_URL"} <= used


def test_every_file_of_the_settings_is_told() -> None:
    told = set(re.findall(r"`([a-z]+\.(?:toml|csv))`", section("Files of `config/`")))
    assert told == {file.name for file in (ROOT / "config").iterdir() if file.is_file()}


def test_every_file_and_target_that_is_named_exists() -> None:
    named = set(re.findall(r"\]\(([a-zA-Z][^):]+)\)|`(deploy/[^` ]*|docs/[^` ]*)`", README))
    assert [name for pair in named for name in pair if name and not (ROOT / name).exists()] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_every_command_that_a_deployment_starts_exists() -> None:
    files = [file for file in (ROOT / "deploy").rglob("*") if file.is_file()]
    text = "\n".join(file.read_text("utf-8") for file in files)
    started = set(re.findall(r"(?:-m ioc |\[ioc, |\"ioc\", \")([a-z]+)", text))
    assert {"migrate", "schedule"} <= started <= commands().keys()


# -- settings ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_names() -> set[str]:
    """Names of the attributes that the product reads, the reading of the settings itself left out."""
    return {
        node.attr
        for path, tree in our_modules().items()
        if not path.startswith("ioc/settings_")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


@pytest.mark.parametrize(
    "shape",
    [Settings, ProvinceSettings, SourceSettings, Auth, CalendarDay, OfficeHours, CountingRule],
    ids=lambda shape: shape.__name__,
)
def test_every_setting_is_read_by_somebody(shape: type, read_names: set[str]) -> None:
    assert [field.name for field in fields(shape) if field.name not in read_names] == []


def test_a_setting_that_nobody_reads_is_seen(read_names: set[str]) -> None:
    assert "ranking_coverage" in read_names
    assert "a_setting_of_nobody" not in read_names


def test_the_settings_in_the_repository_start() -> None:
    settings = load_settings({"IOC_CONFIG": str(ROOT / "config")})
    assert settings.province.demo
    assert {source.kind for source in settings.sources} == set(COLLECTORS)
