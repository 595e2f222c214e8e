"""The plugin as users meet it: a process of pytest on a repository of job files."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "fixtures/example-repo"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    shutil.copytree(EXAMPLE, made, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    return made


def run_pytest(
    directory: Path, *arguments: str, plugins: tuple[str, ...] = ("syrupy",)
) -> subprocess.CompletedProcess[str]:
    """Pytest with the plugins named, whatever else is installed; jobplan's own by its entry point if there is one."""
    installed = any(point.name == "jobplan" for point in importlib.metadata.entry_points(group="pytest11"))
    loaded = [*plugins, "jobplan" if installed else "jobplan.testing.plugin"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    for name in loaded:
        command += ["-p", name]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "JOBPLAN_"))}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)


def test_the_example_repository_passes(repository: Path) -> None:
    run = run_pytest(repository)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "8 passed" in run.stdout
    assert "4 snapshots passed." in run.stdout
    assert "unused" not in run.stdout


def test_a_change_of_a_job_fails_with_what_it_will_do(repository: Path) -> None:
    file = repository / "jobs/parcel-tracker.nomad.hcl"
    file.write_text(file.read_text().replace("memory = 1024", "memory = 2048"))
    run = run_pytest(repository, "-vv")
    assert run.returncode == 1
    assert '+/- MemoryMB:    "1024" => "2048"' in run.stdout
    update = run_pytest(repository, "--snapshot-update")
    assert "2 snapshots updated." in update.stdout
    assert run_pytest(repository).returncode == 0


def test_a_new_capture_changes_no_snapshot(repository: Path) -> None:
    """Other indexes, identifiers and times are no news."""
    path = repository / "inventory.json"
    inventory = json.loads(path.read_text())
    for job in inventory["Jobs"]:
        job["ModifyIndex"] = job["JobModifyIndex"] = job["JobModifyIndex"] + 1000
    inventory["Now"] = "2026-11-18T10:11:12Z"
    path.write_text(json.dumps(inventory))
    run = run_pytest(repository)
    assert run.returncode == 0, run.stdout


def test_the_option_wins_over_the_setting(repository: Path) -> None:
    (repository / "empty.json").write_text("{}")
    run = run_pytest(repository, "--jobplan-inventory", "empty.json", "-k", "room_for_more")
    assert "1 failed, 1 passed" in run.stdout
    run = run_pytest(repository, "--jobplan-inventory", "nowhere.json", "-k", "room_for_more")
    assert "there is no inventory" in run.stdout + run.stderr


def test_the_fixtures_are_listed_with_what_they_do(repository: Path) -> None:
    run = run_pytest(repository, "--fixtures", "-k", "nothing")
    for name in ("jobplan_inventory", "plan_preview", "plan_snapshot", "plan_json_snapshot"):
        assert f"\n{name} " in run.stdout


def test_previews_work_without_syrupy(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "JOB = {'ID': 'a', 'Datacenters': ['dc1'], 'TaskGroups': [{'Name': 'g', 'Count': 1, 'Tasks': [\n"
        "    {'Name': 't', 'Driver': 'exec', 'Config': {'command': '/bin/true'}}]}]}\n"
        "def test_plan(plan_preview):\n"
        "    assert plan_preview(JOB).updates == {'g': {'Place': 1}}\n"
        "def test_snapshot(plan_preview, plan_snapshot):\n"
        "    assert plan_preview(JOB) == plan_snapshot\n"
    )
    run = run_pytest(tmp_path, plugins=())
    assert "1 passed" in run.stdout
    assert "snapshots of plans need syrupy" in run.stdout


def test_the_plugin_imports_nothing_before_it_is_used() -> None:
    check = (
        "import jobplan.testing.plugin, sys; print(sorted(name for name in sys.modules if name.startswith('jobplan')), "
        "'syrupy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['jobplan', 'jobplan.errors', 'jobplan.testing', 'jobplan.testing.plugin'] False"
