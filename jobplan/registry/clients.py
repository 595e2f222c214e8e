"""What clients report about allocations. spec: api §5.7, §5.8"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobplan.inventory import Allocation
from jobplan.inventory.times import format_instant
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.allocated import changed, put_allocation
from jobplan.registry.records import Api, JobKey
from jobplan.registry.state import State
from jobplan.registry.statuses import refresh_statuses
from jobplan.registry.summaries import SummaryWriter
from jobplan.registry.watching import react

ZERO_TASK_STATE: Api = {
    "State": "",
    "Failed": False,
    "Restarts": 0,
    "LastRestart": None,
    "StartedAt": None,
    "FinishedAt": None,
    "Events": None,
    "Paused": "",
}
ZERO_EVENT: Api = {
    "Type": "", "Time": 0, "Message": "", "DisplayMessage": "", "Details": None, "FailsTask": False,
    "RestartReason": "", "SetupError": "", "DriverError": "", "ExitCode": 0, "Signal": 0, "KillTimeout": 0,
    "KillError": "", "KillReason": "", "StartDelay": 0, "DownloadError": "", "ValidationError": "", "DiskLimit": 0,
    "FailedSibling": "", "VaultError": "", "TaskSignalReason": "", "TaskSignal": "", "DriverMessage": "",
    "GenericSource": "",
}  # fmt: skip
ZERO_TEXT = "0001-01-01T00:00:00Z"
"""A time that is not set, as older clients write it."""
ZERO_HEALTH: Api = {"Healthy": None, "Timestamp": None, "Canary": False, "ModifyIndex": 0}


def report(state: State, updates: Iterable[tuple[Allocation, Mapping[str, Any]]], now: int) -> int:
    """New client states of some allocations in one write; gives its index.

    An update may hold `ClientStatus`, `ClientDescription`, `TaskStates`, `DeploymentStatus`. Deployments go on.
    """
    index = state.next_index()
    summaries: dict[JobKey, SummaryWriter] = {}
    live: set[JobKey] = set()
    health: dict[str, list[Allocation]] = {}
    for allocation, values in updates:
        before = state.tables[rec.ALLOCATIONS][allocation.id,]
        after = changed(before, **_merged(before, values, index), ModifyIndex=index, ModifyTime=now)
        put_allocation(state, after, index)
        key = after.version.key
        summary = summaries.setdefault(key, SummaryWriter(state, *key, index))
        job = state.get(rec.JOBS, *key)
        if job is not None and job.create_index == after.version.create_index:
            summary.moved(after.task_group, before.client_status, after.client_status)
        if not after.terminal:
            live.add(key)
        dep.count(state, before, after, index, now)
        known = None if before.health is None else before.health.healthy
        if after.health is not None and after.health.healthy is not None and after.health.healthy is not known:
            health.setdefault(after.deployment_id, []).append(after)
    for summary in summaries.values():
        summary.write()
    refresh_statuses(state, summaries, index, forced=frozenset(live))
    react(state, sorted(health), health, now)
    return index


def _merged(allocation: Allocation, values: Mapping[str, Any], index: int) -> Api:
    made: Api = {key: values[key] for key in ("ClientStatus", "ClientDescription") if key in values}
    if values.get("TaskStates") is not None:
        states = {name: _task_state(item) for name, item in values["TaskStates"].items()}
        made["TaskStates"] = {**(allocation.api.get("TaskStates") or {}), **states}
    if values.get("DeploymentStatus") is not None:
        before = allocation.api.get("DeploymentStatus") or ZERO_HEALTH
        made["DeploymentStatus"] = {**before, **values["DeploymentStatus"], "ModifyIndex": index}
    return made


def _task_state(given: Mapping[str, Any]) -> Api:
    made = {**ZERO_TASK_STATE, **given}
    for key in ("LastRestart", "StartedAt", "FinishedAt"):
        if made[key] == ZERO_TEXT:
            made[key] = None
    if made["Events"] is not None:
        made["Events"] = [{**ZERO_EVENT, **event} for event in made["Events"]]
    return made


def start_all(state: State, now: int) -> bool:
    """A simulated client: placed allocations run and are healthy at once, stopped ones end; whether any changed."""
    updates: list[tuple[Allocation, Mapping[str, Any]]] = []
    for allocation in state.tables[rec.ALLOCATIONS].values():
        if not allocation.server_terminal and allocation.client_status == "pending":
            update: Api = {"ClientStatus": "running"}
            if allocation.deployment_id:
                update["DeploymentStatus"] = {"Healthy": True, "Timestamp": format_instant(now)}
            updates.append((allocation, update))
        elif allocation.server_terminal and not allocation.client_terminal:
            updates.append((allocation, {"ClientStatus": "complete"}))
    if updates:
        report(state, updates, now)
    return bool(updates)
