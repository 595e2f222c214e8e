"""The status of a job follows from its evaluations, allocations and deployments. spec: api §5.7"""

from __future__ import annotations

from collections.abc import Iterable

from jobplan.model.job import Job
from jobplan.registry import records as rec
from jobplan.registry.records import JobKey, amended
from jobplan.registry.state import State
from jobplan.registry.summaries import count_child
from jobplan.registry.versions import put_version

PENDING, RUNNING, DEAD = "pending", "running", "dead"
FINISHED_DEPLOYMENTS = ("failed", "successful", "cancelled")
FINISHED_EVALUATIONS = ("complete", "failed", "canceled")


def derived_status(state: State, job: Job, *, collecting: bool = False) -> str:
    """First row that holds. `collecting`: evaluations are being garbage collected."""
    if job.type == "system" or rec.is_parameterized(job) or rec.is_periodic(job):
        return DEAD if job.stop else RUNNING
    key = (job.namespace, job.id)
    if any(item.status not in FINISHED_DEPLOYMENTS for item in state.listed(rec.DEPLOYMENTS, *key)):
        return RUNNING
    if any(not item.terminal for item in state.listed(rec.ALLOCATIONS, *key)):
        return RUNNING
    evaluations = state.listed(rec.EVALUATIONS, *key)
    if any(item["Status"] not in FINISHED_EVALUATIONS for item in evaluations):
        return PENDING
    if evaluations or job.stop or collecting:
        return DEAD
    return PENDING


def refresh_statuses(
    state: State,
    keys: Iterable[JobKey],
    index: int,
    *,
    forced: frozenset[JobKey] = frozenset(),
    collecting: bool = False,
) -> None:
    """Derive the statuses of jobs again; `forced` ones have a live allocation in this write and run."""
    for key in sorted(set(keys)):
        version = state.get(rec.JOBS, *key)
        if version is None:
            continue
        job = version.job
        status = RUNNING if key in forced and _follows(job) else derived_status(state, job, collecting=collecting)
        if status == job.status:
            continue
        changed = amended(version, status=status, modify_index=index)
        state.put(rec.JOBS, key, changed, index=index)
        put_version(state, changed, index)
        count_child(state, job, index, job.status, status)


def _follows(job: Job) -> bool:
    """Whether the status follows from what the scheduler does."""
    return not (job.type == "system" or rec.is_parameterized(job) or rec.is_periodic(job))
