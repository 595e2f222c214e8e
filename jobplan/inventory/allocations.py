"""Allocations and the job versions they run, decoded and checked once. spec: placement §1.8, reconcile §2.2, §2.3

Times are nanoseconds; `ZERO_TIME` stands for a time that is not set. Amounts: cpu in MHz, memory and disk in MB.
An allocation never carries its own copy of a job: allocations of one version share one `JobVersion`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from jobplan.errors import InventoryError
from jobplan.inventory import reading
from jobplan.inventory.jobs import JobVersion, unsigned
from jobplan.inventory.times import ZERO_TIME, parse_instant
from jobplan.model.job import Job

Json = Mapping[str, Any]

SERVER_TERMINAL = frozenset({"stop", "evict"})
CLIENT_TERMINAL = frozenset({"complete", "failed", "lost"})


# ---- parts of an allocation ----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Transition:
    """What the cluster wants done with an allocation (`DesiredTransition`); null is False."""

    migrate: bool = False
    reschedule: bool = False
    force: bool = False
    no_placement: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class DeploymentHealth:
    """Health of an allocation in its deployment (`DeploymentStatus`); `healthy` None: not known yet."""

    healthy: bool | None = None
    canary: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class RescheduleEvent:
    """One earlier rescheduling; `time` and `delay` in ns."""

    time: int
    delay: int
    previous_node: str


@dataclasses.dataclass(frozen=True, slots=True)
class RescheduleTracker:
    """`events` is None for a null list, which differs from an empty one. spec: reconcile §2.7"""

    events: tuple[RescheduleEvent, ...] | None
    last_reschedule: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class AllocState:
    """One recorded change; field 0 is the client status."""

    field: int
    value: str
    time: int


@dataclasses.dataclass(frozen=True, slots=True)
class TaskState:
    """State of one task."""

    state: str
    failed: bool
    restarts: int = 0
    started_at: int = ZERO_TIME
    finished_at: int = ZERO_TIME
    last_restart: int = ZERO_TIME

    @property
    def last_start(self) -> int:
        """When the task last came up. spec: reconcile §3.6"""
        return self.last_restart if self.restarts > 0 else self.started_at


@dataclasses.dataclass(frozen=True, slots=True)
class AllocatedDevice:
    """Device instances taken by a task."""

    vendor: str
    type: str
    name: str
    ids: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class AllocatedPort:
    """A port on the host; `host_ip` is empty in a task network."""

    label: str
    value: int
    to: int = 0
    host_ip: str = ""
    ignore_collision: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class AllocatedNetwork:
    """A network handed out to a task or a group."""

    mode: str
    device: str
    ip: str
    mbits: int
    reserved_ports: tuple[AllocatedPort, ...] = ()
    dynamic_ports: tuple[AllocatedPort, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class AllocatedTask:
    """What one task holds. `hook` is empty for a main task, `sidecar` only matters with a hook."""

    cpu: int
    memory_mb: int
    memory_max_mb: int = 0
    cores: tuple[int, ...] = ()
    networks: tuple[AllocatedNetwork, ...] = ()
    devices: tuple[AllocatedDevice, ...] = ()
    hook: str = ""
    sidecar: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class AllocatedResources:
    """What an allocation holds: per task, and shared by its tasks."""

    tasks: Mapping[str, AllocatedTask]
    disk_mb: int = 0
    networks: tuple[AllocatedNetwork, ...] = ()
    ports: tuple[AllocatedPort, ...] = ()


NO_TRANSITION = Transition()


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """An allocation; two are the same only if they are the same object. `api` is the object as it was given."""

    id: str
    name: str
    task_group: str
    version: JobVersion
    node_id: str = ""
    desired_status: str = "run"
    client_status: str = "pending"
    resources: AllocatedResources | None = None
    transition: Transition = NO_TRANSITION
    deployment_id: str = ""
    health: DeploymentHealth | None = None
    next_allocation: str = ""
    previous_allocation: str = ""
    followup_eval_id: str = ""
    tracker: RescheduleTracker | None = None
    states: tuple[AllocState, ...] = ()
    task_states: Mapping[str, TaskState] = dataclasses.field(default_factory=dict)
    norm_score: float | None = None
    """`NormScore` of the first entry of `Metrics.ScoreMetaData`; None without one."""
    create_index: int = 0
    modify_index: int = 0
    create_time: int = 0
    modify_time: int = 0
    api: Json = dataclasses.field(default_factory=dict, repr=False)

    @property
    def namespace(self) -> str:
        return self.version.namespace

    @property
    def job_id(self) -> str:
        return self.version.id

    @property
    def job(self) -> Job:
        """The job version that the allocation runs: never the submitted job. spec: reconcile, Notation"""
        return self.version.job

    @property
    def server_terminal(self) -> bool:
        return self.desired_status in SERVER_TERMINAL

    @property
    def client_terminal(self) -> bool:
        return self.client_status in CLIENT_TERMINAL

    @property
    def terminal(self) -> bool:
        return self.desired_status in SERVER_TERMINAL or self.client_status in CLIENT_TERMINAL

    @classmethod
    def from_api(
        cls, obj: Any, find_version: Callable[[Json, str], JobVersion], *, path: str = "Allocation"
    ) -> Allocation:
        """An allocation from the object of `GET /v1/allocation/:id`.

        `find_version(obj, path)` gives the job version it runs (from its `Job`, or by `JobID` and `JobVersion`).
        Raises `InventoryError` with the place of a wrong value.
        """
        obj = reading.is_object(obj, path)
        text = reading.text
        if not text(obj, "ID", path):
            raise InventoryError("an allocation must have an ID", path=path)
        group = text(obj, "TaskGroup", path)
        if not group:
            raise InventoryError("an allocation must have a TaskGroup", path=path)
        version = find_version(obj, path)
        if version.lacks_group(group):
            raise InventoryError(f"{version} has no group {group}", path=f"{path}.TaskGroup")
        return cls(
            text(obj, "ID", path),
            text(obj, "Name", path),
            group,
            version,
            text(obj, "NodeID", path),
            text(obj, "DesiredStatus", path) or "run",
            text(obj, "ClientStatus", path) or "pending",
            _resources(obj, path),
            _transition(obj, path),
            text(obj, "DeploymentID", path),
            _health(obj, path),
            text(obj, "NextAllocation", path),
            text(obj, "PreviousAllocation", path),
            text(obj, "FollowupEvalID", path),
            _tracker(obj, path),
            _states(obj, path),
            _task_states(obj, path),
            _norm_score(obj, path),
            unsigned(obj, "CreateIndex", path),
            unsigned(obj, "ModifyIndex", path),
            reading.number(obj, "CreateTime", path),
            reading.number(obj, "ModifyTime", path),
            obj,
        )


# ---- reading ---------------------------------------------------------------------------------------------------------


def _transition(obj: Json, path: str) -> Transition:
    found = reading.member(obj, "DesiredTransition", path)
    if not found:
        return NO_TRANSITION
    path += ".DesiredTransition"
    return Transition(
        reading.flag(found, "Migrate", path),
        reading.flag(found, "Reschedule", path),
        reading.flag(found, "ForceReschedule", path),
        reading.flag(found, "MigrateDisablePlacement", path),
    )


def _health(obj: Json, path: str) -> DeploymentHealth | None:
    found = reading.member(obj, "DeploymentStatus", path)
    if found is None:
        return None
    path += ".DeploymentStatus"
    healthy = None if found.get("Healthy") is None else reading.flag(found, "Healthy", path)
    return DeploymentHealth(healthy, reading.flag(found, "Canary", path))


def _tracker(obj: Json, path: str) -> RescheduleTracker | None:
    found = reading.member(obj, "RescheduleTracker", path)
    if found is None:
        return None
    path += ".RescheduleTracker"
    events = None
    if reading.items(found, "Events", path) is not None:
        events = tuple(
            RescheduleEvent(
                reading.number(event, "RescheduleTime", place),
                reading.number(event, "Delay", place),
                reading.text(event, "PrevNodeID", place),
            )
            for place, event in reading.objects(found, "Events", path)
        )
    return RescheduleTracker(events, reading.text(found, "LastReschedule", path))


def _states(obj: Json, path: str) -> tuple[AllocState, ...]:
    if obj.get("AllocStates") is None:
        return ()
    return tuple(
        AllocState(
            reading.number(state, "Field", place),
            reading.text(state, "Value", place),
            parse_instant(state.get("Time"), f"{place}.Time"),
        )
        for place, state in reading.objects(obj, "AllocStates", path)
    )


def _task_states(obj: Json, path: str) -> dict[str, TaskState]:
    found = reading.member(obj, "TaskStates", path)
    if not found:
        return {}
    made = {}
    for name, state in found.items():
        if state is None:
            continue
        place = f"{path}.TaskStates.{name}"
        reading.is_object(state, place)
        made[name] = TaskState(
            reading.text(state, "State", place),
            reading.flag(state, "Failed", place),
            reading.number(state, "Restarts", place),
            parse_instant(state.get("StartedAt"), f"{place}.StartedAt"),
            parse_instant(state.get("FinishedAt"), f"{place}.FinishedAt"),
            parse_instant(state.get("LastRestart"), f"{place}.LastRestart"),
        )
    return made


def _norm_score(obj: Json, path: str) -> float | None:
    metrics = reading.member(obj, "Metrics", path)
    scores = None if metrics is None else reading.items(metrics, "ScoreMetaData", f"{path}.Metrics")
    if not scores or scores[0] is None:
        return None
    place = f"{path}.Metrics.ScoreMetaData[0]"
    score = reading.is_object(scores[0], place).get("NormScore")
    if score is None:
        return 0.0
    if type(score) not in (int, float):
        raise reading.refuse(place, "NormScore", "a number", score)
    return float(score)


def _resources(obj: Json, path: str) -> AllocatedResources | None:
    """`AllocatedResources`, or what older servers wrote in their place. spec: placement §1.8"""
    found = reading.member(obj, "AllocatedResources", path)
    if found is None:
        return _old_resources(obj, path)
    path += ".AllocatedResources"
    lifecycles = reading.member(found, "TaskLifecycles", path) or {}
    tasks = {}
    for name, task in (reading.member(found, "Tasks", path) or {}).items():
        if task is not None:
            place = f"{path}.Tasks.{name}"
            tasks[name] = _task(reading.is_object(task, place), reading.member(lifecycles, name, path), place)
    shared = reading.member(found, "Shared", path)
    if shared is None:
        return AllocatedResources(tasks)
    path += ".Shared"
    return AllocatedResources(
        tasks, unsigned(shared, "DiskMB", path), _networks(shared, path), _ports(shared, "Ports", path)
    )


def _task(obj: Json, lifecycle: Json | None, path: str) -> AllocatedTask:
    cpu = reading.member(obj, "Cpu", path) or {}
    memory = reading.member(obj, "Memory", path) or {}
    return AllocatedTask(
        unsigned(cpu, "CpuShares", path),
        unsigned(memory, "MemoryMB", path),
        reading.number(memory, "MemoryMaxMB", path),
        () if cpu.get("ReservedCores") is None else reading.numbers(cpu, "ReservedCores", path),
        _networks(obj, path),
        _devices(obj, path),
        "" if lifecycle is None else reading.text(lifecycle, "Hook", path),
        False if lifecycle is None else reading.flag(lifecycle, "Sidecar", path),
    )


def _devices(obj: Json, path: str) -> tuple[AllocatedDevice, ...]:
    if obj.get("Devices") is None:
        return ()
    return tuple(
        AllocatedDevice(
            reading.text(device, "Vendor", place),
            reading.text(device, "Type", place),
            reading.text(device, "Name", place),
            tuple(str(entry) for entry in reading.items(device, "DeviceIDs", place) or ()),
        )
        for place, device in reading.objects(obj, "Devices", path)
    )


def _networks(obj: Json, path: str) -> tuple[AllocatedNetwork, ...]:
    if obj.get("Networks") is None:
        return ()
    return tuple(
        AllocatedNetwork(
            reading.text(network, "Mode", place),
            reading.text(network, "Device", place),
            reading.text(network, "IP", place),
            reading.number(network, "MBits", place),
            _ports(network, "ReservedPorts", place),
            _ports(network, "DynamicPorts", place),
        )
        for place, network in reading.objects(obj, "Networks", path)
    )


def _ports(obj: Json, key: str, path: str) -> tuple[AllocatedPort, ...]:
    if obj.get(key) is None:
        return ()
    return tuple(
        AllocatedPort(
            reading.text(port, "Label", place),
            reading.number(port, "Value", place),
            reading.number(port, "To", place),
            reading.text(port, "HostIP", place),
            reading.flag(port, "IgnoreCollision", place),
        )
        for place, port in reading.objects(obj, key, path)
    )


def _old_resources(obj: Json, path: str) -> AllocatedResources | None:
    old = reading.member(obj, "TaskResources", path)
    if old is None:
        return None
    tasks = {}
    for name, task in old.items():
        if task is not None:
            place = f"{path}.TaskResources.{name}"
            reading.is_object(task, place)
            tasks[name] = AllocatedTask(
                unsigned(task, "CPU", place), unsigned(task, "MemoryMB", place), networks=_networks(task, place)
            )
    shared = reading.member(obj, "SharedResources", path)
    if shared is None:
        return AllocatedResources(tasks)
    path += ".SharedResources"
    return AllocatedResources(tasks, unsigned(shared, "DiskMB", path), _networks(shared, path))
