"""How long a plan takes on clusters of many sizes: `python benchmarks/bench_plan.py [REPEATS]`.

Inventory loaded, everything warm, one process; the best of several runs in milliseconds. Nodes have 16 cores and 64 GB,
in 10 computed classes, 40 racks and 2 datacenters; 2 existing allocations per node. The goals stand beside the figures.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import time
from typing import Any

import jobplan
from jobplan.inventory.pools import SchedulerConfig

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
SPREAD = [{"Attribute": "${meta.rack}", "Weight": 100}]


def node(number: int) -> dict[str, Any]:
    """A node of one of ten classes."""
    address = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
    kind = number % 10
    cores = [{"SocketID": 0, "NodeID": 0, "ID": core, "BaseSpeed": 2500} for core in range(16)]
    return {
        "ID": f"{number:08x}-0000-4000-8000-000000000000",
        "Name": f"client-{number}",
        "Datacenter": "dc1" if kind < 5 else "dc2",
        "NodePool": "default",
        "NodeClass": f"class-{kind}",
        "ComputedClass": f"v1:{1000 + kind}",
        "Status": "ready",
        "SchedulingEligibility": "eligible",
        "Attributes": {
            "kernel.name": "linux",
            "cpu.arch": "amd64",
            "nomad.version": "2.0.5",
            "driver.docker": "1",
            "unique.hostname": f"client-{number}",
        },
        "Meta": {"rack": f"r{number % 40}"},
        "Drivers": {"docker": {"Detected": True, "Healthy": True}},
        "NodeResources": {
            "Processors": {"Topology": {"Nodes": [0], "Cores": cores}},
            "Memory": {"MemoryMB": 65536},
            "Disk": {"DiskMB": 500000},
            "Networks": [{"Mode": "host", "Device": "eth0", "CIDR": f"{address}/32", "IP": address, "MBits": 10000}],
            "NodeNetworks": [
                {
                    "Mode": "host",
                    "Device": "eth0",
                    "Addresses": [{"Family": "ipv4", "Alias": "default", "Address": address}],
                }
            ],
            "MinDynamicPort": 20000,
            "MaxDynamicPort": 32000,
        },
        "ReservedResources": {
            "Cpu": {"CpuShares": 500},
            "Memory": {"MemoryMB": 1024},
            "Disk": {"DiskMB": 4096},
            "Networks": {"ReservedHostPorts": "22"},
        },
    }


def allocation(number: int, nodes: int) -> dict[str, Any]:
    """A running allocation of another job with one dynamic port."""
    place = number % nodes
    address = f"10.{place // 65536}.{place // 256 % 256}.{place % 256}"
    port = {"Label": "http", "Value": 20000 + number % 12000, "HostIP": address}
    return {
        "ID": f"{number:08x}-1111-4000-8000-000000000000",
        "Name": f"other.web[{number}]",
        "Namespace": "default",
        "JobID": "other",
        "JobVersion": 0,
        "TaskGroup": "web",
        "NodeID": f"{place:08x}-0000-4000-8000-000000000000",
        "DesiredStatus": "run",
        "ClientStatus": "running",
        "AllocatedResources": {
            "Tasks": {"web": {"Cpu": {"CpuShares": 500 + number % 7 * 100}, "Memory": {"MemoryMB": 512}}},
            "TaskLifecycles": {"web": None},
            "Shared": {"DiskMB": 300, "Ports": [port]},
        },
    }


def group(name: str, count: int, **more: Any) -> dict[str, Any]:
    """A group with one task of the given CPU."""
    cpu = more.pop("cpu", 200)
    task = {
        "Name": "web",
        "Driver": "docker",
        "Config": {"image": "web:1"},
        "Resources": {"CPU": cpu, "MemoryMB": 256},
    }
    return {"Name": name, "Count": count, "Tasks": [task], **more}


def job(*groups: dict[str, Any]) -> dict[str, Any]:
    """The job under plan."""
    return {
        "ID": "example",
        "Name": "example",
        "Datacenters": ["*"],
        "Constraints": [{"LTarget": "${attr.kernel.name}", "RTarget": "linux", "Operand": "="}],
        "TaskGroups": list(groups),
    }


def inventory(nodes: int, allocations: int) -> jobplan.Inventory:
    """A cluster with a default scheduler configuration."""
    other = {
        "ID": "other", "Name": "other", "Namespace": "default", "Type": "service", "Priority": 50, "CreateIndex": 5,
        "JobModifyIndex": 5, "TaskGroups": [{"Name": "web", "Count": allocations, "Tasks": [{"Name": "web"}]}],
    }  # fmt: skip
    return jobplan.Inventory.from_api(
        {
            "Nodes": [node(number) for number in range(nodes)],
            "Allocations": [allocation(number, nodes) for number in range(allocations)],
            "Jobs": [other],
            "SchedulerConfig": {
                "SchedulerAlgorithm": "binpack",
                "PreemptionConfig": {"SystemSchedulerEnabled": True},
            },
        }
    )


def measure(planned: dict[str, Any], cluster: jobplan.Inventory, repeats: int) -> float:
    """Milliseconds of the fastest plan after a first one."""
    jobplan.plan(planned, cluster, now=NOW)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        jobplan.plan(planned, cluster, now=NOW)
        best = min(best, time.perf_counter() - start)
    return best * 1000


def many(number: int, count: int, **more: Any) -> dict[str, Any]:
    return job(*(group(f"g{index}", count, **more) for index in range(number)))


CASES = (  # nodes, what, job, goal in ms
    (5000, "1 allocation", many(1, 1), 5.0),
    (5000, "10 groups x 10", many(10, 10), 45.0),
    (5000, "1 group x 1000", many(1, 1000), 400.0),
    (5000, "5 groups x 10 that fit nowhere", many(5, 10, cpu=99_999), 540.0),
    (5000, "2 groups x 50, spread over 40 racks", many(2, 50, Spreads=SPREAD), 300.0),
    (10, "1 allocation", many(1, 1), 1.2),
    (1000, "2 groups x 50, spread over 40 racks", many(2, 50, Spreads=SPREAD), 430.0),
)


def others(known: jobplan.Inventory) -> list[tuple[str, dict[str, Any], jobplan.Inventory]]:
    """Plans that go other ways: ports, volumes of scores, preemption, system jobs."""
    dynamic = [{"Mode": "host", "DynamicPorts": [{"Label": "http"}]}]
    static = [{"Mode": "host", "ReservedPorts": [{"Label": "http", "Value": 8080}]}]
    affinity = [{"LTarget": "${meta.rack}", "RTarget": "r3", "Operand": "=", "Weight": 50}]
    distinct = [{"Operand": "distinct_hosts", "RTarget": "true"}]
    preempting = dataclasses.replace(known, scheduler_config=SchedulerConfig())
    important = {"Priority": 80}
    return [
        ("1 group x 1000, a dynamic port", many(1, 1000, Networks=dynamic), known),
        ("1 group x 1000, a static port", many(1, 1000, Networks=static), known),
        ("1 group x 1000, distinct_hosts", many(1, 1000, Constraints=distinct), known),
        ("1 group x 1000, affinity", many(1, 1000, Affinities=affinity), known),
        ("1 group x 1000, spread", many(1, 1000, Spreads=SPREAD), known),
        ("5 groups x 10, preemption cannot help", many(5, 10, cpu=99_999) | important, preempting),
        ("1 group x 10 that preempts", many(1, 10, cpu=39_500) | important, preempting),
        ("system job", many(1, 1) | {"Type": "system"}, known),
    ]


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    clusters: dict[int, jobplan.Inventory] = {}

    def cluster(nodes: int) -> jobplan.Inventory:
        if nodes not in clusters:
            clusters.clear()
            clusters[nodes] = inventory(nodes, 2 * nodes)
        return clusters[nodes]

    for nodes, what, planned, goal in CASES:
        took = measure(planned, cluster(nodes), repeats)
        print(f"{nodes:6} nodes  {what:38} {took:9.2f} ms   goal {goal:7.1f} ms  {'' if took <= goal else 'MISSED'}")
    print()
    for what, planned, known in others(cluster(5000)):
        print(f"  5000 nodes  {what:38} {measure(planned, known, max(1, min(repeats, 2))):9.2f} ms")
    print("\ngrowth with the nodes: 10 groups x 10 · 1 group x 10 that fits nowhere · 1 group x 50 with a spread")
    for nodes in (100, 1000, 10000):
        plans = (many(10, 10), many(1, 10, cpu=99_999), many(1, 50, Spreads=SPREAD))
        took_all = [measure(planned, cluster(nodes), repeats) for planned in plans]
        print(f"{nodes:6} nodes  " + " ".join(f"{took:9.2f} ms" for took in took_all))
    print("\ngrowth with the allocations, on 5000 nodes")
    for count in (1, 10, 100, 1000, 10000):
        print(f"{count:6} allocations {measure(many(1, count), cluster(5000), max(1, min(repeats, 2))):9.2f} ms")


if __name__ == "__main__":
    main()
