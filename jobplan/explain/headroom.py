"""How many more allocations of a group would fit: by how much its count can be raised."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jobplan.placement.chain import Chain, ClassCache
from jobplan.placement.draft import Draft
from jobplan.placement.fit import Fit, try_fit
from jobplan.updates import needs_replacement

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.run import Run
    from jobplan.placement.trial import Trial

LIMIT = 10_000
"""Counting ends here: more is "at least". The groups of one job share it."""
_LEAST_LIMIT = 100


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
    """Fill the cluster, as the plan leaves it, with allocations of one group until nothing fits, or enough do.

    Nothing is preempted. Constraints between allocations (`distinct_hosts`, `distinct_property`, ports) count. A
    system job runs once a node: nodes that lack the group and have room for it count.
    """
    ask = run.ask(run.job, run.groups[group])
    draft = _copy(run.draft)
    if ask.job_limits or ask.group_limits:
        _keep_in_place(run, draft)
    trial = run.probe(ask, f"{run.job.name}.{group}[0]", draft)
    chain = Chain(trial, ClassCache(), run.job.type)
    found: dict[str, int] = {}
    total, limit = 0, max(LIMIT // len(run.groups), _LEAST_LIMIT)
    for node in run.ready(run.job).nodes:
        while total < limit and not (run.is_system and runs_on(trial, node)):
            fit = _fit(chain, trial, node)
            if fit is None:
                break
            draft.place(run.new_occupant(ask, trial.name, fit))
            for _, use in trial.limits:
                use.refresh()
            found[node.name] = found.get(node.name, 0) + 1
            total += 1
    return Headroom(group, total, found, total >= limit)


def runs_on(trial: Trial, node: Node) -> bool:
    """Whether an allocation of the group is proposed on the node."""
    occupants = trial.draft.occupancy(node.id).occupants.values()
    return any(trial.is_own(item.namespace, item.job_id) and item.group == trial.ask.name for item in occupants)


def _keep_in_place(run: Run, draft: Draft) -> None:
    """The allocations that stay are updated in place when a count is raised; for `distinct_property` they count
    twice then. spec: placement §5.9"""
    job = run.job
    for allocation in run.inventory.allocations_of(job.namespace, job.id):
        node_id = allocation.node_id
        gone = draft.stopped.get(node_id, {}), draft.placed.get(node_id, {}), draft.preempted.get(node_id, ())
        if allocation.terminal or allocation.task_group not in run.groups or any(allocation.id in ids for ids in gone):
            continue
        old = allocation.version.job
        if old is job or not needs_replacement(old, job, allocation.task_group):
            draft.place(draft.cluster.occupants[allocation.id])


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
