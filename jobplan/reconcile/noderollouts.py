"""The deployment of a system job while its nodes are visited. spec: reconcile §4.2

A deployment may be created, group by group, as nodes are visited; whether an update counts as a canary depends on
what it holds at that moment. Sysbatch jobs are handled as if they had no deployment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment, GroupState
from jobplan.inventory.nodes import Node
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile import predicates as is_
from jobplan.reconcile import rollouts
from jobplan.reconcile.changes import DeploymentChange, GroupTarget, NodeItem, StatusUpdate
from jobplan.values.versions import compare, parse_version

SUPPORTED_SINCE = "1.11.0"
"""Clients before this version keep a first deployment from being created."""

KEPT_CASES = frozenset({"6a", "6d", "7b", "10"})


@dataclasses.dataclass(slots=True)
class NodeRollout:
    """`latest`: *D*. `current` and `old` as in §4.2; `created` holds the states of a deployment made by this run."""

    job: Job
    latest: Deployment | None
    current: Deployment | None = None
    old: Deployment | None = None
    created: dict[str, GroupState] | None = None
    attached: dict[str, GroupState] = dataclasses.field(default_factory=dict)
    updates: list[StatusUpdate] = dataclasses.field(default_factory=list)
    keeps_running: bool = False
    """An allocation was ignored or is of this version already: a first deployment is not kept."""

    def __post_init__(self) -> None:
        self.current = self.latest

    def prepare(self) -> None:
        """Decide whether the latest deployment is still the current one; only if any node is visited."""
        found = self.latest
        if found is None:
            return
        if self.job.stop:
            self.updates += rollouts.update_status(found, rollouts.STOPPED)
            return
        if not rollouts.is_of_job(found, self.job) and found.active:
            self.updates += rollouts.update_status(found, rollouts.NEWER)
            self.old, self.current = found, None
        elif found.status == "successful":
            self.old, self.current = found, None

    @property
    def _states(self) -> Mapping[str, GroupState] | None:
        """Group states of *cur*, those added by this run included; None without one."""
        if self.created is not None:
            return self.created
        return None if self.current is None else {**self.current.groups, **self.attached}

    def marks_canary(self, group: TaskGroup) -> bool:
        """Row 9 of §4.3."""
        update = group.update
        if self.job.type != "system" or update is None or update.max_parallel == 0 or update.canary <= 0:
            return False
        states = self._states
        if states is None:
            return True
        state = states.get(group.name)
        return state is not None and not state.promoted

    def visit(
        self, live: Sequence[Allocation], ended: Iterable[Allocation], found: Sequence[tuple[str, NodeItem]]
    ) -> None:
        """After the allocations of a node are classified: attach the groups that are rolled out there."""
        self.keeps_running = self.keeps_running or any(
            outcome == "ignore" and item.case in KEPT_CASES for outcome, item in found
        )
        if self.job.type != "system" or self.job.stop:
            return
        started = [alloc for alloc in (*live, *ended) if is_.is_of_version(alloc, self.job)]
        updating = any(outcome == "update" for outcome, _ in found)
        here = {alloc.task_group for alloc in live} | {item.group for outcome, item in found if outcome == "place"}
        for group in self.job.task_groups or ():
            if group.name in here and self._may_attach(group):
                self.keeps_running = self.keeps_running or any(not alloc.terminal for alloc in started)
                if updating or not started:
                    self._attach(group)

    def _may_attach(self, group: TaskGroup) -> bool:
        states = self._states
        if is_.update_is_empty(group.update) or (states is not None and group.name in states):
            return False
        if self.current is not None and (self.current.paused or self.current.failed):
            return False
        return self.old is None or self.old.job_version != self.job.version

    def _attach(self, group: TaskGroup) -> None:
        assert group.update is not None
        update = group.update
        state = GroupState(
            auto_promote=update.auto_promote,
            auto_revert=update.auto_revert,
            progress_deadline=update.progress_deadline,
        )
        if self.current is not None:
            self.attached[group.name] = state
            return
        if self.created is None:
            self.created = {}
        self.created[group.name] = state

    def settle(self, candidates: Iterable[Node]) -> None:
        """After all nodes: a first deployment is dropped again where it has nothing to roll out or old clients."""
        if self.latest is not None or self.created is None:
            return
        if self.keeps_running or any(_is_old_client(node) for node in candidates):
            self.created = None

    @property
    def dep_states(self) -> Mapping[str, GroupState] | None:
        """Group states of *Dep*: cur, else the latest deployment as loaded, else None."""
        states = self._states
        if states is not None:
            return states
        return None if self.latest is None else self.latest.groups

    @property
    def dep_id(self) -> str:
        """ID of *Dep*; empty for a created one, to which no allocation belongs yet."""
        if self.created is not None or self.latest is None:
            return ""
        return self.latest.id

    def change(self) -> DeploymentChange:
        states = self.created if self.created is not None else self.attached
        targets = {
            name: GroupTarget(0, 0, state.auto_promote, state.auto_revert, state.progress_deadline)
            for name, state in states.items()
        }
        created = self.created is not None
        return DeploymentChange(created, rollouts.RUNNING if created else "", targets, tuple(self.updates))


def _is_old_client(node: Node) -> bool:
    version, since = parse_version(node.attributes.get("nomad.version", "")), parse_version(SUPPORTED_SINCE)
    return version is not None and since is not None and compare(version, since) < 0
