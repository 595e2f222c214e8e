"""Values that the server fills in. spec: admission §5.1, §5.2, §5.7, §5.9"""

from __future__ import annotations

from jobplan.model.job import Job
from jobplan.model.settings import Settings


def default_priority(job: Job, settings: Settings) -> None:
    """`canonicalize`. The canonicalisation of the job itself ran when it was loaded. spec: model §2, admission §5.1"""
    if job.priority == 0:
        job.priority = settings.job_default_priority


def default_vault(job: Job, settings: Settings) -> None:
    """`vault`"""
    for group in job.task_groups or ():
        for task in group.tasks or ():
            if task.vault is not None and task.vault.cluster == "":
                task.vault.cluster = "default"


def default_node_pool(job: Job, settings: Settings) -> None:
    """`node-pool-mutation`"""
    if job.node_pool == "":
        job.node_pool = "default"


def place_on_numa(job: Job, settings: Settings) -> None:
    """`numa`: nothing in the Community edition."""
