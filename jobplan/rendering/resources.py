"""What a job asks of the cluster before and after: per group the ask of one allocation times its count.

Taken from API jobs; what a submitted job leaves out counts with its default. spec: placement §8.2, §8.3, model §4
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Api = Mapping[str, Any]

DEFAULT_CPU, DEFAULT_MEMORY_MB, DEFAULT_DISK_MB = 100, 300, 300

# Phases in which a task of a lifecycle runs; tasks of one phase run together. spec: placement §8.2
_PHASES: dict[tuple[str, bool], tuple[str, ...]] = {
    ("", False): ("main",),
    ("", True): ("main",),
    ("prestart", False): ("prestart",),
    ("prestart", True): ("prestart", "main"),
    ("poststart", False): ("main",),
    ("poststart", True): ("main",),
    ("poststop", False): ("stop",),
    ("poststop", True): ("stop",),
}


class Amounts(NamedTuple):
    """CPU in MHz, reserved cores, memory and disk in MiB."""

    cpu: int = 0
    cores: int = 0
    memory_mb: int = 0
    disk_mb: int = 0

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*(a + b for a, b in zip(self, other)))

    def times(self, count: int) -> Amounts:
        return Amounts(*(amount * count for amount in self))


@dataclass(frozen=True, slots=True)
class GroupDelta:
    """One group: allocations and their sum before and after; a side without the group is zero."""

    group: str
    old_count: int
    new_count: int
    old: Amounts
    new: Amounts


def resource_deltas(old_job: Api | None, new_job: Api | None) -> list[GroupDelta]:
    """One row per group of either job, in the order of the new job, removed groups last.

    A stopped job asks for nothing. Groups of system jobs run once a node: their rows are those of one allocation.
    """
    old, new = _groups(old_job), _groups(new_job)
    rows = []
    for name in [*new, *(name for name in old if name not in new)]:
        old_count, old_ask = old.get(name, (0, Amounts()))
        new_count, new_ask = new.get(name, (0, Amounts()))
        rows.append(GroupDelta(name, old_count, new_count, old_ask.times(old_count), new_ask.times(new_count)))
    return rows


def group_count(group: Api, job: Api) -> int:
    """How many allocations a group wants; 1 for a group of a system job."""
    if job.get("Stop"):
        return 0
    if job.get("Type") in ("system", "sysbatch"):
        return 1
    count = group.get("Count")
    if count is None:
        count = (group.get("Scaling") or {}).get("Min")
    return 1 if count is None else int(count)


def _groups(job: Api | None) -> dict[str, tuple[int, Amounts]]:
    if job is None:
        return {}
    groups = job.get("TaskGroups") or []
    return {group.get("Name") or "": (group_count(group, job), allocation_ask(group)) for group in groups}


def allocation_ask(group: Api) -> Amounts:
    """What one allocation of a group needs."""
    phases = {"prestart": Amounts(), "main": Amounts(), "stop": Amounts()}
    reserved = Amounts()
    for task in group.get("Tasks") or []:
        ask = _task_ask(task)
        if ask.cores:
            reserved = reserved.plus(Amounts(cores=ask.cores))
        lifecycle = task.get("Lifecycle") or {}
        for phase in _PHASES.get((lifecycle.get("Hook") or "", bool(lifecycle.get("Sidecar"))), ()):
            phases[phase] = phases[phase].plus(ask._replace(cores=0))
    disk = (group.get("EphemeralDisk") or {}).get("SizeMB")
    return Amounts(
        cpu=max(amounts.cpu for amounts in phases.values()),
        cores=reserved.cores,
        memory_mb=max(amounts.memory_mb for amounts in phases.values()),
        disk_mb=DEFAULT_DISK_MB if disk is None else int(disk),
    )


def _task_ask(task: Api) -> Amounts:
    resources = task.get("Resources") or {}
    cores = int(resources.get("Cores") or 0)
    cpu, memory = resources.get("CPU"), resources.get("MemoryMB")
    if cores:
        cpu = 0  # the speed of reserved cores is known on a node only
    return Amounts(
        cpu=DEFAULT_CPU if cpu is None else int(cpu),
        cores=cores,
        memory_mb=(DEFAULT_MEMORY_MB if memory is None else int(memory)) + int(resources.get("SecretsMB") or 0),
    )
