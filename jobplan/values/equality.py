"""Equality of opaque JSON values: the type counts, and all numbers are doubles. spec: diff §2.1"""

from __future__ import annotations

from typing import Any


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal.

    Python alone is too lax (`True == 1`) and, for integers beyond 2**53, too strict: they came as 64-bit floats.
    `1` and `1.0` are equal; `1`, `"1"` and `true` are not; null, `[]` and `{}` are three different values.
    """
    if isinstance(left, dict):
        if not isinstance(right, dict) or len(left) != len(right):
            return False
        # No generators: they would need a frame more per level, and whatever can be decoded must be comparable.
        for key, value in left.items():  # noqa: SIM110
            if key not in right or not same(value, right[key]):
                return False
        return True
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        for one, other in zip(left, right):  # noqa: SIM110
            if not same(one, other):
                return False
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)):
        return isinstance(right, (int, float)) and (left == right or float(left) == float(right))
    return type(left) is type(right) and bool(left == right)
