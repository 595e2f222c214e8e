"""How long a repository of 1,000 jobs takes to be planned jointly against 500 nodes, as a process.

`python benchmarks/bench_joint.py [JOBS] [NODES]`. Every job differs from its base; half of them run in the cluster.
The goal stands beside the figure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from bench_cli import environment, git, program
from bench_plan import node

GOAL_S = 30.0


def job(number: int, tag: str) -> dict[str, Any]:
    """A service with three allocations of 200 MHz and 256 MB, one dynamic port each."""
    task = {
        "Name": "server",
        "Driver": "docker",
        "Config": {"image": f"registry.example.com/service-{number}:{tag}", "ports": ["http"]},
        "Env": {"LOG_LEVEL": "info", "SERVICE": str(number)},
        "Resources": {"CPU": 200, "MemoryMB": 256},
    }
    group = {
        "Name": "web",
        "Count": 3,
        "Networks": [{"Mode": "host", "DynamicPorts": [{"Label": "http"}]}],
        "Tasks": [task],
    }
    return {
        "ID": f"service-{number}",
        "Name": f"service-{number}",
        "Type": "service",
        "Priority": 30 + number % 50,
        "Datacenters": ["*"],
        "TaskGroups": [group],
    }


def inventory(jobs: int, nodes: int) -> dict[str, Any]:
    """Every second job runs, on three nodes each."""
    from jobplan.testing.factories import allocation, stored_job

    clients = [node(number) for number in range(nodes)]
    stored = [stored_job(job(number, "1")) for number in range(0, jobs, 2)]
    running = [
        allocation(item, "web", index, clients[(3 * place + index) % nodes])
        for place, item in enumerate(stored)
        for index in range(3)
    ]
    return {"Now": "2026-11-25T12:00:00Z", "Nodes": clients, "Jobs": stored, "Allocations": running}


def write_jobs(directory: Path, jobs: int, tag: str) -> None:
    directory.mkdir(exist_ok=True)
    for number in range(jobs):
        (directory / f"service-{number}.nomad.json").write_text(json.dumps(job(number, tag), indent=1))


def main() -> None:
    jobs, nodes = [int(text) for text in sys.argv[1:3]] + [1000, 500][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        git(root, "init", "-q")
        write_jobs(root / "jobs", jobs, "1")
        (root / "cluster.json").write_text(json.dumps(inventory(jobs, nodes)))
        git(root, "add", "jobs")
        git(root, "commit", "-q", "-m", "base")
        write_jobs(root / "jobs", jobs, "2")
        for form in ("text", "pretty", "json"):
            command = [*program(), "plan", "jobs", "--base", "HEAD", "-i", "cluster.json", "--format", form]
            start = time.perf_counter()
            done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, check=False)
            taken = time.perf_counter() - start
            assert done.returncode == 1, done.stderr.decode()
            print(f"{jobs} jobs, {nodes} nodes, {form:6}  {taken:6.2f} s  (goal {GOAL_S:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
