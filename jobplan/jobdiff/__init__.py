"""Stage 5: what differs between two jobs, as the server reports it.

In: two jobs, either may be absent. Out: a `JobDiff`, a tree of groups, tasks, objects and fields.

    tree.py       what a diff is made of
    table.py      every kind of block: what is shown, hidden, nested
    rules.py      the rules by which blocks are compared; oddities.py: what single rows do otherwise
    pairing.py    which element of a list is compared with which
    fields.py     single fields and string sets; flatten.py: blocks and maps as texts
    ordering.py   the order of objects; gosort.py: the procedure that sorts them
    strict.py     deep equality
    levels.py     jobs, groups and tasks

Nothing here knows about plans: annotations come later (jobplan.planning). spec: diff §1–§14
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.jobdiff.levels import diff_jobs
from jobplan.jobdiff.tree import DiffType, FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff

if TYPE_CHECKING:
    from jobplan.canonical import JobLike

__all__ = [
    "DiffType",
    "FieldDiff",
    "JobDiff",
    "ObjectDiff",
    "TaskDiff",
    "TaskGroupDiff",
    "diff",
    "diff_jobs",
]


def diff(old: JobLike | None, new: JobLike | None, *, contextual: bool = False) -> JobDiff:
    """The structural difference of two jobs; `None` for a job that does not exist.

    `contextual`: changed objects also list what did not change in them, as both HTTP endpoints do. The arguments are
    read, never modified. Raises `DiffError` when the two jobs have different IDs, and what `load_job` raises for a
    job that is not yet a `Job`. spec: diff §1, §7, §10
    """
    from jobplan.canonical import as_job

    return diff_jobs(None if old is None else as_job(old), None if new is None else as_job(new), contextual)
