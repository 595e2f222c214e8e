"""Warnings of tasks, services and identities. spec: admission §8.5, §8.6"""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.admission.problems import Problem
from jobplan.model.identity import WorkloadIdentity
from jobplan.model.services import Service
from jobplan.model.task import Task
from jobplan.values.messages import Message
from jobplan.values.quoting import quoted

IOPS = "IOPS has been deprecated as of Nomad 0.9.0. Please remove IOPS from resource block."
TASK_NETWORKS = (
    "task network resources have been deprecated as of Nomad 0.12.0. "
    "Please configure networking via group network block."
)
VAULT_GRACE = Message(
    "Template[{i}] VaultGrace has been deprecated as of Nomad 0.11 and ignored since Vault 0.5. "
    "Please remove VaultGrace / vault_grace from template block."
)
NO_AUDIENCE = "identities without an audience are insecure"
AUDIENCES = "while multiple audiences is allowed, it is more secure to use 1 audience per identity"
NO_EXPIRATION = "identities without an expiration are insecure"
ENVIRONMENT = 'using env=true without change_mode="restart" may result in task not getting updated identity'


def warning(rule: str, path: str, text: str, children: tuple[Problem, ...] = ()) -> Problem:
    """A problem of severity "warning"."""
    return Problem(rule, path, text, "warning", children)


def task_warnings(task: Task, path: str) -> Iterator[Problem]:
    """spec: admission §8.5"""
    if task.resources.iops != 0:
        yield warning("admission/8.5/1", f"{path}/Resources/IOPS", IOPS)
    if task.resources.networks:
        yield warning("admission/8.5/2", f"{path}/Resources/Networks", TASK_NETWORKS)
    for index, template in enumerate(task.templates or ()):
        if template.vault_grace != 0:
            yield warning("admission/8.5/3", f"{path}/Templates/{index}/VaultGrace", VAULT_GRACE(i=index))
    for index, service in enumerate(task.services or ()):
        yield from service_warnings(service, "admission/8.5/4", f"{path}/Services/{index}")
    for index, identity in enumerate(task.identities or ()):
        found = tuple(identity_warnings(identity, f"Identity[{identity.name}] ", f"{path}/Identities/{index}"))
        if found:
            yield warning("admission/8.5/5", f"{path}/Identities/{index}", "", found)


def service_warnings(service: Service, rule: str, path: str) -> Iterator[Problem]:
    """The warnings of a service's identity, one by one."""
    if service.identity is not None:
        prefix = f"Service {quoted(service.name)}: "
        for found in identity_warnings(service.identity, prefix, f"{path}/Identity"):
            yield warning(rule, found.path, found.text)


def identity_warnings(identity: WorkloadIdentity, prefix: str, path: str) -> Iterator[Problem]:
    """spec: admission §8.6"""
    if not identity.audience:
        yield warning("admission/8.6/1", f"{path}/Audience", prefix + NO_AUDIENCE)
    elif len(identity.audience) > 1:
        yield warning("admission/8.6/1", f"{path}/Audience", prefix + AUDIENCES)
    if identity.name not in ("", "default") and identity.ttl == 0:
        yield warning("admission/8.6/2", f"{path}/TTL", prefix + NO_EXPIRATION)
    if identity.env and identity.change_mode != "restart":
        yield warning("admission/8.6/3", f"{path}/ChangeMode", prefix + ENVIRONMENT)
