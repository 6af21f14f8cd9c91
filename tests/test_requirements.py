"""What is installed is what is written: every package pinned, and everything imported is asked for."""

from __future__ import annotations

import ast
import re
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

from tests.test_layers import ROOT, imports, our_modules


def read(name: str) -> dict[str, Requirement]:
    """The lines of a requirements file by package, those of files it names not included."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    asked = [Requirement(line) for line in lines if re.match(r"[a-z]", line)]
    assert len({canonical(r.name) for r in asked}) == len(asked), f"{name} names a package twice"
    return {canonical(r.name): r for r in asked}


RUNTIME = read("requirements.txt")
TESTS = {**RUNTIME, **read("requirements-dev.txt")}


def needed_by(asked: dict[str, Requirement]) -> set[str]:
    """Packages that the asked ones need on this machine, one step away."""
    return {
        canonical(need.name)
        for requirement in asked.values()
        for need in map(Requirement, metadata.requires(requirement.name) or ())
        if any(
            need.marker is None or need.marker.evaluate({"extra": extra})
            for extra in {"", *requirement.extras}
        )
    }


def third_party(trees: dict[str, ast.Module]) -> dict[str, str]:
    """Top-level module -> a file that imports it, ours and Python's own left out."""
    found = {name.split(".")[0]: path for path, tree in trees.items() for name in imports(path, tree)}
    own = {"ioc", "tests", "bench", "app", "", *sys.stdlib_module_names}
    return {module: path for module, path in found.items() if module not in own}


def missing(modules: dict[str, str], asked: dict[str, Requirement]) -> dict[str, str]:
    """The imports whose package is not asked for."""
    packages = metadata.packages_distributions()
    return {
        module: path
        for module, path in modules.items()
        if not {canonical(name) for name in packages.get(module, [])} & asked.keys()
    }


def test_every_package_is_pinned_to_what_is_installed() -> None:
    installed = {name: f"=={metadata.version(name)}" for name in TESTS}
    assert {name: str(requirement.specifier) for name, requirement in TESTS.items()} == installed


def test_everything_that_a_package_needs_is_pinned_too() -> None:
    assert needed_by(RUNTIME) - RUNTIME.keys() == set()
    assert needed_by(TESTS) - TESTS.keys() == set()
    assert "starlette" in needed_by(RUNTIME)


def test_the_product_imports_nothing_that_its_users_do_not_install() -> None:
    shipped = third_party(our_modules())
    assert missing(shipped, RUNTIME) == {}
    assert "sqlalchemy" in shipped


def test_the_tests_import_nothing_that_is_not_installed_for_them() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    trees = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}
    assert missing(third_party(trees), TESTS) == {}


def test_an_import_without_a_package_is_seen() -> None:
    lines = {"ioc/x.py": ast.parse("import pytest\nfrom nowhere import thing\nimport json, numpy")}
    assert missing(third_party(lines), RUNTIME) == {"pytest": "ioc/x.py", "nowhere": "ioc/x.py"}
