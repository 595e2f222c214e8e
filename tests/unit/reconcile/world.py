"""A small cluster with one job: what the reconciler is given, built by hand. Nothing here decides anything."""

from __future__ import annotations

import dataclasses
from typing import Any

from jobplan.canonical import load_job
from jobplan.inventory.allocations import (
    AllocatedResources,
    Allocation,
    AllocState,
    DeploymentHealth,
    TaskState,
    Transition,
)
from jobplan.inventory.columns import datacenter_matches
from jobplan.inventory.deployments import Deployment, GroupState
from jobplan.inventory.jobs import JobVersion
from jobplan.inventory.nodes import Node
from jobplan.model import kinds
from jobplan.model.job import Job
from jobplan.reconcile import service, system
from jobplan.reconcile.changes import Changes, Counters, Outcome, SystemChanges

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
NOW = 1_800_000_000 * 10**9
STORED_VERSION, STORED_INDEX = 3, 70


def make_job(job_type: str = "service", *, groups: dict[str, dict[str, Any]] | None = None, **fields: Any) -> Job:
    """A registered job `shop` (version 3, indexes 70) with a group `web` of count 3 unless `groups` says otherwise."""
    task = {"Name": "main", "Driver": "exec"}
    job = load_job(
        {
            "ID": "shop",
            "Type": job_type,
            "TaskGroups": [
                {"Name": name, "Tasks": [task], **group} for name, group in (groups or {"web": {"Count": 3}}).items()
            ],
            **fields,
        }
    )
    job.version, job.create_index, job.modify_index, job.job_modify_index = STORED_VERSION, 20, 70, STORED_INDEX
    job.node_pool = "default"
    return job


def changed(job: Job, **web: Any) -> Job:
    """The next version of a job, with fields of its first group changed."""
    made = kinds.copy(job)
    made.version, made.modify_index, made.job_modify_index = job.version + 1, STORED_INDEX + 1, STORED_INDEX + 1
    for name, value in web.items():
        setattr((made.task_groups or [])[0], name, value)
    return made


def node(name: str, **fields: Any) -> Node:
    return Node(id=name, datacenter="dc1", status=fields.pop("status", "ready"), **fields)


def nodes(number: int = 3) -> list[Node]:
    return [node(f"n{index}") for index in range(number)]


def alloc(job: Job, index: int, *, group: str = "web", on: str = "", name: str = "", **fields: Any) -> Allocation:
    """A running allocation of a job version; service and batch names by ID, system names by job name."""
    prefix = job.id if job.type in ("service", "batch") else job.name
    name = name or f"{prefix}.{group}[{index}]"
    on = on or f"n{index}"
    defaults: dict[str, Any] = {
        "id": f"{job.version}-{name}-{on}",
        "client_status": "running",
        "resources": AllocatedResources({}),
        "create_index": 40,
        "modify_time": NOW - HOUR,
    }
    version = fields.pop("version", None) or JobVersion.of(job)
    return Allocation(name=name, task_group=group, version=version, node_id=on, **{**defaults, **fields})


def running(job: Job, number: int = 3, **fields: Any) -> list[Allocation]:
    return [alloc(job, index, **fields) for index in range(number)]


def failed(at: int) -> dict[str, Any]:
    """Fields of an allocation whose task failed at a time."""
    return {"client_status": "failed", "task_states": {"main": TaskState("dead", True, finished_at=at)}}


COMPLETE: dict[str, Any] = {"client_status": "complete", "task_states": {"main": TaskState("dead", False)}}
MIGRATE = Transition(migrate=True)
CANARY = DeploymentHealth(healthy=True, canary=True)
HEALTHY = DeploymentHealth(healthy=True)
UNHEALTHY = DeploymentHealth(healthy=False)
UNKNOWN = (AllocState(0, "unknown", NOW - MINUTE),)


def deployment(job: Job, status: str = "successful", **states: GroupState) -> Deployment:
    groups = states or {"web": GroupState(desired_total=3)}
    return Deployment("d-1", "default", job.id, job.version, job.create_index, status, groups, create_index=60)


@dataclasses.dataclass
class World:
    """Arguments of the reconciler. `forced`: the change forces replacement; `misfits`: nodes that do not fit."""

    job: Job
    allocs: list[Allocation] = dataclasses.field(default_factory=list)
    nodes: list[Node] = dataclasses.field(default_factory=nodes)
    deployment: Deployment | None = None
    forced: bool = False
    misfits: tuple[str, ...] = ()
    old: tuple[JobVersion, ...] = ()
    exhausted: tuple[str, ...] = ()

    def _replaces(self, old: Job, new: Job, group: str) -> bool:
        return self.forced

    def _fits(self, item: Allocation) -> bool:
        return item.node_id not in self.misfits

    @property
    def _deployments(self) -> tuple[Deployment, ...]:
        return () if self.deployment is None else (self.deployment,)

    def service(self) -> Changes:
        return service.reconcile(
            self.job,
            sorted(self.allocs, key=lambda item: item.id),
            self._deployments,
            {item.id: item for item in self.nodes},
            self.old,
            now=NOW,
            needs_replacement=self._replaces,
            fits_in_place=self._fits,
        )

    def visit(self) -> system.Visited:
        pool = [item for item in self.nodes if self.job.node_pool in ("all", item.node_pool)]
        inside = [item for item in pool if datacenter_matches(item.datacenter, self.job.datacenters or ())]
        return system.visit_nodes(
            self.job,
            sorted(self.allocs, key=lambda item: item.id),
            self._deployments,
            {item.id: item for item in self.nodes},
            candidates=[item for item in inside if item.ready],
            not_ready=[item.id for item in pool if not item.ready],
            now=NOW,
        )

    def system(self) -> SystemChanges:
        return system.decide_updates(self.visit(), needs_replacement=self._replaces, fits_in_place=self._fits)

    def counters(self) -> dict[str, Counters]:
        """Final counters; an entry of the queue fails by filtering on `misfits`, by exhaustion on `exhausted`."""
        if self.job.type in ("service", "batch"):
            return self.service().counters
        changes = self.system()
        ready = {item.id for item in self.nodes if item.ready}
        outcomes = [
            Outcome.SKIPPED
            if item.node_id not in ready
            else Outcome.FILTERED
            if item.node_id in self.misfits
            else Outcome.EXHAUSTED
            if item.node_id in self.exhausted
            else Outcome.PLACED
            for item in changes.queue
        ]
        return system.finish_system(self.job, changes, outcomes)

    def told(self) -> dict[str, dict[str, int]]:
        """The counters that are not zero, by group."""
        return {
            group: {key: value for key, value in counters.to_api().items() if value}
            for group, counters in self.counters().items()
        }

    def web(self) -> dict[str, int]:
        return self.told()["web"]

    def triggers(self) -> list[tuple[str, int]]:
        """Trigger and time from now of each follow-up."""
        return [
            (item.triggered_by, item.wait_until - NOW)
            for group in self.service().groups.values()
            for item in group.follow_ups
        ]
