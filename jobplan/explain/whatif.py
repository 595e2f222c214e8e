"""Changed clusters for what-if questions. Each function gives a changed copy; nothing is planned here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jobplan.errors import InventoryError

if TYPE_CHECKING:
    from jobplan.inventory import Inventory, Node


def find_node(inventory: Inventory, wanted: str) -> Node:
    """The node with this ID, name, or unambiguous beginning of an ID. Raises InventoryError."""
    if wanted in inventory.nodes:
        return inventory.nodes[wanted]
    named = [node for node in inventory.nodes.values() if node.name == wanted]
    found = named or [node for node in inventory.nodes.values() if wanted and node.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    problem = "there is no node" if not found else f"{len(found)} nodes are called"
    raise InventoryError(f"{problem} {wanted!r}", path="Nodes")


def drained(inventory: Inventory, nodes: Iterable[str]) -> Inventory:
    """The nodes (names or IDs) drain: their allocations are to migrate, and nothing new goes there."""
    return inventory.with_drain(*(find_node(inventory, node).id for node in nodes))


def without_class(inventory: Inventory, node_class: str) -> Inventory:
    """All nodes of a node class are gone, as if they had never joined; so are their allocations."""
    gone = [node.id for node in inventory.nodes.values() if node.node_class == node_class]
    if not gone:
        raise InventoryError(f"no node has the class {node_class!r}", path="Nodes")
    lost = [item.id for node_id in gone for item in inventory.allocations_on(node_id)]
    return inventory.with_allocations(without=lost).with_nodes(without=gone)


def with_added_nodes(inventory: Inventory, template: str, number: int) -> Inventory:
    """`number` empty copies of the node `template` join."""
    model = find_node(inventory, template)
    taken = set(inventory.nodes)
    made = []
    for index in range(1, number + 1):
        node_id = f"{model.id[:-12]}{index:012x}"
        while node_id in taken:
            index += number
            node_id = f"{model.id[:-12]}{index:012x}"
        taken.add(node_id)
        made.append(
            dataclasses.replace(
                model, id=node_id, name=f"{model.name}+{index}", status="ready", draining=False, eligible=True
            )
        )
    return inventory.with_nodes(made)


def scaled(job: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    """An API job with other counts. Raises InventoryError for a group that the job does not have."""
    groups = job.get("TaskGroups") or []
    unknown = set(counts) - {group.get("Name") for group in groups}
    if unknown:
        raise InventoryError(f"the job has no group {sorted(unknown)[0]!r}")
    changed = [{**group, "Count": counts[group["Name"]]} if group.get("Name") in counts else group for group in groups]
    return {**job, "TaskGroups": changed}
