"""Which set an allocation of a service or batch job belongs to: the first matching row. spec: reconcile §3.3"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Literal

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.nodes import Node
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.tainted import Tainted

Class = Literal["untainted", "migrate", "lost", "disconnecting", "reconnecting", "ignore", "expiring"]
Allocs = dict[str, Allocation]
"""Allocations by ID, in the order in which they are looked at."""


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What the rows look at. `rc`: it must be asked whether the allocation reconnects; `tainted`: its node is in the
    tainted map; `node`: that node, None when it is missing or not tainted."""

    alloc: Allocation
    rc: bool
    tainted: bool
    node: Node | None
    now: int

    def node_is(self, status: str) -> bool:
        return self.node is not None and self.node.status == status

    @property
    def usable(self) -> bool:
        """Not tainted, or tainted only by a drain."""
        return not self.tainted or self.node_is("ready")

    @property
    def client(self) -> str:
        return self.alloc.client_status


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One row."""

    number: int
    applies: Callable[[Facts], bool]
    outcome: Class


CASES = (
    Case(1, lambda f: f.rc and f.alloc.desired_status == "run" and f.client == "failed", "reconnecting"),
    Case(2, lambda f: f.alloc.server_terminal and not f.rc and f.alloc.transition.no_placement, "untainted"),
    Case(3, lambda f: f.alloc.server_terminal and not f.rc, "ignore"),
    Case(
        4,
        lambda f: f.alloc.terminal and not f.rc and is_.has_canary_flag(f.alloc) and f.alloc.transition.migrate,
        "migrate",
    ),
    Case(5, lambda f: f.alloc.terminal and not f.rc, "untainted"),
    Case(6, lambda f: is_.is_expired(f.alloc, f.now), "expiring"),
    Case(7, lambda f: f.rc and f.client == "failed" and f.alloc.desired_status == "stop", "ignore"),
    Case(8, lambda f: f.node_is("disconnected") and f.client == "unknown", "untainted"),
    Case(9, lambda f: f.node_is("disconnected") and f.client == "pending", "lost"),
    Case(10, lambda f: f.node_is("disconnected") and is_.lost_after(f.alloc) == 0, "lost"),
    Case(11, lambda f: f.node_is("disconnected"), "disconnecting"),
    Case(12, lambda f: f.alloc.transition.migrate, "migrate"),
    Case(13, lambda f: f.usable and f.rc, "reconnecting"),
    Case(14, lambda f: f.usable, "untainted"),
    Case(15, lambda f: f.node is None, "lost"),
    Case(16, lambda f: f.node_is("down") and not is_.replace_allowed(f.alloc) and f.client == "unknown", "untainted"),
    Case(
        17, lambda f: f.node_is("down") and not is_.replace_allowed(f.alloc) and f.client == "running", "disconnecting"
    ),
    Case(18, lambda f: f.node_is("down"), "lost"),
    Case(19, lambda f: True, "untainted"),
)


def classify(alloc: Allocation, tainted: Tainted, now: int) -> Case:
    """The row that decides about one allocation."""
    facts = Facts(
        alloc,
        alloc.client_status in ("unknown", "running", "failed") and is_.needs_reconnect(alloc),
        alloc.node_id in tainted,
        tainted.get(alloc.node_id),
        now,
    )
    return next(case for case in CASES if case.applies(facts))


@dataclasses.dataclass(slots=True)
class Classes:
    """The sets of §3.1 step 6 and the rows that decided."""

    untainted: Allocs = dataclasses.field(default_factory=dict)
    migrate: Allocs = dataclasses.field(default_factory=dict)
    lost: Allocs = dataclasses.field(default_factory=dict)
    disconnecting: Allocs = dataclasses.field(default_factory=dict)
    reconnecting: Allocs = dataclasses.field(default_factory=dict)
    ignore: Allocs = dataclasses.field(default_factory=dict)
    expiring: Allocs = dataclasses.field(default_factory=dict)
    cases: dict[str, int] = dataclasses.field(default_factory=dict)


def classify_all(allocs: Iterable[Allocation], tainted: Tainted, now: int) -> Classes:
    made = Classes()
    for alloc in allocs:
        case = classify(alloc, tainted, now)
        made.cases[alloc.id] = case.number
        target: Allocs = getattr(made, case.outcome)
        target[alloc.id] = alloc
    return made
