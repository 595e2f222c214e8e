"""The name that a misspelt one may have meant.

spec: jobspec §14.4
"""

from __future__ import annotations

from collections.abc import Iterable


def similar(given: str, candidates: Iterable[str]) -> str:
    """The first candidate with an edit distance below 3, or ""."""
    for candidate in candidates:
        if abs(len(given) - len(candidate)) < 3 and _distance(given, candidate) < 3:
            return candidate
    return ""


def closest(given: str, candidates: Iterable[str]) -> str:
    """The nearest candidate with an edit distance below 3, or "": where the original's order is not specified."""
    near = [c for c in candidates if abs(len(given) - len(c)) < 3 and _distance(given, c) < 3]
    return min(near, key=lambda c: (_distance(given, c), c), default="")


def _distance(a: str, b: str) -> int:
    """Levenshtein distance; anything above 2 may come out as any number above 2."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
        if min(row) > 2:
            return 3
    return row[-1]
