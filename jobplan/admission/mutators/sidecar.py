"""The tasks that Connect injects, and how a service's `SidecarTask` block changes them. spec: admission §5.4"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from jobplan.errors import ServerCrash
from jobplan.model.connect import LogConfig, SidecarTask
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.kinds import build, copy
from jobplan.model.placement_rules import Constraint
from jobplan.model.resources import Resources
from jobplan.model.task import Task, TaskLifecycle
from jobplan.values.durations import SECOND

ENVOY_ARGS = (
    "-c",
    "${NOMAD_SECRETS_DIR}/envoy_bootstrap.json",
    "-l",
    "${meta.connect.log_level}",
    "--concurrency",
    "${meta.connect.proxy_concurrency}",
    "--disable-hot-restart",
)
CONNECT_CONSTRAINTS = (  # LTarget, RTarget, Operand
    ("${attr.consul.version}", ">= 1.8.0", "semver"),
    ("${attr.consul.grpc}", "0", ">"),
)


def proxy_task(
    group: TaskGroup, name: str, kind: str, config: dict[str, Any], constraints: Sequence[tuple[str, str, str]]
) -> Task:
    """What sidecar and gateway tasks have in common. spec: admission §5.4.1, §5.4.3"""
    task = build(Task, {})
    task.name, task.kind, task.driver = name, kind, _driver(group)
    task.config = {**config, "args": list(ENVOY_ARGS)}
    task.shutdown_delay = task.kill_timeout = 5 * SECOND
    task.log_config = LogConfig(max_files=2, max_file_size_mb=2, disabled=False)
    task.resources = build(Resources, {"CPU": 250, "MemoryMB": 128})
    task.constraints = [Constraint(*parts) for parts in constraints]
    task.restart_policy = copy(group.restart_policy)
    return task


def sidecar_task(job: Job, group: TaskGroup, service: str) -> Task:
    """A new sidecar for the service, not yet canonicalised."""
    name = f"connect-proxy-{service}"
    if any(task.name == name for task in group.tasks or ()):
        # the server takes six random digits (spec: admission §12); here they follow from the names
        place = "\0".join((job.namespace, job.id, group.name, service))
        name += "-" + hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    image = {"image": "${meta.connect.sidecar_image}"}
    task = proxy_task(group, name, f"connect-proxy:{service}", image, CONNECT_CONSTRAINTS)
    task.lifecycle = TaskLifecycle(hook="prestart", sidecar=True)
    return task


def _driver(group: TaskGroup) -> str:
    drivers = {task.driver for task in group.tasks or ()}
    return "podman" if "podman" in drivers and "docker" not in drivers else "docker"


# ---- merging --------------------------------------------------------------------------------------------------------


def merge_sidecar_task(block: SidecarTask, task: Task) -> None:
    """Write the block over the task; networks, identities and mounts are then shared. spec: admission §5.4.5"""
    if block.name != "":
        task.name = block.name
    if block.driver != "" and block.driver != task.driver:
        task.driver, task.config = block.driver, block.config
    elif block.config is not None:
        task.config = {**(task.config or {}), **block.config}
    if block.user != "":
        task.user = block.user
    if block.env is not None:
        task.env = {**(task.env or {}), **block.env}
    if block.meta is not None:
        task.meta = {**(task.meta or {}), **block.meta}
    _merge_resources(block.resources, task.resources)
    if block.kill_timeout is not None:
        task.kill_timeout = block.kill_timeout
    if block.shutdown_delay is not None:
        task.shutdown_delay = block.shutdown_delay
    if block.log_config.max_files > 0:
        task.log_config.max_files = block.log_config.max_files
    if block.log_config.max_file_size_mb > 0:
        task.log_config.max_file_size_mb = block.log_config.max_file_size_mb
    if block.kill_signal != "":
        task.kill_signal = block.kill_signal
    if block.volume_mounts is not None:
        task.volume_mounts = list(block.volume_mounts)
    if block.identities is not None:
        if any(identity is None for identity in block.identities):  # left by an earlier admission, see below
            raise ServerCrash("SidecarTask.Identities holds null: the server crashes on such a job")
        task.identities = list(block.identities)


_AMOUNTS = ("cpu", "cores", "memory_mb", "memory_max_mb", "disk_mb", "secrets_mb")


def _merge_resources(block: Resources, resources: Resources) -> None:
    for name in _AMOUNTS:
        value = getattr(block, name)
        if value != 0:
            setattr(resources, name, value)
    if block.networks:
        resources.networks = list(block.networks)
    if block.devices:
        resources.devices = list(block.devices)


def share_identities(block: SidecarTask | None, task: Task) -> None:
    """After canonicalisation moved the task's default identity out of the list that the block shares with it.

    The service's list keeps its length: later elements move up and the last one becomes null. spec: admission §5.4.5
    """
    if block is None or block.identities is None or task.identities is None:
        return
    if len(task.identities) < len(block.identities):
        # a null identity has no place in a decoded job; every diff that visits it fails
        block.identities = [*task.identities, None]  # type: ignore[list-item]
