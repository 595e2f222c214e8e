"""How full the ready nodes of a job are, before and after a plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jobplan.placement.cluster import cluster_of

if TYPE_CHECKING:
    from jobplan.inventory import Inventory
    from jobplan.inventory.nodes import Node
    from jobplan.placement.occupancy import Occupancy
    from jobplan.placement.run import Run


@dataclasses.dataclass(frozen=True, slots=True)
class Use:
    """One resource over all candidate nodes of the job: used before, used after, there at all."""

    label: str
    before: int
    after: int
    total: int
    unit: str

    def to_api(self) -> dict[str, Any]:
        """Keys `label`, `before`, `after`, `total`, `unit`, as renderers take them."""
        return dataclasses.asdict(self)


def cluster_use(earlier: Inventory, later: Inventory) -> tuple[Use, ...]:
    """The ready nodes of all pools, in two states of one cluster. Empty without such nodes."""
    nodes = [node for node in earlier.nodes.values() if node.status == "ready" and node.available is not None]
    before, after = cluster_of(earlier).occupancies, cluster_of(later).occupancies
    return _uses(nodes, [before[node.id] for node in nodes], [after[node.id] for node in nodes])


def utilisation(run: Run) -> tuple[Use, ...]:
    """CPU, memory and disk of the ready nodes in the job's pool and datacenters. Empty without such nodes."""
    nodes = [node for node in run.ready(run.job).nodes if node.available is not None]
    return _uses(
        nodes,
        [run.cluster.occupancies[node.id] for node in nodes],
        [run.draft.occupancy(node.id) for node in nodes],
    )


_ROWS = (("CPU", "cpu", "cpu", "MHz"), ("memory", "memory", "memory_mb", "MB"), ("disk", "disk", "disk_mb", "MB"))


def _uses(nodes: Sequence[Node], before: Sequence[Occupancy], after: Sequence[Occupancy]) -> tuple[Use, ...]:
    if not nodes:
        return ()
    return tuple(
        Use(
            label,
            sum(getattr(item, used) for item in before),
            sum(getattr(item, used) for item in after),
            sum(getattr(node.available, capacity) for node in nodes),
            unit,
        )
        for label, used, capacity, unit in _ROWS
    )
