"""Allocations as stubs, the short form of the HTTP API. spec: plan §3.2"""

from __future__ import annotations

from typing import Any

from jobplan.inventory import Allocation

STUB_KEYS = (
    "ID", "EvalID", "Name", "Namespace", "NodeID", "NodeName", "JobID", "JobType", "JobVersion", "TaskGroup",
    "DesiredStatus", "DesiredDescription", "ClientStatus", "ClientDescription", "DesiredTransition",
    "TaskStates", "DeploymentStatus", "FollowupEvalID", "NextAllocation", "RescheduleTracker",
    "PreemptedAllocations", "PreemptedByAllocation", "CreateIndex", "ModifyIndex", "CreateTime", "ModifyTime",
)  # fmt: skip


def preempted_stub(allocation: Allocation) -> dict[str, Any]:
    """The state of an allocation before the plan."""
    api = allocation.api
    return {key: api.get(key) for key in STUB_KEYS}
