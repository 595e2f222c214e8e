"""System and sysbatch jobs: one allocation per name on every node. spec: reconcile §4

Three calls, because placement works in between:

    visited = visit_nodes(...)                   what each node has and wants (§4.1–4.3), deployment pre-step (§4.2)
    changes = decide_updates(visited, ...)       in place or destructive, the queue (§4.4, §4.5); the stops of
                                                 `visited.diff` must be in force, for it probes nodes
    counters = finish_system(changes, outcomes)  what placement's success or failure does to the counters (§4.6–4.8)

Nodes are visited in ascending order of ID and names in the order of the job, where the real program has no order.
"""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

from jobplan.errors import PlanError
from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment, GroupState
from jobplan.inventory.nodes import Node
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.changes import Counters, DeploymentChange, NodeDiff, NodeItem, Outcome, Stop, SystemChanges
from jobplan.reconcile.nodecases import Facts, classify_live
from jobplan.reconcile.noderollouts import NodeRollout
from jobplan.reconcile.tainted import tainted_nodes
from jobplan.reconcile.texts import LOST, MIGRATING, NOT_NEEDED, UPDATING
from jobplan.reconcile.updates import SYSTEM_CASES, FitsInPlace, NeedsReplacement, Probe, decide

NO_RESOURCES = "failed to process eval: runtime error: invalid memory address or nil pointer dereference"


@dataclasses.dataclass(frozen=True, slots=True)
class Visited:
    """What `visit_nodes` found. `states`: group states of *Dep*, by which canaries are judged; None without one."""

    job: Job
    diff: NodeDiff
    nodes: Mapping[str, Node]
    deployment_id: str
    states: Mapping[str, GroupState] | None
    change: DeploymentChange


def visit_nodes(
    job: Job,
    allocations: Sequence[Allocation],
    deployments: Sequence[Deployment],
    nodes: Mapping[str, Node],
    *,
    candidates: Sequence[Node],
    not_ready: Iterable[str],
    now: int,
) -> Visited:
    """Classify everything on every node.

    job           *J*, as for `service.reconcile`; `allocations`, `deployments`, `nodes` likewise
    candidates    the base list: ready nodes of the job's pool and datacenters (placement §2)
    not_ready     IDs of the nodes of the pool that are not ready, in any datacenter
    now           ns

    Raises `PlanError` for a node with a status that the server cannot handle.
    """
    latest = deployments[0] if deployments and job.type == "system" else None
    usable = {} if job.stop else {node.id: node for node in candidates}
    required = {} if job.stop else _required(job)
    live, finished = _by_node(allocations)
    rollout = NodeRollout(job, latest)
    visited = sorted(live.keys() | usable.keys())
    if visited:
        rollout.prepare()
    tainted, waiting = tainted_nodes(allocations, nodes), frozenset(not_ready)
    items: dict[str, list[NodeItem]] = collections.defaultdict(list)
    for node_id in visited:
        here = live.get(node_id, [])
        found: list[tuple[str, NodeItem]] = []
        for alloc in here:
            facts = Facts(alloc, job, required, tainted, waiting, usable, now, rollout)
            found.append(classify_live(facts))
        ended = finished.get(node_id, {})
        if required:
            have = {alloc.name for alloc in here}
            for name, group in required.items():
                if name not in have:
                    found += _missing(job, group.name, name, node_id, ended.get(name), node_id in tainted, usable)
        rollout.visit(here, ended.values(), found)
        for outcome, item in found:
            items[outcome].append(item)
    rollout.settle(usable.values())
    diff = _diff(job, items)
    return Visited(job, diff, nodes, rollout.dep_id, rollout.dep_states, rollout.change())


def _required(job: Job) -> dict[str, TaskGroup]:
    """Required names in the order of the job. spec: reconcile §4.1"""
    return {
        f"{job.name}.{group.name}[{index}]": group for group in job.task_groups or () for index in range(group.count)
    }


def _by_node(
    allocations: Sequence[Allocation],
) -> tuple[dict[str, list[Allocation]], dict[str, dict[str, Allocation]]]:
    """Live allocations by node; the youngest terminal one by node and name. spec: reconcile §4.1"""
    live: dict[str, list[Allocation]] = {}
    finished: dict[str, dict[str, Allocation]] = {}
    for alloc in allocations:
        if not alloc.terminal:
            live.setdefault(alloc.node_id, []).append(alloc)
            continue
        here = finished.setdefault(alloc.node_id, {})
        known = here.get(alloc.name)
        if known is None or known.create_index < alloc.create_index:
            here[alloc.name] = alloc
    return live, finished


def _missing(
    job: Job,
    group: str,
    name: str,
    node_id: str,
    ended: Allocation | None,
    tainted: bool,
    usable: Mapping[str, Node],
) -> list[tuple[str, NodeItem]]:
    """A required name without a live allocation on a node."""
    if job.type == "sysbatch" and ended is not None:
        outcome = "ignore" if ended.version.job_modify_index == job.job_modify_index else "update"
        return [(outcome, NodeItem(group, name, node_id, ended))]
    if tainted or node_id not in usable:
        return []
    return [("place", NodeItem(group, name, node_id, previous=ended))]


def _diff(job: Job, items: Mapping[str, list[NodeItem]]) -> NodeDiff:
    def of(name: str) -> tuple[NodeItem, ...]:
        return tuple(items.get(name, ()))

    told = (("stop", NOT_NEEDED, ""), ("migrate", MIGRATING, ""), ("lost", LOST, "lost"))
    stops = tuple(
        Stop(item.allocation, description, status)
        for name, description, status in told
        for item in of(name)
        if item.allocation is not None
    )
    return NodeDiff(
        job.type,
        of("stop"),
        of("migrate"),
        of("lost"),
        of("ignore"),
        of("update"),
        of("place"),
        of("disconnecting"),
        of("reconnecting"),
        stops,
    )


# ---- updates ---------------------------------------------------------------------------------------------------------

FIRST_PASS = (  # spec: reconcile §4.3: lost and update items are not counted here
    ("stop", "stop"),
    ("place", "place"),
    ("ignore", "ignore"),
    ("migrate", "migrate"),
    ("disconnecting", "disconnect"),
    ("reconnecting", "reconnect"),
)


def decide_updates(
    visited: Visited, *, needs_replacement: NeedsReplacement, fits_in_place: FitsInPlace
) -> SystemChanges:
    """In place or destructive, and what goes into the queue. spec: reconcile §4.4, §4.5

    `fits_in_place(alloc)` probes with the stops of the plan in force, and what it finds possible is in the plan for
    the next probe. Raises `PlanError` where the server crashes (§8 trap 8).
    """
    job, diff = visited.job, visited.diff
    counters: dict[str, Counters] = collections.defaultdict(Counters)
    for name, counter in FIRST_PASS:
        for item in getattr(diff, name):
            tally = counters[item.group]
            setattr(tally, counter, getattr(tally, counter) + 1)
    probe = Probe(job, visited.nodes, needs_replacement, fits_in_place)
    in_place: list[NodeItem] = []
    destructive: list[NodeItem] = []
    for item in (*diff.update, *diff.reconnecting):
        assert item.allocation is not None
        if decide(probe, item.allocation, SYSTEM_CASES).decision == "destructive":
            destructive.append(item)
            counters[item.group].destructive_update += 1
        else:
            if item.allocation.resources is None:
                raise PlanError(NO_RESOURCES)
            in_place.append(item)
            counters[item.group].in_place_update += 1
    admitted = _admit(visited, destructive)
    stops = [Stop(item.allocation, UPDATING) for item in admitted if item.allocation is not None]
    return SystemChanges(
        diff,
        {group.name: counters[group.name] for group in job.task_groups or () if group.name in counters}
        | {name: counters[name] for name in sorted(counters)},
        tuple(in_place),
        tuple(destructive),
        tuple(admitted),
        (*diff.place, *admitted),
        (*diff.stops, *stops),
        frozenset(item.group for item in (*in_place, *diff.ignore)),
        visited.change,
        visited.states,
    )


def _admit(visited: Visited, destructive: Sequence[NodeItem]) -> list[NodeItem]:
    """Destructive items within `max_parallel`; canaries do not use it up. spec: reconcile §4.5"""
    job = visited.job
    groups = {group.name: group for group in job.task_groups or ()}
    limit: dict[str, int] = {}
    for item in (*destructive, *visited.diff.ignore):
        group = groups.get(item.group)
        own = 0 if group is None or group.update is None else group.update.max_parallel
        limit[item.group] = own if own > 0 else job.update.max_parallel
        if limit[item.group] <= 0:
            limit[item.group] = len(destructive)
    if job.type == "system" and visited.deployment_id:
        for item in visited.diff.ignore:
            alloc = item.allocation
            if alloc is not None and alloc.deployment_id == visited.deployment_id and _is_pending(alloc):
                limit[item.group] -= 1
    admitted = []
    for item in destructive:
        if limit[item.group] > 0:
            admitted.append(item)
            limit[item.group] -= 0 if item.canary else 1
    return admitted


def _is_pending(alloc: Allocation) -> bool:
    return not is_.is_healthy(alloc) and not is_.is_unhealthy(alloc)


# ---- after placement -------------------------------------------------------------------------------------------------


def finish_system(job: Job, changes: SystemChanges, outcomes: Sequence[Outcome]) -> dict[str, Counters]:
    """Final counters. `outcomes[i]` tells what became of `changes.queue[i]`. spec: reconcile §4.6–4.8

    `preemptions` stay 0: they are placement's to add.
    """
    assert len(outcomes) == len(changes.queue)
    counters = {name: dataclasses.replace(tally) for name, tally in changes.counters.items()}
    results = list(zip(changes.queue, outcomes))
    if job.type == "sysbatch":
        for item, outcome in results:
            if outcome is Outcome.FILTERED:
                counters[item.group].place -= 1  # below zero it wraps in the response
        return counters
    counted = (*changes.diff.place, *changes.in_place, *changes.diff.ignore, *changes.destructive)
    candidates = collections.Counter(item.group for item in counted)
    destructive = collections.Counter(item.group for item in changes.destructive)
    for item, outcome in results:
        if outcome in (Outcome.FILTERED, Outcome.EXHAUSTED):
            candidates[item.group] -= 1
            if item.replaces is not None:
                destructive[item.group] -= 1
    for name, number in candidates.items():
        counters[name].place = number
    for name, number in _canaries(job, changes, results, candidates, destructive).items():
        counters[name].canary = number
    return counters


def _canaries(
    job: Job,
    changes: SystemChanges,
    results: Sequence[tuple[NodeItem, Outcome]],
    candidates: Mapping[str, int],
    destructive: Mapping[str, int],
) -> dict[str, int]:
    """`Canary` by group. spec: reconcile §4.8"""
    made: dict[str, int] = {}
    if changes.states is None or job.version == 0:
        return made
    placed = [item for item, outcome in results if outcome is Outcome.PLACED]
    replacing = {id(item) for item in placed if item.replaces is not None and is_.has_canary_flag(item.replaces)}
    for group in job.task_groups or ():
        state, update = changes.states.get(group.name), group.update
        if state is None or state.promoted or candidates.get(group.name, 0) < 1:
            continue
        if update is None or update.max_parallel == 0 or update.canary <= 0 or destructive.get(group.name, 0) <= 0:
            continue
        running = sum(
            1
            for item in changes.diff.ignore
            if item.group == group.name and item.allocation is not None and is_.has_canary_flag(item.allocation)
        )
        share = update.canary * (destructive[group.name] + running) / 100
        required = min(math.ceil(share), update.max_parallel)
        budget = required - len(replacing) - running
        kept = 0
        for item in placed:
            if item.group == group.name and item.canary and (budget > 0 or id(item) in replacing):
                kept += 1
                budget -= 1
        made[group.name] = running + kept
    return made
