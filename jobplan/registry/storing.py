"""Writing a job: indexes, version number, status, summary, version record, submission, launch record. spec: api §5.4"""

from __future__ import annotations

import dataclasses

from jobplan.inventory import JobVersion
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.model.policies import ScalingPolicy
from jobplan.registry import records as rec
from jobplan.registry.faults import Refusal
from jobplan.registry.records import Api, version_key
from jobplan.registry.state import State
from jobplan.registry.statuses import derived_status
from jobplan.registry.summaries import count_child, ensure_summary
from jobplan.registry.versions import put_version
from jobplan.values.messages import Message

NO_NAMESPACE = Message("job {id!q} is in nonexistent namespace {ns!q}")
NO_POOL = Message("job {id!q} is in nonexistent node pool {pool!q}")
KEPT_SUBMISSIONS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Extras:
    """What comes along with a registration."""

    submission: Api | None = None
    preserve_counts: bool = False
    preserve_resources: bool = False


NO_EXTRAS = Extras()


def store_job(state: State, job: Job, index: int, *, now: int, extras: Extras = NO_EXTRAS) -> JobVersion:
    """Store a job of the caller's own (it is changed here) under `index`; gives the version as it is kept.

    `now` in ns. Evaluations are the caller's. spec: api §5.4
    """
    _check_places(state, job)
    key = (job.namespace, job.id)
    existing = state.get(rec.JOBS, *key)
    submission = extras.submission
    job.modify_index = job.job_modify_index = index
    if existing is None:
        job.create_index = index
    else:
        job.create_index = existing.create_index
        if job.version <= existing.version:
            if submission is None:
                submission = state.get(rec.SUBMISSIONS, *version_key(*key, job.version))
            job.version = existing.version + 1
        _preserve(job, existing.job, extras)
    _stamp_policies(state, job, index)
    job.status = derived_status(state, job)
    stored = JobVersion.of(job)
    state.put(rec.JOBS, key, stored, index=index)
    ensure_summary(state, job, index)
    if existing is None:
        count_child(state, job, index, None, job.status)
    put_version(state, stored, index)
    if submission is not None:
        _keep_submission(state, submission, stored, index)
    if rec.is_active_periodic(job) and state.get(rec.LAUNCHES, *key) is None:
        record_launch(state, key, now, index)
    return stored


def record_launch(state: State, key: rec.JobKey, launch: int, index: int) -> None:
    """The last launch of a periodic job, in ns."""
    before = state.get(rec.LAUNCHES, *key)
    created = index if before is None else before["CreateIndex"]
    record = {"Launch": launch, "CreateIndex": created, "ModifyIndex": index}
    state.put(rec.LAUNCHES, key, record, index=index)


def _check_places(state: State, job: Job) -> None:
    """Namespace and node pool must exist. spec: api §5.4 step 1"""
    namespaces = state.get(rec.SETTINGS, "namespaces") or {}
    if job.namespace != rec.DEFAULT_NAMESPACE and job.namespace not in namespaces:
        raise Refusal(NO_NAMESPACE(id=job.id, ns=job.namespace))
    if job.node_pool == "":
        job.node_pool = "default"
    pools = state.get(rec.SETTINGS, "node_pools") or {}
    if job.node_pool not in ("default", "all") and job.node_pool not in pools:
        raise Refusal(NO_POOL(id=job.id, pool=job.node_pool))


def _preserve(job: Job, existing: Job, extras: Extras) -> None:
    """spec: api §5.4 step 6"""
    groups = {group.name: group for group in existing.task_groups or ()}
    for group in job.task_groups or ():
        known = groups.get(group.name)
        if known is None:
            continue
        if extras.preserve_counts:
            group.count = known.count
        if extras.preserve_resources:
            tasks = {task.name: task for task in known.tasks or ()}
            for task in group.tasks or ():
                if task.name in tasks:
                    task.resources = copy(tasks[task.name].resources)


# ---- scaling policies ------------------------------------------------------------------------------------------------


def scaling_policies(job: Job) -> list[ScalingPolicy]:
    """Policies of groups and tasks, in order."""
    made = []
    for group in job.task_groups or ():
        if group.scaling is not None:
            made.append(group.scaling)
        for task in group.tasks or ():
            made.extend(policy for policy in task.scaling_policies or () if policy is not None)
    return made


def _stamp_policies(state: State, job: Job, index: int) -> None:
    """Indexes of policies that are new or changed; unchanged ones keep what they came with. spec: api §5.3.3"""
    key = (job.namespace, job.id)
    before: Api = state.get(rec.POLICIES, *key) or {}
    made: Api = {}
    for policy in scaling_policies(job):
        known = before.get(policy.id)
        content = _content(policy)
        if known is not None and known["Content"] == content:
            made[policy.id] = known
            continue
        policy.create_index = index if known is None else known["CreateIndex"]
        policy.modify_index = index
        made[policy.id] = {"Content": content, "CreateIndex": policy.create_index, "ModifyIndex": index}
    if made != before:
        if made:
            state.put(rec.POLICIES, key, made, index=index)
        else:
            state.delete(rec.POLICIES, key, index=index)


def _content(policy: ScalingPolicy) -> Api:
    """What makes a policy the same."""
    api = policy.to_api()
    return {name: value for name, value in api.items() if name not in ("CreateIndex", "ModifyIndex")}


# ---- submissions -----------------------------------------------------------------------------------------------------


def _keep_submission(state: State, submission: Api, stored: JobVersion, index: int) -> None:
    """spec: api §5.10"""
    record = {
        **submission,
        "Namespace": stored.namespace,
        "JobID": stored.id,
        "Version": stored.version,
        "JobModifyIndex": index,
    }
    state.put(rec.SUBMISSIONS, version_key(stored.namespace, stored.id, stored.version), record, index=index)
    group = (stored.namespace, stored.id.lower())
    kept = sorted(state.listed(rec.SUBMISSIONS, *group), key=lambda item: -item["JobModifyIndex"])
    for old in kept[KEPT_SUBMISSIONS:]:
        state.delete(rec.SUBMISSIONS, version_key(*group, old["Version"]), index=index)
