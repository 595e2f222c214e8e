"""What is true of one allocation. spec: reconcile §2.3"""

from __future__ import annotations

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.times import ZERO_TIME
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.policies import ReschedulePolicy, UpdateStrategy

CLIENT_STATUS = 0
"""The field code of client-status entries in `AllocStates`."""


def find_group(job: Job, name: str) -> TaskGroup | None:
    return next((group for group in job.task_groups or () if group.name == name), None)


def own_group(alloc: Allocation) -> TaskGroup | None:
    """The alloc's group: that of the job version it runs."""
    return find_group(alloc.job, alloc.task_group)


def has_canary_flag(alloc: Allocation) -> bool:
    return alloc.health is not None and alloc.health.canary


def is_healthy(alloc: Allocation) -> bool:
    return alloc.health is not None and alloc.health.healthy is True


def is_unhealthy(alloc: Allocation) -> bool:
    return alloc.health is not None and alloc.health.healthy is False


def ran_successfully(alloc: Allocation) -> bool:
    states = alloc.task_states.values()
    return len(states) > 0 and all(state.state == "dead" and not state.failed for state in states)


def last_reschedule_failed(alloc: Allocation) -> bool:
    return alloc.tracker is not None and alloc.tracker.last_reschedule not in ("", "ok")


def needs_reconnect(alloc: Allocation) -> bool:
    for state in reversed(alloc.states):
        if state.field == CLIENT_STATUS:
            return state.value == "unknown"
    return False


def last_unknown(alloc: Allocation) -> int:
    """Start of the most recent run of `unknown`, or `ZERO_TIME`."""
    found = ZERO_TIME
    seen = False
    for state in reversed(alloc.states):
        if state.field != CLIENT_STATUS:
            continue
        if state.value == "unknown":
            found, seen = state.time, True
        elif seen:
            break
    return found


def lost_after(alloc: Allocation) -> int:
    """ns; 0 without a disconnect block."""
    group = own_group(alloc)
    return 0 if group is None or group.disconnect is None else group.disconnect.lost_after


def replace_allowed(alloc: Allocation) -> bool:
    group = own_group(alloc)
    return group is None or group.disconnect is None or group.disconnect.replace is not False


def is_expired(alloc: Allocation, now: int) -> bool:
    if alloc.client_status != "unknown":
        return False
    since = last_unknown(alloc)
    return since != ZERO_TIME and since + lost_after(alloc) <= now


def last_event(alloc: Allocation) -> int:
    """When the allocation last finished a task, else when it was last modified."""
    found = max((state.finished_at for state in alloc.task_states.values()), default=ZERO_TIME)
    return alloc.modify_time if found == ZERO_TIME else found


def index_of(alloc: Allocation) -> int:
    """The number in brackets at the end of the name, found by position; 0 where there is none."""
    name = alloc.name.encode()
    start = len(alloc.job_id.encode()) + len(alloc.task_group.encode()) + 2
    if len(name) <= 3 or len(name) <= start:
        return 0
    digits = name[start:-1]
    return int(digits) if digits.isdigit() and len(digits) < 20 else 0


def is_older(alloc: Allocation, job: Job) -> bool:
    """Of a version or a registration before the job under reconciliation."""
    return alloc.version.version < job.version or alloc.version.create_index < job.create_index


def is_of_version(alloc: Allocation, job: Job) -> bool:
    return alloc.version.version == job.version and alloc.version.create_index == job.create_index


def update_is_empty(update: UpdateStrategy | None) -> bool:
    """spec: reconcile §2.6"""
    return update is None or update.max_parallel == 0


def reschedule_policy(alloc: Allocation) -> ReschedulePolicy | None:
    group = own_group(alloc)
    return None if group is None else group.reschedule_policy
