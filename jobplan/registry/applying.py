"""Applying what the engine decided: stops, updates, placements, deployments, under one index. spec: api §5.7, §5.8"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from typing import Any

from jobplan.inventory import Allocation, Deployment, JobVersion
from jobplan.placement.loop import Placement
from jobplan.planning.scheduling import Evaluated
from jobplan.reconcile import predicates
from jobplan.reconcile.changes import Changes, DeploymentChange, Stop, SystemChanges
from jobplan.reconcile.reschedule import next_delay
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.registry.allocated import ZERO, changed, of_version, put_allocation, resources_api, shared_version
from jobplan.registry.evaluations import new_evaluation, put_evaluations
from jobplan.registry.records import Api, JobKey
from jobplan.registry.state import State
from jobplan.registry.statuses import refresh_statuses
from jobplan.registry.summaries import SummaryWriter

UPDATING = "alloc is being updated due to job update"
DISCONNECTED = "alloc is unknown since its node is disconnected"
NO_PLACEMENT = "no placement"


def does_something(evaluated: Evaluated, deployment: Deployment | None) -> bool:
    """Whether the plan has anything to store. `deployment`: the latest one of the job."""
    changes = evaluated.changes
    if system_rollout_is_done(evaluated, deployment):
        return True
    if evaluated.placed or changes.stops or changes.in_place or evaluated.preempted:
        return True
    if changes.deployment.created or changes.deployment.updates:
        return True
    if isinstance(changes, SystemChanges):
        return bool(changes.diff.disconnecting or changes.diff.reconnecting)
    return any(group.attributes or group.disconnecting or group.reconnecting for group in changes.groups.values())


def apply_plan(
    state: State,
    evaluated: Evaluated,
    evaluation: Api,
    version: JobVersion,
    follow_ups: Mapping[str, str],
    index: int,
    now: int,
) -> None:
    """Store the plan of one evaluation. `follow_ups`: allocation ID → ID of the evaluation that looks at it later."""
    state.table_index[rec.ALLOCATIONS] = index  # every plan moves it, whatever it holds
    plan = _Plan(state, evaluated, evaluation, shared_version(state, version), follow_ups, index, now)
    plan.deployments()
    plan.stops()
    plan.updates()
    plan.placements()
    plan.unplaced()
    plan.finish()


class _Plan:
    def __init__(
        self,
        state: State,
        evaluated: Evaluated,
        evaluation: Api,
        version: JobVersion,
        follow_ups: Mapping[str, str],
        index: int,
        now: int,
    ) -> None:
        self.state, self.evaluated, self.evaluation, self.version = state, evaluated, evaluation, version
        self.follow_ups, self.index, self.now = follow_ups, index, now
        self.deployment: Deployment | None = None
        self.touched: set[JobKey] = set()
        self.live: set[JobKey] = set()
        self.summaries: dict[JobKey, SummaryWriter] = {}
        self.rescheduled, self.unplaced_previous = _rescheduled(evaluated)
        self.discarded = _discarded(evaluated)
        self.latest_deployment_id = ""

    # ---- deployments -------------------------------------------------------------------------------------------------

    def deployments(self) -> None:
        state, change = self.state, self.evaluated.changes.deployment
        current = dep.latest(state, *self.version.key)
        for update in change.updates:
            known = state.get(rec.DEPLOYMENTS, update.deployment_id)
            if known is not None:
                dep.set_status(state, known, update.status, update.description, self.index, self.now)
        if current is not None and system_rollout_is_done(self.evaluated, current):
            dep.set_status(state, current, dep.SUCCESSFUL, dep.DESCRIPTION_DONE, self.index, self.now)
        if change.created:
            change = self._with_totals(change)
            priority = self.evaluation["Priority"]
            current = dep.create(state, self.version.job, change, priority, self.index, self.now)
        elif current is not None and any(name not in current.api["TaskGroups"] for name in change.groups):
            current = dep.extend(state, current, change, self.index, self.now)
        if current is not None:
            current = state.get(rec.DEPLOYMENTS, current.id)
            self.latest_deployment_id = current.id
        self.deployment = current if current is not None and current.active else None

    def _with_totals(self, change: DeploymentChange) -> DeploymentChange:
        """Groups of a system job want one allocation per node they can run on; that is known after placement."""
        if isinstance(self.evaluated.changes, Changes):
            return change
        groups = dict(change.groups)
        for name, target in change.groups.items():
            counters = self.evaluated.counters.get(name)
            if counters is not None:
                groups[name] = dataclasses.replace(
                    target, desired_total=counters.place, desired_canaries=max(target.desired_canaries, counters.canary)
                )
        waiting = [target for target in groups.values() if target.desired_canaries > 0]
        description = change.description
        if waiting:
            automatic = all(target.auto_promote for target in waiting)
            description = dep.DESCRIPTION_AUTOMATIC if automatic else dep.DESCRIPTION_PROMOTION
        return dataclasses.replace(change, groups=groups, description=description)

    @property
    def deployment_id(self) -> str:
        return "" if self.deployment is None else self.deployment.id

    # ---- allocations -------------------------------------------------------------------------------------------------

    def put(self, before: Allocation | None, now: Allocation) -> None:
        """Store an allocation with what follows from it."""
        put_allocation(self.state, now, self.index)
        self._point_from_previous(now)
        key = now.version.key
        self.touched.add(key)
        if not now.terminal:
            self.live.add(key)
        job = self.state.get(rec.JOBS, *key)
        if job is not None and job.create_index == now.version.create_index:
            summary = self.summaries.setdefault(key, SummaryWriter(self.state, *key, self.index))
            if before is None:
                summary.placed(now.task_group, now.client_status)
            else:
                summary.moved(now.task_group, before.client_status, now.client_status)
        dep.count(self.state, before, now, self.index, self.now)

    def _point_from_previous(self, allocation: Allocation) -> None:
        """The allocation that this one replaced names it, and counts as modified whenever this one is written."""
        if allocation.previous_allocation == "":
            return
        previous: Allocation | None = self.state.get(rec.ALLOCATIONS, allocation.previous_allocation)
        if previous is not None:
            pointing = changed(previous, NextAllocation=allocation.id, ModifyIndex=self.index)
            put_allocation(self.state, pointing, self.index)

    def current(self, allocation: Allocation) -> Allocation:
        """The allocation as this plan has left it so far."""
        found: Allocation = self.state.tables[rec.ALLOCATIONS][allocation.id,]
        return found

    def change(self, allocation: Allocation, version: JobVersion | None = None, **values: Any) -> None:
        before = self.current(allocation)
        stamped = {**values, "ModifyIndex": self.index, "ModifyTime": self.now}
        self.put(before, changed(before, version, **stamped))

    def stops(self) -> None:
        undone = {item.id for item in self.evaluated.undone}
        undone |= {item.previous.id for item in self.discarded if item.previous is not None}
        for stop in self.evaluated.changes.stops:
            if stop.allocation.id not in undone and not self._is_kept(stop):
                self.stop(stop)
        if isinstance(self.evaluated.changes, Changes):
            for item in self.evaluated.changes.destructive:
                if item.previous.id not in undone:
                    self.stop(Stop(item.previous, UPDATING))

    def _is_kept(self, stop: Stop) -> bool:
        """A failed allocation whose replacement found no place: it is annotated instead. spec: placement §3 step 3.9"""
        return stop.allocation.id in self.unplaced_previous

    def stop(self, stop: Stop) -> None:
        # A failed allocation that is replaced stops without a word.
        description = "" if stop.allocation.id in self.rescheduled else stop.description
        values: Api = {"DesiredStatus": "stop", "DesiredDescription": description}
        if stop.client_status:
            values["ClientStatus"] = stop.client_status
        if stop.allocation.id in self.follow_ups:
            values["FollowupEvalID"] = self.follow_ups[stop.allocation.id]
        self.change(stop.allocation, **values)

    def updates(self) -> None:
        """In place; then those that are only looked at later, and those whose client left or came back."""
        for allocation in _in_place(self.evaluated.changes):
            values: Api = {"EvalID": self.evaluation["ID"]}
            if allocation.deployment_id != self.latest_deployment_id:
                values |= {"DeploymentID": self.latest_deployment_id, "DeploymentStatus": None}
            self.change(allocation, self.version, **values)
        changes = self.evaluated.changes
        if isinstance(changes, Changes):
            attributes = [item for group in changes.groups.values() for item in group.attributes]
            disconnecting = [item for group in changes.groups.values() for item in group.disconnecting]
            reconnecting = [item for group in changes.groups.values() for item in group.reconnecting]
        else:
            attributes = []
            disconnecting = [item.allocation for item in changes.diff.disconnecting if item.allocation is not None]
            reconnecting = []
        for allocation in attributes:
            values = self._follow_up(allocation)
            self.change(allocation, **values)
        for allocation in disconnecting:
            gone: Api = {"ClientStatus": "unknown", "ClientDescription": DISCONNECTED, **self._follow_up(allocation)}
            self.change(allocation, **gone)
        for allocation in reconnecting:
            self.change(allocation, FollowupEvalID="")

    def _follow_up(self, allocation: Allocation) -> Api:
        found = self.follow_ups.get(allocation.id)
        return {} if found is None else {"FollowupEvalID": found}

    # ---- placements --------------------------------------------------------------------------------------------------

    def placements(self) -> None:
        for placement in self.evaluated.placed:
            if placement in self.discarded:
                continue
            made = self.place(placement)
            for victim in placement.victims:
                self.evict(victim, made)

    def place(self, placement: Placement) -> Allocation:
        version, previous = self._version_of(placement), placement.previous
        api: Api = {
            **ZERO,
            "ID": str(uuid.uuid4()),
            "EvalID": self.evaluation["ID"],
            "Name": placement.name,
            "Namespace": version.namespace,
            "NodeID": placement.node_id,
            "NodeName": self._node_name(placement.node_id),
            "JobID": version.id,
            "TaskGroup": placement.group,
            "AllocatedResources": resources_api(placement.resources),
            "DeploymentID": self.deployment_id,
            "CreateIndex": self.index,
            "ModifyIndex": self.index,
            "CreateTime": self.now,
            "ModifyTime": self.now,
        }
        if placement.canary and self.deployment is not None:
            canary = {"Healthy": None, "Timestamp": None, "Canary": True, "ModifyIndex": self.index}
            api["DeploymentStatus"] = canary
        if placement.victims:
            api["PreemptedAllocations"] = list(dict.fromkeys(victim.id for victim in placement.victims))
        if previous is not None:
            api["PreviousAllocation"] = previous.id
            if self._kind(placement) == "reschedule":
                api["RescheduleTracker"] = self._tracker(previous)
            elif previous.api.get("RescheduleTracker") is not None and previous.client_status != "complete":
                api["RescheduleTracker"] = previous.api["RescheduleTracker"]
        made = of_version(api, version)
        self.put(None, made)
        return made

    def _version_of(self, placement: Placement) -> JobVersion:
        """The planned version, or the older one while the group is canarying. spec: reconcile §3.17"""
        if isinstance(self.evaluated.changes, Changes):
            for wanted in self.evaluated.changes.place:
                if wanted.older is not None and (wanted.group, wanted.name, wanted.previous) == (
                    placement.group,
                    placement.name,
                    placement.previous,
                ):
                    return shared_version(self.state, wanted.older)
        return self.version

    def _kind(self, placement: Placement) -> str:
        if isinstance(self.evaluated.changes, Changes):
            for wanted in self.evaluated.changes.place:
                if wanted.previous is placement.previous and wanted.name == placement.name:
                    return wanted.kind
        return ""

    def _node_name(self, node_id: str) -> str:
        node = self.state.get(rec.NODES, node_id)
        return "" if node is None else str(node.get("Name") or "")

    def _tracker(self, previous: Allocation) -> Api:
        """The history of the failed allocation and one more attempt. spec: api §8.4"""
        policy = predicates.reschedule_policy(previous)
        events = list((previous.api.get("RescheduleTracker") or {}).get("Events") or ())
        if policy is not None and policy.attempts > 0:
            events = [item for item in events if self.now - item["RescheduleTime"] < policy.interval]
        else:
            events = events[-5:]
        delay = next_delay(previous, policy)
        event = {
            "RescheduleTime": self.now,
            "PrevAllocID": previous.id,
            "PrevNodeID": previous.node_id,
            "Delay": delay,
        }
        return {"Events": [*events, event], "LastReschedule": "ok"}

    def evict(self, victim: Allocation, by: Allocation) -> None:
        text = f"Preempted by alloc ID {by.id}"
        self.change(victim, DesiredStatus="evict", DesiredDescription=text, PreemptedByAllocation=by.id)

    def unplaced(self) -> None:
        """Failed allocations that found no new place remember it. spec: placement §3 step 3.9"""
        unplaced = self.unplaced_previous
        for stop in self.evaluated.changes.stops:
            if stop.allocation.id in unplaced:
                tracker = dict(stop.allocation.api.get("RescheduleTracker") or {"Events": None})
                self.change(stop.allocation, RescheduleTracker={**tracker, "LastReschedule": NO_PLACEMENT})

    # ---- the end -----------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        for summary in self.summaries.values():
            summary.write()
        refresh_statuses(self.state, self.touched, self.index, forced=frozenset(self.live))
        preempted = {item.allocation.version.key for item in self.evaluated.preempted}
        made = []
        for key in sorted(preempted):
            job = self.state.get(rec.JOBS, *key)
            if job is not None:
                made.append(new_evaluation(job.job, "preemption", now=self.now))
        put_evaluations(self.state, made, self.index, derive=False)


def _in_place(changes: Changes | SystemChanges) -> list[Allocation]:
    if isinstance(changes, Changes):
        return changes.in_place
    return [item.allocation for item in changes.in_place if item.allocation is not None]


def system_rollout_is_done(evaluated: Evaluated, deployment: Deployment | None) -> bool:
    """Whether a system job has reached all its nodes and all are healthy. For service jobs reconciliation tells."""
    changes = evaluated.changes
    if isinstance(changes, Changes) or deployment is None or deployment.status != dep.RUNNING:
        return False
    if changes.queue or changes.destructive or changes.deployment.created or changes.deployment.updates:
        return False
    return all(
        group.healthy_allocs >= max(group.desired_total, group.desired_canaries)
        and (group.desired_canaries == 0 or group.promoted)
        for group in deployment.groups.values()
    )


def _rescheduled(evaluated: Evaluated) -> tuple[set[str], set[str]]:
    """Failed allocations that are to be replaced, and those of them whose replacement found no place."""
    if not isinstance(evaluated.changes, Changes):
        return set(), set()
    wanted = [item.previous for item in evaluated.changes.place if item.kind == "reschedule"]
    failed = {item.id for item in wanted if item is not None}
    placed = {item.previous.id for item in evaluated.placed if item.previous is not None}
    return failed, failed - placed


def _discarded(evaluated: Evaluated) -> list[Placement]:
    """Placements of a system job beyond the canaries that its rollout wants. spec: reconcile §4.8"""
    if isinstance(evaluated.changes, Changes):
        return []
    left = {group: counters.canary for group, counters in evaluated.counters.items() if counters.canary > 0}
    for item in evaluated.changes.diff.ignore:
        if item.group in left and item.allocation is not None and predicates.has_canary_flag(item.allocation):
            left[item.group] -= 1
    discarded = []
    for placement in evaluated.placed:
        if placement.canary and placement.group in left:
            left[placement.group] -= 1
            if left[placement.group] < 0:
                discarded.append(placement)
    return discarded
