"""Targets of constraints: `${…}` and literal text, resolved on a node. spec: placement §6.1

Resolving gives the value, or None where the target is missing on the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node

Resolver = Callable[["Node"], "str | None"]

NODE_TARGETS: dict[str, Resolver] = {
    "${node.unique.id}": lambda node: node.id,
    "${node.unique.name}": lambda node: node.name,
    "${node.datacenter}": lambda node: node.datacenter,
    "${node.class}": lambda node: node.node_class,
    "${node.pool}": lambda node: node.node_pool,
}

_ATTRIBUTE, _META = "${attr.", "${meta."

ESCAPING = ("${unique.", "${node.unique.", "${attr.unique.", "${meta.unique.")
"""Targets with these beginnings differ between nodes of one computed class. spec: placement §7"""


def escapes_class(*targets: str) -> bool:
    """Whether a constraint on these targets cannot be judged once for a whole computed class."""
    return any(target.startswith(ESCAPING) for target in targets)


def is_literal(target: str) -> bool:
    """Whether the target is a text of its own."""
    return not target.startswith("${")


def resolver(target: str) -> Resolver:
    """A function that resolves `target` on a node."""
    if is_literal(target):
        return lambda node: target
    if target in NODE_TARGETS:
        return NODE_TARGETS[target]
    if target.startswith(_ATTRIBUTE):
        key = target[len(_ATTRIBUTE) :].removesuffix("}")
        return lambda node: node.attributes.get(key)
    if target.startswith(_META):
        key = target[len(_META) :].removesuffix("}")
        return lambda node: node.meta.get(key)
    return lambda node: None
