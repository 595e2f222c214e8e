"""Stopping, purging, and garbage collection. spec: api §5.11, §6.17"""

from __future__ import annotations

from jobplan.inventory import Allocation, JobVersion
from jobplan.model.kinds import copy
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.allocated import changed, put_allocation
from jobplan.registry.evaluations import COMPLETE, FINISHED, PENDING, new_evaluation, put_evaluations
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.statuses import DEAD, refresh_statuses
from jobplan.registry.storing import scaling_policies, store_job
from jobplan.registry.summaries import count_child
from jobplan.registry.versions import all_versions
from jobplan.values.durations import HOUR

NOTHING: Api = {
    "EvalID": "",
    "EvalCreateIndex": 0,
    "JobModifyIndex": 0,
    "VolumeEvalID": "",
    "VolumeEvalIndex": 0,
    "Index": 0,
    "LastContact": 0,
    "KnownLeader": False,
    "NextToken": "",
}


def stop_job(
    state: State, namespace: str, job_id: str, *, purge: bool, priority: int, no_shutdown_delay: bool, now: int
) -> Api:
    """Stop or purge a job; gives the response. An absent job is no error. spec: api §6.17"""
    version: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
    if version is None:
        return dict(NOTHING)
    job = version.job
    index = state.next_index()
    if no_shutdown_delay:
        _skip_shutdown_delay(state, version, index)
    if purge:
        remove_job(state, version, index, now)
    else:
        stopped = copy(job)
        stopped.stop, stopped.submit_time = True, now
        for policy in scaling_policies(stopped):
            policy.enabled = False
        store_job(state, stopped, index, now=now)
    eval_id = ""
    if rec.takes_evaluations(job):
        evaluation = new_evaluation(
            job, "job-deregister", priority=priority, type_="service", now=now, JobModifyIndex=index
        )
        eval_id = put_evaluations(state, [evaluation], index)[0]["ID"]
    return {**NOTHING, "EvalID": eval_id, "EvalCreateIndex": index, "JobModifyIndex": index, "Index": index}


def _skip_shutdown_delay(state: State, version: JobVersion, index: int) -> None:
    for allocation in state.listed(rec.ALLOCATIONS, *version.key):
        if allocation.version.create_index == version.create_index and not allocation.terminal:
            transition = {**allocation.api["DesiredTransition"], "NoShutdownDelay": True}
            put_allocation(state, changed(allocation, DesiredTransition=transition, ModifyIndex=index), index)


def remove_job(state: State, version: JobVersion, index: int, now: int) -> None:
    """Delete a job with all that belongs to it; evaluations stay. spec: api §5.11"""
    key = version.key
    count_child(state, version.job, index, version.job.status, None)
    state.delete(rec.JOBS, key, index=index)
    for item in all_versions(state, *key):
        if item.id == version.id:
            state.delete(rec.VERSIONS, rec.version_key(*key, item.version), index=index)
    for item in state.listed(rec.SUBMISSIONS, key[0], key[1].lower()):
        state.delete(rec.SUBMISSIONS, rec.version_key(*key, item["Version"]), index=index)
    for table in (rec.DEPLOYMENTS, rec.ALLOCATIONS):
        for item in state.listed(table, *key):
            state.delete(table, (item.id,), index=index)
    for table in (rec.SUMMARIES, rec.EVENTS, rec.POLICIES, rec.LAUNCHES):
        state.delete(table, key, index=index)
    _drop_specs(state, key)
    for item in state.listed(rec.EVALUATIONS, *key):
        if item["Status"] == PENDING:
            done = {
                **item,
                "Status": COMPLETE,
                "StatusDescription": f"job {version.id} deleted",
                "ModifyIndex": index,
                "ModifyTime": now,
            }
            state.put(rec.EVALUATIONS, (item["ID"],), done, index=index)


def _drop_specs(state: State, job: rec.JobKey) -> None:
    """Job versions that no allocation runs any more."""
    used = {rec.spec_key(item.version) for item in state.listed(rec.ALLOCATIONS, *job)}
    for key in [key for key in state.tables[rec.SPECS] if key[:2] == job and key not in used]:
        state.delete(rec.SPECS, key)


# ---- garbage collection ----------------------------------------------------------------------------------------------

JOB_AGE = 4 * HOUR
EVALUATION_AGE = HOUR
BATCH_EVALUATION_AGE = 24 * HOUR
DEPLOYMENT_AGE = HOUR


def collect(state: State, now: int, *, forced: bool = False) -> dict[str, int]:
    """Remove what is over and old; gives the numbers removed. `forced`: of any age. spec: api §5.11"""
    removed = {"jobs": 0, "evaluations": 0, "allocations": 0, "deployments": 0}
    for version in list(state.tables[rec.JOBS].values()):
        if _is_collectable(state, version, now, forced=forced):
            index = state.next_index()
            for item in state.listed(rec.EVALUATIONS, *version.key):
                state.delete(rec.EVALUATIONS, (item["ID"],), index=index)
            remove_job(state, version, index, now)
            removed["jobs"] += 1
    _collect_evaluations(state, now, removed, forced=forced)
    _collect_deployments(state, now, removed, forced=forced)
    return removed


def _is_collectable(state: State, version: JobVersion, now: int, *, forced: bool) -> bool:
    job = version.job
    tagged = any(item.job.version_tag is not None for item in all_versions(state, *version.key))
    if job.version_tag is not None or tagged:
        return False
    if rec.is_parameterized(job) or (job.periodic is not None and job.periodic.enabled):
        over = job.stop
    else:
        over = job.status == DEAD and (job.stop or job.type in ("batch", "sysbatch"))
    if not over or (not forced and now - job.submit_time < JOB_AGE):
        return False
    evaluations = state.listed(rec.EVALUATIONS, *version.key)
    if any(item["Status"] not in FINISHED for item in evaluations):
        return False
    if not forced and any(now - item["ModifyTime"] < JOB_AGE for item in evaluations):
        return False
    return all(_is_over(item) for item in state.listed(rec.ALLOCATIONS, *version.key))


def _is_over(allocation: Allocation) -> bool:
    """An allocation that nothing happens to any more: stopped or finished, and the client knows."""
    return allocation.terminal and (allocation.client_terminal or allocation.client_status == "pending")


def _collect_evaluations(state: State, now: int, removed: dict[str, int], *, forced: bool) -> None:
    gone: list[Api] = []
    for item in state.tables[rec.EVALUATIONS].values():
        if item["Status"] not in FINISHED:
            continue
        age = BATCH_EVALUATION_AGE if item["Type"] == "batch" else EVALUATION_AGE
        if forced or now - item["ModifyTime"] >= age:
            gone.append(item)
    if not gone:
        return
    by_eval: dict[str, list[Allocation]] = {}
    for allocation in state.tables[rec.ALLOCATIONS].values():
        by_eval.setdefault(allocation.api["EvalID"], []).append(allocation)
    index = state.next_index()
    touched = set()
    for item in gone:
        allocations = by_eval.get(item["ID"], [])
        job = state.get(rec.JOBS, item["Namespace"], item["JobID"])
        batch_at_work = job is not None and job.type == "batch" and not job.job.stop and job.job.status != DEAD
        if not all(_is_over(found) for found in allocations) or (batch_at_work and allocations):
            continue
        state.delete(rec.EVALUATIONS, (item["ID"],), index=index)
        removed["evaluations"] += 1
        touched.add((item["Namespace"], item["JobID"]))
        for allocation in allocations:
            removed["allocations"] += state.delete(rec.ALLOCATIONS, (allocation.id,), index=index)
    for job in touched:
        _drop_specs(state, job)
    refresh_statuses(state, touched, index, collecting=True)


def _collect_deployments(state: State, now: int, removed: dict[str, int], *, forced: bool) -> None:
    used = {item.deployment_id for item in state.tables[rec.ALLOCATIONS].values() if not item.terminal}
    gone = [
        item
        for item in state.tables[rec.DEPLOYMENTS].values()
        if not item.active
        and item.id not in used
        and (forced or now - item.api["ModifyTime"] >= DEPLOYMENT_AGE)
        and dep.latest(state, item.namespace, item.job_id) is not item
    ]
    if gone:
        index = state.next_index()
        for item in gone:
            removed["deployments"] += state.delete(rec.DEPLOYMENTS, (item.id,), index=index)
