"""What is installed: folders, declared dependencies, entry points."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import jobplan

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "jobplan"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {name: PROJECT["optional-dependencies"][name] for name in ("hcl", "capture", "server")}
# What an extra installs may be imported here only; the rest works without it.
HOMES = {"hcl": ("source/jobspec/",), "capture": ("capture/",), "server": ("httpapi/", "registry/")}
TESTING = {"pytest", "syrupy", "hypothesis"}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", text, maxsplit=1)[0].lower() for text in requirements}


distributions = functools.cache(packages_distributions)


def imported(path: Path) -> set[str]:
    """The distributions that a module imports from, those for type checking included."""
    found: set[str] = set()
    for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(item, ast.Import):
            found.update(alias.name.split(".")[0] for alias in item.names)
        elif isinstance(item, ast.ImportFrom) and item.module and item.level == 0:
            found.add(item.module.split(".")[0])
    return {distributions().get(name, [name])[0].lower() for name in found - set(sys.stdlib_module_names) - {"jobplan"}}


def test_every_import_is_declared() -> None:
    base = names(PROJECT["dependencies"])
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        allowed = base | (TESTING if place.startswith("testing/") else set())
        for extra, homes in HOMES.items():
            if place.startswith(homes):
                allowed |= names(EXTRAS[extra])
        assert imported(path) <= allowed, place
        used |= imported(path)
    assert base - used == {"tzdata"}  # read by zoneinfo


def test_every_folder_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_types_are_declared() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert set(jobplan._HOMES) <= set(jobplan.__all__)


def test_entry_points_exist() -> None:
    module, _, function = PROJECT["scripts"]["jobplan"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert importlib.import_module(PROJECT["entry-points"]["pytest11"]["jobplan"])
