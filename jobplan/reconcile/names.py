"""Names of the allocations of a group, and which of their indexes are in use. spec: reconcile §3.8"""

from __future__ import annotations

from collections.abc import Iterable, Set

from jobplan.inventory.allocations import Allocation
from jobplan.reconcile.predicates import index_of


class NameIndex:
    """Used indexes of a set of allocations, with a count of duplicates for each."""

    __slots__ = ("_count", "_duplicates", "_prefix", "_used")

    def __init__(self, job_id: str, group: str, count: int, allocs: Iterable[Allocation]) -> None:
        self._prefix, self._count = f"{job_id}.{group}", count
        self._used: set[int] = set()
        self._duplicates: dict[int, int] = {}
        for alloc in allocs:
            index = index_of(alloc)
            if index in self._used:
                self._duplicates[index] = self._duplicates.get(index, 0) + 1
            self._used.add(index)

    def _name(self, index: int) -> str:
        return f"{self._prefix}[{index}]"

    def highest(self, number: int) -> set[str]:
        """Clear and return up to `number` used names, from the top index down."""
        found = sorted(self._used, reverse=True)[:number]
        self._used.difference_update(found)
        return {self._name(index) for index in found}

    def next(self, number: int) -> list[str]:
        """`number` free names below the count, ascending, then from 0 again for the remainder."""
        free = [index for index in range(self._count) if index not in self._used][:number]
        self._used.update(free)
        return [self._name(index) for index in (*free, *range(number - len(free)))]

    def next_canaries(self, number: int, canaries: Set[str], destructive: Iterable[Allocation]) -> list[str]:
        """`number` names for canaries: those of allocations that will be replaced, then free ones, then new ones.

        `canaries`: names of existing canaries, which are left out of the first two.
        """
        replaced = sorted({index for alloc in destructive if (index := index_of(alloc)) < self._count})
        free = [index for index in range(self._count) if index not in self._used and index not in replaced]
        known = [index for index in (*replaced, *free) if self._name(index) not in canaries][:number]
        self._used.update(known)
        extra = range(self._count, self._count + number - len(known))
        return [self._name(index) for index in (*known, *extra)]

    def unset(self, index: int) -> None:
        """Give up one use of an index."""
        left = self._duplicates.get(index, 0)
        if left == 0:
            self._used.discard(index)
        elif left == 1:
            del self._duplicates[index]
        else:
            self._duplicates[index] = left - 1
