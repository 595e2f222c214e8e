"""Evaluating with `ForceReschedule`. spec: api §6.14"""

from __future__ import annotations

from jobplan.inventory import JobVersion
from jobplan.registry import records as rec
from jobplan.registry.allocated import changed, put_allocation
from jobplan.registry.state import State


def force_reschedule(state: State, version: JobVersion, index: int) -> None:
    """Mark failed allocations whose group reschedules at all, so that they are replaced at once."""
    groups = {group.name: group.reschedule_policy for group in version.job.task_groups or ()}
    for allocation in state.listed(rec.ALLOCATIONS, *version.key):
        policy = groups.get(allocation.task_group)
        if (
            allocation.version.create_index == version.create_index
            and allocation.client_status == "failed"
            and allocation.next_allocation == ""
            and not allocation.transition.force
            and policy is not None
            and (policy.unlimited or policy.attempts > 0)
        ):
            transition = {**allocation.api["DesiredTransition"], "ForceReschedule": True}
            put_allocation(state, changed(allocation, DesiredTransition=transition, ModifyIndex=index), index)
