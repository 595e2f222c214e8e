"""The cluster as it would be once a plan is carried out, for planning further jobs on top."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobplan.inventory import Allocation, Inventory
from jobplan.placement.loop import Placement
from jobplan.reconcile.changes import Changes

if TYPE_CHECKING:
    from jobplan.inventory import JobVersion
    from jobplan.planning.response import Plan

_IDS = uuid.UUID("0b5f9c3e-5a0b-4b7e-a3c1-6d2c1c1c7a11")


def after(plan: Plan) -> Inventory:
    """The plan's inventory with the planned job registered, its allocations placed, and what stops gone.

    Stopped and preempted allocations free their room at once, as if their clients had already ended them. Rollouts
    are not carried on: only what the plan does in its first step happens.
    """
    snapshot, evaluated = plan.run.snapshot, plan.run.evaluated
    changed = {item.id: _ended(item) for item in _leaving(plan)}
    for allocation in _in_place(plan):
        changed[allocation.id] = dataclasses.replace(allocation, version=snapshot.job)
    placed = [_placed(item, snapshot.job, number) for number, item in enumerate(evaluated.placed)]
    inventory = plan.inventory.with_job(snapshot.job) if snapshot.changed else plan.inventory
    return inventory.with_allocations([*changed.values(), *placed])


def _leaving(plan: Plan) -> Iterator[Allocation]:
    evaluated = plan.run.evaluated
    kept = {item.id for item in evaluated.undone}
    for stop in evaluated.changes.stops:
        yield stop.allocation
    if isinstance(evaluated.changes, Changes):
        for item in evaluated.changes.destructive:
            if item.previous.id not in kept:
                yield item.previous
    for preempted in evaluated.preempted:
        yield preempted.allocation


def _in_place(plan: Plan) -> Iterator[Allocation]:
    changes = plan.run.evaluated.changes
    if isinstance(changes, Changes):
        yield from changes.in_place
    else:
        yield from (item.allocation for item in changes.in_place if item.allocation is not None)


def _ended(allocation: Allocation) -> Allocation:
    status = allocation.client_status if allocation.client_status in ("failed", "lost") else "complete"
    return dataclasses.replace(allocation, desired_status="stop", client_status=status)


def _placed(item: Placement, version: JobVersion, number: int) -> Allocation:
    """A new allocation; its ID depends on nothing but the job version and its place in the plan."""
    seed = f"{version.namespace}/{version.id}/{version.version}/{version.job_modify_index}/{number}/{item.name}"
    return Allocation(
        str(uuid.uuid5(_IDS, seed.encode("utf-8", "backslashreplace").decode())),
        item.name,
        item.group,
        version,
        node_id=item.node_id,
        resources=item.resources,
        previous_allocation="" if item.previous is None else item.previous.id,
    )
