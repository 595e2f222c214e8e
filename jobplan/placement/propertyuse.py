"""How many allocations of a job use each value of a node property. spec: placement §5.9, §10.3"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from jobplan.placement.targets import Resolver, resolver

if TYPE_CHECKING:
    from jobplan.inventory.jobs import JobVersion
    from jobplan.inventory.nodes import Node
    from jobplan.placement.cluster import Cluster
    from jobplan.placement.draft import Draft
    from jobplan.placement.resources import Occupant

ANY_VALUE = "*"

Counts = dict[str, int]


class PropertyUse:
    """Counts per value over the job's allocations, or those of one group (`group`).

    `listed`: values that are told apart; all others count as `*`. None tells all values apart.
    `refresh` must be called at the start of every selection. spec: placement §5.9
    """

    __slots__ = (
        "_cleared", "_draft", "_existing", "_group", "_listed", "_planned", "_resolve", "_revision", "_seen", "_values",
    )  # fmt: skip

    def __init__(
        self, target: str, draft: Draft, existing: Counts, group: str | None, listed: Collection[str] | None = None
    ) -> None:
        self._resolve: Resolver = resolver(target)
        self._draft, self._group, self._listed = draft, group, listed
        self._existing = existing
        self._planned: Counts = {}
        self._cleared: Counts = {}
        self._seen, self._revision = 0, -1
        self._values: dict[str, str | None] = {}

    def value_on(self, node: Node) -> str | None:
        """The value on a node; None where it lacks the property."""
        return _folded(self._resolve(node), self._listed)

    def raw_value_on(self, node: Node) -> str | None:
        """The value on a node before values that are not told apart are put together."""
        return self._resolve(node)

    def fold(self, value: str | None) -> str | None:
        """The value under which `value` is counted."""
        return _folded(value, self._listed)

    def refresh(self) -> None:
        """Takes over what has changed in the plan since the last selection."""
        log = self._draft.placed_log
        if self._revision == self._draft.revision:
            for occupant in log[self._seen :]:
                self._count(self._planned, occupant, terminal_too=False)
        else:
            self._planned = {}
            for on_node in self._draft.placed.values():
                for occupant in on_node.values():
                    self._count(self._planned, occupant, terminal_too=False)
            self._revision = self._draft.revision
        self._seen = len(log)
        self._clear()

    def _clear(self) -> None:
        """What stops give back; a value used again gets back one, unless it was the only one (quirk 7)."""
        cleared: Counts = {}
        for occupant in self._draft.stops():
            self._count(cleared, occupant, terminal_too=True)
        for value in self._planned:
            if cleared.get(value, 0) > 1:
                cleared[value] -= 1
        self._cleared = cleared

    def _count(self, counts: Counts, occupant: Occupant, *, terminal_too: bool) -> None:
        if self._group is not None and occupant.group != self._group:
            return
        if occupant.terminal and not terminal_too:
            return
        node_id = occupant.node_id
        if node_id not in self._values:
            node = self._draft.cluster.nodes.get(node_id)
            self._values[node_id] = None if node is None else self.value_on(node)
        value = self._values[node_id]
        if value is not None:
            counts[value] = counts.get(value, 0) + 1

    def used(self, value: str) -> int:
        """How many allocations use the value, never below 0."""
        return max(
            self._existing.get(value, 0) + self._planned.get(value, 0) - self._cleared.get(value, 0),
            0,
        )

    def all_used(self) -> Iterable[int]:
        """The numbers of all values in use or planned, zeros included."""
        return (self.used(value) for value in dict.fromkeys((*self._existing, *self._planned)))


def existing_use(
    target: str, cluster: Cluster, owner: JobVersion, group: str | None, listed: Collection[str] | None = None
) -> Counts:
    """Counts over the job's stored live allocations with the same create index. spec: placement §5.9, E"""
    resolve, counts = resolver(target), Counts()
    for allocation in cluster.inventory.allocations_of(owner.namespace, owner.id):
        if allocation.terminal or allocation.version.create_index != owner.create_index:
            continue
        if group is not None and allocation.task_group != group:
            continue
        node = cluster.nodes.get(allocation.node_id)
        value = None if node is None else _folded(resolve(node), listed)
        if value is not None:
            counts[value] = counts.get(value, 0) + 1
    return counts


def _folded(value: str | None, listed: Collection[str] | None) -> str | None:
    if value is None or listed is None or value in listed:
        return value
    return ANY_VALUE
