"""The hooks of .pre-commit-hooks.yaml, run by pre-commit and prek in a temporary repository."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
Service = Callable[..., dict[str, Any]]
RUNNERS = ("pre-commit", "prek")


def runner(name: str) -> str:
    path = Path(sys.executable).parent / name
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return str(path)


def hooks() -> list[dict[str, Any]]:
    """The hooks as published, but with the jobplan that is installed here: nothing has to be downloaded."""
    published: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command = f"'{sys.executable}' -m jobplan"
    return [{**hook, "language": "system", "entry": hook["entry"].replace("jobplan", command, 1)} for hook in published]


@pytest.mark.parametrize("name", RUNNERS)
def test_hooks(
    name: str, repo: Any, service: Service, tmp_path: Path, clean_environment: Callable[..., dict[str, str]]
) -> None:
    program, home = runner(name), tmp_path.parent / f"{tmp_path.name}-home"
    environment = clean_environment(PRE_COMMIT_HOME=str(home), PREK_HOME=str(home), PRE_COMMIT_COLOR="never")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [program, "run", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout + done.stderr, "")

    repo.write(".pre-commit-config.yaml", json.dumps({"repos": [{"repo": "local", "hooks": hooks()}]}))
    repo.write("web.nomad.json", service("web"))
    repo.write("gone.nomad.json", service("gone", Meta={f"key{number}": "something else" for number in range(50)}))
    repo.write("package.json", '{"name": "no job"}')
    repo.commit()

    # What is staged counts, not the working tree; renames and deletions are seen.
    repo.git("mv", "web.nomad.json", "site.nomad.json")
    repo.write("site.nomad.json", service("web", "app:staged"))
    repo.git("rm", "-q", "gone.nomad.json")
    repo.git("add", ".")
    repo.write("site.nomad.json", service("web", "app:unsaved", Type="nonsense"))
    good = run()
    assert good.returncode == 0, good.stdout
    assert "1 changed, 1 removed" in good.stdout
    assert 'image: "app:1" => "app:staged"' in good.stdout
    assert "unsaved" not in good.stdout

    # A job that a server refuses fails both hooks.
    repo.git("add", ".")
    bad = run()
    assert bad.returncode != 0
    assert bad.stdout.count("Failed") == 2
    assert "Invalid job type" in bad.stdout

    # A commit that only deletes has no files for a hook, and is planned nevertheless.
    repo.git("reset", "-q", "--hard")
    repo.git("rm", "-q", "gone.nomad.json")
    assert "nomad job stop" in run().stdout

    # The states that a CI run names.
    repo.git("commit", "-q", "-m", "without")
    repo.write("web.nomad.json", service("web", "app:3"))
    repo.commit()
    between = run("jobplan-plan", "--from-ref", "HEAD~2", "--to-ref", "HEAD")
    assert "1 changed, 1 removed" in between.stdout
    assert "app:3" in between.stdout
