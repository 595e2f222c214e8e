"""What reconciliation answers: values only, nothing is executed. spec: reconcile §1, §3, §4

`Changes` is the answer for service and batch jobs, `SystemChanges` for system and sysbatch jobs. Groups are in the
order of the job, then removed groups by name.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Literal

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import GroupState
from jobplan.inventory.jobs import JobVersion

COUNTERS = (  # spec: reconcile §1: attribute, key in the response
    ("ignore", "Ignore"),
    ("place", "Place"),
    ("migrate", "Migrate"),
    ("stop", "Stop"),
    ("in_place_update", "InPlaceUpdate"),
    ("destructive_update", "DestructiveUpdate"),
    ("canary", "Canary"),
    ("preemptions", "Preemptions"),
    ("disconnect", "Disconnect"),
    ("reconnect", "Reconnect"),
    ("reschedule_now", "RescheduleNow"),
    ("reschedule_later", "RescheduleLater"),
)


@dataclasses.dataclass(slots=True)
class Counters:
    """The counters of one group (`DesiredTGUpdates`). Plain integers; they wrap only in `to_api`.

    Reconciliation fills all but `preemptions`, which only placement knows (`with_preemptions`). For system and
    sysbatch jobs `place` and `canary` are final only after `finish_system`.
    """

    ignore: int = 0
    place: int = 0
    migrate: int = 0
    stop: int = 0
    in_place_update: int = 0
    destructive_update: int = 0
    canary: int = 0
    preemptions: int = 0
    disconnect: int = 0
    reconnect: int = 0
    reschedule_now: int = 0
    reschedule_later: int = 0

    def to_api(self) -> dict[str, int]:
        """All twelve keys; unsigned 64-bit, a counter below zero wraps. spec: reconcile §1"""
        return {key: getattr(self, name) % 2**64 for name, key in COUNTERS}

    def with_preemptions(self, number: int) -> Counters:
        """A copy with `number` more preemptions."""
        return dataclasses.replace(self, preemptions=self.preemptions + number)


Kind = Literal["new", "canary", "reschedule", "lost", "migrate"]


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """One allocation of a service or batch job that needs a node (an entry of *P*). spec: reconcile §3.11–3.15

    `previous`: the allocation that it replaces (kinds reschedule, lost, migrate), None for new ones and canaries.
    `older`: the older job version whose definition of the group is used instead of the planned job's, or None
    (a placement that is no canary while the group is canarying). spec: reconcile §3.17
    """

    group: str
    name: str
    kind: Kind = "new"
    previous: Allocation | None = None
    older: JobVersion | None = None

    @property
    def canary(self) -> bool:
        return self.kind == "canary"


@dataclasses.dataclass(frozen=True, slots=True)
class Destructive:
    """An allocation that is stopped and placed anew under the same name, in one step. spec: reconcile §3.14"""

    group: str
    name: str
    previous: Allocation


@dataclasses.dataclass(frozen=True, slots=True)
class Stop:
    """An allocation to stop. `client_status` is the client status it gets, empty if that stays as it is.

    All stops are in force before the first placement is tried.
    """

    allocation: Allocation
    description: str = ""
    client_status: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class FollowUp:
    """A later evaluation (one batch). `wait_until` in ns; an empty description is left out. spec: reconcile §5.2"""

    triggered_by: str
    description: str
    wait_until: int
    allocations: tuple[Allocation, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class GroupChanges:
    """What should change in one group of a service or batch job.

    destructive   old allocations with their replacements, allowed now, in index order
    place         *P*, in order: canaries, then new, lost and rescheduled ones, then migrations
    stops         everything that stops, without the destructive ones
    in_place      updated where they are
    ignored       kept as they are, destructive ones that are not allowed yet included
    attributes    unchanged copies in the plan: rescheduled later (placement §8.1)
    disconnecting, reconnecting   kept, with a new client status
    cases         allocation ID → number of the row of reconcile §3.3 that classified it
    """

    group: str
    counters: Counters
    place: tuple[Wanted, ...] = ()
    destructive: tuple[Destructive, ...] = ()
    stops: tuple[Stop, ...] = ()
    in_place: tuple[Allocation, ...] = ()
    ignored: tuple[Allocation, ...] = ()
    attributes: tuple[Allocation, ...] = ()
    disconnecting: tuple[Allocation, ...] = ()
    reconnecting: tuple[Allocation, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    cases: Mapping[str, int] = dataclasses.field(default_factory=dict)
    complete: bool = False
    """Whether the rollout of the group is done. spec: reconcile §3.16"""


@dataclasses.dataclass(frozen=True, slots=True)
class GroupTarget:
    """State of a group in a deployment that the run creates or extends. spec: reconcile §3.16"""

    desired_total: int
    desired_canaries: int
    auto_promote: bool
    auto_revert: bool
    progress_deadline: int


@dataclasses.dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A new status of an existing deployment."""

    deployment_id: str
    status: str
    description: str


@dataclasses.dataclass(frozen=True, slots=True)
class DeploymentChange:
    """Not part of the plan response; what a rollout would write. spec: reconcile §3.16, §4.2

    created   whether a deployment is created (else the group targets extend the current one)
    groups    targets of the groups that are attached
    """

    created: bool = False
    description: str = ""
    groups: Mapping[str, GroupTarget] = dataclasses.field(default_factory=dict)
    updates: tuple[StatusUpdate, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """The answer for a service or batch job."""

    groups: Mapping[str, GroupChanges]
    deployment: DeploymentChange = DeploymentChange()

    @property
    def counters(self) -> dict[str, Counters]:
        return {name: changes.counters for name, changes in self.groups.items()}

    @property
    def destructive(self) -> list[Destructive]:
        """All destructive updates, group by group: placement tries them first. spec: reconcile §3.17"""
        return [item for changes in self.groups.values() for item in changes.destructive]

    @property
    def place(self) -> list[Wanted]:
        """All placements, group by group: tried after the destructive updates."""
        return [item for changes in self.groups.values() for item in changes.place]

    @property
    def stops(self) -> list[Stop]:
        return [item for changes in self.groups.values() for item in changes.stops]

    @property
    def in_place(self) -> list[Allocation]:
        return [item for changes in self.groups.values() for item in changes.in_place]

    @property
    def attributes(self) -> list[Allocation]:
        """In the plan as they are; they count among the proposed allocations of their node. spec: placement §8.1"""
        return [item for changes in self.groups.values() for item in changes.attributes]


# ---- system and sysbatch -----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class NodeItem:
    """One name on one node. spec: reconcile §4.3

    `allocation`: the live allocation (for sysbatch updates: the finished one); None for a place item.
    `previous`: for a place item the finished predecessor on that node, if any.
    `case`: number of the row that classified it.
    """

    group: str
    name: str
    node_id: str
    allocation: Allocation | None = None
    previous: Allocation | None = None
    canary: bool = False
    case: str = ""

    @property
    def replaces(self) -> Allocation | None:
        """The allocation whose place a new one takes."""
        return self.allocation if self.allocation is not None else self.previous


class Outcome(enum.Enum):
    """What became of one entry of the queue. spec: reconcile §4.6"""

    PLACED = "placed"
    FILTERED = "filtered"
    """Failed with `NodesFiltered` > 0."""
    EXHAUSTED = "exhausted"
    """Failed without filtering."""
    SKIPPED = "skipped"
    """The node is no candidate: not tried."""


@dataclasses.dataclass(frozen=True, slots=True)
class NodeDiff:
    """Classification per node (§4.1–4.3), before anything is probed. Lists are in node order, then name order.

    `stops` are in force before the in-place probes run.
    """

    job_type: str
    stop: tuple[NodeItem, ...] = ()
    migrate: tuple[NodeItem, ...] = ()
    lost: tuple[NodeItem, ...] = ()
    ignore: tuple[NodeItem, ...] = ()
    update: tuple[NodeItem, ...] = ()
    place: tuple[NodeItem, ...] = ()
    disconnecting: tuple[NodeItem, ...] = ()
    reconnecting: tuple[NodeItem, ...] = ()
    stops: tuple[Stop, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class SystemChanges:
    """The answer for a system or sysbatch job, before placement.

    queue          what placement tries, one by one, each on its own node: place items, then admitted destructive ones
    destructive    all destructive items, those over the limit included; `admitted` those within it
    stops          in force before the first entry of the queue: stopped, migrating, lost and admitted destructive ones
    existing       groups with an in-place or ignored item (their filtered failures stay unreported, §4.6)
    counters       `place` and `canary` are not final: see `finish_system`
    """

    diff: NodeDiff
    counters: Mapping[str, Counters]
    in_place: tuple[NodeItem, ...] = ()
    destructive: tuple[NodeItem, ...] = ()
    admitted: tuple[NodeItem, ...] = ()
    queue: tuple[NodeItem, ...] = ()
    stops: tuple[Stop, ...] = ()
    existing: frozenset[str] = frozenset()
    deployment: DeploymentChange = DeploymentChange()
    states: Mapping[str, GroupState] | None = None
    """Group states of *Dep* (§4.2), by which canaries are judged; None without a deployment."""
