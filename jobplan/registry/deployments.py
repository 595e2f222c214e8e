"""Deployment records: made by the scheduler, counted by allocations, changed in status. spec: api §5.14, §8.7"""

from __future__ import annotations

import uuid
from typing import Any

from jobplan.inventory import Allocation, Deployment
from jobplan.inventory.times import parse_instant
from jobplan.model.job import Job
from jobplan.reconcile.changes import DeploymentChange, GroupTarget
from jobplan.registry import records as rec
from jobplan.registry.evaluations import instant_text
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.versions import find_version, set_stability

RUNNING, FAILED, SUCCESSFUL = "running", "failed", "successful"
DESCRIPTION_DONE = "Deployment completed successfully"
DESCRIPTION_RUNNING = "Deployment is running"
DESCRIPTION_PROMOTION = "Deployment is running but requires manual promotion"
DESCRIPTION_AUTOMATIC = "Deployment is running pending automatic promotion"


def changed(deployment: Deployment, **values: Any) -> Deployment:
    """The deployment with other values of some keys of its API form."""
    return Deployment.from_api({**deployment.api, **values})


def latest(state: State, namespace: str, job_id: str) -> Deployment | None:
    """The deployment with the highest create index."""
    return max(state.listed(rec.DEPLOYMENTS, namespace, job_id), key=lambda item: item.create_index, default=None)


def put(state: State, deployment: Deployment, index: int) -> None:
    state.put(rec.DEPLOYMENTS, (deployment.id,), deployment, index=index)


def create(state: State, job: Job, change: DeploymentChange, priority: int, index: int, now: int) -> Deployment:
    """A new deployment of the job as it stands. spec: api §8.7"""
    made = Deployment.from_api(
        {
            "ID": str(uuid.uuid4()),
            "Namespace": job.namespace,
            "JobID": job.id,
            "JobVersion": job.version,
            "JobModifyIndex": job.modify_index,
            "JobSpecModifyIndex": job.job_modify_index,
            "JobCreateIndex": job.create_index,
            "IsMultiregion": job.multiregion is not None,
            "TaskGroups": {name: _group_api(target) for name, target in change.groups.items()},
            "Status": RUNNING,
            "StatusDescription": change.description or DESCRIPTION_RUNNING,
            "EvalPriority": priority,
            "CreateIndex": index,
            "ModifyIndex": index,
            "CreateTime": now,
            "ModifyTime": 0,
        }
    )
    put(state, made, index)
    return made


ZERO: Api = {
    "JobVersion": 0, "JobModifyIndex": 0, "JobSpecModifyIndex": 0, "JobCreateIndex": 0, "IsMultiregion": False,
    "Status": RUNNING, "StatusDescription": "", "EvalPriority": 0, "CreateIndex": 0, "ModifyIndex": 0, "CreateTime": 0,
    "ModifyTime": 0, "Namespace": "default",
}  # fmt: skip
ZERO_TARGET = GroupTarget(0, 0, False, False, 0)


def completed(deployment: Deployment) -> Deployment:
    """A captured deployment with all keys, whatever the capture left out."""
    given = {key: value for key, value in deployment.api.items() if value is not None}
    groups = {
        name: {**_group_api(ZERO_TARGET), **{key: value for key, value in (group or {}).items() if value is not None}}
        for name, group in (given.get("TaskGroups") or {}).items()
    }
    return Deployment.from_api({**ZERO, **given, "TaskGroups": groups})


def extend(state: State, deployment: Deployment, change: DeploymentChange, index: int, now: int) -> Deployment:
    """The current deployment with targets of further groups."""
    groups = {**deployment.api["TaskGroups"]}
    for name, target in change.groups.items():
        if name not in groups:
            groups[name] = _group_api(target)
    made = changed(deployment, TaskGroups=groups, ModifyIndex=index, ModifyTime=now)
    put(state, made, index)
    return made


def _group_api(target: GroupTarget) -> Api:
    return {
        "AutoRevert": target.auto_revert,
        "AutoPromote": target.auto_promote,
        "ProgressDeadline": target.progress_deadline,
        "RequireProgressBy": None,
        "Promoted": False,
        "PlacedCanaries": None,
        "DesiredCanaries": target.desired_canaries,
        "DesiredTotal": target.desired_total,
        "PlacedAllocs": 0,
        "HealthyAllocs": 0,
        "UnhealthyAllocs": 0,
    }


def set_status(state: State, deployment: Deployment, status: str, description: str, index: int, now: int) -> Deployment:
    """A new status; a success makes the job version stable under the same index. spec: api §5.14"""
    made = changed(deployment, Status=status, StatusDescription=description, ModifyIndex=index, ModifyTime=now)
    put(state, made, index)
    if status == SUCCESSFUL:
        version = find_version(state, made.namespace, made.job_id, made.job_version)
        if version is not None:
            set_stability(state, version, True, index)
    return made


def count(state: State, before: Allocation | None, now: Allocation, index: int, time: int) -> None:
    """What an allocation adds to its deployment: placed, healthy, unhealthy, canaries, the time to progress by."""
    if now.deployment_id == "":
        return
    deployment: Deployment | None = state.get(rec.DEPLOYMENTS, now.deployment_id)
    if deployment is None or now.task_group not in deployment.api["TaskGroups"]:
        return
    joined = before is None or before.deployment_id != now.deployment_id
    was = None if joined or before is None or before.health is None else before.health.healthy
    health = None if now.health is None else now.health.healthy
    if not joined and was == health:
        return
    group = dict(deployment.api["TaskGroups"][now.task_group])
    if joined:
        group["PlacedAllocs"] += 1
        if now.health is not None and now.health.canary:
            group["PlacedCanaries"] = [*(group["PlacedCanaries"] or ()), now.id]
    if was is None and health is not None:
        group["HealthyAllocs" if health else "UnhealthyAllocs"] += 1
    elif was is True and health is False:
        group["HealthyAllocs"] -= 1
        group["UnhealthyAllocs"] += 1
    _require_progress(group, now, joined=joined, healthy=health is True and was is not True)
    groups = {**deployment.api["TaskGroups"], now.task_group: group}
    put(state, changed(deployment, TaskGroups=groups, ModifyIndex=index, ModifyTime=time), index)


def _require_progress(group: Api, allocation: Allocation, *, joined: bool, healthy: bool) -> None:
    """The first placement starts the clock, each healthy allocation starts it anew."""
    deadline = group["ProgressDeadline"]
    if deadline == 0:
        return
    start = 0
    if joined and group["RequireProgressBy"] is None:
        start = allocation.modify_time
    if healthy:
        start = max(parse_instant(allocation.api["DeploymentStatus"].get("Timestamp"), "Timestamp"), start)
    if start > 0:
        due = start + deadline
        known = group["RequireProgressBy"]
        if known is None or parse_instant(known, "RequireProgressBy") < due:
            group["RequireProgressBy"] = instant_text(due)
