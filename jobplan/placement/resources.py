"""Resource accounting: what allocations hold, flattened over the lives of their tasks. spec: placement §8

An `Occupant` is an allocation as the accounting of a node sees it: stored, updated in place, or newly placed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from jobplan.inventory.allocations import AllocatedResources, AllocatedTask

if TYPE_CHECKING:
    from jobplan.inventory.allocations import AllocatedDevice, AllocatedNetwork, AllocatedPort, Allocation
    from jobplan.inventory.jobs import JobVersion

NO_CORES: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    """Flattened figures of one allocation; `repeated` when one core is given to two of its tasks."""

    cpu: int = 0
    memory: int = 0
    disk: int = 0
    cores: frozenset[int] = NO_CORES


NO_USAGE = Usage()


def flatten(tasks: Iterable[AllocatedTask], disk: int) -> Usage:
    """The most that an allocation uses at any time. spec: placement §8.2

    Tasks that run before, beside and after the main tasks share room; reserved cores are never shared.
    """
    own_cpu = 0
    main_cpu = main_memory = prestart_cpu = prestart_memory = stop_cpu = stop_memory = 0
    cores: set[int] = set()
    for task in tasks:
        cpu = task.cpu
        if task.cores:
            own_cpu += cpu
            cores.update(task.cores)
            cpu = 0
        hook = task.hook
        if not hook or hook == "poststart":
            main_cpu += cpu
            main_memory += task.memory_mb
        elif hook == "prestart":
            prestart_cpu += cpu
            prestart_memory += task.memory_mb
            if task.sidecar:
                main_cpu += cpu
                main_memory += task.memory_mb
        elif hook == "poststop":
            stop_cpu += cpu
            stop_memory += task.memory_mb
    return Usage(
        own_cpu + max(main_cpu, prestart_cpu, stop_cpu),
        max(main_memory, prestart_memory, stop_memory),
        disk,
        frozenset(cores) if cores else NO_CORES,
    )


class Occupant:
    """An allocation on a node. `usage` is nothing for one that is client-terminal; `held_cores` are its cores even so.

    `resources` is None only for a stored allocation without any, on which the server crashes.
    """

    __slots__ = (
        "allocation",
        "client_terminal",
        "group",
        "held_cores",
        "id",
        "job_id",
        "name",
        "namespace",
        "node_id",
        "resources",
        "terminal",
        "usage",
        "uses_ports",
        "version",
    )

    def __init__(
        self,
        allocation: Allocation | None,
        identity: tuple[str, str, str],
        version: JobVersion,
        node_id: str,
        resources: AllocatedResources | None,
        *,
        client_terminal: bool = False,
        terminal: bool = False,
        usage: Usage | None = None,
    ) -> None:
        self.allocation = allocation
        self.id, self.name, self.group = identity
        self.version = version
        self.namespace, self.job_id = version.namespace, version.id
        self.node_id = node_id
        self.resources = resources
        self.client_terminal, self.terminal = client_terminal, terminal
        if usage is None and resources is not None:
            usage = flatten(resources.tasks.values(), resources.disk_mb)
        self.held_cores = NO_CORES if usage is None else usage.cores
        if client_terminal or usage is None or resources is None:
            self.usage, self.uses_ports = NO_USAGE, False
        else:
            self.usage = usage
            self.uses_ports = bool(
                resources.ports or resources.networks or any(task.networks for task in resources.tasks.values())
            )

    @classmethod
    def of(cls, allocation: Allocation) -> Occupant:
        """A stored allocation as it is."""
        return cls(
            allocation,
            (allocation.id, allocation.name, allocation.task_group),
            allocation.version,
            allocation.node_id,
            allocation.resources,
            client_terminal=allocation.client_terminal,
            terminal=allocation.terminal,
        )

    @property
    def priority(self) -> int:
        return self.version.priority

    @property
    def ports(self) -> tuple[AllocatedPort, ...]:
        return () if self.resources is None else self.resources.ports

    @property
    def counted_networks(self) -> list[AllocatedNetwork]:
        """Networks whose ports and bandwidth count: the group's, and the first of each task. spec: placement §9.1"""
        if self.resources is None:
            return []
        return [
            *self.resources.networks,
            *(task.networks[0] for task in self.resources.tasks.values() if task.networks),
        ]

    @property
    def first_network(self) -> AllocatedNetwork | None:
        """The network by which preemption for ports finds the allocation. spec: placement §12.2"""
        if self.resources is None:
            return None
        for task in self.resources.tasks.values():
            for network in task.networks:
                return network
        return self.resources.networks[0] if self.resources.networks else None

    @property
    def task_networks(self) -> list[AllocatedNetwork]:
        if self.resources is None:
            return []
        return [network for task in self.resources.tasks.values() for network in task.networks]

    @property
    def devices(self) -> list[AllocatedDevice]:
        """Device assignments, one entry per task and group of devices."""
        if self.resources is None or self.client_terminal:
            return []
        return [device for task in self.resources.tasks.values() for device in task.devices]


def with_updated_tasks(
    resources: AllocatedResources, updated: Mapping[str, AllocatedTask], disk: int
) -> AllocatedResources:
    """Resources of an allocation updated in place: new amounts, kept ports, networks, devices and cores.

    spec: plan §6.1 step 8
    """
    tasks = {}
    for name, task in updated.items():
        kept = resources.tasks.get(name)
        if kept is None:
            tasks[name] = task
        else:
            tasks[name] = dataclasses.replace(
                task,
                networks=kept.networks,
                devices=kept.devices,
                cores=kept.cores,
                cpu=kept.cpu if kept.cores else task.cpu,
            )
    return AllocatedResources(tasks, disk, resources.networks, resources.ports)
