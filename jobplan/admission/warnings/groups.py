"""Warnings of task groups, and about missing shutdown delays. spec: admission §8.2, §8.3"""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.admission.problems import Problem
from jobplan.admission.warnings.tasks import service_warnings, task_warnings, warning
from jobplan.model.group import TaskGroup
from jobplan.values.messages import Message

MAX_PARALLEL = Message(
    "Update max parallel count is greater than task group count ({max_parallel} > {count}). "
    "A destructive change would result in the simultaneous replacement of all allocations."
)
MAX_CLIENT_DISCONNECT = "MaxClientDisconnect is deprecated and ignored in favor of Disconnect.LostAfter"
STOP_AFTER = "StopAfterClientDisconnect is deprecated and ignored favor of Disconnect.StopOnClientAfter"  # sic
PREVENT_RESCHEDULE = "PreventRescheduleOnLost is deprecated and ignored in favor of Disconnect.Replace"
MBITS = "mbits has been deprecated as of Nomad 0.12.0. Please remove mbits from the network block"
TASK = Message("Task {task!q} has warnings: ")
SIDECAR_DELAY = Message(
    "service {service!q} defines a sidecar task in Consul Connect definition, but the task has no shutdown_delay set"
)
REFERENCED_DELAY = Message(
    "group {group!q} references task {task!q} in a service definition, but the task has no shutdown_delay set"
)
TASK_DELAY = Message("task {task!q} in group {group!q} defines services, but has no shutdown_delay set")
GROUP_DELAY = Message(
    "group {group!q} defines services, but neither the group nor any of its tasks have shutdown_delay set"
)


def group_warnings(group: TaskGroup, path: str) -> Iterator[Problem]:
    """spec: admission §8.2"""
    update = group.update
    if update is not None and group.count > 1 and update.max_parallel > group.count:
        text = MAX_PARALLEL(max_parallel=update.max_parallel, count=group.count)
        yield warning("admission/8.2/1", f"{path}/Update/MaxParallel", text)
    if group.max_client_disconnect is not None:
        yield warning("admission/8.2/2", f"{path}/MaxClientDisconnect", MAX_CLIENT_DISCONNECT)
    if group.stop_after_client_disconnect is not None:
        yield warning("admission/8.2/3", f"{path}/StopAfterClientDisconnect", STOP_AFTER)
    if group.prevent_reschedule_on_lost:
        yield warning("admission/8.2/4", f"{path}/PreventRescheduleOnLost", PREVENT_RESCHEDULE)
    if group.networks and group.networks[0].mbits > 0:
        yield warning("admission/8.2/5", f"{path}/Networks/0/MBits", MBITS)
    for index, service in enumerate(group.services or ()):
        yield from service_warnings(service, "admission/8.2/6", f"{path}/Services/{index}")
    for index, task in enumerate(group.tasks or ()):
        found = tuple(task_warnings(task, f"{path}/Tasks/{index}"))
        if found:
            yield warning("admission/8.2/7", f"{path}/Tasks/{index}", TASK(task=task.name), found)


def delay_warnings(group: TaskGroup, path: str) -> Iterator[Problem]:
    """spec: admission §8.3"""
    referenced, unscoped = set(), False
    for index, service in enumerate(group.services or ()):
        if service.task_name != "":
            referenced.add(service.task_name)
        elif service.connect is not None and service.connect.sidecar_task is not None:
            if service.connect.sidecar_task.shutdown_delay is None:
                place = f"{path}/Services/{index}/Connect/SidecarTask"
                yield warning("admission/8.3/1", place, SIDECAR_DELAY(service=service.name))
        else:
            unscoped = True
    delayed = False
    for index, task in enumerate(group.tasks or ()):
        place = f"{path}/Tasks/{index}"
        if task.shutdown_delay == 0 and task.name in referenced:
            yield warning("admission/8.3/2", place, REFERENCED_DELAY(group=group.name, task=task.name))
        if task.shutdown_delay > 0:
            delayed = True
        elif task.services:
            yield warning("admission/8.3/2", place, TASK_DELAY(task=task.name, group=group.name))
    if unscoped and not delayed and (group.shutdown_delay is None or group.shutdown_delay <= 0):
        yield warning("admission/8.3/3", path, GROUP_DELAY(group=group.name))
