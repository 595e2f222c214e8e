"""The comparison that decides whether the allocations of a group must be replaced. spec: plan §6.3

Two tables, one row per rule in the order of the specification: first the group, then each planned task with the
existing one of the same name. The first hit decides; `tasks_updated` goes on and collects all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jobplan.errors import PlanError
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.task import Task
from jobplan.updates.sameness import (
    alike,
    connect_differences,
    same_consul,
    same_devices,
    same_networks,
    same_numa,
    same_opaque,
    same_secrets,
    same_volumes,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A group or one of its tasks, with what surrounds it."""

    job: Job
    group: TaskGroup
    task: Task | None = None

    def meta(self) -> dict[str, str]:
        """Job, group and task meta, the inner ones winning."""
        own = None if self.task is None else self.task.meta
        return {**(self.job.meta or {}), **(self.group.meta or {}), **(own or {})}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: replace unless `same(planned, existing)`. `field` is how the reason is called."""

    number: int
    field: str
    same: Callable[[Any, Any], bool]


GROUP_RULES = (
    Rule(1, "Tasks", lambda a, b: len(a.tasks or ()) == len(b.tasks or ())),
    Rule(2, "EphemeralDisk", lambda a, b: a.ephemeral_disk == b.ephemeral_disk),
    Rule(3, "Networks", lambda a, b: same_networks(a.networks, b.networks)),
    Rule(4, "Consul", lambda a, b: same_consul(a.consul, b.consul)),
    # 5 is `connect_differences`: it names the services
    Rule(6, "Volumes", lambda a, b: same_volumes(a.volumes, b.volumes)),
    Rule(7, "RestartPolicy.RenderTemplates", lambda a, b: _renders(a) == _renders(b)),
)
TASK_RULES = (
    Rule(8, "Driver", lambda a, b: a.driver == b.driver),
    Rule(8, "User", lambda a, b: a.user == b.user),
    Rule(9, "Config", lambda a, b: same_opaque(a.config, b.config)),
    Rule(10, "Env", lambda a, b: alike(a.env, b.env)),
    Rule(11, "Artifacts", lambda a, b: alike(a.artifacts, b.artifacts)),
    Rule(12, "Vault", lambda a, b: a.vault == b.vault),
    Rule(13, "Secrets", lambda a, b: same_secrets(a.secrets, b.secrets)),
    Rule(14, "Consul", lambda a, b: same_consul(a.consul, b.consul)),
    Rule(15, "Templates", lambda a, b: alike(a.templates, b.templates)),
    Rule(16, "CSIPluginConfig", lambda a, b: a.csi_plugin_config == b.csi_plugin_config),
    Rule(17, "VolumeMounts", lambda a, b: alike(a.volume_mounts, b.volume_mounts)),
    # 18 is `Placed.meta`: it needs the job and the group
    Rule(19, "Resources.Networks", lambda a, b: same_networks(a.resources.networks, b.resources.networks)),
    Rule(20, "Resources.CPU", lambda a, b: a.resources.cpu == b.resources.cpu),
    Rule(20, "Resources.Cores", lambda a, b: a.resources.cores == b.resources.cores),
    Rule(20, "Resources.MemoryMB", lambda a, b: a.resources.memory_mb == b.resources.memory_mb),
    Rule(20, "Resources.MemoryMaxMB", lambda a, b: a.resources.memory_max_mb == b.resources.memory_max_mb),
    Rule(20, "Resources.Devices", lambda a, b: same_devices(a.resources.devices, b.resources.devices)),
    Rule(20, "Resources.NUMA", lambda a, b: same_numa(a.resources.numa, b.resources.numa)),
    Rule(20, "Resources.SecretsMB", lambda a, b: a.resources.secrets_mb == b.resources.secrets_mb),
    Rule(21, "Identity", lambda a, b: alike(a.identity, b.identity)),
    Rule(22, "Identities", lambda a, b: alike(a.identities, b.identities)),
    Rule(23, "LogConfig.Disabled", lambda a, b: _logs_disabled(a) == _logs_disabled(b)),
    Rule(24, "RestartPolicy.RenderTemplates", lambda a, b: _renders(a) == _renders(b)),
)


def _renders(item: Any) -> bool:
    """A missing policy renders nothing."""
    return item.restart_policy is not None and item.restart_policy.render_templates


def _logs_disabled(task: Any) -> bool:
    return task.log_config is not None and task.log_config.disabled


def tasks_updated(old_job: Job, new_job: Job, group_name: str) -> tuple[str, ...]:
    """All fields of a group that force new allocations, in the order of the rules; empty: none does.

    The group must exist in both jobs; of groups with one name the first counts.
    """
    return tuple(_differences(old_job, new_job, group_name))


def needs_replacement(old_job: Job, new_job: Job, group_name: str) -> bool:
    """Whether any field forces new allocations; stops at the first one."""
    return next(_differences(old_job, new_job, group_name), None) is not None


def _differences(old_job: Job, new_job: Job, group_name: str) -> Iterator[str]:
    planned, existing = Placed(new_job, _group(new_job, group_name)), Placed(old_job, _group(old_job, group_name))
    found = False
    for rule in GROUP_RULES:
        if rule.number == 6:
            for field in connect_differences(planned.group, existing.group):
                found = True
                yield field
        if not rule.same(planned.group, existing.group):
            found = True
            yield rule.field
    others = {}
    for task in reversed(existing.group.tasks or ()):
        others[task.name] = task
    for task in planned.group.tasks or ():
        place, other = f"Tasks[{task.name}]", others.get(task.name)
        if other is None:
            found = True
            yield place
            continue
        for field in _task_differences(
            Placed(planned.job, planned.group, task), Placed(existing.job, existing.group, other), found
        ):
            found = True
            yield f"{place}.{field}"


def _task_differences(planned: Placed, existing: Placed, decided: bool) -> Iterator[str]:
    for rule in TASK_RULES:
        if rule.number == 19 and planned.meta() != existing.meta():
            decided = True
            yield "Meta"
        try:
            same = rule.same(planned.task, existing.task)
        except PlanError:
            # The real comparison stops at the first difference and would not have got here.
            if not decided:
                raise
            same = False
        if not same:
            decided = True
            yield rule.field


def _group(job: Job, name: str) -> TaskGroup:
    for group in job.task_groups or ():
        if group.name == name:
            return group
    # An inventory may hold an allocation whose job, as far as the inventory knows it, lists no groups at all.
    raise PlanError(f"version {job.version} of job {job.id} has no group {name}")
