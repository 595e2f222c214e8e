"""Allocation records: made from placements, changed, and shown as stubs. spec: api §8.4, §8.5"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobplan.inventory import Allocation, JobVersion
from jobplan.inventory.allocations import AllocatedNetwork, AllocatedPort, AllocatedResources, AllocatedTask
from jobplan.registry import records as rec
from jobplan.registry.records import Api, spec_key
from jobplan.registry.state import State

NO_TRANSITION: Api = {
    "Migrate": None,
    "Reschedule": None,
    "ForceReschedule": None,
    "NoShutdownDelay": None,
    "MigrateDisablePlacement": None,
}

ZERO: Api = {
    "ID": "", "EvalID": "", "Name": "", "Namespace": "", "NodeID": "", "NodeName": "", "JobID": "", "TaskGroup": "",
    "DesiredStatus": "run", "DesiredDescription": "", "ClientStatus": "pending", "ClientDescription": "",
    "DesiredTransition": NO_TRANSITION, "TaskStates": None, "DeploymentID": "", "DeploymentStatus": None,
    "FollowupEvalID": "", "NextAllocation": "", "PreviousAllocation": "", "RescheduleTracker": None,
    "PreemptedAllocations": None, "PreemptedByAllocation": "", "AllocStates": None,
    "CreateIndex": 0, "ModifyIndex": 0, "CreateTime": 0, "ModifyTime": 0,
}  # fmt: skip

STUB_KEYS = (
    "ID", "EvalID", "Name", "Namespace", "NodeID", "NodeName", "JobID", "TaskGroup", "DesiredStatus",
    "DesiredDescription", "ClientStatus", "ClientDescription", "DesiredTransition", "TaskStates", "DeploymentStatus",
    "FollowupEvalID", "NextAllocation", "RescheduleTracker", "PreemptedAllocations", "PreemptedByAllocation",
    "CreateIndex", "ModifyIndex", "CreateTime", "ModifyTime",
)  # fmt: skip


def changed(allocation: Allocation, version: JobVersion | None = None, **values: Any) -> Allocation:
    """The allocation with other values of some keys of its API form, and possibly of another job version."""
    return of_version({**allocation.api, **values}, allocation.version if version is None else version)


def of_version(api: Api, version: JobVersion) -> Allocation:
    """The allocation of a stored API form, running `version`."""
    api["JobType"], api["JobVersion"] = version.type, version.version
    return Allocation.from_api(api, lambda _obj, _path: version)


def put_allocation(state: State, allocation: Allocation, index: int) -> None:
    """Store an allocation, and the job version it runs."""
    key = spec_key(allocation.version)
    if state.get(rec.SPECS, *key) is None:
        state.put(rec.SPECS, key, allocation.version)
    state.put(rec.ALLOCATIONS, (allocation.id,), allocation, index=index)


def shared_version(state: State, version: JobVersion) -> JobVersion:
    """The object that stands for this version among the allocations."""
    found: JobVersion | None = state.get(rec.SPECS, *spec_key(version))
    return version if found is None else found


def allocation_stub(allocation: Allocation) -> Api:
    """The short form. spec: api §8.4"""
    api = allocation.api
    made: Api = {key: api.get(key, ZERO[key]) for key in STUB_KEYS}
    made["JobType"], made["JobVersion"] = allocation.version.type, allocation.version.version
    made["AllocatedResources"] = None
    return made


# ---- resources as the API shows them ---------------------------------------------------------------------------------


def resources_api(resources: AllocatedResources) -> Api:
    """The form of `AllocatedResources` that `Allocation.from_api` reads. spec: placement §1.8"""
    return {
        "Tasks": {name: _task_api(task) for name, task in resources.tasks.items()},
        "TaskLifecycles": {
            name: {"Hook": task.hook, "Sidecar": task.sidecar} if task.hook else None
            for name, task in resources.tasks.items()
        },
        "Shared": {
            "DiskMB": resources.disk_mb,
            "Networks": [_network_api(network) for network in resources.networks] or None,
            "Ports": [_port_api(port) for port in resources.ports] or None,
        },
    }


def _task_api(task: AllocatedTask) -> Api:
    return {
        "Cpu": {"CpuShares": task.cpu, "ReservedCores": list(task.cores) or None},
        "Memory": {"MemoryMB": task.memory_mb, "MemoryMaxMB": task.memory_max_mb},
        "Networks": [_network_api(network) for network in task.networks] or None,
        "Devices": [
            {"Vendor": device.vendor, "Type": device.type, "Name": device.name, "DeviceIDs": list(device.ids)}
            for device in task.devices
        ]
        or None,
    }


def _network_api(network: AllocatedNetwork) -> Api:
    return {
        "Mode": network.mode,
        "Device": network.device,
        "IP": network.ip,
        "MBits": network.mbits,
        "ReservedPorts": _ports_api(network.reserved_ports),
        "DynamicPorts": _ports_api(network.dynamic_ports),
    }


def _ports_api(ports: Sequence[AllocatedPort]) -> list[Api] | None:
    return [_port_api(port) for port in ports] or None


def _port_api(port: AllocatedPort) -> Api:
    made: Api = {"Label": port.label, "Value": port.value, "To": port.to, "HostIP": port.host_ip}
    if port.ignore_collision:
        made["IgnoreCollision"] = True
    return made
