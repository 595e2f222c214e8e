"""The program as a process, and small repositories to run it in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
Done: TypeAlias = "subprocess.CompletedProcess[str]"
Program: TypeAlias = Callable[..., Done]

# What the environment of the developer must not change.
_CLEARED = ("NOMAD_", "JOBPLAN_", "GIT_", "PRE_COMMIT", "GITHUB_", "NO_COLOR", "PYTHONDONTWRITEBYTECODE")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without settings of Nomad, jobplan, git and CI."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_CLEARED)}
    compiled = str(Path(tempfile.gettempdir()) / "jobplan-test-cache")  # many short processes
    return {
        **kept,
        "COLUMNS": "100",
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "PYTHONPYCACHEPREFIX": compiled,
        **extra,
    }


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Runs `jobplan ARGUMENTS` in a temporary directory."""

    def run(
        *arguments: str, stdin: str | bytes = "", env: Mapping[str, str] | None = None, cwd: Path = tmp_path
    ) -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "jobplan", *arguments],
            input=data,
            capture_output=True,
            env=clean_environment(**(env or {})),
            cwd=cwd,
            check=False,
            timeout=120,
        )
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run


class Repo:
    """A git repository with job files in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        for key, value in (("user.name", "A"), ("user.email", "a@example.com"), ("commit.gpgsign", "false")):
            self.git("config", key, value)

    def git(self, *arguments: str, **extra: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            capture_output=True,
            text=True,
            env=clean_environment(**extra),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name: str, job: Mapping[str, Any] | str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(job if isinstance(job, str) else json.dumps(job, indent=2))

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "state")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path)


def service(name: str, image: str = "app:1", **overrides: Any) -> dict[str, Any]:
    """A service of one group and one task; `overrides` replace keys of the job, `count`, `cpu` those further inside."""
    count, cpu = overrides.pop("count", 1), overrides.pop("cpu", 500)
    task = {
        "Name": "server",
        "Driver": "docker",
        "Config": {"image": image},
        "Resources": {"CPU": cpu, "MemoryMB": 256},
    }
    group = {"Name": "web", "Count": count, "Tasks": [task]}
    return {"ID": name, "Name": name, "Type": "service", "Datacenters": ["dc1"], "TaskGroups": [group], **overrides}


@pytest.fixture(name="service")
def _service() -> Callable[..., dict[str, Any]]:
    return service


@pytest.fixture
def fixtures() -> Path:
    """The directory of fixtures."""
    return FIXTURES


@pytest.fixture(name="clean_environment")
def _clean_environment() -> Callable[..., dict[str, str]]:
    return clean_environment
