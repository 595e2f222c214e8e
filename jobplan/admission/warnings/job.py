"""Warnings of the job as a whole. spec: admission §8.1, §8.4"""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.admission.problems import Problem
from jobplan.admission.warnings.groups import delay_warnings, group_warnings
from jobplan.admission.warnings.tasks import warning
from jobplan.model.job import Job
from jobplan.model.settings import Settings
from jobplan.values.messages import Message

GROUP = Message("Group {group!q} has warnings: ")
AUTO_PROMOTE = "auto_promote must be true for all groups to enable automatic promotion"
CRON = "cron is deprecated and may be removed in a future release. Use crons instead"
VAULT_IDENTITY = Message("Task {task} has an identity called {identity} but no vault block")
MEMORY_MAX = Message(
    'Memory oversubscription is not enabled; Task "{group}.{task}" memory_max value will be ignored. '
    "Update the Scheduler Configuration to allow oversubscription."
)


def job_warnings(job: Job) -> Iterator[Problem]:
    """spec: admission §8.1"""
    groups = [(group, f"/TaskGroups/{index}") for index, group in enumerate(job.task_groups or ())]
    for group, path in groups:
        found = tuple(group_warnings(group, path))
        if found:
            yield warning("admission/8.1/1", path, GROUP(group=group.name), found)
    for group, path in groups:
        yield from delay_warnings(group, path)
    updates = [group.update for group, _ in groups if group.update is not None]
    if any(update.auto_promote for update in updates) and not all(
        update.canary == 0 or update.auto_promote for update in updates
    ):
        yield warning("admission/8.1/3", "/TaskGroups", AUTO_PROMOTE)
    if job.periodic is not None and job.periodic.spec != "":
        yield warning("admission/8.1/4", "/Periodic/Spec", CRON)


def vault_identity_warnings(job: Job) -> Iterator[Problem]:
    """Identities for Vault of tasks that do not use it. spec: admission §8.1"""
    for index, group in enumerate(job.task_groups or ()):
        for number, task in enumerate(group.tasks or ()):
            if task.vault is not None:
                continue
            for position, identity in enumerate(task.identities or ()):
                if identity.name.startswith("vault_"):
                    path = f"/TaskGroups/{index}/Tasks/{number}/Identities/{position}"
                    yield warning("admission/8.1/5", path, VAULT_IDENTITY(task=task.name, identity=identity.name))


def memory_warnings(job: Job, settings: Settings) -> Iterator[Problem]:
    """spec: admission §8.4"""
    if settings.pool_memory_oversubscription.get(job.node_pool, settings.memory_oversubscription):
        return
    for index, group in enumerate(job.task_groups or ()):
        for number, task in enumerate(group.tasks or ()):
            if task.resources.memory_max_mb != 0:
                path = f"/TaskGroups/{index}/Tasks/{number}/Resources/MemoryMaxMB"
                yield warning("admission/8.4", path, MEMORY_MAX(group=group.name, task=task.name))
