"""The plan under construction: stops, placements and preemptions decided so far. spec: placement §8.1"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jobplan.placement.occupancy import Occupancy, occupancy

if TYPE_CHECKING:
    from jobplan.placement.cluster import Cluster
    from jobplan.placement.resources import Occupant


class Draft:
    """Changes to the cluster that this run has decided on, with the resulting occupancy of every node.

    `placed_log` lists what was placed or updated, in order; `revision` changes whenever something was taken back or
    stopped, so that counts over the log can be continued as long as it stays the same.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.stopped: dict[str, dict[str, Occupant]] = {}
        self.placed: dict[str, dict[str, Occupant]] = {}
        self.preempted: dict[str, set[str]] = {}
        self.placed_log: list[Occupant] = []
        self.revision = 0
        self.touched: list[str] = []
        """Nodes whose occupancy was changed, in order, with repetitions."""
        self.extra_bandwidth: dict[str, dict[str, int]] = {}
        """Node → device → Mbit/s by which preemption has enlarged the node. spec: placement §12.4"""
        self._changed: dict[str, Occupancy] = {}
        self._own: set[str] = set()

    # ---- reading -------------------------------------------------------------------------------------------------

    def occupancy(self, node_id: str) -> Occupancy:
        """The proposed allocations of a node. Do not change it."""
        found = self._changed.get(node_id)
        return self.cluster.occupancies[node_id] if found is None else found

    def stops(self) -> Iterator[Occupant]:
        for on_node in self.stopped.values():
            yield from on_node.values()

    @property
    def changed_nodes(self) -> Iterable[str]:
        return self._changed

    # ---- changing ------------------------------------------------------------------------------------------------

    def place(self, occupant: Occupant) -> None:
        """A new allocation, or a new state of one that stays where it is."""
        node_id = occupant.node_id
        self.placed.setdefault(node_id, {})[occupant.id] = occupant
        self.placed_log.append(occupant)
        if node_id not in self.cluster.nodes:
            return
        current = self.occupancy(node_id)
        if occupant.id in current.occupants:
            self._rebuild(node_id)
            return
        if node_id not in self._own:
            current = self._changed[node_id] = current.copy()
            self._own.add(node_id)
        current.add(occupant)
        self.touched.append(node_id)

    def stop(self, occupant: Occupant) -> None:
        """A stored allocation frees its room."""
        self.stopped.setdefault(occupant.node_id, {})[occupant.id] = occupant
        self.revision += 1
        self._rebuild(occupant.node_id)

    def undo_stop(self, occupant: Occupant) -> None:
        """Takes back a stop. spec: placement §3 step 3.9"""
        self.stopped[occupant.node_id].pop(occupant.id, None)
        self.revision += 1
        self._rebuild(occupant.node_id)

    def preempt(self, occupant: Occupant) -> None:
        """Another job's allocation gives way."""
        self.preempted.setdefault(occupant.node_id, set()).add(occupant.id)
        self._rebuild(occupant.node_id)

    def enlarge_bandwidth(self, node_id: str, device: str, mbits: int) -> None:
        """The side effect of preemption on a node's bandwidth. spec: placement §12.4"""
        devices = self.extra_bandwidth.setdefault(node_id, {})
        devices[device] = devices.get(device, 0) + mbits
        self._rebuild(node_id)

    def _rebuild(self, node_id: str) -> None:
        if node_id not in self.cluster.nodes:
            return
        gone = self.stopped.get(node_id, {})
        preempted = self.preempted.get(node_id, ())
        placed = dict(self.placed.get(node_id, {}))
        proposed = []
        for allocation in self.cluster.inventory.allocations_on(node_id):
            if allocation.client_terminal or allocation.id in gone or allocation.id in preempted:
                continue
            stored = self.cluster.occupants[allocation.id]
            proposed.append(placed.pop(allocation.id, stored))
        proposed.extend(placed.values())
        self._changed[node_id] = occupancy(self.cluster.ports[node_id], proposed, self.extra_bandwidth.get(node_id))
        self._own.add(node_id)
        self.touched.append(node_id)
