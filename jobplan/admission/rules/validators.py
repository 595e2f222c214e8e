"""The validators in their order. spec: admission §6"""

from __future__ import annotations

from jobplan.admission.problems import Problem
from jobplan.admission.rules.cluster import (
    CONSUL_JOB,
    NAMESPACE_JOB,
    NODE_POOL_JOB,
    NUMA_JOB,
    SCHEDULE_JOB,
    VAULT_JOB,
)
from jobplan.admission.rules.jobs import JOB
from jobplan.admission.rules.mesh import CONNECT_JOB, EXPOSED_CHECKS
from jobplan.admission.rules.table import SPLICED, At, given, itself, many, one, row, rules
from jobplan.model.job import Job
from jobplan.model.services import Service
from jobplan.model.settings import Settings
from jobplan.model.task import Task

# ---- §6.7 ---------------------------------------------------------------------------------------------------------


def _total_count(job: Job) -> int:
    return sum(group.count for group in job.task_groups or ())


def _nameless(service: Service) -> bool:
    return service.identity is not None and service.identity.name == ""


def _lacks_vault_identity(task: Task) -> bool:
    if task.vault is None or task.vault.cluster == "default":
        return False
    wanted = f"vault_{task.vault.cluster}"
    return all(identity.name != wanted for identity in task.identities or ())


_TASK = rules(
    "6.7",
    many("5b", "services", rules("",
        row("5b", _nameless, "Service {service} in task {task} has an identity with an empty name",
            service="name", task=lambda s, at: at.task.name),
    ), SPLICED),
    row("5c", _lacks_vault_identity,
        "Task {task} uses Vault cluster {cluster} but does not have an identity named vault_{cluster} and no default "
        "identity is provided in agent configuration", task="name", cluster="vault.cluster"),
)  # fmt: skip

_GROUP = rules(
    "6.7",
    many("5a", "services", rules("",
        row("5a", _nameless, "Service {service} in task group {group} has an identity with an empty name",
            service="name", group=lambda s, at: at.group.name),
    ), SPLICED),
    many("5b", "tasks", _TASK, SPLICED, enter="task"),
)  # fmt: skip

JOB_VALIDATION = rules(
    "6.7",
    one("1", itself, JOB, SPLICED),
    row("2", lambda j: j.type == "_core", "job type cannot be core"),
    row("3", lambda j: bool(j.payload), "job can't be submitted with a payload, only dispatched"),
    row("4", lambda j, at: not 1 <= j.priority <= at.settings.job_max_priority,
        "job priority must be between [1, {max}]", max=lambda j, at: at.settings.job_max_priority),
    many("5", "task_groups", _GROUP, SPLICED, enter="group"),
    given(
        lambda j, at: at.settings.job_max_count > 0,
        row("6", lambda j, at: _total_count(j) > at.settings.job_max_count,
            "total count was greater than configured job_max_count: {sum} > {max}",
            sum=_total_count, max=lambda j, at: at.settings.job_max_count),
    ),
)  # fmt: skip

# ---- §6 -----------------------------------------------------------------------------------------------------------

VALIDATORS = (
    CONNECT_JOB,  # 1
    EXPOSED_CHECKS,  # 2
    VAULT_JOB,  # 3
    CONSUL_JOB,  # 4
    NAMESPACE_JOB,  # 5
    NODE_POOL_JOB,  # 6
    JOB_VALIDATION,  # 7
    # 8, memory oversubscription, only warns
    NUMA_JOB,  # 9
    SCHEDULE_JOB,  # 10
)


def validate_job(job: Job, settings: Settings) -> list[Problem]:
    """Everything for which a server with these settings refuses a mutated job, in the order of the texts.

    The job is not changed. spec: admission §6
    """
    found: list[Problem] = []
    at = At(job, settings)
    for validator in VALIDATORS:
        found.extend(validator.check(job, at, ""))
    return found
