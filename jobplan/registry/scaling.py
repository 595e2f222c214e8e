"""Scaling a group: checks, the three writes, events, and the status. spec: api §7.4"""

from __future__ import annotations

import dataclasses
from typing import Any

from jobplan.inventory import JobVersion
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.evaluations import new_evaluation, put_evaluations
from jobplan.registry.faults import Refusal
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.storing import store_job
from jobplan.values.messages import Message

KEPT_EVENTS = 20
NO_GROUP = "missing task group name for scaling action"
NEGATIVE = "scaling action count can't be negative"
COUNT_AND_ERROR = "scaling action should not contain count if error is true"
NO_JOB = Message("job {id!q} not found")
SYSTEM = 'jobs of type "system" can only be scaled between 0 and 1'
UNKNOWN_GROUP = Message("task group {group!q} specified for scaling does not exist in job")
BELOW = Message("group count was less than scaling policy minimum: {count} < {min}")
ABOVE = Message("group count was greater than scaling policy maximum: {count} > {max}")
TOO_MANY = Message("total count was greater than configured job_max_count: {total} > {limit}")
DEPLOYING = "job scaling blocked due to active deployment"
CONFLICT = Message("Enforcing job modify index {given}: job exists with conflicting job modify index: {current}")


@dataclasses.dataclass(frozen=True, slots=True)
class Scaling:
    """A scaling action; `count` None: only an event is recorded."""

    group: str
    count: int | None = None
    message: str = ""
    error: bool = False
    meta: dict[str, Any] | None = None
    job_modify_index: int = 0


def scale(state: State, namespace: str, job_id: str, given: Scaling, *, max_count: int, now: int) -> Api:
    """Carry out a scaling action; gives the response."""
    version: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
    _check(state, version, job_id, given, max_count)
    assert version is not None
    job = version.job
    previous = next(group.count for group in job.task_groups or () if group.name == given.group)
    eval_id, eval_index, modify_index = "", 0, job.modify_index
    if given.count is not None:
        modify_index = state.next_index()
        changed = copy(job)
        for group in changed.task_groups or ():
            if group.name == given.group:
                group.count = given.count
        changed.submit_time = now
        stored = store_job(state, changed, modify_index, now=now)
        if rec.takes_evaluations(job):
            eval_index = state.next_index()
            evaluation = new_evaluation(stored.job, "job-scaling", now=now, JobModifyIndex=modify_index)
            eval_id = put_evaluations(state, [evaluation], eval_index)[0]["ID"]
    index = state.next_index()
    event = {
        "Time": now,
        "Count": given.count,
        "PreviousCount": previous,
        "Message": given.message,
        "Error": given.error,
        "Meta": given.meta,
        "EvalID": eval_id or None,
        "CreateIndex": index,
    }
    _record(state, (namespace, job_id), given.group, event, index)
    return {
        "EvalID": eval_id,
        "EvalCreateIndex": eval_index,
        "JobModifyIndex": modify_index,
        "Warnings": "",
        "Index": index,
        "LastContact": 0,
        "KnownLeader": True,
        "NextToken": "",
    }


def _check(state: State, version: JobVersion | None, job_id: str, given: Scaling, max_count: int) -> None:
    """The table of §7.4, from `missing task group name` on."""
    count = given.count
    if given.group == "":
        raise Refusal(NO_GROUP, 400)
    if count is not None and count < 0:
        raise Refusal(NEGATIVE, 400)
    if count is not None and given.error:
        raise Refusal(COUNT_AND_ERROR, 400)
    if version is None:
        raise Refusal(NO_JOB(id=job_id), 404)
    job = version.job
    if job.type == "system" and count is not None and count > 1:
        raise Refusal(SYSTEM, 400)
    group = next((item for item in job.task_groups or () if item.name == given.group), None)
    if group is None:
        raise Refusal(UNKNOWN_GROUP(group=given.group), 400)
    if count is None:
        return
    if group.scaling is not None and count < group.scaling.min:
        raise Refusal(BELOW(count=count, min=group.scaling.min), 400)
    if group.scaling is not None and count > group.scaling.max:
        raise Refusal(ABOVE(count=count, max=group.scaling.max), 400)
    total = count + sum(item.count for item in job.task_groups or () if item is not group)
    if 0 < max_count < total:
        raise Refusal(TOO_MANY(total=total, limit=max_count))
    if _is_deploying(state, job):
        raise Refusal(DEPLOYING, 400)
    if given.job_modify_index > 0 and given.job_modify_index != job.job_modify_index:
        raise Refusal(CONFLICT(given=given.job_modify_index, current=job.job_modify_index))


def _is_deploying(state: State, job: Job) -> bool:
    deployment = dep.latest(state, job.namespace, job.id)
    return deployment is not None and deployment.active and deployment.job_create_index == job.create_index


def _record(state: State, key: rec.JobKey, group: str, event: Api, index: int) -> None:
    """The newest 20 events of each group, newest first. spec: api §5.1"""
    before: Api = state.get(rec.EVENTS, *key) or {"Groups": {}, "ModifyIndex": 0}
    events = [event, *before["Groups"].get(group, ())][:KEPT_EVENTS]
    record = {"Groups": {**before["Groups"], group: events}, "ModifyIndex": index}
    state.put(rec.EVENTS, key, record, index=index)


def scale_status(state: State, version: JobVersion) -> tuple[Api, int]:
    """The scaling status of a job and the index of the answer. spec: api §3, §7.4"""
    job = version.job
    record: Api = state.get(rec.EVENTS, *version.key) or {"Groups": {}, "ModifyIndex": 0}
    groups: dict[str, Api] = {
        group.name: {
            "Desired": group.count,
            "Placed": 0,
            "Running": 0,
            "Healthy": 0,
            "Unhealthy": 0,
            "Events": record["Groups"].get(group.name),
        }
        for group in job.task_groups or ()
    }
    index = max(job.modify_index, record["ModifyIndex"])
    for allocation in state.listed(rec.ALLOCATIONS, *version.key):
        if allocation.version.create_index != job.create_index or allocation.terminal:
            continue
        health = allocation.health
        if allocation.task_group not in groups or (health is not None and health.canary):
            continue
        index = max(index, allocation.modify_index)
        counts = groups[allocation.task_group]
        counts["Placed"] += 1
        counts["Running"] += allocation.client_status == "running"
        if health is not None and health.healthy is not None:
            counts["Healthy" if health.healthy else "Unhealthy"] += 1
    status = {
        "JobID": job.id,
        "Namespace": job.namespace,
        "JobCreateIndex": job.create_index,
        "JobModifyIndex": job.modify_index,
        "JobStopped": job.stop,
        "TaskGroups": groups,
    }
    return status, index
