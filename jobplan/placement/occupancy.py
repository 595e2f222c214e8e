"""What the proposed allocations of one node use together. spec: placement §8.1, §9.1, §9.6"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from jobplan.errors import PlanError
from jobplan.placement.ports import NodePorts, PortIndex

if TYPE_CHECKING:
    from jobplan.placement.resources import Occupant

NIL_POINTER = "failed to process eval: runtime error: invalid memory address or nil pointer dereference"


class Occupancy:
    """The proposed allocations of a node with their sums. Shared until somebody changes it: `copy` first.

    `cores` are those in use, `held_cores` those that no further task gets; they differ for finished allocations.
    `shares_core`: two allocations use one core. `broken`: one has no resources, on which the server crashes.
    """

    __slots__ = (
        "_shares_ports",
        "broken",
        "cores",
        "cpu",
        "disk",
        "held_cores",
        "memory",
        "occupants",
        "ports",
        "shares_core",
    )

    def __init__(self, base: NodePorts, extra_bandwidth: Mapping[str, int] | None = None) -> None:
        self.occupants: dict[str, Occupant] = {}
        self.ports, self._shares_ports = PortIndex(base, extra_bandwidth), False
        self.cpu = self.memory = self.disk = 0
        self.cores: frozenset[int] = frozenset()
        self.held_cores: frozenset[int] = frozenset()
        self.shares_core = self.broken = False

    def add(self, occupant: Occupant) -> None:
        """One more allocation; its ID must be new here."""
        self.occupants[occupant.id] = occupant
        if occupant.resources is None:
            self.broken = True
            return
        usage = occupant.usage
        self.cpu += usage.cpu
        self.memory += usage.memory
        self.disk += usage.disk
        if occupant.held_cores:
            self.held_cores |= occupant.held_cores
            if usage.cores:
                self.shares_core = self.shares_core or not self.cores.isdisjoint(usage.cores)
                self.cores |= usage.cores
        if occupant.uses_ports:
            if self._shares_ports:
                self.ports, self._shares_ports = self.ports.copy(), False
            self.ports.add(occupant)

    def copy(self) -> Occupancy:
        made = object.__new__(Occupancy)
        made.occupants = dict(self.occupants)
        made.ports, made._shares_ports = self.ports, True  # copied when a port is added
        made.cpu, made.memory, made.disk = self.cpu, self.memory, self.disk
        made.cores, made.held_cores = self.cores, self.held_cores
        made.shares_core, made.broken = self.shares_core, self.broken
        return made

    def without(self, gone: Iterable[Occupant], extra_bandwidth: Mapping[str, int] | None = None) -> Occupancy:
        """The occupancy after some allocations are gone."""
        ids = {occupant.id for occupant in gone}
        return occupancy(
            self.ports.base, (item for item in self.occupants.values() if item.id not in ids), extra_bandwidth
        )

    def check(self) -> None:
        """Crashes as the server does when an allocation has no resources. spec: placement §1.8"""
        if self.broken:
            raise PlanError(NIL_POINTER)


def occupancy(
    base: NodePorts, occupants: Iterable[Occupant], extra_bandwidth: Mapping[str, int] | None = None
) -> Occupancy:
    """The occupancy of a node by these allocations."""
    made = Occupancy(base, extra_bandwidth)
    for occupant in occupants:
        made.add(occupant)
    return made
