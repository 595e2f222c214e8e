"""Service and batch jobs: the 27 steps per group. spec: reconcile §3

The order is not a matter of taste: each step narrows the sets that the next ones look at, and several quirks (a
counter overwritten at the end, a listed entry taken twice) exist only through it. Sets are dictionaries by
allocation ID in ascending order; where the real program visits a set in any order, this one goes by that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment
from jobplan.inventory.jobs import JobVersion
from jobplan.inventory.nodes import Node
from jobplan.model.job import Job
from jobplan.reconcile import keeping, placing, rollouts, sorting
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.changes import Changes, Counters, GroupChanges, Stop
from jobplan.reconcile.classify import Allocs
from jobplan.reconcile.grouprun import Run, World
from jobplan.reconcile.tainted import tainted_nodes
from jobplan.reconcile.texts import NOT_NEEDED
from jobplan.reconcile.updates import FitsInPlace, NeedsReplacement, Probe


def reconcile(
    job: Job,
    allocations: Sequence[Allocation],
    deployments: Sequence[Deployment],
    nodes: Mapping[str, Node],
    versions: Sequence[JobVersion],
    *,
    now: int,
    needs_replacement: NeedsReplacement,
    fits_in_place: FitsInPlace,
) -> Changes:
    """What should change for a service or batch job.

    job           *J*: the planned job with its version and indexes, or the stored job if nothing changed (§2.1)
    allocations   all of the job's namespace and ID, in ascending order of ID (`Inventory.allocations_of`)
    deployments   of the job, the latest first (`Inventory.deployments_of`); not looked at for batch jobs
    nodes         all nodes by ID; `versions`: all known versions of the job (`Inventory.versions`)
    now           ns; `needs_replacement(old job, new job, group)` and `fits_in_place(alloc)`: see reconcile.updates

    Neither function is called for an allocation that an earlier row of §3.10 decides. Raises `PlanError` for a node
    with a status that the server cannot handle. spec: reconcile §3.0
    """
    batch = job.type == "batch"
    known = () if batch else deployments
    split = rollouts.split_deployment(known[0] if known else None, job)
    by_group: dict[str, Allocs] = {group.name: {} for group in job.task_groups or ()}
    for name in sorted({alloc.task_group for alloc in allocations} - by_group.keys()):
        by_group[name] = {}
    for alloc in allocations:
        by_group[alloc.task_group][alloc.id] = alloc
    tainted = tainted_nodes(allocations, nodes)
    if job.stop:
        groups = {name: _stop_group(name, allocs.values()) for name, allocs in by_group.items()}
        return Changes(groups, rollouts.summarise(job, split, {}, False, ()))
    world = World(
        job,
        batch,
        now,
        tainted,
        split,
        known,
        versions,
        Probe(job, nodes, needs_replacement, fits_in_place),
    )
    runs = [_run_group(world, name, allocs) for name, allocs in by_group.items()]
    attached = {run.name: run.state for run in runs if run.attaches}
    complete = all(run.complete for run in runs)
    change = rollouts.summarise(job, split, attached, complete, [run.state for run in runs])
    return Changes({run.name: run.result() for run in runs}, change)


def _stop_group(name: str, allocs: Iterable[Allocation]) -> GroupChanges:
    """The job is stopped: everything that is not terminal stops. spec: reconcile §3.0 step 3"""
    stops = tuple(Stop(alloc, NOT_NEEDED) for alloc in allocs if not alloc.terminal)
    return GroupChanges(name, Counters(stop=len(stops)), stops=stops)


def _run_group(world: World, name: str, allocs: Allocs) -> Run:
    run = Run(world, name, is_.find_group(world.job, name), allocs)
    for step in STEPS:
        step(run)
        if run.done:
            break
    return run


STEPS: tuple[Callable[[Run], None], ...] = (  # spec: reconcile §3.1
    sorting.drop_server_terminal,
    sorting.stop_removed_group,
    sorting.find_rollout,
    sorting.set_aside_old_terminal,
    sorting.sort_out_canaries,
    sorting.classify_allocations,
    sorting.reschedule_untainted,
    sorting.reschedule_migrating,
    sorting.settle_reconnecting,
    sorting.lose_expiring,
    sorting.settle_disconnecting,
    sorting.delay_client_stops,
    sorting.follow_up_reschedules,
    keeping.index_names,
    keeping.see_canarying,
    keeping.stop_surplus,
    keeping.decide_updates,
    keeping.total_updates,
    keeping.leave_out_canaries,
    keeping.want_canaries,
    keeping.compute_allowance,
    placing.list_placements,
    placing.apply_placements,
    placing.replace_destructive,
    placing.move_migrating,
    placing.attach_rollout,
    placing.cap_placements,
)
