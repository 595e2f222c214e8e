"""What the proposed allocations of many nodes use, as arrays. spec: placement §8; arrays: design, seam 4"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jobplan.inventory.nodes import Node
    from jobplan.placement.occupancy import Occupancy

NOBODY = 1 << 40
"""Lowest priority on a node without allocations."""


class UsageColumns:
    """One row per node: sums of cpu, memory, disk, the number of allocations, and their lowest priority.

    `odd` marks nodes that must be looked at one by one: unknown capacity, allocations without resources, colliding
    ports, reserved ports that cannot be read, cores in use that are shared or not to be had.
    """

    __slots__ = ("count", "cpu", "disk", "lowest", "memory", "odd")

    cpu: NDArray[np.int64]
    memory: NDArray[np.int64]
    disk: NDArray[np.int64]
    count: NDArray[np.int64]
    lowest: NDArray[np.int64]
    odd: NDArray[np.bool_]

    @classmethod
    def of(cls, nodes: Sequence[Node], occupancies: Mapping[str, Occupancy]) -> UsageColumns:
        """The columns of nodes in the given order. Raises OverflowError for sums beyond 64 bits."""
        import numpy

        found = [occupancies[node.id] for node in nodes]
        made = cls()
        made.cpu = numpy.array([item.cpu for item in found], numpy.int64)
        made.memory = numpy.array([item.memory for item in found], numpy.int64)
        made.disk = numpy.array([item.disk for item in found], numpy.int64)
        made.count = numpy.array([len(item.occupants) for item in found], numpy.int64)
        made.lowest = numpy.array([lowest_priority(item) for item in found], numpy.int64)
        made.odd = numpy.array([is_odd(node, item) for node, item in zip(nodes, found)], numpy.bool_)
        return made

    def copy(self) -> UsageColumns:
        made = UsageColumns()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name).copy())
        return made

    def set_row(self, row: int, node: Node, occupancy: Occupancy) -> None:
        """Takes over the occupancy of a node."""
        self.cpu[row], self.memory[row], self.disk[row] = occupancy.cpu, occupancy.memory, occupancy.disk
        self.count[row], self.lowest[row] = len(occupancy.occupants), lowest_priority(occupancy)
        self.odd[row] = is_odd(node, occupancy)


def lowest_priority(occupancy: Occupancy) -> int:
    return min((occupant.priority for occupant in occupancy.occupants.values()), default=NOBODY)


def is_odd(node: Node, occupancy: Occupancy) -> bool:
    available = node.available
    return (
        available is None
        or occupancy.broken
        or occupancy.shares_core
        or occupancy.ports.collided
        or occupancy.ports.base.broken
        or bool(available.cores and occupancy.cores and not available.cores >= occupancy.cores)
    )
