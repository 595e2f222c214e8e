"""Nodes that concern the allocations of a job. spec: reconcile §2.4"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobplan.errors import PlanError
from jobplan.inventory.allocations import Allocation
from jobplan.inventory.nodes import Node

STATUSES = frozenset({"initializing", "ready", "down", "disconnected"})

Tainted = Mapping[str, Node | None]
"""Node ID → the node, or None when it is missing from the inventory."""


def tainted_nodes(allocations: Iterable[Allocation], nodes: Mapping[str, Node]) -> dict[str, Node | None]:
    """The tainted map of the nodes of all allocations, terminal ones included.

    Raises `PlanError` for a node with a status that the server does not know. spec: reconcile §8 trap 8
    """
    made: dict[str, Node | None] = {}
    for node_id in dict.fromkeys(alloc.node_id for alloc in allocations):
        node = nodes.get(node_id)
        if node is None:
            made[node_id] = None
            continue
        if node.status not in STATUSES:
            raise PlanError(f"failed to process eval: unhandled node status {node.status}")
        if node.status in ("down", "disconnected") or node.draining:
            made[node_id] = node
    return made


def pool_matches(node: Node, node_pool: str) -> bool:
    """Update decision, row 6: the pool is compared as it stands, only `all` admits every node."""
    return node_pool in ("all", node.node_pool)
