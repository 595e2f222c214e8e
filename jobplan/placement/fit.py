"""The fit stage: does an allocation find its ports, devices, cores, cpu, memory and disk on a node? spec: placement §9

`try_fit` answers with a `Fit`, or with the `Reason` that ended the node. With preemption on, allocations of lower
priority give way where the stage would fail. spec: placement §12
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jobplan.errors import PlanError
from jobplan.inventory.allocations import (
    AllocatedDevice,
    AllocatedNetwork,
    AllocatedPort,
    AllocatedResources,
    AllocatedTask,
)
from jobplan.placement.checkers.network import host_network
from jobplan.placement.devicefit import DeviceIndex
from jobplan.placement.occupancy import NIL_POINTER, Occupancy
from jobplan.placement.ports import INVALID_NODE, PORT_COLLISION, PortIndex
from jobplan.placement.reasons import Reason
from jobplan.placement.resources import Occupant, Usage, flatten

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Capacity, Node
    from jobplan.placement.asks import Ask, NetworkAsk, PortAsk, TaskAsk
    from jobplan.placement.trial import Trial

MAX_ALLOCATIONS = "max allocation exceeded"


@dataclasses.dataclass(slots=True)
class Fit:
    """What an allocation would get on a node. `total_cpu` and `total_memory` count it and all proposed ones.

    `victims` are the allocations to preempt, in the order found, one entry per port that is freed.
    """

    node: Node
    tasks: dict[str, AllocatedTask]
    usage: Usage
    ports: list[AllocatedPort]
    total_cpu: int
    total_memory: int
    device_score: float = 0.0
    device_weight: float = 0.0
    victims: list[Occupant] = dataclasses.field(default_factory=list)

    def resources(self, ask: Ask) -> AllocatedResources:
        """The resources in the shape of an allocation. spec: placement §3 step 3.8"""
        return AllocatedResources(self.tasks, ask.disk, self._networks(ask), tuple(self.ports))

    def _networks(self, ask: Ask) -> tuple[AllocatedNetwork, ...]:
        """The group's network with its ports, by which preemption finds the allocation later. spec: §12.2"""
        if ask.network is None or not self.ports:
            return ()
        static = len(ask.network.static)
        ip = self.ports[0].host_ip
        return (AllocatedNetwork(ask.network.mode, "", ip, 0, tuple(self.ports[:static]), tuple(self.ports[static:])),)


def try_fit(trial: Trial, node: Node) -> Fit | Reason:
    """The whole stage on one node. spec: placement §9"""
    available = node.available
    if available is None:
        raise PlanError(NIL_POINTER)
    occupancy = trial.draft.occupancy(node.id)
    occupancy.check()
    index = occupancy.ports
    if index.base.broken:
        return Reason(f"network: {INVALID_NODE}", "reserved ports")
    if index.collided:
        return Reason(f"network: {PORT_COLLISION}")
    return _Attempt(trial, node, available, occupancy).run()


class _Attempt:
    """One attempt on one node; `occupancy` loses the victims as they are found."""

    __slots__ = ("available", "cores", "devices", "index", "node", "occupancy", "ports", "tasks", "trial", "victims")

    def __init__(self, trial: Trial, node: Node, available: Capacity, occupancy: Occupancy) -> None:
        self.trial, self.node, self.available = trial, node, available
        self.occupancy = occupancy
        self.index: PortIndex | None = None
        self.devices: DeviceIndex | None = None
        self.cores: frozenset[int] = frozenset()
        self.ports: list[AllocatedPort] = []
        self.tasks: dict[str, AllocatedTask] = {}
        self.victims: list[Occupant] = []

    def run(self) -> Fit | Reason:
        ask = self.trial.ask
        if ask.network is not None and (ask.network.static or ask.network.dynamic):
            reason = self._group_network(ask.network)
            if reason is not None:
                return reason
        if ask.plain_tasks is not None:
            self.tasks = ask.plain_tasks
            return self._compare(ask.plain_usage)
        for task in ask.tasks:
            reason = self._task(task)
            if reason is not None:
                return reason
        return self._compare(flatten(self.tasks.values(), ask.disk))

    # ---- networks --------------------------------------------------------------------------------------------------

    def _own_index(self) -> PortIndex:
        """The port index of this attempt: a copy that takes what is offered."""
        if self.index is None:
            self.index = self.occupancy.ports.copy()
        return self.index

    def _host_network(self, port: PortAsk) -> str:
        return host_network(port.host_network, self.node) or ""

    def _group_network(self, ask: NetworkAsk) -> Reason | None:
        """spec: placement §9.2"""
        avoid = self.trial.avoid_ports
        offer = self._own_index().offer_group(ask, self._host_network, avoid)
        if isinstance(offer, str):
            if not self._preempt_network(ask):
                return Reason(f"network: {offer}", self.trial.ask.name)
            offer = self._own_index().offer_group(ask, self._host_network, avoid)
            if isinstance(offer, str):
                return Reason(f"network: {offer}", self.trial.ask.name)
        self.ports = offer
        return None

    def _task_network(self, task: TaskAsk, ask: NetworkAsk) -> AllocatedNetwork | Reason:
        """spec: placement §9.3"""
        avoid = self.trial.avoid_ports
        offer = self._own_index().offer_task(ask, avoid)
        if isinstance(offer, str):
            if not self._preempt_network(ask):
                return Reason(f"network: {offer}", task.name, ask.mbits)
            offer = self._own_index().offer_task(ask, avoid)
            if isinstance(offer, str):
                return Reason(f"network: {offer}", task.name, ask.mbits)
        return offer

    def _preempt_network(self, ask: NetworkAsk) -> bool:
        """Makes room for ports and bandwidth; the index starts afresh without the victims. spec: placement §12.2"""
        if not self.trial.preempting:
            return False
        from jobplan.placement.preemption.ports import find_port_victims

        found = find_port_victims(self.trial, self.occupancy, self._own_index(), ask)
        if not found:
            return False
        self._remove(found)
        self.index = None
        return True

    def _remove(self, found: list[Occupant]) -> None:
        self.victims.extend(found)
        extra = self.trial.draft.extra_bandwidth.get(self.node.id)
        self.occupancy = self.occupancy.without(found, extra)

    # ---- tasks -------------------------------------------------------------------------------------------------------

    def _task(self, task: TaskAsk) -> Reason | None:
        """Network, devices and cores of one task. spec: placement §9.3–9.5"""
        networks: tuple[AllocatedNetwork, ...] = ()
        if task.network is not None:
            offer = self._task_network(task, task.network)
            if isinstance(offer, Reason):
                return offer
            networks = (offer,)
        devices: list[AllocatedDevice] = []
        for ask in task.devices:
            if self.devices is None:
                self.devices = DeviceIndex(self.node, self.occupancy.occupants.values())
            made = self.devices.assign(ask)
            if isinstance(made, str) and self.trial.preempting:
                from jobplan.placement.preemption.devices import find_device_victims

                found = find_device_victims(self.trial, self.occupancy, self.devices, ask)
                if found:
                    self._remove(found)
                    kept = self.devices
                    self.devices = DeviceIndex(self.node, self.occupancy.occupants.values())
                    self.devices.matched, self.devices.weight = kept.matched, kept.weight
                    made = self.devices.assign(ask)
            if isinstance(made, str):
                return Reason(f"devices: {made}", ask.asked, ask.count)
            devices.append(made)
        cpu = task.cpu
        cores: tuple[int, ...] = ()
        if task.cores > 0:
            taken = self._take_cores(task.cores)
            if taken is None:
                return Reason("cores", task.name, task.cores)
            cpu, cores = taken
        self.tasks[task.name] = AllocatedTask(
            cpu, task.memory, task.memory_max, cores, networks, tuple(devices), task.hook, task.sidecar
        )
        return None

    def _take_cores(self, wanted: int) -> tuple[int, tuple[int, ...]] | None:
        """The lowest free cores and the sum of their speeds. spec: placement §9.5"""
        assert self.node.resources is not None
        assert self.node.resources.topology is not None
        topology = self.node.resources.topology
        held = self.occupancy.held_cores | self.cores
        free = sorted(topology.usable_cores - held)
        if len(free) < wanted:
            return None
        taken = free[:wanted]
        self.cores |= frozenset(taken)
        speeds = {core.id: core.speed for core in topology.cores}
        return sum(speeds[core] for core in taken), tuple(taken)

    # ---- comparison --------------------------------------------------------------------------------------------------

    def _compare(self, usage: Usage) -> Fit | Reason:
        """spec: placement §9.6, with preemption §12.4"""
        before, occupancy = self.occupancy, self.occupancy
        reason = compare(occupancy, usage, self.available, self.node.max_allocs)
        if reason is not None:
            if not self.trial.preempting:
                return reason
            from jobplan.placement.preemption.amounts import find_amount_victims

            found = find_amount_victims(self.trial, self.node, self.available, occupancy, usage)
            if not found:
                return reason
            self.victims.extend(found)
        return Fit(
            self.node,
            self.tasks,
            usage,
            self.ports,
            before.cpu + usage.cpu,
            before.memory + usage.memory,
            self.devices.matched if self.devices is not None else 0.0,
            self.devices.weight if self.devices is not None else 0.0,
            self.victims,
        )


def compare(occupancy: Occupancy, usage: Usage, available: Capacity, max_allocs: int) -> Reason | None:
    """Whether the proposed allocations and one more stay within the node. Equality fits. spec: placement §9.6"""
    count = len(occupancy.occupants) + 1
    if max_allocs != 0 and max_allocs < count:
        return Reason(MAX_ALLOCATIONS, "", count, max_allocs)
    if occupancy.shares_core or (usage.cores and not occupancy.cores.isdisjoint(usage.cores)):
        return Reason("cores")
    cpu = occupancy.cpu + usage.cpu
    if available.cpu < cpu:
        return Reason("cpu", "", usage.cpu, available.cpu - occupancy.cpu)
    if available.cores and (occupancy.cores or usage.cores) and not available.cores >= occupancy.cores | usage.cores:
        return Reason("cores", "", sorted(usage.cores), sorted(available.cores - occupancy.cores))
    if available.memory_mb < occupancy.memory + usage.memory:
        return Reason("memory", "", usage.memory, available.memory_mb - occupancy.memory)
    if available.disk_mb < occupancy.disk + usage.disk:
        return Reason("disk", "", usage.disk, available.disk_mb - occupancy.disk)
    return None
