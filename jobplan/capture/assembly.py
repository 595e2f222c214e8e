"""An inventory of what was read: keys of the interface, sorted, without what no plan looks at.

An allocation refers to its job by `JobID` and `JobVersion`. Where the version it runs is not among the versions that
the cluster still lists (they are pruned; a job may have been purged), the job inside the allocation is kept, once,
among `OldJobVersions`. spec: interface (Loading)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobplan.capture.redaction import Redaction

Api = dict[str, Any]
VersionKey = tuple[Any, Any, Any, Any]

_TERMINAL = {"DesiredStatus": ("stop", "evict"), "ClientStatus": ("complete", "failed", "lost")}

# Keys that nothing reads: they repeat others, are long, or are none of a reader's business.
_UNREAD = {
    "nodes": ("Events", "SecretID"),
    "allocations": ("Job", "Resources", "NetworkStatus", "SignedIdentities"),
    "csi-volumes": ("Secrets", "Context", "Parameters", "MountOptions"),
    "host-volumes": ("Secrets", "Parameters", "Allocations"),
}

STARTED_SERVER: Api = {
    "SchedulerAlgorithm": "binpack",
    "MemoryOversubscriptionEnabled": False,
    "RejectJobRegistration": False,
    "PreemptionConfig": {
        "SystemSchedulerEnabled": True,
        "SysBatchSchedulerEnabled": False,
        "BatchSchedulerEnabled": False,
        "ServiceSchedulerEnabled": False,
    },
}
"""The configuration of a freshly started server. spec: placement §1.7"""


def is_terminal(allocation: Mapping[str, Any]) -> bool:
    """Whether an allocation (or its stub) is over. spec: placement §1.8"""
    return any(allocation.get(key) in values for key, values in _TERMINAL.items())


def assemble(
    found: Mapping[str, list[Any]], *, now: datetime, redaction: Redaction | None = None
) -> tuple[Api, list[str]]:
    """The inventory from the objects of each part, and notes about what could not be used."""
    jobs = found.get("jobs", [])
    versions = _Versions(jobs, found.get("versions", []))
    notes: list[str] = []
    allocations = []
    for allocation in found.get("allocations", []):
        made = _allocation(allocation, versions)
        if made is None:
            notes.append(f"allocation {allocation.get('ID')} is left out: nobody knows its job")
        else:
            allocations.append(made)
    scheduler = found.get("scheduler")
    old = versions.old()
    made_jobs = jobs if redaction is None else [redaction.job(job) for job in jobs]
    return {
        "Now": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "Nodes": _without(found, "nodes"),
        "Allocations": allocations,
        "Jobs": made_jobs,
        "OldJobVersions": old if redaction is None else [redaction.job(job) for job in old],
        "Deployments": found.get("deployments", []),
        "NodePools": found.get("pools", []),
        "SchedulerConfig": scheduler[0] if scheduler else STARTED_SERVER,
        "CSIVolumes": _without(found, "csi-volumes"),
        "HostVolumes": _without(found, "host-volumes"),
        "TaskGroupHostVolumeClaims": found.get("claims", []),
        **({} if redaction is None else {"Redaction": redaction.to_api()}),
    }, notes


def _without(found: Mapping[str, list[Any]], part: str) -> list[Api]:
    unread = _UNREAD[part]
    return [{key: value for key, value in item.items() if key not in unread} for item in found.get(part, [])]


# ---- allocations -----------------------------------------------------------------------------------------------------


def _allocation(api: Api, versions: _Versions) -> Api | None:
    made = {key: value for key, value in api.items() if key not in _UNREAD["allocations"]}
    job = api.get("Job")
    if isinstance(job, dict):
        versions.remember(job)
        made["JobID"], made["JobVersion"] = job.get("ID"), job.get("Version") or 0
    elif not versions.knows(api):
        return None
    if made.get("AllocatedResources") is not None:
        made.pop("TaskResources", None)
        made.pop("SharedResources", None)
    states = made.get("TaskStates")
    if isinstance(states, dict):
        made["TaskStates"] = {name: _without_events(state) for name, state in states.items()}
    made["Metrics"] = _score(made.get("Metrics"))
    return made


def _without_events(state: Any) -> Any:
    """Long, and nobody decides by them. The key stays: plans show the states of preempted allocations."""
    return {**state, "Events": None} if isinstance(state, dict) and "Events" in state else state


def _score(metrics: Any) -> Any:
    """Only the score of the chosen node is read. spec: reconcile §3.6"""
    scores = metrics.get("ScoreMetaData") if isinstance(metrics, dict) else None
    return {"ScoreMetaData": scores[:1]} if scores else None


# ---- job versions ----------------------------------------------------------------------------------------------------


class _Versions:
    """All versions of all jobs, each once."""

    def __init__(self, jobs: list[Api], histories: list[Any]) -> None:
        self._stored = {_version_key(job) for job in jobs}
        self._old: dict[VersionKey, Api] = {}
        for history in histories:
            for job in history.get("Versions") or ():
                self.remember(job)

    def remember(self, job: Api) -> None:
        key = _version_key(job)
        if key not in self._stored:
            self._old.setdefault(key, job)

    def knows(self, allocation: Api) -> bool:
        wanted = (
            allocation.get("Namespace") or "default",
            allocation.get("JobID"),
            allocation.get("JobVersion") or 0,
        )
        return any(key[:3] == wanted for key in (*self._stored, *self._old))

    def old(self) -> list[Api]:
        """By namespace and ID, the youngest version first."""

        def order(job: Api) -> tuple[Any, ...]:
            return (
                job.get("Namespace") or "default",
                job.get("ID"),
                -(job.get("CreateIndex") or 0),
                -(job.get("Version") or 0),
            )

        return sorted(self._old.values(), key=order)


def _version_key(job: Api) -> VersionKey:
    return job.get("Namespace") or "default", job.get("ID"), job.get("Version") or 0, job.get("CreateIndex") or 0
