"""Implied workload identities. spec: admission §5.8"""

from __future__ import annotations

from jobplan.admission.mutators.consul import is_consul
from jobplan.model.group import TaskGroup
from jobplan.model.identity import WorkloadIdentity
from jobplan.model.job import Job
from jobplan.model.kinds import build
from jobplan.model.placement_rules import Constraint
from jobplan.model.services import Service
from jobplan.model.settings import IdentitySettings, Settings
from jobplan.model.task import Task

_CLIENT_VERSION = ("${attr.nomad.version}", ">= 1.7.0-a", "semver")


def imply_identities(job: Job, settings: Settings) -> None:
    """`implicit-identities`"""
    for group in job.task_groups or ():
        has = False
        for service in group.services or ():
            _give_service(service, settings)
            has |= service.identity is not None
        for task in group.tasks or ():
            for service in task.services or ():
                _give_service(service, settings)
                has |= service.identity is not None
            _give_consul(task, group, settings)
            _give_vault(task, settings)
            has |= bool(task.identities)
        if has:  # without a duplicate check. spec: admission §5.10
            group.constraints = [*(group.constraints or ()), Constraint(*_CLIENT_VERSION)]


def _give_service(service: Service, settings: Settings) -> None:
    """The service rule."""
    if not is_consul(service):
        return
    identity = service.identity
    if identity is None:
        if settings.consul.service_identity is None:
            return
        identity = service.identity = _made(settings.consul.service_identity, "")
    task = f"{service.task_name}-" if service.task_name != "" else ""
    identity.name = f"consul-service_{task}{service.name}-{service.port_label}"
    identity.service_name = service.name


def _give_consul(task: Task, group: TaskGroup, settings: Settings) -> None:
    """The Consul task rule."""
    consul = group.consul if task.consul is None else task.consul
    if consul is not None:
        _append(task, f"consul_{consul.cluster or 'default'}", settings.consul.task_identity)


def _give_vault(task: Task, settings: Settings) -> None:
    """The Vault task rule; only the cluster `default` can be configured here."""
    if task.vault is not None:
        configured = settings.vault.default_identity if task.vault.cluster == "default" else None
        _append(task, f"vault_{task.vault.cluster}", configured)


def _append(task: Task, name: str, configured: IdentitySettings | None) -> None:
    if configured is None or any(identity.name == name for identity in task.identities or ()):
        return
    task.identities = [*(task.identities or ()), _made(configured, name)]


def _made(configured: IdentitySettings, name: str) -> WorkloadIdentity:
    """A configured identity contributes these five values and no others."""
    identity = build(WorkloadIdentity, {})
    identity.name = name
    identity.audience = None if configured.audience is None else list(configured.audience)
    identity.env, identity.file, identity.filepath = configured.env, configured.file, configured.filepath
    identity.ttl = configured.ttl
    return identity
