"""What placement derives from an inventory once and then keeps: nodes in order, node states, columns of numbers.

A `Columns` belongs to one inventory and holds pure functions of it, so it can be shared by any number of plans.
spec: placement §2, §8.1; arrays: §8
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


def datacenter_matches(datacenter: str, patterns: Sequence[str]) -> bool:
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


# ---- columns: only for many nodes, because they need numpy ----------------------------------------------------------


class Codes:
    """A column of texts: `codes[row]` is the place of the row's text in `values`."""

    __slots__ = ("codes", "values")

    def __init__(self, column: Sequence[str | None]) -> None:
        import numpy

        places: dict[str | None, int] = {}
        listed = [places.setdefault(text, len(places)) for text in column]
        self.codes: NDArray[np.intp] = numpy.array(listed, dtype=numpy.intp)
        self.values: list[str | None] = list(places)


class NodeColumns:
    """Facts of nodes as arrays, one row per node in the given order; amounts as in `Capacity`.

    `slots` is how many allocations a node may have. A node without a known capacity has none here: it must be looked
    at by itself. Raises OverflowError for amounts beyond 64 bits.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        import numpy

        self.nodes = nodes
        self.row = {node.id: row for row, node in enumerate(nodes)}
        room = [node.available for node in nodes]
        int64 = numpy.int64
        self.cpu: NDArray[np.int64] = numpy.array([0 if item is None else item.cpu for item in room], int64)
        self.memory: NDArray[np.int64] = numpy.array([0 if item is None else item.memory_mb for item in room], int64)
        self.disk: NDArray[np.int64] = numpy.array([0 if item is None else item.disk_mb for item in room], int64)
        self.slots: NDArray[np.int64] = numpy.array([node.max_allocs or UNLIMITED for node in nodes], int64)
        self.computed_classes = Codes([node.computed_class for node in nodes])
        self.node_classes = Codes([node.node_class for node in nodes])
        self._texts: dict[str, Codes] = {}

    def texts(self, target: str, resolve: Callable[[Node], str | None]) -> Codes:
        """The values of a constraint target; None where it is missing."""
        found = self._texts.get(target)
        if found is None:
            found = self._texts[target] = Codes([resolve(node) for node in self.nodes])
        return found


UNLIMITED = 1 << 40
"""Slots of a node without a limit on allocations."""
