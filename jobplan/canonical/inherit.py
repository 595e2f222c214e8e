"""Pass A: defaults that depend on other fields, written into a copy of the API job. spec: model §4

The argument is never changed; blocks that get a value are copied first. Defaults of single fields are not written
here: they are applied when the kinds are built.
"""

from __future__ import annotations

import posixpath
from typing import Any

from jobplan.canonical.convert import named_mounts, with_modern_expose
from jobplan.values.durations import DAY, HOUR, MINUTE, SECOND

Api = dict[str, Any]

_LONG_RUNNING = ("service", "system")

UPDATE: Api = {
    "Stagger": 30 * SECOND,
    "MaxParallel": 1,
    "HealthCheck": "checks",
    "MinHealthyTime": 10 * SECOND,
    "HealthyDeadline": 5 * MINUTE,
    "ProgressDeadline": 10 * MINUTE,
    "Canary": 0,
    "AutoRevert": False,
    "AutoPromote": False,
}
_RESTART_LONG_RUNNING: Api = {
    "Attempts": 2,
    "Interval": 30 * MINUTE,
    "Delay": 15 * SECOND,
    "Mode": "fail",
    "RenderTemplates": False,
}
_RESTART_OTHER: Api = {**_RESTART_LONG_RUNNING, "Attempts": 3, "Interval": DAY}

RESCHEDULE: dict[str, Api] = {  # by job type; every other type: all zero
    "service": {
        "Attempts": 0,
        "Interval": 0,
        "Delay": 30 * SECOND,
        "DelayFunction": "exponential",
        "MaxDelay": HOUR,
        "Unlimited": True,
    },
    "batch": {
        "Attempts": 1,
        "Interval": DAY,
        "Delay": 5 * SECOND,
        "DelayFunction": "constant",
        "MaxDelay": 0,
        "Unlimited": False,
    },
}


def restart_default(job_type: str) -> Api:
    """The restart policy of a job type. spec: model §4.3"""
    return _RESTART_LONG_RUNNING if job_type in _LONG_RUNNING else _RESTART_OTHER


def overlay(base: Api | None, over: Api | None) -> Api:
    """A copy of `base` in which every field that is not null in `over` is replaced. spec: model §4.3"""
    return {**(base or {}), **{key: value for key, value in (over or {}).items() if value is not None}}


def _given(block: Api, key: str, default: Any) -> Any:
    value = block.get(key)
    return default if value is None else value


def inherit(api: Api) -> Api:
    """The API job after pass A's rules between fields. spec: model §4.1"""
    job = dict(api)
    job["ID"] = _given(job, "ID", "")
    job["Name"] = _given(job, "Name", job["ID"])
    job["Type"] = _given(job, "Type", "service")
    if job.get("Update") is not None:
        job["Update"] = overlay(UPDATE, job["Update"])
    elif job["Type"] in _LONG_RUNNING:
        job["Update"] = dict(UPDATE)
    groups = job.get("TaskGroups")
    if groups:
        job["TaskGroups"] = [None if group is None else _group(group, job) for group in groups]
    return job


def _group(api: Api, job: Api) -> Api:
    """spec: model §4.2"""
    group = dict(api)
    group["Name"] = _given(group, "Name", "")
    scaling = group.get("Scaling")
    if group.get("Count") is None:
        floor = None if scaling is None else scaling.get("Min")
        group["Count"] = 1 if floor is None else floor
    if scaling is not None:
        group["Scaling"] = {"Min": group["Count"], **{k: v for k, v in scaling.items() if v is not None}}
    consul = group.get("Consul")
    if consul is not None and not consul.get("Namespace"):
        group["Consul"] = {**consul, "Namespace": job.get("ConsulNamespace")}
    _policies(group, job)
    tasks = group.get("Tasks")
    if tasks:
        group["Tasks"] = [None if task is None else _task(task, group, job) for task in tasks]
    services = group.get("Services")
    if services:
        name = f"{job['Name']}-{group['Name']}"
        group["Services"] = [None if service is None else _service(service, name) for service in services]
    return group


def _policies(group: Api, job: Api) -> None:
    """Update, reschedule, migrate and restart, in this order. spec: model §4.3"""
    of_job, of_group = job.get("Update"), group.get("Update")
    if of_job is not None and of_group is not None:
        group["Update"] = overlay(of_job, of_group)
    elif of_job is not None:
        group["Update"] = dict(of_job) if any(of_job.values()) else None
    reschedule = RESCHEDULE.get(job["Type"], {})
    of_job, of_group = job.get("Reschedule"), group.get("ReschedulePolicy")
    if of_job is not None or of_group is not None:
        group["ReschedulePolicy"] = overlay(overlay(reschedule, of_job), of_group)
    elif job["Type"] not in ("system", "sysbatch"):
        group["ReschedulePolicy"] = dict(reschedule)
    of_job, of_group = job.get("Migrate"), group.get("Migrate")
    if of_job is not None or of_group is not None:
        group["Migrate"] = overlay(of_job, of_group)
    elif job["Type"] == "service":
        group["Migrate"] = {}
    group["RestartPolicy"] = overlay(restart_default(job["Type"]), group.get("RestartPolicy"))


def _task(api: Api, group: Api, job: Api) -> Api:
    """spec: model §4.4"""
    task = dict(api)
    resources = task.get("Resources")
    if resources is not None:
        task["Resources"] = _resources(resources)
    task["VolumeMounts"] = named_mounts(task.get("VolumeMounts"))
    task["RestartPolicy"] = overlay(group["RestartPolicy"], task.get("RestartPolicy"))
    if task.get("Artifacts"):
        task["Artifacts"] = [None if item is None else _artifact(item) for item in task["Artifacts"]]
    if task.get("Templates"):
        task["Templates"] = [None if item is None else _template(item) for item in task["Templates"]]
    if task.get("Services"):
        name = f"{job['Name']}-{group['Name']}-{task.get('Name') or ''}"
        task["Services"] = [None if item is None else _service(item, name) for item in task["Services"]]
    return task


def _resources(resources: Api) -> Api:
    """CPU is 100 MHz unless cores are given. spec: model §4.4"""
    if resources.get("CPU") is None and resources.get("Cores") is not None:
        return {**resources, "CPU": 0}
    return resources


def _artifact(artifact: Api) -> Api:
    """spec: model §4.6"""
    if artifact.get("RelativeDest") is not None:
        return artifact
    if artifact.get("GetterMode") != "file":
        return {**artifact, "RelativeDest": "local/"}
    source = artifact.get("GetterSource") or ""
    base = (source.rstrip("/").rpartition("/")[2] or "/") if source else "."
    return {**artifact, "RelativeDest": posixpath.normpath(f"local/{base}")}


def _template(template: Api) -> Api:
    """SIGHUP only where the change mode is exactly `signal`. spec: model §4.6"""
    if template.get("ChangeSignal") is None and template.get("ChangeMode") == "signal":
        return {**template, "ChangeSignal": "SIGHUP"}
    return template


def _service(api: Api, default_name: str) -> Api:
    """spec: model §4.5"""
    service = dict(api)
    service["Name"] = service.get("Name") or default_name
    if service.get("Connect") is not None:
        service["Connect"] = _connect(service["Connect"])
    on_update = service.get("OnUpdate") or "require_healthy"
    shared = service.get("CheckRestart")
    checks = service.get("Checks")
    if checks:
        service["Checks"] = [_check(check or {}, shared, on_update) for check in checks]
    return service


def _connect(api: Api) -> Api:
    """spec: model §4.5, §5.5"""
    connect = dict(api)
    sidecar = connect.get("SidecarTask")
    if sidecar is not None:
        sidecar = {**sidecar, "VolumeMounts": named_mounts(sidecar.get("VolumeMounts"))}
        if sidecar.get("Resources") is not None:
            sidecar["Resources"] = _resources(sidecar["Resources"])
        connect["SidecarTask"] = sidecar
    service = connect.get("SidecarService")
    if service is not None and service.get("Proxy") is not None:
        connect["SidecarService"] = {**service, "Proxy": with_modern_expose(service["Proxy"])}
    return connect


def _check(api: Api, shared: Api | None, on_update: str) -> Api:
    check = dict(api)
    check["OnUpdate"] = check.get("OnUpdate") or on_update
    own = check.get("CheckRestart")
    if shared is None or own is None:
        check["CheckRestart"] = own if own is not None else shared
        return check
    merged = dict(shared)
    if (own.get("Limit") or 0) > 0:
        merged["Limit"] = own["Limit"]
    if own.get("Grace") is not None:
        merged["Grace"] = own["Grace"]
    if own.get("IgnoreWarnings"):
        merged["IgnoreWarnings"] = True
    check["CheckRestart"] = merged
    return check
