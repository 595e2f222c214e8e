"""`jobplan capture` and `jobplan drift` as processes, against an agent on a socket."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobplan.testing import factories

ROOT = Path(__file__).resolve().parents[2]
Api = dict[str, Any]


def _agent_module() -> Any:
    """The agent of the unit tests; the folders of tests are not one package."""
    path = ROOT / "tests/unit/capture/agent.py"
    spec = importlib.util.spec_from_file_location("jobplan_test_agent", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


AGENT = _agent_module()


def job(**task: Any) -> Api:
    return {
        "ID": "orchard",
        "Name": "orchard",
        "Namespace": "default",
        "Datacenters": ["dc1"],
        "Meta": {"owner": "pomona"},
        "TaskGroups": [
            {
                "Name": "trees",
                "Count": 2,
                "Tasks": [
                    {
                        "Name": "grow",
                        "Driver": "docker",
                        "Config": {"image": "apple:1"},
                        "Env": {"DB_PASSWORD": "cox-orange", "SEASON": "autumn"},
                        **task,
                    }
                ],
            }
        ],
    }


@pytest.fixture
def world() -> Any:
    nodes = [factories.node(f"client-{i}") for i in range(3)]
    stored = factories.stored_job(job(), version=4)
    return AGENT.World(factories.inventory(nodes, [stored], factories.spread_over(stored, nodes)))


@pytest.fixture
def address(world: Any) -> Iterator[str]:
    with AGENT.serving(world) as address:
        yield address


def jobplan(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("NOMAD_", "JOBPLAN_"))}
    return subprocess.run(
        [sys.executable, "-m", "jobplan", *arguments],
        cwd=tmp_path,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def write(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    return str(path)


def test_capture_then_plan_and_drift(tmp_path: Path, world: Any, address: str) -> None:
    (tmp_path / "token").write_text("s3cr3t\n")
    run = jobplan(tmp_path, "capture", "-address", address, "--token-file", "token")
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert run.stderr.startswith("3 nodes, 1 job, 0 old versions, 2 allocations; ")
    assert "\r" not in run.stderr
    assert {headers.get("X-Nomad-Token") for headers in world.headers} == {"s3cr3t"}
    same = write(tmp_path / "orchard.json", job())
    other = write(tmp_path / "orchard2.json", job(Config={"image": "apple:2"}))
    planned = jobplan(tmp_path, "plan", other, "--inventory", "inventory.json")
    assert planned.returncode == 1
    assert "1 create/destroy update, 1 ignore" in planned.stdout
    drift = jobplan(tmp_path, "drift", same, other, "--inventory", "inventory.json")
    assert drift.returncode == 1
    assert drift.stdout == (
        "Job      Namespace  Version  State    Changes  File\n"
        f"orchard  default    4        same     -        {same}\n"
        f"orchard  default    4        changed  1        {other}\n"
        "\n"
        "orchard: differs from the registered job\n"
        '  trees / grow / Config / image: "apple:1" → "apple:2"\n'
        "\n"
        "2 jobs, 1 drifted\n"
    )


def test_settings_come_from_the_environment_and_the_inventory_can_go_to_stdout(
    tmp_path: Path, world: Any, address: str
) -> None:
    environment = {"NOMAD_ADDR": address, "NOMAD_TOKEN": "t0ken", "NOMAD_REGION": "north", "NOMAD_NAMESPACE": "default"}
    run = jobplan(tmp_path, "capture", "-o", "-", **environment)
    assert run.returncode == 0, run.stderr
    assert len(json.loads(run.stdout)["Nodes"]) == 3
    assert run.stderr.startswith("Warning: only namespace default")
    assert {headers.get("X-Nomad-Token") for headers in world.headers} == {"t0ken"}
    assert all(query["region"] == ["north"] for _, query in world.queries)
    assert os.listdir(tmp_path) == []


def test_a_failure_leaves_the_old_file_and_is_one_line(tmp_path: Path, world: Any, address: str) -> None:
    path = tmp_path / "inventory.json"
    path.write_text("old")
    world.faults = {"/v1/allocations": ["no_leader"] * 9}
    run = jobplan(tmp_path, "capture", "--address", address, "--attempts", "2", "--backoff", "0")
    assert run.returncode == 255
    assert run.stderr == "Error: /v1/allocations: status 500: No cluster leader (asked 2 times)\n"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["inventory.json"]


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path, world: Any, address: str) -> None:
    world.inventory["Allocations"][0]["TaskGroup"] = "no-such-group"
    run = jobplan(tmp_path, "capture", "--address", address)
    assert run.returncode == 255
    assert "Allocations[0].TaskGroup" in run.stderr
    assert not (tmp_path / "inventory.json").exists()
    assert jobplan(tmp_path, "capture", "--address", address, "--no-check").returncode == 0


def test_a_redacted_inventory_still_compares(tmp_path: Path, address: str) -> None:
    assert jobplan(tmp_path, "capture", "--address", address, "--redact").returncode == 0
    text = (tmp_path / "inventory.json").read_text()
    assert "cox-orange" not in text
    assert "pomona" not in text
    assert address not in text
    same = write(tmp_path / "same.json", job())
    assert jobplan(tmp_path, "drift", same, "--inventory", "inventory.json").returncode == 0
    other = write(tmp_path / "other.json", job(Env={"DB_PASSWORD": "boskoop", "SEASON": "autumn"}))
    drift = jobplan(tmp_path, "drift", other, "--inventory", "inventory.json")
    assert drift.returncode == 1
    assert "boskoop" not in drift.stdout
    assert "trees / grow / Env[DB_PASSWORD]: " in drift.stdout
    plan = jobplan(tmp_path, "plan", same, "--inventory", "inventory.json", "--format", "json")
    assert json.loads(plan.stdout)["plan"]["Diff"]["Type"] == "None"
    assert "boskoop" not in jobplan(tmp_path, "plan", other, "--inventory", "inventory.json").stdout


def test_a_salt_of_ones_own_is_not_in_the_file(tmp_path: Path, address: str) -> None:
    own = {"JOBPLAN_REDACT_SALT": "pippin"}
    assert jobplan(tmp_path, "capture", "--address", address, "--redact", **own).returncode == 0
    assert "pippin" not in (tmp_path / "inventory.json").read_text()
    same = write(tmp_path / "same.json", job())
    arguments = ("drift", same, "--inventory", "inventory.json")
    assert jobplan(tmp_path, *arguments, **own).returncode == 0
    assert jobplan(tmp_path, *arguments).stderr.endswith("set JOBPLAN_REDACT_SALT\n")
    assert jobplan(tmp_path, *arguments, JOBPLAN_REDACT_SALT="gala").returncode == 255


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--token", "x"), "use --token-file or NOMAD_TOKEN for the token"),
        (("--parallel", "0"), "argument --parallel: must be a whole number from 1 to 86400, not '0'"),
        (("--token-file", "nowhere"), "--token-file: cannot be read"),
        (("--address", "ftp://x"), "'ftp://x' is not an address"),
        (("--ca-cert", "nowhere", "--address", "https://localhost:1"), "the TLS files cannot be used"),
        (("--skip", "nodes"), "nodes cannot be left out"),
    ],
)
def test_bad_options_are_explained(tmp_path: Path, arguments: tuple[str, ...], text: str) -> None:
    run = jobplan(tmp_path, "capture", *arguments)
    assert run.returncode == 255
    assert text in run.stderr
    assert "Traceback" not in run.stderr


def test_progress_is_shown_on_a_terminal(tmp_path: Path, address: str) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "jobplan", "capture", "--address", address]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait() == 0
    assert b"\rallocations: " in shown.replace(b"\x1b[K", b"")
    assert b"2 of 2" in shown


def test_drift_knows_what_is_missing_stopped_unmanaged_and_refused(tmp_path: Path) -> None:
    stopped = factories.stored_job({**job(), "ID": "cellar", "Name": "cellar"})
    stopped["Stop"] = True
    stray = factories.stored_job({**job(), "ID": "weeds", "Name": "weeds"})
    child = {**factories.stored_job({**job(), "ID": "weeds/periodic-1"}), "ParentID": "weeds"}
    write(tmp_path / "inventory.json", factories.inventory([], [stopped, stray, child]))
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    write(jobs / "a.nomad.json", {**job(), "ID": "cellar", "Name": "cellar"})
    write(jobs / "b.nomad.json", job())
    arguments = ("--inventory", "inventory.json", "--unmanaged", "--format", "json")
    run = jobplan(tmp_path, "drift", "jobs", *arguments)
    assert run.returncode == 1, run.stderr
    assert [(row["job"], row["outcome"]) for row in json.loads(run.stdout)] == [
        ("cellar", "stopped"),
        ("orchard", "missing"),
        ("weeds", "unmanaged"),
    ]
    write(jobs / "c.nomad.json", {**job(), "ID": "bad id"})
    run = jobplan(tmp_path, "drift", "jobs", "--inventory", "inventory.json", "--exit-style", "terraform")
    assert run.returncode == 1
    assert "Job ID contains a space" in run.stdout


def test_counts_can_be_taken_from_the_cluster(tmp_path: Path) -> None:
    scaled = job()
    scaled["TaskGroups"][0]["Count"] = 7
    write(tmp_path / "inventory.json", factories.inventory([], [factories.stored_job(scaled)]))
    mine = write(tmp_path / "orchard.json", job())
    arguments = ("drift", mine, "-i", "inventory.json", "--exit-style", "terraform")
    assert jobplan(tmp_path, *arguments).returncode == 2
    assert jobplan(tmp_path, *arguments, "-preserve-counts").returncode == 0
