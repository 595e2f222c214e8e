"""How many more allocations of a group would fit after a plan."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jobplan.placement.chain import Chain, ClassCache
from jobplan.placement.draft import Draft
from jobplan.placement.fit import Fit, try_fit

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.run import Run
    from jobplan.placement.trial import Trial

LIMIT = 10_000
"""Counting ends here: more is "at least"."""


@dataclasses.dataclass(frozen=True, slots=True)
class Headroom:
    """`count` more allocations of the group fit; `nodes` tells on which how many; `at_least`: there is more."""

    group: str
    count: int
    nodes: dict[str, int]
    at_least: bool = False

    def to_api(self) -> dict[str, Any]:
        return {"Group": self.group, "Count": self.count, "Nodes": dict(self.nodes), "AtLeast": self.at_least}


def headroom(run: Run, group: str) -> Headroom:
    """Fill the cluster, as the plan leaves it, with allocations of one group until nothing fits.

    Nothing is preempted. Constraints between allocations (`distinct_hosts`, `distinct_property`, ports) count.
    """
    ask = run.ask(run.job, run.groups[group])
    draft = _copy(run.draft)
    trial = run.trial(ask, f"{run.job.name}.{group}[0]", draft=draft)
    chain = Chain(trial, ClassCache(), run.job.type)
    found: dict[str, int] = {}
    total = 0
    for node in run.ready(run.job).nodes:
        while total < LIMIT:
            fit = _fit(chain, trial, node)
            if fit is None:
                break
            draft.place(run.new_occupant(ask, trial.name, fit))
            for _, use in trial.limits:
                use.refresh()
            found[node.name] = found.get(node.name, 0) + 1
            total += 1
    return Headroom(group, total, found, total >= LIMIT)


def _fit(chain: Chain, trial: Trial, node: Node) -> Fit | None:
    if chain.reject(node) is not None:
        return None
    made = try_fit(trial, node)
    return made if isinstance(made, Fit) else None


def _copy(draft: Draft) -> Draft:
    """A draft with the same changes, made again, to be filled further."""
    made = Draft(draft.cluster)
    for occupant in draft.stops():
        made.stop(occupant)
    for ids in draft.preempted.values():
        for allocation_id in ids:
            made.preempt(draft.cluster.occupants[allocation_id])
    for node_id, devices in draft.extra_bandwidth.items():
        for device, mbits in devices.items():
            made.enlarge_bandwidth(node_id, device, mbits)
    for occupant in draft.placed_log:
        made.place(occupant)
    return made
