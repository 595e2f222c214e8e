"""Pass B: conversion of the API job to the internal one. spec: model §5

Most of it is declared at the fields (carried, renamed, null becomes ...). Here is what moves between fields.
"""

from __future__ import annotations

from typing import Any

from jobplan.errors import ServerCrash
from jobplan.model.job import Job
from jobplan.model.kinds import build
from jobplan.model.policies import UpdateStrategy
from jobplan.model.task import Task

Api = dict[str, Any]

_VOLUME_TYPES = ("host", "csi")


def convert(api: Api) -> Job:
    """The internal job of an API job after `inherit`; pass C is still to run."""
    job = build(Job, api)
    job.update = _reduced_update(api.get("Update"))
    for group, given in zip(job.task_groups or (), api.get("TaskGroups") or ()):
        if group.volumes is not None:
            # entries of an unknown type vanish: what is left of them is an empty map, of an empty map null
            known = {name: request for name, request in group.volumes.items() if request.type in _VOLUME_TYPES}
            group.volumes = known if given["Volumes"] else None
        for task in group.tasks or ():
            _convert_task(task, job)
    return job


def _convert_task(task: Task, job: Job) -> None:
    """spec: model §5.2, §5.3"""
    if task.schedule is not None and task.schedule.cron is None:
        task.schedule = None
    if task.vault is not None and task.vault.namespace == "":
        task.vault.namespace = job.vault_namespace
    for service in task.services or ():
        for check in service.checks or ():
            check.task_name = ""  # pass C fills in the task's name


def _reduced_update(api: Api | None) -> UpdateStrategy:
    """At job level only stagger and max_parallel are left, all else is zero. spec: model §5.1"""
    stagger, max_parallel = (0, 0) if api is None else (api["Stagger"], api["MaxParallel"])
    if max_parallel <= 0:
        stagger = max_parallel = 0
    return UpdateStrategy(stagger, max_parallel, "", 0, 0, 0, 0, False, False)


def named_mounts(mounts: list[Api | None] | None) -> list[Api | None] | None:
    """Mounts without a volume are removed; one with a volume needs a destination. spec: model §1.6, §5.3"""
    if mounts is None:
        return None
    kept: list[Api | None] = []
    for mount in mounts:
        if mount is not None and mount.get("Volume") is None:
            continue
        if mount is not None and mount.get("Destination") is None:
            raise ServerCrash(
                f"the mount of volume {mount['Volume']!r} has no Destination: the server crashes on such a job"
            )
        kept.append(mount)
    return kept


def with_modern_expose(proxy: Api) -> Api:
    """The legacy spellings `ExposeConfig` and `Path` win over `Expose` and `Paths`. spec: model §5.5"""
    legacy = proxy.get("ExposeConfig")
    expose = proxy.get("Expose") if legacy is None else legacy
    if expose is None:
        return proxy
    path = expose.get("Path")
    if path or (path is not None and legacy is not None):
        expose = {"Paths": path}
    return {**proxy, "Expose": {"Paths": expose.get("Paths")}, "ExposeConfig": None}
