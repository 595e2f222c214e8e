"""What one job file may cost. A file beyond a limit is refused, never worked on for long.

The original has no such limits below the size of a request; those here are far beyond any job that people write.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobplan.errors import JobspecError


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds: `source_size` in characters of one text, `depth` of nested blocks and expressions, `work` in
    evaluated expressions and produced elements (a kilobyte of text counts like one)."""

    source_size: int = 2_000_000
    depth: int = 90
    work: int = 200_000


class LimitExceeded(JobspecError):
    """A job file that would take too much time or memory."""


class Budget:
    """Counts work down; one per parsed job."""

    __slots__ = ("left", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits, self.left = limits, limits.work

    def charge(self, units: int) -> None:
        """Raises `LimitExceeded` when the work allowed for one file is used up."""
        self.left -= units
        if self.left < 0:
            raise LimitExceeded(
                f"the job file needs more than {self.limits.work} steps to evaluate",
                detail="nested loops or repeated text make it too large",
            )

    def charge_text(self, length: int) -> None:
        self.charge(length // 1000)
