"""Pass C: canonicalisation of the internal job, in place. spec: model §6

Runs when a job is read, again on stored jobs and on tasks that admission injects. All is idempotent but what
model §6.5 lists. Empty lists and maps that become null are declared at the fields; here they are set again, because
admission may have emptied one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from jobplan.canonical.inherit import RESCHEDULE, restart_default
from jobplan.model.group import TaskGroup
from jobplan.model.identity import WorkloadIdentity
from jobplan.model.job import Job
from jobplan.model.kinds import Kind, build, copy
from jobplan.model.policies import MigrateStrategy, ReschedulePolicy, RestartPolicy, ScalingPolicy
from jobplan.model.resources import NetworkResource
from jobplan.model.services import Service
from jobplan.model.task import Task
from jobplan.values.durations import SECOND
from jobplan.values.letters import raised
from jobplan.values.quoting import quoted

_REFERENCE = re.compile(r"\$\{([a-zA-Z0-9_.\-]+)\}")
_GROUP_SERVICE = "group"
"""The task name under which group services are canonicalised; a task of that name inherits the quirk."""


def canonicalise(job: Job) -> None:
    """spec: model §6.1"""
    _nullify(job, "meta", "constraints", "affinities", "spreads")
    job.namespace = job.namespace or "default"
    job.datacenters = job.datacenters or ["*"]
    for group in job.task_groups or ():
        canonicalise_group(group, job)
    if job.parameterized_job is not None:
        job.parameterized_job.payload = job.parameterized_job.payload or "optional"


def canonicalise_group(group: TaskGroup, job: Job) -> None:
    """spec: model §6.1, step 4"""
    _nullify(group, "meta", "constraints", "affinities", "spreads")
    if group.restart_policy is None:
        group.restart_policy = build(RestartPolicy, restart_default(job.type))
    if group.reschedule_policy is None and job.type in RESCHEDULE:
        group.reschedule_policy = build(ReschedulePolicy, RESCHEDULE[job.type])
    if group.disconnect is not None:
        if group.disconnect.replace is None:
            group.disconnect.replace = True
        group.disconnect.reconcile = group.disconnect.reconcile or "best_score"
    if group.migrate is None and job.type == "service":
        group.migrate = MigrateStrategy()
    if group.scaling is not None:
        _canonicalise_scaling(group.scaling, job, group)
    for service in group.services or ():
        canonicalise_service(service, job, group, _GROUP_SERVICE)
    _canonicalise_networks(group.networks)
    for task in group.tasks or ():
        canonicalise_task(task, group, job)


def canonicalise_task(task: Task, group: TaskGroup, job: Job) -> None:
    """spec: model §6.3"""
    _nullify(task, "meta", "config", "env", "constraints", "affinities", "volume_mounts")
    for service in task.services or ():
        canonicalise_service(service, job, group, task.name)
    _nullify(task.resources, "networks", "devices")
    _canonicalise_networks(task.resources.networks)
    numa = task.resources.numa
    if numa is not None:
        numa.affinity = numa.affinity or "none"
        _nullify(numa, "devices")
    if task.restart_policy is None:
        task.restart_policy = copy(group.restart_policy)
    task.kill_timeout = task.kill_timeout or 5 * SECOND
    for policy in task.scaling_policies or ():
        _canonicalise_scaling(policy, job, group, task)
    if task.vault is not None:
        task.vault.change_signal = raised(task.vault.change_signal)
        task.vault.change_mode = task.vault.change_mode or "restart"
    for template in task.templates or ():
        template.change_signal = raised(template.change_signal)
    _canonicalise_identities(task)


def _canonicalise_identities(task: Task) -> None:
    """The identity named default moves out of the list. spec: model §6.3, steps 9 to 11"""
    last = None
    for index, identity in enumerate(task.identities or ()):
        _canonicalise_identity(identity)
        if identity.name == "default":
            task.identity, last = identity, index
    if last is not None and task.identities is not None:
        del task.identities[last]
    if task.identity is None:
        task.identity = WorkloadIdentity()
    _canonicalise_identity(task.identity)


def _canonicalise_identity(identity: WorkloadIdentity) -> None:
    identity.name = identity.name or "default"
    if identity.name == "default":
        identity.audience = ["nomadproject.io"]
    identity.change_signal = raised(identity.change_signal)


def _canonicalise_scaling(policy: ScalingPolicy, job: Job, group: TaskGroup, task: Task | None = None) -> None:
    """The target is always derived from the owner. spec: model §5.2"""
    policy.type = policy.type or "horizontal"
    policy.target = {"Namespace": job.namespace, "Job": job.id, "Group": group.name}
    if task is not None:
        policy.target["Task"] = task.name


def _canonicalise_networks(networks: Iterable[NetworkResource] | None) -> None:
    """spec: model §6.4"""
    for network in networks or ():
        _nullify(network, "reserved_ports", "dynamic_ports")
        for ports in (network.reserved_ports, network.dynamic_ports):
            for port in ports or ():
                port.host_network = port.host_network or "default"


def canonicalise_service(service: Service, job: Job, group: TaskGroup, task_name: str) -> None:
    """spec: model §6.2"""
    _nullify(service, "tags", "canary_tags", "checks", "tagged_addresses")
    if service.task_name == "" and task_name != _GROUP_SERVICE:
        service.task_name = task_name
    if "${" in service.name:
        known = {
            "JOB": job.name,
            "TASKGROUP": group.name,
            "TASK": task_name,
            "BASE": f"{job.name}-{group.name}-{task_name}",
        }
        service.name = _REFERENCE.sub(lambda match: known.get(match[1], match[0]), service.name)
    for check in service.checks or ():
        _nullify(check, "args", "header")
        if check.header is not None:
            check.header = {name: value or None for name, value in check.header.items()}
        if check.name == "":
            check.name = f"service: {quoted(service.name)} check"
        if check.task_name == "" and service.task_name != _GROUP_SERVICE:
            check.task_name = service.task_name
        check.on_update = check.on_update or "require_healthy"
    service.provider = service.provider or "consul"
    if service.provider == "nomad":
        service.namespace = job.namespace
    elif service.provider == "consul":
        service.namespace = service.namespace or "default"


def _nullify(item: Kind, *names: str) -> None:
    """Empty lists and maps become null."""
    for name in names:
        value = getattr(item, name)
        if value is not None and not value:
            setattr(item, name, None)
