"""How long loading and comparing jobs takes: `python benchmarks/bench_diff.py [groups] [tasks]`.

Prints milliseconds (best of several rounds) for an edit of one task per group, for jobs that are equal, and per group
count, so that a cost which is not linear shows.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from typing import Any

from jobplan.canonical import load_job
from jobplan.jobdiff import diff_jobs
from jobplan.updates import job_changed, needs_replacement


def sample_job(groups: int, tasks: int) -> dict[str, Any]:
    """An API job as people write them: a config, variables, a template, resources and a checked service per task."""
    return {
        "ID": "harbour",
        "Name": "harbour",
        "Datacenters": ["north", "south"],
        "Constraints": [{"LTarget": "${attr.kernel.name}", "RTarget": "linux", "Operand": "="}],
        "TaskGroups": [_group(index, tasks) for index in range(groups)],
    }


def _group(index: int, tasks: int) -> dict[str, Any]:
    return {
        "Name": f"pier{index}",
        "Count": 2,
        "Networks": [{"Mode": "bridge", "DynamicPorts": [{"Label": "quay", "To": 7000 + index}]}],
        "Services": [
            {
                "Name": f"pier{index}",
                "PortLabel": "quay",
                "Tags": ["wood", "tide"],
                "Checks": [{"Name": "afloat", "Type": "http", "Path": "/afloat", "Interval": 10**10, "Timeout": 10**9}],
            }
        ],
        "Tasks": [_task(index * tasks + number) for number in range(tasks)],
    }


def _task(number: int) -> dict[str, Any]:
    return {
        "Name": f"boat{number}",
        "Driver": "docker",
        "Config": {"image": f"registry.invalid/boat:{number}", "args": ["--sail", "--anchor"], "ports": ["quay"]},
        "Env": {"DEPTH": "12", "WIND": "west", "CREW": str(number)},
        "Resources": {"CPU": 200, "MemoryMB": 256},
        "Templates": [{"DestPath": "local/chart", "EmbeddedTmpl": '{{ key "chart" }}'}],
    }


def edited(job: dict[str, Any]) -> dict[str, Any]:
    """The same job with one task of every group changed."""
    made = copy.deepcopy(job)
    for group in made["TaskGroups"]:
        group["Tasks"][0]["Config"]["image"] += "-refit"
        group["Tasks"][0]["Env"]["WIND"] = "east"
    return made


def best_ms(call: Callable[[], object], rounds: int = 30) -> float:
    """The fastest of several rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def measure(groups: int, tasks: int) -> dict[str, float]:
    """Milliseconds by step."""
    old_api = sample_job(groups, tasks)
    new_api = edited(old_api)
    old, new, again = load_job(old_api), load_job(new_api), load_job(old_api)
    return {
        "load": best_ms(lambda: load_job(new_api)),
        "diff": best_ms(lambda: diff_jobs(old, new, True)),
        "added": best_ms(lambda: diff_jobs(None, new, True)),
        "unchanged": best_ms(lambda: diff_jobs(old, again, True)),
        "to_api": best_ms(diff_jobs(old, new, True).to_api),
        "replacement": best_ms(lambda: needs_replacement(old, again, "pier0")),
        "changed": best_ms(lambda: job_changed(old, again)),
    }


def main(groups: int = 5, tasks: int = 3) -> None:
    for count in (groups, groups * 10, groups * 100):
        row = "  ".join(f"{name} {value:.3f}" for name, value in measure(count, tasks).items())
        print(f"{count:4} groups x {tasks} tasks, ms: {row}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
