"""What becomes of a live allocation of a system or sysbatch job: the first matching row. spec: reconcile §4.3"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Set
from typing import Any, Literal

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.nodes import Node
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.changes import NodeItem
from jobplan.reconcile.tainted import Tainted

Item = Literal["stop", "migrate", "lost", "ignore", "reconnecting", "disconnecting", "update"]


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What the rows look at. `required`: group by required name; `waiting`: IDs of nodes that are not ready;
    `usable`: candidate nodes."""

    alloc: Allocation
    job: Job
    required: Mapping[str, TaskGroup]
    tainted: Tainted
    waiting: Set[str]
    usable: Mapping[str, Node]
    now: int
    rollout: Any
    """`NodeRollout`: whether updates of a group are canaries, as things stand on this node."""

    @property
    def client(self) -> str:
        return self.alloc.client_status

    @property
    def is_tainted(self) -> bool:
        return self.alloc.node_id in self.tainted

    @property
    def is_gone(self) -> bool:
        """Its node is missing or down."""
        node = self.tainted.get(self.alloc.node_id)
        return self.is_tainted and (node is None or node.status == "down")

    @property
    def is_disconnected(self) -> bool:
        node = self.tainted.get(self.alloc.node_id)
        return node is not None and node.status == "disconnected"

    @property
    def waits(self) -> bool:
        return self.alloc.node_id in self.waiting

    @property
    def reconnects(self) -> bool:
        return self.client in ("unknown", "running") and is_.needs_reconnect(self.alloc)

    @property
    def changed(self) -> bool:
        return self.alloc.version.job_modify_index != self.job.job_modify_index

    @property
    def ended_well(self) -> bool:
        return self.alloc.version.type == "sysbatch" and is_.ran_successfully(self.alloc)


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One row; `number` as in the specification."""

    number: str
    applies: Callable[[Facts], bool]
    item: Item


CASES = (
    Case("1", lambda f: f.alloc.name not in f.required, "stop"),
    Case("2", lambda f: f.alloc.transition.migrate, "migrate"),
    Case("3", lambda f: f.reconnects and is_.is_expired(f.alloc, f.now), "lost"),
    Case("4", lambda f: f.client == "unknown" and f.alloc.desired_status == "run", "ignore"),
    Case("5", lambda f: not f.is_tainted and f.reconnects and f.client == "running", "reconnecting"),
    Case("6a", lambda f: f.is_tainted and f.ended_well, "ignore"),
    Case("6b", lambda f: f.is_disconnected and f.client == "running", "disconnecting"),
    Case("6c", lambda f: f.is_gone, "lost"),
    Case("6d", lambda f: f.is_tainted, "ignore"),
    Case("7a", lambda f: f.waits and f.changed, "stop"),
    Case("7b", lambda f: f.waits, "ignore"),
    Case("8", lambda f: f.alloc.node_id not in f.usable, "stop"),
    Case("9", lambda f: f.changed, "update"),
    Case("10", lambda f: True, "ignore"),
)


def classify_live(facts: Facts) -> tuple[str, NodeItem]:
    """The outcome and the item of one allocation."""
    alloc = facts.alloc
    case = next(case for case in CASES if case.applies(facts))
    group = facts.required.get(alloc.name)
    canary = case.item == "update" and group is not None and facts.rollout.marks_canary(group)
    # Stopped items go by the allocation's own group: the name need not be required any more.
    name = alloc.task_group if group is None else group.name
    return case.item, NodeItem(name, alloc.name, alloc.node_id, alloc, canary=canary, case=case.number)
