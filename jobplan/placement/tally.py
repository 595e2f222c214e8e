"""The options that a selection has returned so far, and the winner among them. spec: placement §11"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jobplan.placement.fit import Fit

MOST_SKIPPED = 3
"""How many nodes with a score of at most 0 are set aside in one selection."""


class Tally:
    """Counts pulled nodes and returned options. An entry is a `Fit`, or the row of a node in the columns."""

    __slots__ = ("_aside", "_best_score", "_limit", "_returned", "best", "pulled")

    def __init__(self, limit: int) -> None:
        self._limit, self._returned, self.pulled = limit, 0, 0
        self.best: Fit | int | None = None
        self._best_score = 0.0
        self._aside: list[tuple[Fit | int, float]] = []

    @property
    def full(self) -> bool:
        """Whether enough options were returned."""
        return self._returned == self._limit

    def offer(self, entry: Fit | int, score: float) -> None:
        """The next node on which the allocation fits: set aside, or returned as an option."""
        if score <= 0.0 and len(self._aside) < MOST_SKIPPED:
            self._aside.append((entry, score))
            return
        self._returned += 1
        self._keep(entry, score)

    def offer_many(self, rows: NDArray[np.intp], scores: NDArray[np.float64]) -> int:
        """The same for many rows in order, up to the last option; how many were looked at."""
        import numpy

        looked_at = len(rows)
        skipped = scores <= 0.0
        skipped &= numpy.cumsum(skipped) <= MOST_SKIPPED - len(self._aside)
        returned = numpy.flatnonzero(~skipped)
        left = self._limit - self._returned
        if len(returned) >= left:
            returned = returned[:left]
            looked_at = int(returned[-1]) + 1
        self._returned += len(returned)
        aside = numpy.flatnonzero(skipped[:looked_at]).tolist()
        self._aside.extend((int(rows[place]), float(scores[place])) for place in aside)
        if len(returned):
            best = int(returned[numpy.argmax(scores[returned])])  # the first of equal ones
            self._keep(int(rows[best]), float(scores[best]))
        return looked_at

    def finish(self) -> Fit | int | None:
        """The winner, after those set aside were returned where options are missing."""
        for entry, score in self._aside[: self._limit - self._returned]:
            self._keep(entry, score)
        return self.best

    def _keep(self, entry: Fit | int, score: float) -> None:
        """The strictly highest score wins, so the first of equal ones does."""
        if self.best is None or score > self._best_score:
            self.best, self._best_score = entry, score
