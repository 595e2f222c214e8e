"""What becomes of an allocation that stays: nothing, an update in place, or a replacement. spec: reconcile §3.10"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.columns import datacenter_matches
from jobplan.inventory.nodes import Node
from jobplan.model.job import Job
from jobplan.reconcile.predicates import own_group
from jobplan.reconcile.tainted import pool_matches

Decision = Literal["ignore", "in_place", "destructive"]
NeedsReplacement = Callable[[Job, Job, str], bool]
"""`(old job, new job, group name)`: whether the change of the group forces replacement. spec: plan §6.3"""
FitsInPlace = Callable[[Allocation], bool]
"""Whether the planned group can run on the allocation's node with its own resources released. spec: §3.10 row 8"""


@dataclasses.dataclass(slots=True)
class Probe:
    """Everything a decision needs; comparisons are remembered per version and group."""

    job: Job
    nodes: Mapping[str, Node]
    needs_replacement: NeedsReplacement
    fits_in_place: FitsInPlace
    _compared: dict[tuple[int, str], bool] = dataclasses.field(default_factory=dict)

    def group_changed(self, alloc: Allocation) -> bool:
        """Row 2: a change of the group that forces replacement."""
        key = (id(alloc.version), alloc.task_group)
        if key not in self._compared:
            self._compared[key] = self.needs_replacement(alloc.job, self.job, alloc.task_group)
        return self._compared[key]

    def node_is_gone(self, alloc: Allocation) -> bool:
        return alloc.node_id not in self.nodes

    def leaves_datacenters(self, alloc: Allocation) -> bool:
        return not datacenter_matches(self.nodes[alloc.node_id].datacenter, self.job.datacenters or ())

    def leaves_pool(self, alloc: Allocation) -> bool:
        return not pool_matches(self.nodes[alloc.node_id], self.job.node_pool)

    def is_unchanged(self, alloc: Allocation) -> bool:
        return alloc.version.job_modify_index == self.job.job_modify_index

    def limits_run_duration(self, alloc: Allocation) -> bool:
        """Row 7, a quirk: true for whatever change, if the old version had a limit."""
        group = own_group(alloc) if alloc.version.type in ("batch", "sysbatch") else None
        return group is not None and group.max_run_duration is not None and group.max_run_duration > 0


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One row; `number` as in the specification."""

    number: int
    applies: Callable[[Probe, Allocation], bool]
    decision: Decision


CASES = (  # spec: reconcile §3.10, service and batch
    Case(1, Probe.is_unchanged, "ignore"),
    Case(2, Probe.group_changed, "destructive"),
    Case(3, lambda probe, alloc: alloc.terminal, "ignore"),
    Case(4, Probe.node_is_gone, "destructive"),
    Case(5, Probe.leaves_datacenters, "destructive"),
    Case(6, Probe.leaves_pool, "destructive"),
    Case(7, Probe.limits_run_duration, "in_place"),
    Case(8, lambda probe, alloc: not probe.fits_in_place(alloc), "destructive"),
    Case(9, lambda probe, alloc: True, "in_place"),
)

SYSTEM_CASES = (  # spec: reconcile §4.4, system and sysbatch
    Case(1, Probe.group_changed, "destructive"),
    Case(2, lambda probe, alloc: alloc.terminal, "in_place"),
    Case(3, Probe.node_is_gone, "destructive"),
    Case(3, Probe.leaves_datacenters, "destructive"),
    Case(3, Probe.leaves_pool, "destructive"),
    Case(4, lambda probe, alloc: not probe.fits_in_place(alloc), "destructive"),
    Case(4, lambda probe, alloc: True, "in_place"),
)


def decide(probe: Probe, alloc: Allocation, cases: tuple[Case, ...] = CASES) -> Case:
    """The first row that applies."""
    return next(case for case in cases if case.applies(probe, alloc))
