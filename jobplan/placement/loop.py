"""The placement loop for service and batch jobs. spec: placement §3"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jobplan.placement.chain import BATCH
from jobplan.placement.metrics import Metrics
from jobplan.placement.select import NodeList, option_limit

if TYPE_CHECKING:
    from jobplan.inventory.allocations import AllocatedResources, Allocation
    from jobplan.inventory.columns import ReadyNodes
    from jobplan.inventory.nodes import Node
    from jobplan.model.job import Job
    from jobplan.placement.asks import Ask
    from jobplan.placement.fit import Fit
    from jobplan.placement.run import Run
    from jobplan.reconcile.changes import Changes, Destructive, Wanted


@dataclasses.dataclass(frozen=True, slots=True)
class Placement:
    """A new allocation with its node. `victims` are listed once per reason to preempt them. spec: placement §3.8"""

    group: str
    name: str
    node_id: str
    resources: AllocatedResources
    previous: Allocation | None = None
    victims: tuple[Allocation, ...] = ()
    canary: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Preempted:
    """An allocation that gives way to one of `group`."""

    group: str
    allocation: Allocation


@dataclasses.dataclass(slots=True)
class Placements:
    """What placement answers. `failed` is `FailedTGAllocs`: the record of each group that failed.

    `class_eligibility` (empty when a constraint escapes), `escaped` and `missing` belong to the blocked evaluation.
    `undone` are destructive updates that found no place: their old allocations stay. spec: placement §3, §15
    """

    placed: list[Placement] = dataclasses.field(default_factory=list)
    failed: dict[str, Metrics] = dataclasses.field(default_factory=dict)
    preempted: list[Preempted] = dataclasses.field(default_factory=list)
    undone: list[Destructive] = dataclasses.field(default_factory=list)
    class_eligibility: dict[str, bool] = dataclasses.field(default_factory=dict)
    escaped: bool = False
    missing: tuple[str, ...] = ()

    def failed_to_api(self) -> dict[str, Any] | None:
        """`FailedTGAllocs` in API form; None when nothing failed. spec: placement §13.1"""
        return {group: metrics.to_api() for group, metrics in self.failed.items()} or None

    def preemptions(self, group: str) -> int:
        """`Preemptions` of a group."""
        return sum(item.group == group for item in self.preempted)


def place(run: Run, changes: Changes) -> Placements:
    """Finds nodes for everything that reconciliation wants placed: destructive updates first. spec: placement §3"""
    run.stop_all(stop.allocation for stop in changes.stops)
    for group in changes.groups.values():
        run.keep_all((*group.attributes, *group.disconnecting, *group.reconnecting, *group.in_place))
    made = Placements()
    destructive, wanted = changes.destructive, changes.place
    if destructive or wanted:
        loop = _Loop(run, made)
        for item in destructive:
            loop.replace(item)
        for entry in wanted:
            loop.place(entry)
    made.escaped = run.escapes
    if not made.escaped:
        made.class_eligibility = run.cache.eligibility()
    made.missing = tuple(sorted(run.missing_volumes))
    return made


class _Loop:
    """The loop with the node list of the planned job."""

    def __init__(self, run: Run, made: Placements) -> None:
        self.run, self.made = run, made
        self.ready = run.ready(run.job)
        self.nodes = self._list(self.ready)

    def _list(self, ready: ReadyNodes) -> NodeList:
        """Sets the node list, with its option limit. spec: placement §3 step 1"""
        nodes = self.run.order(ready.nodes)
        return NodeList(nodes, option_limit(len(nodes), batch=self.run.job.type == BATCH))

    # ---- items -------------------------------------------------------------------------------------------------------

    def replace(self, item: Destructive) -> None:
        """A destructive update: the old allocation makes room first, and stays if that was not enough."""
        run = self.run
        ask = run.ask(run.job, run.groups[item.group])
        if self._has_failed(ask):
            self.made.undone.append(item)
            return
        old = run.cluster.occupants[item.previous.id]
        run.draft.stop(old)
        if not self._find(ask, item.name, item.previous):
            run.draft.undo_stop(old)
            self.made.undone.append(item)

    def place(self, item: Wanted) -> None:
        """A placement, with the definition of an older version where reconciliation says so. spec: §3 step 3.1"""
        run = self.run
        job, group = run.job, run.groups[item.group]
        if item.older is not None:
            job = item.older.job
            group = next(older for older in job.task_groups or () if older.name == item.group)
        ask = run.ask(job, group)
        if self._has_failed(ask):
            return
        if job is not run.job and _is_elsewhere(job, run.job):
            ready = run.ready(job)
            found = self._find(ask, item.name, item.previous, self._list(ready), ready, canary=item.canary)
            self.nodes = self._list(self.ready)
        else:
            found = self._find(ask, item.name, item.previous, canary=item.canary)
        if not found and item.kind == "reschedule" and item.previous is not None:
            self._note_failure(item.previous)

    def _note_failure(self, previous: Allocation) -> None:
        """A failed reschedule: instead of being stopped, the old allocation only gets a note. spec: §3 step 3.9"""
        draft, old = self.run.draft, self.run.cluster.occupants[previous.id]
        if old.id in draft.stopped.get(old.node_id, {}):
            draft.undo_stop(old)
            draft.place(old)

    def _has_failed(self, ask: Ask) -> bool:
        """One failure per group is recorded; the rest is only counted. spec: placement §3 step 3.2"""
        failure = self.made.failed.get(ask.name)
        if failure is None:
            return False
        failure.coalesce(ask)
        return True

    def _find(
        self,
        ask: Ask,
        name: str,
        previous: Allocation | None,
        nodes: NodeList | None = None,
        ready: ReadyNodes | None = None,
        *,
        canary: bool = False,
    ) -> bool:
        """Steps 3.3 to 3.9 for one allocation. spec: placement §3"""
        run = self.run
        nodes, ready = nodes or self.nodes, ready or self.ready
        penalties = _penalties(previous)
        preferred = self._preferred(ask, previous)
        fit, metrics = self._select(ask, name, nodes, penalties, preferred, preempting=False)
        if fit is None and run.config_for(ask.job).preempts(run.job.type):
            fit, metrics = self._select(ask, name, nodes, penalties, preferred, preempting=True)
        metrics.nodes_available, metrics.nodes_in_pool = ready.available, len(ready.nodes)
        metrics.node_pool = run.job.node_pool
        if fit is None:
            run.trace.failed(ask.name, name)
            metrics.add_exhausted_resources(ask)
            self.made.failed[ask.name] = metrics
            run.failed_asks[ask.name] = ask
            return False
        run.trace.chosen(ask.name, name, fit.node)
        victims = tuple(victim.allocation for victim in fit.victims if victim.allocation is not None)
        for victim in fit.victims:
            run.draft.preempt(victim)
        occupant = run.new_occupant(ask, name, fit)
        run.draft.place(occupant)
        assert occupant.resources is not None
        self.made.placed.append(Placement(ask.name, name, fit.node.id, occupant.resources, previous, victims, canary))
        self.made.preempted.extend(Preempted(ask.name, victim) for victim in victims)
        return True

    def _select(
        self,
        ask: Ask,
        name: str,
        nodes: NodeList,
        penalties: set[str],
        preferred: Node | None,
        *,
        preempting: bool,
    ) -> tuple[Fit | None, Metrics]:
        """One selection: the preferred node alone, then the list with fresh metrics. spec: placement §3"""
        run = self.run
        trial = run.trial(ask, name, preempting=preempting, penalties=penalties)
        if ask.scores_many:
            limit = trial.config.feasibility_limit
            nodes.limit = max(limit, ask.group.count)
        if preferred is not None:
            selection = run.selection(trial, scored=True)
            fit = selection.run(NodeList((preferred,), nodes.limit))
            if fit is not None:
                return fit, selection.metrics
            trial.claims = None
        selection = run.selection(trial, scored=True)
        return selection.run(nodes), selection.metrics

    def _preferred(self, ask: Ask, previous: Allocation | None) -> Node | None:
        """The node whose ephemeral disk the group wants to keep. spec: placement §3 step 3.3"""
        disk = ask.group.ephemeral_disk
        if previous is None or not (disk.sticky or disk.migrate):
            return None
        old, job = previous.job, self.run.job
        if old.node_pool != job.node_pool or (old.datacenters or []) != (job.datacenters or []):
            return None
        node = self.run.cluster.nodes.get(previous.node_id)
        return node if node is not None and node.ready else None


def _penalties(previous: Allocation | None) -> set[str]:
    """Nodes where the allocation has failed before. spec: placement §3 step 3.5"""
    if previous is None:
        return set()
    nodes = {previous.node_id} if previous.client_status == "failed" else set()
    if previous.tracker is not None:
        nodes.update(event.previous_node for event in previous.tracker.events or ())
    return nodes


def _is_elsewhere(job: Job, planned: Job) -> bool:
    """Whether the older version has other nodes to choose from. spec: placement §3 step 3.1"""
    return job.node_pool != planned.node_pool or set(job.datacenters or ()) != set(planned.datacenters or ())
