"""What one allocation of a group needs, prepared once per plan. spec: placement §5, §8.3, §9, §10

Amounts: cpu in MHz, memory and disk in MB, bandwidth in Mbit/s.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jobplan.inventory.allocations import AllocatedTask
from jobplan.placement.constraints import (
    DISTINCT_HOSTS,
    DISTINCT_PROPERTY,
    Condition,
    any_escapes,
    compile_affinities,
    compile_constraints,
)
from jobplan.placement.deviceattributes import DeviceCondition
from jobplan.placement.resources import NO_USAGE, Usage, flatten
from jobplan.values.integers import INT64_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobplan.model.group import TaskGroup
    from jobplan.model.job import Job
    from jobplan.model.placement_rules import Constraint, Spread
    from jobplan.model.resources import NetworkResource, RequestedDevice
    from jobplan.model.task import Task
    from jobplan.model.volumes import VolumeRequest

HOST_MODE = "host"
_TRUE, _FALSE = (
    frozenset(("1", "t", "T", "TRUE", "true", "True")),
    frozenset(("0", "f", "F", "FALSE", "false", "False")),
)


def parse_bool(text: str) -> bool | None:
    """A boolean as the server reads it; None where it is none. spec: placement §5.2"""
    return True if text in _TRUE else False if text in _FALSE else None


@dataclasses.dataclass(frozen=True, slots=True)
class PortAsk:
    """A port of a network ask; `value` is 0 for a dynamic one."""

    label: str
    value: int
    to: int
    host_network: str
    ignore_collision: bool


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkAsk:
    """The first network of a group or of a task."""

    mode: str
    mbits: int
    static: tuple[PortAsk, ...]
    dynamic: tuple[PortAsk, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceAsk:
    """Devices that a task asks for; `type`, `vendor` and `name` None: any."""

    asked: str
    count: int
    vendor: str | None
    type: str
    name: str | None
    constraints: tuple[DeviceCondition, ...]
    affinities: tuple[DeviceCondition, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class TaskAsk:
    """One task. `memory_mb` is what the job says, `memory` with its secrets on top. spec: placement §8.3"""

    name: str
    cpu: int
    cores: int
    memory_mb: int
    memory: int
    memory_max: int
    network: NetworkAsk | None
    devices: tuple[DeviceAsk, ...]
    hook: str
    sidecar: bool


@dataclasses.dataclass(frozen=True, slots=True)
class PropertyLimit:
    """A `distinct_property` constraint; `allowed` is None where its number cannot be read. spec: placement §5.9"""

    target: str
    allowed: int | None
    rtarget: str


@dataclasses.dataclass(frozen=True, slots=True)
class Ask:
    """A group of one job version, ready for checking nodes."""

    job: Job
    group: TaskGroup
    tasks: tuple[TaskAsk, ...]
    disk: int
    network: NetworkAsk | None
    drivers: tuple[str, ...]
    job_conditions: tuple[Condition, ...]
    group_conditions: tuple[Condition, ...]
    devices: tuple[DeviceAsk, ...]
    secret_providers: tuple[str, ...]
    host_volumes: tuple[VolumeRequest, ...]
    csi_volumes: tuple[VolumeRequest, ...]
    job_distinct_hosts: bool
    group_distinct_hosts: bool
    job_limits: tuple[PropertyLimit, ...]
    group_limits: tuple[PropertyLimit, ...]
    affinities: tuple[Condition, ...]
    spreads: tuple[Spread, ...]
    """Job spreads first, then those of the group."""
    job_escapes: bool
    group_escapes: bool
    plain_tasks: dict[str, AllocatedTask] | None
    """What the tasks get, if that is the same on every node: no task networks, devices or cores."""
    plain_usage: Usage

    @property
    def name(self) -> str:
        return self.group.name

    @property
    def scores_many(self) -> bool:
        """Whether affinities or spreads make the selection look at more nodes. spec: placement §11"""
        return bool(self.affinities or self.spreads)

    @property
    def wants_cores(self) -> bool:
        return any(task.cores > 0 for task in self.tasks)


def make_ask(job: Job, group: TaskGroup, *, oversubscription: bool = False) -> Ask:
    """The ask of a group. `oversubscription` tells whether `MemoryMaxMB` is granted."""
    tasks = group.tasks or []
    asked = tuple(_task(task, oversubscription) for task in tasks)
    plain = _plain_tasks(asked)
    group_wide = [group.constraints, *(task.constraints for task in tasks)]
    preferences = [job.affinities, group.affinities, *(task.affinities for task in tasks)]
    csi = tuple(request for request in (group.volumes or {}).values() if request.type == "csi")
    return Ask(
        job=job,
        group=group,
        tasks=asked,
        disk=group.ephemeral_disk.size_mb,
        network=_network(group.networks),
        drivers=tuple(dict.fromkeys(task.driver for task in tasks)),
        job_conditions=compile_constraints(job.constraints),
        group_conditions=sum(map(compile_constraints, group_wide), ()),
        devices=tuple(device for task in asked for device in task.devices),
        secret_providers=tuple(dict.fromkeys(secret.provider for task in tasks for secret in task.secrets or ())),
        host_volumes=tuple(request for request in (group.volumes or {}).values() if request.type == "host"),
        csi_volumes=csi,
        job_distinct_hosts=_distinct_hosts(job.constraints),
        group_distinct_hosts=_distinct_hosts(group.constraints),
        job_limits=property_limits(job.constraints),
        group_limits=property_limits(group.constraints),
        affinities=sum(map(compile_affinities, preferences), ()),
        spreads=(*(job.spreads or ()), *(group.spreads or ())),
        job_escapes=any_escapes(job.constraints),
        group_escapes=any(map(any_escapes, group_wide)) or bool(csi),
        plain_tasks=plain,
        plain_usage=NO_USAGE if plain is None else flatten(plain.values(), group.ephemeral_disk.size_mb),
    )


def _plain_tasks(tasks: Iterable[TaskAsk]) -> dict[str, AllocatedTask] | None:
    made = {}
    for task in tasks:
        if task.network is not None or task.devices or task.cores > 0:
            return None
        made[task.name] = AllocatedTask(task.cpu, task.memory, task.memory_max, (), (), (), task.hook, task.sidecar)
    return made


def _task(task: Task, oversubscription: bool) -> TaskAsk:
    resources = task.resources
    memory_max = 0
    if oversubscription:
        limit = resources.memory_max_mb
        memory_max = _saturated(limit + resources.secrets_mb) if limit > 0 else -1 if limit == -1 else 0
    return TaskAsk(
        task.name,
        resources.cpu,
        resources.cores,
        resources.memory_mb,
        _saturated(resources.memory_mb + resources.secrets_mb),
        memory_max,
        _network(resources.networks),
        tuple(_device(device) for device in resources.devices or ()),
        "" if task.lifecycle is None else task.lifecycle.hook,
        False if task.lifecycle is None else task.lifecycle.sidecar,
    )


def _saturated(amount: int) -> int:
    return min(amount, INT64_MAX)


def _network(networks: list[NetworkResource] | None) -> NetworkAsk | None:
    """The first network; further ones play no part. spec: placement §9.2, §9.3"""
    if not networks:
        return None
    network = networks[0]
    static, dynamic = (
        tuple(
            PortAsk(port.label, port.value, port.to, port.host_network, port.ignore_collision) for port in ports or ()
        )
        for ports in (network.reserved_ports, network.dynamic_ports)
    )
    return NetworkAsk(network.mode or HOST_MODE, network.mbits, static, dynamic)


def _device(device: RequestedDevice) -> DeviceAsk:
    """`type`, `vendor/type` or `vendor/type/name`. spec: placement §6.4"""
    parts: list[str] = device.name.split("/", 2)
    vendor = parts[0] if len(parts) > 1 else None
    return DeviceAsk(
        device.name,
        device.count,
        vendor,
        parts[0] if vendor is None else parts[1],
        parts[2] if len(parts) > 2 else None,
        tuple(DeviceCondition(item.ltarget, item.operand, item.rtarget) for item in device.constraints or ()),
        tuple(
            DeviceCondition(item.ltarget, item.operand, item.rtarget, item.weight) for item in device.affinities or ()
        ),
    )


def _distinct_hosts(constraints: Iterable[Constraint] | None) -> bool:
    """Only the first one counts; what is no boolean is on. spec: placement §5.8"""
    for item in constraints or ():
        if item.operand == DISTINCT_HOSTS:
            return parse_bool(item.rtarget) is not False
    return False


def property_limits(constraints: Iterable[Constraint] | None) -> tuple[PropertyLimit, ...]:
    """The `distinct_property` constraints. spec: placement §5.9"""
    return tuple(
        PropertyLimit(item.ltarget, _allowed(item.rtarget), item.rtarget)
        for item in constraints or ()
        if item.operand == DISTINCT_PROPERTY
    )


def _allowed(text: str) -> int | None:
    if text == "":
        return 1
    return int(text) if text.isascii() and text.isdigit() and int(text) < 1 << 64 else None
