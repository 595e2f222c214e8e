"""One evaluation: reconciliation and placement put together, executed by nobody. spec: plan §2 step 9, §3"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from jobplan.errors import PlanError
from jobplan.inventory import Allocation, Inventory, JobVersion
from jobplan.placement import loop, system
from jobplan.placement.reasons import SILENT, Trace
from jobplan.placement.run import Order, Run, ascending
from jobplan.planning.stubs import preempted_stub
from jobplan.reconcile.changes import Changes, Counters, SystemChanges
from jobplan.reconcile.evaluations import Blocked, Evaluation, created_evals, follow_up_index
from jobplan.reconcile.service import reconcile
from jobplan.reconcile.system import decide_updates, finish_system, visit_nodes
from jobplan.updates import needs_replacement

Api = dict[str, Any]
NodeOrder = Order
"""Orders the ready nodes; the real program shuffles them. spec: placement §16"""

SYSTEM_TYPES = ("system", "sysbatch")
SCHEDULERS = ("service", "batch", *SYSTEM_TYPES)


@dataclasses.dataclass(frozen=True, slots=True)
class Evaluated:
    """What one evaluation came to.

    `counters` per group, final; `placed`, `preempted` as placement found them; `failed` is `FailedTGAllocs` and
    `created_evals` is `CreatedEvals`, both in API form, None when there are none. `changes` is reconciliation's answer.
    """

    counters: dict[str, Counters]
    placed: list[loop.Placement]
    preempted: list[loop.Preempted]
    failed: Api | None
    created_evals: list[Api] | None
    changes: Changes | SystemChanges
    run: Run
    """State of the run after placement, for explanations."""
    undone: list[Allocation]
    """Old allocations of destructive updates that found no place: they stay."""

    @property
    def desired_updates(self) -> dict[str, dict[str, int]]:
        """`DesiredTGUpdates`. spec: plan §3.2"""
        return {group: counters.to_api() for group, counters in self.counters.items()}

    def annotations(self) -> Api:
        """`Annotations`. spec: plan §3.2"""
        stubs = [preempted_stub(item.allocation) for item in self.preempted]
        return {"DesiredTGUpdates": self.desired_updates, "PreemptedAllocs": stubs or None}


def evaluate(
    version: JobVersion,
    evaluation: Evaluation,
    inventory: Inventory,
    stored: JobVersion | None,
    *,
    now: int,
    ids: Iterator[str],
    order: NodeOrder | None = None,
    trace: Trace = SILENT,
) -> Evaluated:
    """Run the scheduler of the evaluation's type for one job.

    `version`: the job under reconciliation; `stored`: the registered one (None: a new job); `now` in ns; `ids` gives
    identifiers for created evaluations. Raises PlanError where the real scheduler fails. spec: plan §2 step 9
    """
    if evaluation.type not in SCHEDULERS:
        raise PlanError(f"unknown scheduler '{evaluation.type}'")
    run = Run(version.job, inventory, order=order or ascending, trace=trace)
    if evaluation.type in SYSTEM_TYPES:
        return _system(run, version, evaluation, stored, now, ids)
    return _service(run, version, evaluation, stored, now, ids)


def _service(
    run: Run, version: JobVersion, evaluation: Evaluation, stored: JobVersion | None, now: int, ids: Iterator[str]
) -> Evaluated:
    """Service and batch jobs. spec: reconcile §3"""
    inventory, key = run.inventory, version.key
    changes = reconcile(
        version.job,
        inventory.allocations_of(*key),
        inventory.deployments_of(*key),
        inventory.nodes,
        inventory.versions(*version.key),
        now=now,
        needs_replacement=needs_replacement,
        fits_in_place=run.fits_in_place,
    )
    placements = loop.place(run, changes)
    failed = placements.failed_to_api()
    blocked = []
    if failed is not None:
        blocked.append(Blocked(failed, placements.class_eligibility, placements.escaped, placements.missing))
    follow_ups = [item for group in changes.groups.values() for item in group.follow_ups]
    return Evaluated(
        _with_preemptions(changes.counters, placements.preempted),
        placements.placed,
        placements.preempted,
        failed,
        created_evals(
            evaluation, blocked, follow_ups, modify_index=_follow_up_index(version, stored), now=now, ids=ids
        ),
        changes,
        run,
        [item.previous for item in placements.undone],
    )


def _system(
    run: Run, version: JobVersion, evaluation: Evaluation, stored: JobVersion | None, now: int, ids: Iterator[str]
) -> Evaluated:
    """System and sysbatch jobs. spec: reconcile §4"""
    inventory, key = run.inventory, version.key
    ready = run.ready(version.job)
    visited = visit_nodes(
        version.job,
        inventory.allocations_of(*key),
        inventory.deployments_of(*key),
        inventory.nodes,
        candidates=ready.nodes,
        not_ready=ready.not_ready,
        now=now,
    )
    system.prepare(run, visited.diff)
    changes = decide_updates(visited, needs_replacement=needs_replacement, fits_in_place=run.fits_in_place)
    placements = system.place_system(run, changes)
    counters = finish_system(version.job, changes, placements.outcomes)
    failed = placements.failed_to_api()
    blocked = [
        Blocked(failed or {}, item.class_eligibility, placements.escaped, (), item.node_id)
        for item in placements.blocked
    ]
    return Evaluated(
        _with_preemptions(counters, placements.preempted),
        placements.placed,
        placements.preempted,
        failed,
        created_evals(evaluation, blocked, (), modify_index=_follow_up_index(version, stored), now=now, ids=ids),
        changes,
        run,
        [],
    )


def _follow_up_index(version: JobVersion, stored: JobVersion | None) -> int:
    return follow_up_index(version.job.modify_index, None if stored is None else stored.job.status)


def _with_preemptions(counters: dict[str, Counters], preempted: list[loop.Preempted]) -> dict[str, Counters]:
    """Each preempted allocation counts for the group that preempts. spec: reconcile §3.17"""
    made = dict(counters)
    for item in preempted:
        made[item.group] = made[item.group].with_preemptions(1)
    return made
