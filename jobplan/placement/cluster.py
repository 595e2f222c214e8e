"""An inventory as placement uses it: everything derived from it that does not depend on the job under plan.

`cluster_of(inventory)` makes it once per inventory; it only holds pure functions of the inventory.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobplan.inventory.columns import NodeColumns, PerKey, ReadyNodes, find_ready
from jobplan.placement.occupancy import Occupancy
from jobplan.placement.ports import NodePorts, node_ports
from jobplan.placement.resources import Occupant
from jobplan.placement.usage import UsageColumns

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.inventory.snapshot import Inventory
    from jobplan.inventory.volumes import CSIVolume, HostVolume


class Cluster:
    """Derived state of one inventory; made on first use, then kept."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.nodes = inventory.nodes
        self.occupants: PerKey[Occupant] = PerKey(lambda key: Occupant.of(inventory.allocations[key]))
        self.ports: PerKey[NodePorts] = PerKey(lambda key: node_ports(inventory.nodes[key]))
        self.occupancies: PerKey[Occupancy] = PerKey(self._occupancy)
        self._columns: tuple[NodeColumns, UsageColumns] | None = None
        self._ready: dict[tuple[str, tuple[str, ...]], ReadyNodes] = {}

    def ready(self, pool: str, datacenters: tuple[str, ...]) -> ReadyNodes:
        """The base list. spec: placement §2"""
        found = self._ready.get((pool, datacenters))
        if found is None:
            found = self._ready[pool, datacenters] = find_ready(self.inventory, pool, datacenters)
        return found

    def _occupancy(self, node_id: str) -> Occupancy:
        """What runs on a node before the plan. spec: placement §8.1 steps 1 and 3"""
        made = Occupancy(self.ports[node_id])
        for allocation in self.inventory.allocations_on(node_id):
            if not allocation.client_terminal:
                made.add(self.occupants[allocation.id])
        return made

    def take_over(self, earlier: Cluster) -> None:
        """Facts about nodes and allocations that are the same objects in an earlier inventory: plans that follow each
        other differ in a few allocations. The earlier cluster may be in use by another thread, so it is copied from.
        """
        now, before = self.inventory, earlier.inventory
        same_nodes = {key for key, node in before.nodes.items() if now.nodes.get(key) is node}
        if not same_nodes:
            return
        for key, occupant in earlier.occupants.copy().items():
            if now.allocations.get(key) is before.allocations[key]:
                self.occupants[key] = occupant
        for key, ports in earlier.ports.copy().items():
            if key in same_nodes:
                self.ports[key] = ports
        for key, occupancy in earlier.occupancies.copy().items():
            if key in same_nodes and now.by_node.get(key) is before.by_node.get(key):
                self.occupancies[key] = occupancy

    # ---- columns -------------------------------------------------------------------------------------------------

    def has_columns(self, nodes: Sequence[Node]) -> bool:
        """Whether the columns of these nodes, in this order, are at hand."""
        return self._columns is not None and self._columns[0].nodes is nodes

    def columns(self, nodes: Sequence[Node]) -> tuple[NodeColumns, UsageColumns]:
        """Facts and use of the nodes as arrays; those of the list asked for last are kept."""
        found = self._columns
        if found is None or found[0].nodes is not nodes:
            found = self._columns = (NodeColumns(nodes), UsageColumns.of(nodes, self.occupancies))
        return found

    @functools.cached_property
    def csi_volumes(self) -> dict[tuple[str, str], CSIVolume]:
        """By namespace and ID."""
        return {(volume.namespace, volume.id): volume for volume in self.inventory.csi_volumes}

    @functools.cached_property
    def host_volumes(self) -> dict[tuple[str, str], HostVolume]:
        """Dynamic host volumes by namespace and ID."""
        return {(volume.namespace, volume.id): volume for volume in self.inventory.host_volumes}


_latest: list[weakref.ref[Cluster]] = []
"""The cluster made last, as long as somebody keeps it. Only a memory: no answer depends on it."""


@functools.lru_cache(maxsize=2)
def cluster_of(inventory: Inventory) -> Cluster:
    """The cluster of an inventory; the last two are kept, and what is still true of the last one is taken over."""
    made = Cluster(inventory)
    earlier = _latest[0]() if _latest else None
    if earlier is not None:
        made.take_over(earlier)
    _latest[:] = [weakref.ref(made)]
    return made
