"""How deployments go on: health of allocations, promotion, failure, automatic revert. spec: api §5.14"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jobplan.inventory import Allocation, Deployment, JobVersion
from jobplan.inventory.times import parse_instant
from jobplan.model.kinds import copy
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.allocated import changed, put_allocation
from jobplan.registry.evaluations import new_evaluation, put_evaluations
from jobplan.registry.faults import Refusal
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.storing import store_job
from jobplan.registry.versions import all_versions
from jobplan.updates import job_changed
from jobplan.values.errorlists import error_list

UNHEALTHY = "Failed due to unhealthy allocations"
OVERDUE = "Failed due to progress deadline"
BY_HAND = "Deployment marked as failed"
ROLLING_BACK = " - rolling back to job version {}"
NOT_ROLLING_BACK = " - not rolling back to stable job version {} as current job has same specification"
NOTHING_STABLE = " - no stable job version to auto revert to"
TERMINAL = "can't promote terminal deployment"
NO_CANARIES = "no canaries to promote"
NOT_FOUND = "deployment not found"
FAIL_TERMINAL = "can't fail terminal deployment"
PAUSE_TERMINAL = "can't pause terminal deployment"
PAUSED, RUNNING = "Deployment is paused", "Deployment is running"


def evaluation_of(state: State, deployment: Deployment, now: int) -> Api | None:
    """The evaluation that drives a deployment on."""
    version: JobVersion | None = state.get(rec.JOBS, deployment.namespace, deployment.job_id)
    if version is None:
        return None
    priority = deployment.api.get("EvalPriority") or 0
    return new_evaluation(version.job, "deployment-watcher", priority=priority, now=now, DeploymentID=deployment.id)


def react(state: State, deployment_ids: Iterable[str], changes: Mapping[str, Sequence[Allocation]], now: int) -> None:
    """What the watchers of deployments do after allocations reported. `changes`: by deployment, newly (un)healthy."""
    for deployment_id in deployment_ids:
        deployment: Deployment | None = state.get(rec.DEPLOYMENTS, deployment_id)
        if deployment is None or not deployment.active:
            continue
        unhealthy, healthy, retried = _sorted_out(deployment, changes[deployment_id])
        if unhealthy:
            fail(state, deployment, unhealthy, UNHEALTHY, now)
            continue
        if _promotes_itself(state, deployment):
            promote(state, deployment, None, now)
        if healthy or retried:
            index = state.next_index()
            state.table_index[rec.ALLOCATIONS] = index  # the write is one of transitions, even if there are none
            for allocation in retried:
                transition = {**allocation.api["DesiredTransition"], "Reschedule": True}
                put_allocation(state, changed(allocation, DesiredTransition=transition, ModifyIndex=index), index)
            evaluation = evaluation_of(state, deployment, now)
            if evaluation is not None:
                put_evaluations(state, [evaluation], index, derive=False)


def _sorted_out(
    deployment: Deployment, allocations: Sequence[Allocation]
) -> tuple[list[Allocation], list[Allocation], list[Allocation]]:
    """Allocations that fail the deployment, that carry it on, and that may be replaced while time is left."""
    unhealthy, healthy, retried = [], [], []
    for allocation in allocations:
        group = deployment.groups.get(allocation.task_group)
        if group is None or allocation.health is None:
            continue
        if allocation.health.healthy:
            healthy.append(allocation)
        elif group.progress_deadline == 0:
            unhealthy.append(allocation)
        else:
            retried.append(allocation)
    return unhealthy, healthy, retried


def fail(
    state: State, deployment: Deployment, unhealthy: Sequence[Allocation], description: str, now: int
) -> tuple[int, Api | None, int | None]:
    """Fail a deployment and go back to the stable version if a group of it wants that.

    Gives the index, the evaluation, and the number of the version that is rolled back to. spec: api §5.14
    """
    index = state.next_index()
    groups = {item.task_group for item in unhealthy} or set(deployment.groups)
    version, text = None, ""
    if any(deployment.groups[name].auto_revert for name in groups if name in deployment.groups):
        version, text = _roll_back_to(state, deployment)
    dep.set_status(state, deployment, dep.FAILED, description + text, index, now)
    number = None
    if version is not None:
        number = version.version
        store_job(state, copy(version.job), index, now=now)
    evaluation = evaluation_of(state, deployment, now)
    if evaluation is not None:
        put_evaluations(state, [evaluation], index, derive=False)
    return index, evaluation, number


def _roll_back_to(state: State, deployment: Deployment) -> tuple[JobVersion | None, str]:
    """The highest stable version, and what the status description says about it."""
    key = (deployment.namespace, deployment.job_id)
    current: JobVersion | None = state.get(rec.JOBS, *key)
    stable = next((item for item in all_versions(state, *key) if item.job.stable and item.id == key[1]), None)
    if stable is None or current is None:
        return None, NOTHING_STABLE
    if not job_changed(current.job, stable.job):
        return None, NOT_ROLLING_BACK.format(stable.version)
    return stable, ROLLING_BACK.format(stable.version)


# ---- promotion -------------------------------------------------------------------------------------------------------


def _promotes_itself(state: State, deployment: Deployment) -> bool:
    """Every group with canaries promotes automatically and has enough healthy ones."""
    waiting = {name: group for name, group in deployment.groups.items() if group.desired_canaries > 0}
    if not waiting or any(group.promoted or not group.auto_promote for group in waiting.values()):
        return False
    return not _short_of_canaries(state, deployment, waiting)


def _short_of_canaries(state: State, deployment: Deployment, names: Iterable[str]) -> list[str]:
    """The groups without enough healthy canaries, one text each."""
    texts = []
    for name in names:
        group = deployment.groups[name]
        if group.promoted or group.desired_canaries == 0:
            continue
        canaries = [found for item in group.placed_canaries if (found := state.get(rec.ALLOCATIONS, item)) is not None]
        healthy = sum(1 for item in canaries if item.health is not None and item.health.healthy and not item.terminal)
        if healthy < group.desired_canaries:
            texts.append(f'Task group "{name}" has {healthy}/{group.desired_canaries} healthy allocations')
    return texts


def promote(state: State, deployment: Deployment, groups: Sequence[str] | None, now: int) -> tuple[int, Api | None]:
    """Promote the canaries of some groups (None: of all); gives the index and the evaluation."""
    if not deployment.active:
        raise Refusal(TERMINAL)
    names = sorted(deployment.groups) if groups is None else [name for name in groups if name in deployment.groups]
    if not any(deployment.groups[name].desired_canaries > 0 for name in names):
        raise Refusal(NO_CANARIES)
    short = _short_of_canaries(state, deployment, names)
    if short:
        raise Refusal(error_list(short))
    index = state.next_index()
    states = {name: dict(group) for name, group in deployment.api["TaskGroups"].items()}
    for name in names:
        states[name]["Promoted"] = True
    rest = any(group["DesiredCanaries"] > 0 and not group["Promoted"] for group in states.values())
    description = deployment.api["StatusDescription"] if rest else RUNNING
    made = dep.changed(deployment, TaskGroups=states, StatusDescription=description, ModifyIndex=index, ModifyTime=now)
    dep.put(state, made, index)
    for name in names:
        for allocation_id in states[name]["PlacedCanaries"] or ():
            _promote_canary(state, allocation_id, index)
    evaluation = evaluation_of(state, made, now)
    if evaluation is not None:
        put_evaluations(state, [evaluation], index, derive=False)
    return index, evaluation


def _promote_canary(state: State, allocation_id: str, index: int) -> None:
    canary: Allocation | None = state.get(rec.ALLOCATIONS, allocation_id)
    if canary is None or canary.health is None or not canary.health.canary:
        return
    status = {**canary.api["DeploymentStatus"], "Canary": False, "ModifyIndex": index}
    put_allocation(state, changed(canary, DeploymentStatus=status, ModifyIndex=index), index)


def pause(state: State, deployment: Deployment, paused: bool, now: int) -> tuple[int, Api | None]:
    """Pause a deployment or let it go on."""
    if not deployment.active:
        raise Refusal(PAUSE_TERMINAL)
    index = state.next_index()
    made = dep.set_status(
        state, deployment, "paused" if paused else dep.RUNNING, PAUSED if paused else RUNNING, index, now
    )
    evaluation = None if paused else evaluation_of(state, made, now)
    if evaluation is not None:
        put_evaluations(state, [evaluation], index, derive=False)
    return index, evaluation


def is_overdue(deployment: Deployment, now: int) -> bool:
    """Whether a group of a running deployment should have made progress by now and still has some to make."""
    if deployment.status != dep.RUNNING:
        return False
    for group in deployment.api["TaskGroups"].values():
        due = group["RequireProgressBy"]
        if due is None or group["HealthyAllocs"] >= group["DesiredTotal"]:
            continue
        if (
            group["DesiredCanaries"] > 0
            and not group["Promoted"]
            and group["HealthyAllocs"] >= group["DesiredCanaries"]
        ):
            continue  # waits for somebody to promote
        if parse_instant(due, "RequireProgressBy") <= now:
            return True
    return False
