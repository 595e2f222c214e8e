"""The settings that a registry starts with, and starting from captured cluster state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobplan.inventory import Inventory, JobVersion
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.allocated import NO_TRANSITION, ZERO, of_version, put_allocation
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.summaries import COUNTER_OF, ensure_summary

DEFAULT_SCHEDULER: Api = {
    "SchedulerAlgorithm": "binpack",
    "MemoryOversubscriptionEnabled": False,
    "RejectJobRegistration": False,
    "PauseEvalBroker": False,
    "PreemptionConfig": {
        "SystemSchedulerEnabled": True,
        "SysBatchSchedulerEnabled": False,
        "BatchSchedulerEnabled": False,
        "ServiceSchedulerEnabled": False,
    },
}


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> Api:
    """`base` with the keys of `more`, objects merged key by key."""
    made = dict(base)
    for key, value in more.items():
        known = made.get(key)
        made[key] = merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return made


def fill(state: State, obj: Api, inventory: Inventory) -> None:
    """Nodes and settings of an inventory; jobs, allocations and deployments only into an empty registry."""
    state.index = max(state.index, _highest_index(obj))
    index = state.next_index()
    for api in obj.get("Nodes") or ():
        state.put(rec.NODES, (api["ID"],), api, index=index)
    pools = {pool["Name"]: pool for pool in obj.get("NodePools") or () if pool.get("Name") not in ("default", "all")}
    known = {node.node_pool for node in inventory.nodes.values()} - {"default", "all", ""}
    pools = {
        **{name: {"Name": name} for name in sorted(known)},
        **(state.get(rec.SETTINGS, "node_pools") or {}),
        **pools,
    }
    state.put(rec.SETTINGS, ("node_pools",), pools, index=index)
    scheduler = obj.get("SchedulerConfig")
    if scheduler is not None:
        state.put(rec.SETTINGS, ("scheduler",), scheduler.get("SchedulerConfig") or scheduler, index=index)
    if state.tables[rec.JOBS]:
        return
    _fill_jobs(state, inventory, index)
    for allocation in inventory.allocations.values():
        api = {**ZERO, **{key: value for key, value in allocation.api.items() if key != "Job" and value is not None}}
        api["DesiredTransition"] = {**NO_TRANSITION, **(allocation.api.get("DesiredTransition") or {})}
        put_allocation(state, of_version(api, allocation.version), index)
        _count(state, allocation.version.key, allocation.task_group, allocation.client_status, index)
    for deployments in inventory.deployments.values():
        for deployment in deployments:
            state.put(rec.DEPLOYMENTS, (deployment.id,), dep.completed(deployment), index=index)


def _fill_jobs(state: State, inventory: Inventory, index: int) -> None:
    namespaces = dict(state.get(rec.SETTINGS, "namespaces") or {})
    for key, captured in inventory.jobs.items():
        version = JobVersion.of(captured.job)  # with all its keys, whatever the capture left out
        if key[0] != rec.DEFAULT_NAMESPACE:
            namespaces.setdefault(key[0], {"Name": key[0]})
        state.put(rec.JOBS, key, version, index=index)
        state.put(rec.VERSIONS, rec.version_key(*key, version.version), version, index=index)
        for old in inventory.old_versions.get(key, ()):
            state.put(rec.VERSIONS, rec.version_key(*key, old.version), JobVersion.of(old.job), index=index)
        ensure_summary(state, version.job, index)
        if rec.is_active_periodic(version.job):
            record = {"Launch": version.job.submit_time, "CreateIndex": index, "ModifyIndex": index}
            state.put(rec.LAUNCHES, key, record, index=index)
    state.put(rec.SETTINGS, ("namespaces",), namespaces, index=index)


def _count(state: State, key: rec.JobKey, group: str, client_status: str, index: int) -> None:
    summary = state.get(rec.SUMMARIES, *key)
    if summary is None or group not in summary["Summary"] or client_status not in COUNTER_OF:
        return
    counts = dict(summary["Summary"][group])
    counts[COUNTER_OF[client_status]] += 1
    state.put(rec.SUMMARIES, key, {**summary, "Summary": {**summary["Summary"], group: counts}}, index=index)


def _highest_index(obj: Any) -> int:
    """The highest index in captured state: the registry's own begin above it."""
    highest = 0
    for key in ("Jobs", "OldJobVersions", "Allocations", "Deployments", "Nodes"):
        for item in obj.get(key) or ():
            for name in ("ModifyIndex", "JobModifyIndex", "CreateIndex"):
                value = item.get(name)
                if isinstance(value, int):
                    highest = max(highest, value)
    return highest
