"""Carrying out one evaluation: ask the engine, store what it created, apply its plan, close it. spec: api §5.9, §5.14

Writes, each with an index of its own: every created evaluation (blocked ones, then follow-ups), the plan if it does
anything, the finished evaluation. A failure of the engine takes the first two back and closes the evaluation as failed.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobplan.errors import JobplanError
from jobplan.inventory import JobVersion
from jobplan.inventory.nodes import Node
from jobplan.inventory.times import parse_instant
from jobplan.placement.reasons import FILTERED, Reason, Trace
from jobplan.planning.scheduling import Evaluated, evaluate
from jobplan.reconcile.changes import Changes, FollowUp
from jobplan.reconcile.evaluations import Evaluation
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.applying import apply_plan, does_something
from jobplan.registry.evaluations import BLOCKED, COMPLETE, FAILED, PENDING, put_evaluations
from jobplan.registry.records import Api
from jobplan.registry.state import State

if TYPE_CHECKING:
    from jobplan.planning.scheduling import NodeOrder


def pending_evaluations(state: State, now: int) -> list[Api]:
    """Evaluations to carry out, in the order of their creation; those that wait are left alone until their time."""
    known = [state.tables[rec.EVALUATIONS][key] for key in state.pending]
    found = [item for item in known if not item.get("WaitUntil") or due_time(item) <= now]
    return sorted(found, key=lambda item: (-item["Priority"], item["CreateIndex"]))


def due_time(evaluation: Api) -> int:
    """When a waiting evaluation is to be carried out, in ns."""
    return parse_instant(evaluation["WaitUntil"], "WaitUntil")


def random_ids() -> Iterator[str]:
    while True:
        yield str(uuid.uuid4())


class FilteredCount(Trace):
    """Counts, by group, the selections of a system job whose node was turned down before its room was looked at."""

    __slots__ = ("_filtered", "groups")

    def __init__(self) -> None:
        self.groups: dict[str, int] = {}
        self._filtered = False

    def selection(self, group: str, name: str, *, preempting: bool) -> None:
        self._filtered = False

    def rejected(self, node: Node, stage: str, reason: Reason) -> None:
        self._filtered = stage == FILTERED

    def failed(self, group: str, name: str) -> None:
        if self._filtered:
            self.groups[group] = self.groups.get(group, 0) + 1


def carry_out(state: State, evaluation: Api, now: int, *, order: NodeOrder | None = None) -> Api:
    """One evaluation to its end; gives it as stored."""
    snapshot = state.index
    savepoint = state.savepoint()
    version: JobVersion | None = state.get(rec.JOBS, evaluation["Namespace"], evaluation["JobID"])
    try:
        if version is None:
            return _finish_without_job(state, evaluation, snapshot, now)
        return _Run(state, evaluation, version, snapshot, now, order).carry_out()
    except (JobplanError, AssertionError, RecursionError) as error:
        state.rollback(savepoint)
        done = {**evaluation, "Status": FAILED, "StatusDescription": str(error) or type(error).__name__}
        return _store(state, {**done, "SnapshotIndex": snapshot, "ModifyTime": now})


def retry(state: State, evaluation: Api, now: int, *, order: NodeOrder | None = None) -> bool:
    """A blocked evaluation once more, if something of it can be placed now; whether it could."""
    known: Api | None = state.get(rec.EVALUATIONS, evaluation["ID"])
    version: JobVersion | None = state.get(rec.JOBS, evaluation["Namespace"], evaluation["JobID"])
    if known is None or known["Status"] != BLOCKED or version is None:
        return False
    asked = Evaluation(known["ID"], version.namespace, known["Priority"], known["Type"], version.id)
    try:
        tried = evaluate(version, asked, state.inventory(), version, now=now, ids=random_ids(), order=order)
    except (JobplanError, AssertionError, RecursionError):
        return False
    if not tried.placed:
        return False
    put_evaluations(state, [{**known, "Status": PENDING, "StatusDescription": ""}], state.next_index())
    return True


def _finish_without_job(state: State, evaluation: Api, snapshot: int, now: int) -> Api:
    """The job was purged: there is nothing left to stop."""
    annotations: Api = {"DesiredTGUpdates": {}, "PreemptedAllocs": None}
    done = {**evaluation, "Status": COMPLETE, "PlanAnnotations": annotations, "SnapshotIndex": snapshot}
    return _store(state, {**done, "ModifyTime": now})


def _store(state: State, evaluation: Api) -> Api:
    return put_evaluations(state, [evaluation], state.next_index())[0]


@dataclasses.dataclass(slots=True)
class _Run:
    state: State
    evaluation: Api
    version: JobVersion
    snapshot: int
    now: int
    order: NodeOrder | None

    def carry_out(self) -> Api:
        state, evaluation, version = self.state, self.evaluation, self.version
        filtered = FilteredCount()
        asked = Evaluation(
            evaluation["ID"],
            version.namespace,
            evaluation["Priority"],
            evaluation["Type"],
            version.id,
            evaluation.get("JobModifyIndex", 0),
        )
        evaluated = evaluate(
            version, asked, state.inventory(), version, now=self.now, ids=random_ids(), order=self.order, trace=filtered
        )
        blocked, follow_ups = self._store_created(evaluated)
        if does_something(evaluated, dep.latest(state, *version.key)):
            apply_plan(state, evaluated, evaluation, version, follow_ups, state.next_index(), self.now)
        deployment = dep.latest(state, *version.key)
        done = {
            **evaluation,
            "Status": COMPLETE,
            "SnapshotIndex": self.snapshot,
            "ModifyTime": self.now,
            "DeploymentID": "" if deployment is None else deployment.id,
            "QueuedAllocations": queued(evaluated, version, filtered.groups),
            "PlanAnnotations": remembered(evaluated),
            "FailedTGAllocs": evaluated.failed,
        }
        if blocked:
            done["BlockedEval"] = blocked[0]["ID"]
        if follow_ups:
            done["NextEval"] = next(iter(follow_ups.values()))
        return _store(state, done)

    def _store_created(self, evaluated: Evaluated) -> tuple[list[Api], dict[str, str]]:
        """Blocked evaluations, and for each allocation that is looked at later the ID of its follow-up."""
        created = evaluated.created_evals or []
        waiting = [item for item in created if item["Status"] == BLOCKED]
        later = [item for item in created if item["Status"] != BLOCKED]
        for item in (*waiting, *later):
            more: Api = {"SnapshotIndex": self.snapshot, "CreateTime": self.now, "ModifyTime": self.now}
            if item["Status"] != BLOCKED:
                more["JobModifyIndex"] = self.version.job.modify_index
            put_evaluations(self.state, [{**item, **more}], self.state.next_index())
        owners = {}
        for item, follow_up in zip(later, _follow_ups(evaluated)):
            owners.update({allocation.id: item["ID"] for allocation in follow_up.allocations})
        return waiting, owners


def _follow_ups(evaluated: Evaluated) -> list[FollowUp]:
    if not isinstance(evaluated.changes, Changes):
        return []
    return [item for group in evaluated.changes.groups.values() for item in group.follow_ups]


def remembered(evaluated: Evaluated) -> Api:
    """What an evaluation remembers of its plan: preemptions are only noted in dry runs."""
    updates = {group: {**counts, "Preemptions": 0} for group, counts in evaluated.desired_updates.items()}
    return {"DesiredTGUpdates": updates, "PreemptedAllocs": None}


def queued(evaluated: Evaluated, version: JobVersion, filtered: dict[str, int]) -> dict[str, int]:
    """`QueuedAllocations`: what a group still waits for.

    When nothing was to be placed, every group of the job with 0; else the groups that wanted something.
    """
    changes = evaluated.changes
    if isinstance(changes, Changes):
        wanted = [item.group for item in changes.place] + [item.group for item in changes.destructive]
    else:
        wanted = [item.group for item in changes.queue]
    if not wanted:
        if not isinstance(changes, Changes) and version.job.stop:
            return {}
        return {group.name: 0 for group in version.job.task_groups or ()}
    counts: dict[str, int] = {}
    for group in wanted:
        counts[group] = counts.get(group, 0) + 1
    for placement in evaluated.placed:
        counts[placement.group] -= 1
    if not isinstance(changes, Changes):
        for group, number in filtered.items():
            counts[group] -= number
    return counts
