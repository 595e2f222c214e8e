"""How full the ready nodes of a job are, before and after a plan."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def utilisation(run: Run) -> tuple[Use, ...]:
    """CPU, memory and disk of the ready nodes in the job's pool and datacenters. Empty without such nodes."""
    nodes = [node for node in run.ready(run.job).nodes if node.available is not None]
    if not nodes:
        return ()
    before = [run.cluster.occupancies[node.id] for node in nodes]
    after = [run.draft.occupancy(node.id) for node in nodes]
    rows = (("CPU", "cpu", "cpu", "MHz"), ("memory", "memory", "memory_mb", "MB"), ("disk", "disk", "disk_mb", "MB"))
    return tuple(
        Use(
            label,
            sum(getattr(item, used) for item in before),
            sum(getattr(item, used) for item in after),
            sum(getattr(node.available, capacity) for node in nodes),
            unit,
        )
        for label, used, capacity, unit in rows
    )
