"""Placement for system and sysbatch jobs: every allocation on its own node. spec: placement §14"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jobplan.placement.loop import Placement, Preempted
from jobplan.placement.metrics import Metrics
from jobplan.reconcile.changes import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobplan.inventory.nodes import Node
    from jobplan.placement.asks import Ask
    from jobplan.placement.run import Run
    from jobplan.reconcile.changes import NodeDiff, NodeItem, SystemChanges


@dataclasses.dataclass(frozen=True, slots=True)
class BlockedNode:
    """The first node of a group that had no room: one blocked evaluation. spec: placement §15"""

    group: str
    node_id: str
    class_eligibility: dict[str, bool]


@dataclasses.dataclass(slots=True)
class SystemPlacements:
    """What placement answers. `outcomes[i]` tells what became of entry i of the queue.

    `failed`, `preempted` as for service jobs; `escaped` counts only constraints of the job. spec: placement §14, §15
    """

    placed: list[Placement] = dataclasses.field(default_factory=list)
    failed: dict[str, Metrics] = dataclasses.field(default_factory=dict)
    preempted: list[Preempted] = dataclasses.field(default_factory=list)
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)
    blocked: list[BlockedNode] = dataclasses.field(default_factory=list)
    escaped: bool = False

    def failed_to_api(self) -> dict[str, Any] | None:
        """`FailedTGAllocs` in API form; None when nothing failed. spec: placement §13.1"""
        return {group: metrics.to_api() for group, metrics in self.failed.items()} or None

    def preemptions(self, group: str) -> int:
        """`Preemptions` of a group."""
        return sum(item.group == group for item in self.preempted)


def prepare(run: Run, diff: NodeDiff) -> None:
    """Puts into the plan what is in force before the in-place probes: stops, and allocations that disconnect.

    spec: placement §8.1, §14
    """
    run.stop_all(stop.allocation for stop in diff.stops)
    run.keep_all(item.allocation for item in diff.disconnecting if item.allocation is not None)


def place_system(run: Run, changes: SystemChanges) -> SystemPlacements:
    """Tries every entry of the queue on its node. spec: placement §14

    Before: `prepare`, then the in-place probes. The old allocations of admitted destructive updates are stopped here
    and stay stopped whatever comes of it (quirk 20).
    """
    run.stop_all(stop.allocation for stop in changes.stops)
    run.keep_all(
        item.allocation
        for item in changes.in_place
        if item.allocation is not None and item.allocation.id not in run.updated
    )
    made = SystemPlacements(escaped=run.job_escapes)
    queue = _Queue(run, changes, made)
    for item in changes.queue:
        made.outcomes.append(queue.place(item))
    return made


class _Queue:
    """The queue being worked off: what is still expected of each group, and the failures merged so far."""

    def __init__(self, run: Run, changes: SystemChanges, made: SystemPlacements) -> None:
        self.run, self.made, self.existing = run, made, changes.existing
        self.ready = run.ready(run.job)
        self.preempting = run.config_for(run.job).preempts(run.job.type)
        self.queued = _count_groups(changes.queue)
        self.merged: dict[str, Metrics] = {}

    def place(self, item: NodeItem) -> Outcome:
        """One (node, group, name)."""
        run = self.run
        if item.node_id not in self.ready.ids:
            return Outcome.SKIPPED
        node = run.cluster.nodes[item.node_id]
        ask = run.ask(run.job, run.groups[item.group])
        selection = run.selection(run.trial(ask, item.name, preempting=self.preempting), scored=False)
        fit = selection.try_node(node)
        if fit is None:
            run.trace.failed(item.group, item.name)
            if selection.metrics.filtered > 0:
                return self._filtered(item, selection.metrics)
            return self._exhausted(item, ask, node, selection.metrics)
        run.trace.chosen(item.group, item.name, node)
        victims = tuple(victim.allocation for victim in fit.victims if victim.allocation is not None)
        for victim in fit.victims:
            run.draft.preempt(victim)
        occupant = run.new_occupant(ask, item.name, fit)
        run.draft.place(occupant)
        assert occupant.resources is not None
        self.made.placed.append(
            Placement(item.group, item.name, node.id, occupant.resources, item.replaces, victims, item.canary)
        )
        self.made.preempted.extend(Preempted(item.group, victim) for victim in victims)
        return Outcome.PLACED

    def _filtered(self, item: NodeItem, metrics: Metrics) -> Outcome:
        """Reported only if every node of the group was filtered and nothing exists. spec: placement §14 step 2"""
        group = item.group
        self.queued[group] -= 1
        if group in self.merged:
            self.merged[group].merge_filtered(metrics)
        else:
            self.merged[group] = metrics.copy()
        if self.queued[group] <= 0 and group not in self.existing:
            self.made.failed[group] = self.merged[group]
        return Outcome.FILTERED

    def _exhausted(self, item: NodeItem, ask: Ask, node: Node, metrics: Metrics) -> Outcome:
        """The first one is recorded and blocks; the rest is counted. spec: placement §14 step 3"""
        failure = self.made.failed.get(item.group)
        if failure is not None:
            failure.coalesce(ask)
            return Outcome.EXHAUSTED
        metrics.nodes_available, metrics.nodes_in_pool = self.ready.available, len(self.ready.nodes)
        metrics.node_pool = self.run.job.node_pool
        metrics.add_exhausted_resources(ask)
        self.made.failed[item.group] = metrics
        eligibility = {} if self.run.job_escapes else self.run.cache.eligibility()
        self.made.blocked.append(BlockedNode(item.group, node.id, eligibility))
        return Outcome.EXHAUSTED


def _count_groups(queue: Sequence[NodeItem]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in queue:
        counts[item.group] = counts.get(item.group, 0) + 1
    return counts
