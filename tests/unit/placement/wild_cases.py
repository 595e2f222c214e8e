"""Random clusters and jobs that make all parts of placement work. Used by the laws beside it."""

from __future__ import annotations

import random
from typing import Any

NODES = 60


def wild_node(number: int, chance: random.Random) -> dict[str, Any]:
    """A node; few differ in what is part of the class, many in what is not."""
    kind = chance.randrange(4)
    address = f"10.0.{number // 250}.{number % 250 + 1}"
    modes = ["host", "bridge"] if kind != 3 else ["host"]
    return {
        "ID": f"{chance.getrandbits(32):08x}-0000-4000-8000-{number:012d}",
        "Datacenter": f"dc{kind % 2}",
        "NodeClass": chance.choice(["", "big", "small"]),
        "ComputedClass": chance.choice([f"v1:{kind}", f"v1:{kind}", "v1:mixed"]),
        "Status": chance.choice(["ready"] * 9 + ["down"]),
        "Attributes": {"kernel.name": "linux", "kind": str(kind), "unique.number": str(number), "driver.exec": "1"},
        "Meta": {} if chance.random() < 0.1 else {"rack": f"r{chance.randrange(6)}"},
        "Drivers": {"docker": {"Detected": True, "Healthy": chance.random() < 0.9}},
        "NodeMaxAllocs": chance.choice([0, 0, 0, 4]),
        "HostVolumes": {"data": {"Name": "data"}} if chance.random() < 0.7 else None,
        "NodeResources": {
            "Processors": {
                "Topology": {"Cores": [{"ID": core, "BaseSpeed": 1000} for core in range(chance.choice([2, 4]))]}
            },
            "Memory": {"MemoryMB": chance.choice([2048, 4096])},
            "Disk": {"DiskMB": chance.choice([2000, 20000])},
            "Networks": [
                {"Mode": mode, "Device": "eth0", "IP": address, "CIDR": f"{address}/32", "MBits": 1000}
                for mode in modes
            ],
            "NodeNetworks": [{"Mode": "host", "Device": "eth0", "Addresses": addresses(address, chance)}],
            "MinDynamicPort": 20000,
            "MaxDynamicPort": chance.choice([20002, 20040]),
        },
        "ReservedResources": {"Networks": {"ReservedHostPorts": chance.choice(["22", "80,22", "20000", "x"])}},
    }


def addresses(address: str, chance: random.Random) -> list[dict[str, Any]]:
    made = [{"Alias": "default", "Address": address}]
    if chance.random() < 0.5:
        made.append({"Alias": "public", "Address": address.replace("10.", "11.", 1)})
    return made


def wild_allocation(number: int, nodes: list[dict[str, Any]], chance: random.Random, job: str) -> dict[str, Any]:
    node = chance.choice(nodes)
    address = node["NodeResources"]["Networks"][0]["IP"]
    port = {"Label": "p", "Value": chance.choice([80, 8080, 20001]), "HostIP": address}
    return {
        "ID": f"{chance.getrandbits(32):08x}-1111-4000-8000-{number:012d}",
        "Name": f"{job}.web[{number}]",
        "JobID": job,
        "TaskGroup": "web",
        "NodeID": node["ID"],
        "ClientStatus": chance.choice(["running"] * 5 + ["complete"]),
        "AllocatedResources": {
            "Tasks": {
                "web": {
                    "Cpu": {
                        "CpuShares": chance.choice([100, 500]),
                        "ReservedCores": [chance.randrange(4)] if chance.random() < 0.1 else None,
                    },
                    "Memory": {"MemoryMB": 256},
                }
            },
            "Shared": {"DiskMB": 300, "Ports": [port] if chance.random() < 0.3 else None},
        },
    }


def wild_group(name: str, chance: random.Random) -> dict[str, Any]:
    ports: dict[str, Any] = {"Mode": chance.choice(["host", "host", "bridge"])}
    if chance.random() < 0.5:
        ports["DynamicPorts"] = [{"Label": "d", "HostNetwork": chance.choice(["", "public"])}]
    if chance.random() < 0.5:
        ports["ReservedPorts"] = [{"Label": "s", "Value": chance.choice([80, 8080])}]
    constraints = [
        {"LTarget": "${attr.kind}", "Operand": "!=", "RTarget": "3"},
        {"LTarget": "${meta.rack}", "Operand": "is_set"},
        {"Operand": "distinct_hosts", "RTarget": "true"},
        {"LTarget": "${meta.rack}", "Operand": "distinct_property", "RTarget": "3"},
        {"LTarget": "${attr.unique.number}", "Operand": ">", "RTarget": "20"},
    ]
    targets = [{"Value": "r1", "Percent": chance.choice([0, 60])}, {"Value": "r2", "Percent": 30}]
    spread = {"Attribute": "${meta.rack}", "Weight": 100, "SpreadTarget": chance.choice([None, targets])}
    affinity = {"LTarget": "${meta.rack}", "Operand": "=", "RTarget": "r1", "Weight": chance.choice([50, -50])}
    return {
        "Name": name,
        "Count": chance.choice([1, 5, 30]),
        "Constraints": chance.sample(constraints, chance.choice([0, 0, 1, 2])),
        "Spreads": [spread] if chance.random() < 0.4 else None,
        "Affinities": [affinity] if chance.random() < 0.4 else None,
        "Networks": [ports] if chance.random() < 0.5 else None,
        "Volumes": {"data": {"Type": "host", "Source": "data"}} if chance.random() < 0.2 else None,
        "EphemeralDisk": {"SizeMB": chance.choice([300, 1500])},
        "Tasks": [
            {
                "Name": "web",
                "Driver": "docker",
                "Config": {"image": "web:1"},
                "Resources": {"CPU": chance.choice([100, 900]), "MemoryMB": chance.choice([64, 1500])},
            }
        ],
    }


def wild_case(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A cluster and a job that make all parts of both paths work."""
    chance = random.Random(seed)
    nodes = [wild_node(number, chance) for number in range(NODES)]
    stored = [
        {"ID": name, "Priority": priority, "Version": 0, "TaskGroups": [{"Name": "web"}]}
        for name, priority in (("low", 20), ("high", 90))
    ]
    allocations = [
        wild_allocation(number, nodes, chance, chance.choice(["low", "high"]))
        for number in range(chance.choice([0, 80]))
    ]
    on = chance.random() < 0.4
    cluster = {
        "Nodes": nodes,
        "Allocations": allocations,
        "Jobs": stored,
        "SchedulerConfig": {
            "SchedulerAlgorithm": chance.choice(["binpack", "spread"]),
            "PreemptionConfig": {"ServiceSchedulerEnabled": on, "BatchSchedulerEnabled": on},
        },
    }
    constraints = [
        {"LTarget": "${attr.kind}", "Operand": "!=", "RTarget": "2"},
        {"LTarget": "${attr.unique.number}", "Operand": "!=", "RTarget": "7"},
    ]
    job = {
        "ID": "example",
        "Type": chance.choice(["service", "batch"]),
        "Priority": 60,
        "Datacenters": ["*"],
        "Constraints": chance.sample(constraints, chance.choice([0, 1])),
        "TaskGroups": [wild_group(name, chance) for name in ("one", "two")],
    }
    return cluster, job
