"""What checkers, fit and scores look at during one selection."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobplan.inventory.jobs import JobVersion
    from jobplan.inventory.pools import SchedulerConfig
    from jobplan.inventory.volumes import StickyClaim
    from jobplan.placement.asks import Ask, PortAsk, PropertyLimit
    from jobplan.placement.cluster import Cluster
    from jobplan.placement.draft import Draft
    from jobplan.placement.propertyuse import PropertyUse


@dataclasses.dataclass(slots=True)
class NetworkNeed:
    """Mode and ports that the network check looks for; lives for the whole run. spec: placement §5.4

    `ports` is None until a group with a network has been selected for.
    """

    mode: str = "host"
    ports: tuple[PortAsk, ...] | None = None


@dataclasses.dataclass(slots=True)
class Trial:
    """One selection: an allocation called `name` of the ask's group, on top of the draft.

    `owner` is the planned job, whose allocations are its own ones; `penalties` are nodes to avoid for a reschedule;
    `claims` are the sticky claims still open, or None before somebody has looked. `ranks` says whether scores matter.
    """

    ask: Ask
    name: str
    owner: JobVersion
    config: SchedulerConfig
    cluster: Cluster
    draft: Draft
    network: NetworkNeed
    limits: tuple[tuple[PropertyLimit, PropertyUse], ...] = ()
    penalties: frozenset[str] = frozenset()
    avoid_ports: frozenset[int] = frozenset()
    preempting: bool = False
    ranks: bool = True
    claims: list[StickyClaim] | None = None
    missing_volumes: set[str] = dataclasses.field(default_factory=set)

    @property
    def suffix(self) -> str:
        """The index of the allocation name with its brackets, as per-alloc volumes use it. spec: placement §5.6"""
        return index_suffix(self.name)

    def is_own(self, namespace: str, job_id: str) -> bool:
        return job_id == self.owner.id and namespace == self.owner.namespace


def index_suffix(name: str) -> str:
    """`[2]` of `job.group[2]`; empty without an index."""
    at = name.rfind("[")
    return "" if at < 0 else name[at:]
