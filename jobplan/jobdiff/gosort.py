"""The unstable sort of Go's standard library, step by step. spec: diff §13.2

Needed because the comparison of objects is inconsistent and has side effects: only the same sequence of comparisons
gives the same order. Up to 12 elements this is insertion sort; beyond that, pattern-defeating quicksort.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")

_MAX_INSERTION = 12
_MAX_STEPS, _SHORTEST_SHIFTING = 5, 50
_SHORTEST_NINTHER, _MAX_SWAPS = 50, 12
_MASK = (1 << 64) - 1


def go_sort(items: list[T], less: Callable[[T, T], bool]) -> None:
    """Sort in place, with exactly the comparisons and swaps that `sort.Sort` makes."""
    if len(items) < 2:
        return
    run = _Run(items, less)
    if len(items) <= _MAX_INSERTION:
        run.insertion_sort(0, len(items))
    else:
        run.quicksort(0, len(items), len(items).bit_length())


class _Hint(Enum):
    UNKNOWN = 0
    INCREASING = 1
    DECREASING = 2


class _Run(Generic[T]):
    """A list being sorted; `low` is the first index of a range, `high` the one after its last."""

    __slots__ = ("_items", "_less")

    def __init__(self, items: list[T], less: Callable[[T, T], bool]) -> None:
        self._items, self._less = items, less

    def less(self, one: int, other: int) -> bool:
        return self._less(self._items[one], self._items[other])

    def swap(self, one: int, other: int) -> None:
        items = self._items
        items[one], items[other] = items[other], items[one]

    def insertion_sort(self, low: int, high: int) -> None:
        for start in range(low + 1, high):
            at = start
            while at > low and self.less(at, at - 1):
                self.swap(at, at - 1)
                at -= 1

    def quicksort(self, low: int, high: int, limit: int) -> None:
        """`limit`: how many unbalanced partitions are allowed before heapsort takes over."""
        was_balanced = was_partitioned = True
        while high - low > _MAX_INSERTION:
            if limit == 0:
                self.heapsort(low, high)
                return
            if not was_balanced:
                self.break_patterns(low, high)
                limit -= 1
            pivot, hint = self.choose_pivot(low, high)
            if hint is _Hint.DECREASING:
                self._items[low:high] = self._items[low:high][::-1]
                pivot, hint = (high - 1) - (pivot - low), _Hint.INCREASING
            if was_balanced and was_partitioned and hint is _Hint.INCREASING and self.partly_sorted(low, high):
                return
            if low > 0 and not self.less(low - 1, pivot):
                low = self.partition_equal(low, high, pivot)
                continue
            middle, was_partitioned = self.partition(low, high, pivot)
            left, right, threshold = middle - low, high - middle, (high - low) // 8
            if left < right:
                was_balanced = left >= threshold
                self.quicksort(low, middle, limit)
                low = middle + 1
            else:
                was_balanced = right >= threshold
                self.quicksort(middle + 1, high, limit)
                high = middle
        self.insertion_sort(low, high)

    def partition(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        """Where the pivot went, and whether nothing had to move."""
        self.swap(low, pivot)
        left, right = self._next_pair(low, low + 1, high - 1)
        already = left > right
        while left <= right:
            self.swap(left, right)
            left, right = self._next_pair(low, left + 1, right - 1)
        self.swap(right, low)
        return right, already

    def _next_pair(self, pivot: int, left: int, right: int) -> tuple[int, int]:
        while left <= right and self.less(left, pivot):
            left += 1
        while left <= right and not self.less(right, pivot):
            right -= 1
        return left, right

    def partition_equal(self, low: int, high: int, pivot: int) -> int:
        """Elements equal to the pivot to the front; the first index after them."""
        self.swap(low, pivot)
        left, right = low + 1, high - 1
        while True:
            while left <= right and not self.less(low, left):
                left += 1
            while left <= right and self.less(low, right):
                right -= 1
            if left > right:
                return left
            self.swap(left, right)
            left, right = left + 1, right - 1

    def partly_sorted(self, low: int, high: int) -> bool:
        """Sort what is nearly sorted; whether it is sorted now."""
        at = low + 1
        for _ in range(_MAX_STEPS):
            while at < high and not self.less(at, at - 1):
                at += 1
            if at == high:
                return True
            if high - low < _SHORTEST_SHIFTING:
                return False
            self.swap(at, at - 1)
            if at - low >= 2:
                back = at - 1
                while back >= 1 and self.less(back, back - 1):
                    self.swap(back, back - 1)
                    back -= 1
            if high - at >= 2:
                ahead = at + 1
                while ahead < high and self.less(ahead, ahead - 1):
                    self.swap(ahead, ahead - 1)
                    ahead += 1
        return False

    def break_patterns(self, low: int, high: int) -> None:
        """Scatter three elements; the generator is seeded by the length, so nothing here is random."""
        length = high - low
        state, modulus, index = length, 1 << length.bit_length(), low + (length // 4) * 2 - 1
        for step in range(3):
            state ^= (state << 13) & _MASK
            state ^= state >> 7
            state ^= (state << 17) & _MASK
            other = state & (modulus - 1)
            if other >= length:
                other -= length
            self.swap(index - 1 + step, low + other)

    def choose_pivot(self, low: int, high: int) -> tuple[int, _Hint]:
        length = high - low
        swaps = [0]
        one, two, three = (low + length // 4 * quarter for quarter in (1, 2, 3))
        if length >= _SHORTEST_NINTHER:
            one, two, three = (self._median(at - 1, at, at + 1, swaps) for at in (one, two, three))
        two = self._median(one, two, three, swaps)
        hint = {0: _Hint.INCREASING, _MAX_SWAPS: _Hint.DECREASING}.get(swaps[0], _Hint.UNKNOWN)
        return two, hint

    def _median(self, one: int, two: int, three: int, swaps: list[int]) -> int:
        one, two = self._ordered(one, two, swaps)
        two, three = self._ordered(two, three, swaps)
        one, two = self._ordered(one, two, swaps)
        return two

    def _ordered(self, one: int, two: int, swaps: list[int]) -> tuple[int, int]:
        if self.less(two, one):
            swaps[0] += 1
            return two, one
        return one, two

    def heapsort(self, low: int, high: int) -> None:
        length = high - low
        for root in range((length - 1) // 2, -1, -1):
            self._sift_down(root, length, low)
        for last in range(length - 1, -1, -1):
            self.swap(low, low + last)
            self._sift_down(0, last, low)

    def _sift_down(self, root: int, length: int, first: int) -> None:
        while (child := 2 * root + 1) < length:
            if child + 1 < length and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child
