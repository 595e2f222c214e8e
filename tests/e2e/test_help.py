"""Help, version, completion: what people see before anything is computed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import jobplan
from jobplan.cli.main import available
from jobplan.testing.snapshots import snapshot_files

SNAPSHOTS = Path(__file__).resolve().parents[2] / "snapshots" / "cli" / "help"
Program = Callable[..., Any]

ELSEWHERE = {"check", "capture", "drift", "serve"}
"""Commands whose help is looked at by their own tests."""


@pytest.mark.parametrize("command", ["", *(name for name in available() if name not in ELSEWHERE)])
def test_help(program: Program, snapshot: SnapshotAssertion, command: str) -> None:
    done = program(*([command] if command else []), "--help")
    assert done.stdout == snapshot(extension_class=snapshot_files(SNAPSHOTS, "txt"), name=command or "jobplan")
    assert (done.returncode, done.stderr) == (0, "")


def test_spellings_of_help_and_version(program: Program) -> None:
    assert program("-version").stdout == f"jobplan {jobplan.__version__} (Nomad {jobplan.NOMAD_VERSION})\n"
    assert program("job", "plan", "-help").stdout == program("help", "plan").stdout == program("plan", "-h").stdout
    nothing = program()
    assert (nothing.returncode, nothing.stdout[:6]) == (255, "usage:")
    unknown = program("deploy")
    assert (unknown.returncode, unknown.stdout) == (255, "")
    assert unknown.stderr.startswith("jobplan: there is no command 'deploy'\n")


def test_schemas_describe_what_is_printed(program: Program, fixtures: Path) -> None:
    schema = json.loads(program("schema").stdout)
    plan = program("plan", str(fixtures / "jobs" / "shop-web.v2.json"), "--format", "json")
    made = json.loads(plan.stdout)
    assert set(schema["required"]) == set(made)
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(made, schema)
    assert json.loads(program("schema", "config").stdout)["type"] == "object"


def test_completion(program: Program, tmp_path: Path) -> None:
    script = program("completion", "bash").stdout

    def completed(*words: str) -> list[str]:
        line = " ".join(f"'{word}'" for word in words)
        asked = f'{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _jobplan; echo "${{COMPREPLY[*]}}"'
        done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path)
        return done.stdout.split()

    (tmp_path / "web.nomad").touch()
    assert completed("jobplan", "va") == ["validate"]
    assert completed("jobplan", "plan", "--mer") == ["--merge-base"]
    assert completed("jobplan", "plan", "--exit-style", "") == ["nomad", "terraform", "diff"]
    assert completed("jobplan", "plan", "w") == ["web.nomad"]
    assert completed("jobplan", "completion", "") == ["bash", "zsh", "fish"]
    for shell in ("zsh", "fish"):
        made = program("completion", shell).stdout
        assert "--merge-base" in made or "-l merge-base" in made
        if shutil.which(shell):
            subprocess.run([shell, "-n"], input=made, text=True, check=True)
