"""Plain API objects for tests: nodes, allocations, inventories. All values are deterministic."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

Api = dict[str, Any]

_SPACE = uuid.UUID("7a1f0c7e-9d52-4c39-9d8e-0f1f7c0a5b11")
NOW = "2026-11-02T09:00:00Z"


def identifier(*parts: object) -> str:
    """A UUID that depends on `parts` only."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, parts))))


def node(
    name: str,
    *,
    cpu: int = 8000,
    memory_mb: int = 16384,
    disk_mb: int = 100_000,
    cores: int = 4,
    datacenter: str = "dc1",
    node_class: str = "",
    node_pool: str = "default",
    drivers: Iterable[str] = ("docker", "exec", "raw_exec"),
    attributes: Mapping[str, str] | None = None,
    meta: Mapping[str, str] | None = None,
    host_volumes: Mapping[str, Api] | None = None,
    address: str = "10.0.0.1",
    **overrides: Any,
) -> Api:
    """A ready Linux client as `GET /v1/node/:id` shows it. `cpu` in MHz, `overrides` replace top-level keys."""
    made: Api = {
        "ID": identifier("node", name),
        "Name": name,
        "Datacenter": datacenter,
        "NodeClass": node_class,
        "NodePool": node_pool,
        "Status": "ready",
        "StatusDescription": "",
        "SchedulingEligibility": "eligible",
        "Drain": False,
        "DrainStrategy": None,
        "Attributes": {
            "kernel.name": "linux",
            "arch": "amd64",
            "cpu.arch": "amd64",
            "cpu.numcores": str(cores),
            "os.signals": "SIGHUP,SIGINT,SIGKILL,SIGTERM,SIGUSR1,SIGUSR2",
            "unique.hostname": name,
            "nomad.version": "2.0.5",
            "nomad.service_discovery": "true",
            "consul.version": "1.20.1",
            "consul.connect": "true",
            "consul.grpc": "8502",
            "vault.version": "1.18.2",
            "plugins.cni.version.bridge": "1.6.2",
            "plugins.cni.version.firewall": "1.6.2",
            "plugins.cni.version.host-local": "1.6.2",
            "plugins.cni.version.loopback": "1.6.2",
            "plugins.cni.version.portmap": "1.6.2",
            **{f"driver.{driver}": "1" for driver in drivers},
            **(attributes or {}),
        },
        "Drivers": {
            driver: {"Attributes": None, "Detected": True, "Healthy": True, "HealthDescription": "", "UpdateTime": None}
            for driver in drivers
        },
        "Meta": dict(meta or {}),
        "HostVolumes": {
            name: {"Name": name, "Path": f"/srv/{name}", "ReadOnly": False, "ID": "", **volume}
            for name, volume in (host_volumes or {}).items()
        }
        or None,
        "HostNetworks": None,
        "CSINodePlugins": None,
        "CSIControllerPlugins": None,
        "NodeResources": {
            "Cpu": {"CpuShares": cpu, "TotalCpuCores": cores, "ReservableCpuCores": list(range(cores))},
            "Memory": {"MemoryMB": memory_mb},
            "Disk": {"DiskMB": disk_mb},
            "Devices": None,
            "Networks": [
                {"Mode": "host", "Device": "eth0", "CIDR": f"{address}/32", "IP": address, "MBits": 1000},
                {"Mode": "bridge", "Device": "", "CIDR": "", "IP": "", "MBits": 0},
            ],
            "NodeNetworks": [
                {
                    "Mode": "host",
                    "Device": "eth0",
                    "MacAddress": "",
                    "Speed": 1000,
                    "Addresses": [
                        {"Family": "ipv4", "Alias": "default", "Address": address, "ReservedPorts": "", "Gateway": ""}
                    ],
                },
                {"Mode": "bridge", "Device": "nomad", "MacAddress": "", "Speed": 0, "Addresses": None},
            ],
            "MinDynamicPort": 20000,
            "MaxDynamicPort": 32000,
        },
        "ReservedResources": {
            "Cpu": {"CpuShares": 100, "ReservedCpuCores": None},
            "Memory": {"MemoryMB": 256},
            "Disk": {"DiskMB": 1000},
            "Networks": {"ReservedHostPorts": "22"},
        },
        "CreateIndex": 10,
        "ModifyIndex": 20,
        **overrides,
    }
    return made


def stored_job(job: Api, *, version: int = 0, index: int = 30, status: str = "running", stable: bool = True) -> Api:
    """The job as a server shows it after registration. `job` is an API job."""
    from jobplan.admission import admit

    made = admit(job).job.to_api()
    made.update(
        Version=version,
        CreateIndex=30,
        ModifyIndex=index,
        JobModifyIndex=index,
        Status=status,
        Stable=stable,
        SubmitTime=1_793_000_000_000_000_000 + version,
    )
    return made


def allocation(job: Api, group: str, index: int, on: Api, **overrides: Any) -> Api:
    """A running, healthy allocation of a stored job's group on a node."""
    spec = next(item for item in job["TaskGroups"] if item["Name"] == group)
    name = f"{job['ID']}.{group}[{index}]"
    tasks = {
        task["Name"]: {
            "Cpu": {"CpuShares": task["Resources"]["CPU"], "ReservedCores": None},
            "Memory": {"MemoryMB": task["Resources"]["MemoryMB"], "MemoryMaxMB": task["Resources"]["MemoryMaxMB"]},
            "Networks": None,
            "Devices": None,
        }
        for task in spec["Tasks"]
    }
    made: Api = {
        "ID": identifier("allocation", name, job["Version"], overrides.get("NodeID", on["ID"])),
        "Name": name,
        "Namespace": job["Namespace"],
        "EvalID": identifier("evaluation", job["ID"], job["Version"]),
        "NodeID": on["ID"],
        "NodeName": on["Name"],
        "JobID": job["ID"],
        "JobVersion": job["Version"],
        "JobType": job["Type"],
        "TaskGroup": group,
        "DesiredStatus": "run",
        "DesiredDescription": "",
        "ClientStatus": "running",
        "ClientDescription": "Tasks are running",
        "AllocatedResources": {
            "Tasks": tasks,
            "TaskLifecycles": {task["Name"]: task["Lifecycle"] for task in spec["Tasks"]},
            "Shared": {"DiskMB": spec["EphemeralDisk"]["SizeMB"], "Networks": None, "Ports": None},
        },
        "DeploymentID": "",
        "DeploymentStatus": {"Healthy": True, "Canary": False, "ModifyIndex": 0, "Timestamp": None},
        "TaskStates": {
            task["Name"]: {"State": "running", "Failed": False, "StartedAt": NOW, "FinishedAt": None, "Events": None}
            for task in spec["Tasks"]
        },
        "RescheduleTracker": None,
        "CreateIndex": 40,
        "ModifyIndex": 41,
        "CreateTime": 1_793_000_000_000_000_000,
        "ModifyTime": 1_793_000_000_000_000_000,
        **overrides,
    }
    return made


def spread_over(job: Api, nodes: list[Api]) -> list[Api]:
    """Running allocations for every group of a stored job, one node after the other."""
    made: list[Api] = []
    for group in job["TaskGroups"]:
        for index in range(group["Count"]):
            made.append(allocation(job, group["Name"], index, nodes[len(made) % len(nodes)]))
    return made


def inventory(
    nodes: Iterable[Api] = (), jobs: Iterable[Api] = (), allocations: Iterable[Api] = (), **parts: Any
) -> Api:
    """Cluster state as `Inventory.from_api` reads it; `parts` are further keys such as `Deployments`."""
    return {
        "Now": NOW,
        "Nodes": list(nodes),
        "Jobs": list(jobs),
        "OldJobVersions": [],
        "Allocations": list(allocations),
        "Deployments": [],
        "NodePools": [],
        "SchedulerConfig": None,
        "CSIVolumes": [],
        "HostVolumes": [],
        **parts,
    }
