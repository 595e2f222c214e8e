"""The architecture as it is written down in jobplan/layers.py. spec: design Keep 3, 4, 6"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import jobplan
from jobplan.layers import EDGES, LAYERS

PACKAGE = Path(jobplan.__file__).parent
IMPURE = {"time", "random", "os", "logging", "socket", "sqlite3", "subprocess", "urllib.request", "http", "secrets"}
IMPURE_CALLS = re.compile(r"uuid1\(|uuid4\(|\.now\(|\.today\(|\bopen\(")
# The public functions whose `now` may be left out read the clock themselves.
CLOCK_READERS = {"planning/procedure.py", "rendering/nomad.py"}
# Reading a path that the caller names is allowed in these modules; they use no other part of `os` than path types.
PATH_READERS = {"source/envelopes.py", "inventory/snapshot.py", "model/config.py"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imports(path: Path) -> Iterator[str]:
    for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(item, ast.Import):
            yield from (alias.name for alias in item.names)
        elif isinstance(item, ast.ImportFrom) and item.level == 0 and item.module:
            yield item.module


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_layers(path: Path) -> None:
    folder = path.relative_to(PACKAGE).parts[0]
    used = {name.split(".")[1] for name in imports(path) if name.startswith("jobplan.")}
    assert used - {folder, "errors"} <= set(LAYERS[folder])


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_engine_touches_no_world(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    if relative.parts[0] in EDGES:
        return
    found = set(imports(path)) & IMPURE
    assert found <= ({"os"} if str(relative) in PATH_READERS else set())
    calls = set(IMPURE_CALLS.findall(path.read_text(encoding="utf-8")))
    assert calls <= ({".now("} if str(relative) in CLOCK_READERS else set())


def test_every_folder_has_its_layer() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == set(LAYERS)


def test_no_module_bears_the_name_of_a_public_function() -> None:
    names = {path.stem for path in PACKAGE.iterdir()} - {"__init__", "__main__", "errors"}
    assert not names & set(jobplan.__all__)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import jobplan", "pydantic numpy croniter deepdiff starlette sqlalchemy argparse jobplan.model"),
        ("import jobplan; jobplan.load_job({'ID': 'a'})", "pydantic numpy croniter deepdiff jobplan.cli"),
        (
            "import jobplan; job = {'ID': 'a', 'TaskGroups': [{'Name': 'g', 'Tasks': [{'Name': 't', 'Driver': 'exec', "
            "'Config': {'command': '/bin/true'}}]}]}; jobplan.plan(job)",
            "deepdiff starlette sqlalchemy jobplan.cli jobplan.rendering jobplan.httpapi",
        ),
    ],
)
def test_heavy_modules_are_imported_on_use(statement: str, absent: str) -> None:
    check = f"{statement}; import sys; print([name for name in {absent.split()} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_public_names_exist() -> None:
    for name in jobplan.__all__:
        assert getattr(jobplan, name) is not None
