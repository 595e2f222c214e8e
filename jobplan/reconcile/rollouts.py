"""Deployments: which one counts, what it says of a group, what a run would write. spec: reconcile §2.5, §3.0, §3.16"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment, GroupState
from jobplan.inventory.jobs import JobVersion
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile.changes import DeploymentChange, GroupTarget, StatusUpdate
from jobplan.reconcile.predicates import find_group, update_is_empty

STOPPED = ("cancelled", "Cancelled because job is stopped")
NEWER = ("cancelled", "Cancelled due to newer version of job")
RUNNING = "Deployment is running"
RUNNING_AUTO = "Deployment is running pending automatic promotion"
RUNNING_MANUAL = "Deployment is running but requires manual promotion"


@dataclasses.dataclass(frozen=True, slots=True)
class Split:
    """The latest deployment, as an old one or as the current one of the job under reconciliation."""

    old: Deployment | None = None
    current: Deployment | None = None
    updates: tuple[StatusUpdate, ...] = ()

    @property
    def held(self) -> bool:
        """The current deployment is paused or failed."""
        return self.current is not None and (self.current.paused or self.current.failed)


def update_status(deployment: Deployment, change: tuple[str, str]) -> tuple[StatusUpdate, ...]:
    """A change of status for a deployment that is still active."""
    return (StatusUpdate(deployment.id, *change),) if deployment.active else ()


def is_of_job(deployment: Deployment, job: Job) -> bool:
    return deployment.job_create_index == job.create_index and deployment.job_version == job.version


def split_deployment(latest: Deployment | None, job: Job) -> Split:
    """spec: reconcile §3.0 step 2, first match"""
    if job.stop:
        return Split() if latest is None else Split(old=latest, updates=update_status(latest, STOPPED))
    if latest is None:
        return Split()
    if not is_of_job(latest, job):
        return Split(old=latest, updates=update_status(latest, NEWER))
    if latest.status == "successful":
        return Split(old=latest)
    return Split(current=latest)


@dataclasses.dataclass(slots=True)
class Rollout:
    """State of one group in the current deployment, or in one that may be created (*S*). spec: reconcile §3.1.3"""

    existing: bool
    desired_canaries: int = 0
    promoted: bool = False
    total: int = 0
    auto_promote: bool = False
    auto_revert: bool = False
    progress_deadline: int = 0

    @property
    def canarying(self) -> bool:
        return self.desired_canaries != 0 and not self.promoted

    def target(self) -> GroupTarget:
        return GroupTarget(
            self.total, self.desired_canaries, self.auto_promote, self.auto_revert, self.progress_deadline
        )


def rollout_of(group: TaskGroup, current: Deployment | None) -> Rollout:
    state = None if current is None else current.groups.get(group.name)
    if state is not None:
        return Rollout(
            True,
            state.desired_canaries,
            state.promoted,
            state.desired_total,
            state.auto_promote,
            state.auto_revert,
            state.progress_deadline,
        )
    made = Rollout(False)
    if group.update is not None and not update_is_empty(group.update):
        made.auto_promote, made.auto_revert = group.update.auto_promote, group.update.auto_revert
        made.progress_deadline = group.update.progress_deadline
    return made


def unwanted_canaries(split: Split) -> set[str]:
    """IDs of canaries placed by earlier and by failed deployments. spec: reconcile §3.2 step 1"""
    found: set[str] = set()
    for deployment in (split.old, split.current):
        if deployment is None or (deployment is split.current and not deployment.failed):
            continue
        for state in deployment.groups.values():
            if not state.promoted:
                found.update(state.placed_canaries)
    return found


def current_canaries(split: Split) -> set[str]:
    """IDs of all canaries of the current deployment, promoted or not. spec: reconcile §3.2 step 3"""
    states: Iterable[GroupState] = () if split.current is None else split.current.groups.values()
    return {canary for state in states for canary in state.placed_canaries}


def older_version(
    group: str, previous: Allocation, job: Job, deployments: Sequence[Deployment], versions: Sequence[JobVersion]
) -> JobVersion | None:
    """The job version whose group is used for a placement that is no canary while the group is canarying.

    None: the job under reconciliation. spec: reconcile §3.17
    """
    number: int | None = None
    ours = [item for item in deployments if item.job_create_index == job.create_index]
    for deployment in sorted(ours, key=lambda item: -item.job_version):
        state = deployment.groups.get(group)
        if state is not None and (state.promoted or state.desired_canaries == 0):
            number = deployment.job_version
            break
    else:
        if update_is_empty(previous.job.update):
            number = previous.version.version
    if number is None or number == job.version or number < previous.version.version:
        return None
    found = next((item for item in versions if item.version == number and item.create_index == job.create_index), None)
    return found if found is not None and find_group(found.job, group) is not None else None


def summarise(
    job: Job, split: Split, attached: Mapping[str, Rollout], complete: bool, states: Iterable[Rollout]
) -> DeploymentChange:
    """What the run writes about deployments. `attached`: groups to attach; `states`: those of all groups."""
    updates = list(split.updates)
    current = split.current
    if current is not None:
        if complete:
            if job.multiregion is None or current.status in ("unblocking", "successful"):
                change = ("successful", "Deployment completed successfully")
            else:
                change = ("blocked", "Deployment is complete but waiting for peer region")
            updates.append(StatusUpdate(current.id, *change))
        if current.status == "initializing":
            updates.append(StatusUpdate(current.id, "pending", "Deployment is pending, waiting for peer region"))
    waiting = [state for state in states if state.canarying]
    description = RUNNING
    if waiting:
        description = RUNNING_AUTO if all(state.auto_promote for state in waiting) else RUNNING_MANUAL
    created = bool(attached) and current is None
    targets = {name: state.target() for name, state in attached.items()}
    return DeploymentChange(created, description if created or waiting else "", targets, tuple(updates))
