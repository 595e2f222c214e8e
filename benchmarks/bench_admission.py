"""How long admission takes: `python benchmarks/bench_admission.py [REPEATS]`.

Prints the best of several runs, in milliseconds. Budget: a 10-group job is validated in less than 3 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import jobplan
from jobplan.admission import admit_job
from jobplan.admission.mutators import mutate
from jobplan.admission.rules import validate_job
from jobplan.admission.warnings import warn
from jobplan.model.kinds import copy
from jobplan.model.settings import DEFAULT_SETTINGS


def group(number: int, tasks: int = 3) -> dict[str, Any]:
    """A group as they are written: services with checks, a sidecar, constraints, templates, volumes."""
    return {
        "Name": f"group-{number}",
        "Count": 3,
        "Constraints": [
            {"LTarget": "${attr.kernel.name}", "RTarget": "linux", "Operand": "="},
            {"LTarget": "${attr.nomad.version}", "RTarget": ">= 1.8", "Operand": "semver"},
            {"LTarget": "${meta.rack}", "RTarget": "r[0-9]+", "Operand": "regexp"},
        ],
        "Spreads": [{"Attribute": "${node.datacenter}", "Weight": 50}],
        "Networks": [{"Mode": "bridge", "DynamicPorts": [{"Label": "http", "To": 8080}]}],
        "Services": [
            {
                "Name": f"svc-{number}",
                "PortLabel": "8080",
                "Connect": {
                    "SidecarService": {"Proxy": {"Upstreams": [{"DestinationName": "db", "LocalBindPort": 5432}]}}
                },
                "Checks": [{"Type": "http", "Path": "/health", "Interval": 10**10, "Timeout": 10**9, "Expose": True}],
            }
        ],
        "Volumes": {"data": {"Type": "host", "Source": "data"}},
        "Tasks": [
            {
                "Name": f"task-{index}",
                "Driver": "docker",
                "Config": {"image": "registry.example/app:1.2.3", "ports": ["http"]},
                "Env": {f"KEY_{key}": "value" for key in range(10)},
                "Resources": {"CPU": 500, "MemoryMB": 256},
                "Templates": [{"EmbeddedTmpl": "{{ key }}", "DestPath": "local/a.conf", "ChangeMode": "noop"}],
                "Artifacts": [{"GetterSource": "https://example.net/a.tgz", "RelativeDest": "local/a"}],
                "VolumeMounts": [{"Volume": "data", "Destination": "/data"}],
                "Services": [{"Name": f"side-{number}-{index}", "PortLabel": "http"}],
            }
            for index in range(tasks)
        ],
    }


def best(call: Callable[[], object], repeats: int) -> float:
    """Milliseconds of the fastest run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    for count in (1, 10, 100):
        api = {"ID": "bench", "Name": "bench", "TaskGroups": [group(number) for number in range(count)]}
        job = jobplan.load_job(api)
        mutated = copy(job)
        mutate(mutated, DEFAULT_SETTINGS)
        rows: dict[str, Callable[[], object]] = {
            "load_job": lambda api=api: jobplan.load_job(api),
            "copy": lambda job=job: copy(job),
            "copy + mutate": lambda job=job: mutate(copy(job), DEFAULT_SETTINGS),
            "validate_job": lambda mutated=mutated: list(validate_job(mutated, DEFAULT_SETTINGS)),
            "warn": lambda mutated=mutated: warn(mutated, DEFAULT_SETTINGS),
            "admit_job": lambda job=job: admit_job(job),
            "validate(dict)": lambda api=api: jobplan.validate(api).to_api(),
            "admit(dict)": lambda api=api: jobplan.admit(api),
        }
        print(f"{count} groups, {count * 3} tasks")
        for name, call in rows.items():
            print(f"  {name:15} {best(call, repeats if count < 100 else max(repeats // 10, 3)):8.3f} ms")


if __name__ == "__main__":
    main()
