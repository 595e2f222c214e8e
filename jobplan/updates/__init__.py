"""Stage 6: does an update keep allocations or replace them, and is it an update at all?

In: the job that an allocation runs (or that is stored) and the planned job. Out: per group the fields that force new
allocations; whether a registration makes a new version.

    grouprules.py   the ordered comparison of two groups (plan §6.3) as a table
    sameness.py     when two networks, devices, gateways, … count as the same there
    specchanged.py  the specification-changed test (plan §4, model §7)

The rest of the decision needs the node: whether it still is eligible and whether the group still fits. That is the
reconciler's (jobplan.reconcile). spec: plan §4, §6
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.canonical.stored import stored_copy
from jobplan.updates.grouprules import needs_replacement, tasks_updated
from jobplan.updates.specchanged import job_changed

if TYPE_CHECKING:
    from jobplan.canonical import JobLike

__all__ = [
    "job_changed",
    "needs_replacement",
    "replacement_reasons",
    "spec_changed",
    "stored_copy",
    "tasks_updated",
]


def replacement_reasons(old: JobLike, new: JobLike) -> dict[str, tuple[str, ...]]:
    """Why an update must replace the allocations of each group that is in both jobs.

    A reason is the place of a field that forces replacement, like `Tasks[web].Config` or `EphemeralDisk.SizeMB`; an
    empty tuple means that the change can be made in place or that nothing changed. Whether an allocation really can
    stay also depends on its node. Raises what `load_job` raises, and `PlanError` where the comparison itself faults
    (rule 13 of the specification). spec: plan §6.3
    """
    from jobplan.canonical import as_job

    before, after = as_job(old), as_job(new)
    present = {group.name for group in before.task_groups or ()}
    names = [group.name for group in after.task_groups or () if group.name in present]
    return {name: tasks_updated(before, after, name) for name in names}


def spec_changed(old: JobLike | None, new: JobLike) -> bool:
    """Whether registering `new` over `old` makes a new version; `old` is `None` when nothing is registered.

    Server-managed fields (status, version, indexes, …) do not count; order and null against empty do. spec: plan §4
    """
    from jobplan.canonical import as_job

    return job_changed(None if old is None else as_job(old), as_job(new))
