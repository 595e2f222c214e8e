"""What placement derives from an inventory once and then keeps: nodes in order, node states, columns of numbers.

A `Columns` belongs to one inventory and holds pure functions of it, so it can be shared by any number of plans.
spec: placement §2, §8.1; arrays: §8
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.inventory.snapshot import Inventory

Value = TypeVar("Value")


class PerKey(dict[str, Value], Generic[Value]):
    """A dictionary that makes the value of a key when it is first asked for."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> Value:
        value = self[key] = self._make(key)
        return value


class ReadyNodes:
    """The base list of a job: ready nodes of its pool and datacenters in ascending order of ID. spec: placement §2"""

    __slots__ = ("available", "ids", "nodes", "not_ready")

    def __init__(self, nodes: tuple[Node, ...], not_ready: frozenset[str]) -> None:
        self.nodes = nodes
        self.ids = frozenset(node.id for node in nodes)
        self.not_ready = not_ready
        available: dict[str, int] = {}
        for node in nodes:
            available[node.datacenter] = available.get(node.datacenter, 0) + 1
        self.available: Mapping[str, int] = available


@functools.lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """A datacenter pattern: `*` is any run of characters, everything else is meant literally. spec: placement §2"""
    import re

    compiled = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
    return lambda datacenter: compiled.fullmatch(datacenter) is not None


def datacenter_matches(datacenter: str, patterns: tuple[str, ...]) -> bool:
    """Whether a datacenter matches any of the patterns."""
    return any(_matcher(pattern)(datacenter) for pattern in patterns)


def find_ready(inventory: Inventory, pool: str, patterns: tuple[str, ...]) -> ReadyNodes:
    """The base list for a pool (`""` and `all`: every node) and datacenter patterns. spec: placement §2"""
    found, not_ready = [], set()
    everywhere = pool in ("", "all")
    verdicts: dict[str, bool] = {}
    for node in inventory.nodes.values():
        if not everywhere and node.node_pool != pool:
            continue
        if not node.ready:
            not_ready.add(node.id)
            continue
        verdict = verdicts.get(node.datacenter)
        if verdict is None:
            verdict = verdicts[node.datacenter] = datacenter_matches(node.datacenter, patterns)
        if verdict:
            found.append(node)
    return ReadyNodes(tuple(found), frozenset(not_ready))
