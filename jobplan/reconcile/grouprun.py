"""One group of a service or batch job on its way through the steps. spec: reconcile §3.1"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment
from jobplan.inventory.jobs import JobVersion
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile import predicates as is_
from jobplan.reconcile import rollouts
from jobplan.reconcile.changes import Counters, Destructive, FollowUp, GroupChanges, Kind, Stop, Wanted
from jobplan.reconcile.classify import Allocs
from jobplan.reconcile.names import NameIndex
from jobplan.reconcile.reschedule import Delayed
from jobplan.reconcile.rollouts import Rollout, Split
from jobplan.reconcile.tainted import Tainted
from jobplan.reconcile.updates import Probe


@dataclasses.dataclass(frozen=True, slots=True)
class World:
    """What all groups of one run share."""

    job: Job
    batch: bool
    now: int
    tainted: Tainted
    split: Split
    deployments: Sequence[Deployment]
    versions: Sequence[JobVersion]
    probe: Probe


@dataclasses.dataclass(slots=True)
class Run:
    """One group on its way through the steps. The comments give the names of the specification."""

    world: World
    name: str
    group: TaskGroup | None
    allocs: Allocs  # A
    state: Rollout = dataclasses.field(default_factory=lambda: Rollout(False))  # S
    counters: Counters = dataclasses.field(default_factory=Counters)
    untainted: Allocs = dataclasses.field(default_factory=dict)  # U
    migrate: Allocs = dataclasses.field(default_factory=dict)  # M
    lost: Allocs = dataclasses.field(default_factory=dict)  # L
    disconnecting: Allocs = dataclasses.field(default_factory=dict)  # X
    reconnecting: Allocs = dataclasses.field(default_factory=dict)  # R
    expiring: Allocs = dataclasses.field(default_factory=dict)  # E
    reschedule: Allocs = dataclasses.field(default_factory=dict)  # RN
    later: list[Delayed] = dataclasses.field(default_factory=list)  # RL
    delayed_stop: list[Delayed] = dataclasses.field(default_factory=list)  # LL
    canaries: Allocs = dataclasses.field(default_factory=dict)  # K
    names: NameIndex = dataclasses.field(default_factory=lambda: NameIndex("", "", 0, ()))  # N
    canarying: bool = False
    ready: bool = True
    allowance: int = 0  # u
    replacements: list[Wanted] = dataclasses.field(default_factory=list)  # the list of §3.13
    place: list[Wanted] = dataclasses.field(default_factory=list)  # P
    destructive: Allocs = dataclasses.field(default_factory=dict)  # DU
    destructive_now: list[Destructive] = dataclasses.field(default_factory=list)
    in_place: Allocs = dataclasses.field(default_factory=dict)  # IP
    ignored: Allocs = dataclasses.field(default_factory=dict)
    stops: list[Stop] = dataclasses.field(default_factory=list)
    reconnected: list[Allocation] = dataclasses.field(default_factory=list)
    follow_ups: list[FollowUp] = dataclasses.field(default_factory=list)
    cases: dict[str, int] = dataclasses.field(default_factory=dict)
    needs_canaries: bool = False
    attaches: bool = False
    done: bool = False
    complete: bool = False

    @property
    def planned(self) -> TaskGroup:
        """TG; only asked for after step 2."""
        assert self.group is not None
        return self.group

    @property
    def count(self) -> int:
        return self.planned.count

    def wanted(self, kind: Kind, previous: Allocation) -> Wanted:
        """A placement that replaces an allocation, from an older version if that is called for. spec: §3.17"""
        older = None
        if self.canarying and not is_.has_canary_flag(previous):
            world = self.world
            older = rollouts.older_version(self.name, previous, world.job, world.deployments, world.versions)
        return Wanted(self.name, previous.name, kind, previous, older)

    def result(self) -> GroupChanges:
        moving = self.migrate.keys() | self.disconnecting.keys()
        return GroupChanges(
            self.name,
            self.counters,
            tuple(self.place),
            tuple(self.destructive_now),
            tuple(self.stops),
            tuple(self.in_place.values()),
            tuple(self.ignored.values()),
            tuple(item.alloc for item in self.later if item.alloc.id not in moving),
            tuple(self.disconnecting.values()),
            tuple(self.reconnected),
            tuple(self.follow_ups),
            self.cases,
            self.complete,
        )
