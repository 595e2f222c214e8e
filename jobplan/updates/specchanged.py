"""The specification-changed test. spec: plan §4, model §7.4"""

from __future__ import annotations

from jobplan.canonical.stored import altered, stored_copy
from jobplan.jobdiff.strict import equal_apart_from
from jobplan.model.job import Job

SERVER_MANAGED = (
    "Status",
    "StatusDescription",
    "Stable",
    "Version",
    "CreateIndex",
    "ModifyIndex",
    "JobModifyIndex",
    "SubmitTime",
)

_same_specification = equal_apart_from(Job, *SERVER_MANAGED)


def job_changed(stored: Job | None, planned: Job) -> bool:
    """Whether the planned job, once copied, differs from the stored one outside the server-managed fields."""
    if stored is None:
        return True
    # A copy costs far more than the comparison; most jobs hold nothing that it would alter.
    copied = stored_copy(planned) if next(altered(planned), None) is not None else planned
    return not _same_specification(stored, copied)
