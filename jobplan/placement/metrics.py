"""The record of one selection, and what `FailedTGAllocs` shows of it. spec: placement §13"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobplan.inventory.nodes import Node
    from jobplan.placement.asks import Ask

Counts = dict[str, int]


@dataclasses.dataclass(slots=True)
class Metrics:
    """Counts of one selection; None stands for a map that the server has not made yet."""

    evaluated: int = 0
    filtered: int = 0
    exhausted: int = 0
    class_filtered: Counts | None = None
    class_exhausted: Counts | None = None
    constraint_filtered: Counts | None = None
    dimension_exhausted: Counts | None = None
    coalesced: int = 0
    resources_exhausted: dict[str, tuple[int, int]] | None = None
    """Task → (CPU, MemoryMB). spec: placement §13.3"""
    nodes_available: Mapping[str, int] | None = None
    nodes_in_pool: int = 0
    node_pool: str = ""

    def filter_node(self, node: Node, key: str) -> None:
        """Counts a node that failed a check. spec: placement §4"""
        self.filtered += 1
        if node.node_class:
            self.class_filtered = _plus_one(self.class_filtered, node.node_class)
        self.constraint_filtered = _plus_one(self.constraint_filtered, key)

    def exhaust_node(self, node: Node, key: str) -> None:
        """Counts a node that passed all checks but has no room. spec: placement §4"""
        self.exhausted += 1
        if node.node_class:
            self.class_exhausted = _plus_one(self.class_exhausted, node.node_class)
        self.dimension_exhausted = _plus_one(self.dimension_exhausted, key)

    def filter_many(self, count: int, key: str, by_class: Counts) -> None:
        """Counts many nodes that were turned down for one reason; `by_class`: how many of each node class."""
        if count:
            self.filtered += count
            self.constraint_filtered = _plus(self.constraint_filtered, {key: count})
            self.class_filtered = _plus(self.class_filtered, by_class)

    def exhaust_many(self, count: int, key: str, by_class: Counts) -> None:
        """Counts many nodes that lack room in one dimension; `by_class`: how many of each node class."""
        if count:
            self.exhausted += count
            self.dimension_exhausted = _plus(self.dimension_exhausted, {key: count})
            self.class_exhausted = _plus(self.class_exhausted, by_class)

    def add_exhausted_resources(self, ask: Ask) -> None:
        """What one allocation of the group would have needed of a dimension that ran out. spec: placement §13.3"""
        if self.dimension_exhausted is None:
            return
        found = self.resources_exhausted = self.resources_exhausted or {}
        wants_cpu, wants_memory = "cpu" in self.dimension_exhausted, "memory" in self.dimension_exhausted
        for task in ask.tasks:
            cpu, memory = found.get(task.name, (0, 0))
            found[task.name] = (
                cpu + task.cpu if wants_cpu else cpu,
                memory + task.memory_mb if wants_memory else memory,
            )

    def coalesce(self, ask: Ask) -> None:
        """One more allocation of a group that has failed already. spec: placement §3 step 3.2"""
        self.coalesced += 1
        self.add_exhausted_resources(ask)

    def merge_filtered(self, other: Metrics) -> None:
        """Adds the record of another node on which a system job was filtered. spec: placement §14"""
        self.evaluated += other.evaluated
        self.filtered += other.filtered
        self.class_filtered = _sum(self.class_filtered, other.class_filtered)
        self.constraint_filtered = _sum(self.constraint_filtered, other.constraint_filtered)

    def copy(self) -> Metrics:
        """A record of its own with the same counts."""
        return dataclasses.replace(
            self,
            class_filtered=_copied(self.class_filtered),
            class_exhausted=_copied(self.class_exhausted),
            constraint_filtered=_copied(self.constraint_filtered),
            dimension_exhausted=_copied(self.dimension_exhausted),
            resources_exhausted=None if self.resources_exhausted is None else dict(self.resources_exhausted),
        )

    def to_api(self) -> dict[str, Any]:
        """The shape of an entry of `FailedTGAllocs`; `AllocationTime` is always 0 here. spec: placement §13.1"""
        return {
            "AllocationTime": 0,
            "ClassExhausted": _copied(self.class_exhausted),
            "ClassFiltered": _copied(self.class_filtered),
            "CoalescedFailures": self.coalesced,
            "ConstraintFiltered": _copied(self.constraint_filtered),
            "DimensionExhausted": _copied(self.dimension_exhausted),
            "NodePool": self.node_pool,
            "NodesAvailable": None if self.nodes_available is None else dict(self.nodes_available),
            "NodesEvaluated": self.evaluated,
            "NodesExhausted": self.exhausted,
            "NodesFiltered": self.filtered,
            "NodesInPool": self.nodes_in_pool,
            "QuotaExhausted": None,
            "ResourcesExhausted": None
            if self.resources_exhausted is None
            else {task: _resources(*amounts) for task, amounts in self.resources_exhausted.items()},
            "ScoreMetaData": None,
            "Scores": None,
        }


def _plus_one(counts: Counts | None, key: str) -> Counts:
    if counts is None:
        return {key: 1}
    counts[key] = counts.get(key, 0) + 1
    return counts


def _plus(counts: Counts | None, more: Counts) -> Counts | None:
    return _sum(counts, more) if more else counts


def _sum(counts: Counts | None, more: Counts | None) -> Counts:
    made = dict(counts or {})
    for key, count in (more or {}).items():
        made[key] = made.get(key, 0) + count
    return made


def _copied(counts: Counts | None) -> Counts | None:
    return None if counts is None else dict(counts)


def _resources(cpu: int, memory_mb: int) -> dict[str, Any]:
    return {
        "CPU": cpu,
        "Cores": 0,
        "Devices": None,
        "DiskMB": 0,
        "IOPS": 0,
        "MemoryMB": memory_mb,
        "MemoryMaxMB": 0,
        "NUMA": None,
        "Networks": None,
        "SecretsMB": 0,
    }
