"""The copy that a store makes of a job. spec: model §7.2"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobplan.model.connect import ConsulConnect, SidecarTask
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.model.resources import Resources


def stored_copy(job: Job) -> Job:
    """The deep copy that a store makes of a job: exact but for five places. spec: model §7.2"""
    made = copy(job)
    for owner, attribute, value in list(altered(made)):
        setattr(owner, attribute, value)
    return made


def altered(job: Job) -> Iterator[tuple[Any, str, list[Any] | None]]:
    """The places that a deep copy turns from empty to null or back, each with its new value."""
    if job.multiregion is not None and job.multiregion.regions == []:
        yield job.multiregion, "regions", None
    for group in job.task_groups or ():
        # Spreads of the job itself are copied as they are.
        for spread in group.spreads or ():
            if spread.spread_target == []:
                yield spread, "spread_target", None
        for task in group.tasks or ():
            yield from _altered_resources(task.resources)
            for service in task.services or ():
                yield from _altered_connect(service.connect)
        for service in group.services or ():
            yield from _altered_connect(service.connect)


def _altered_connect(connect: ConsulConnect | None) -> Iterator[tuple[Any, str, list[Any] | None]]:
    if connect is None:
        return
    proxy = None if connect.sidecar_service is None else connect.sidecar_service.proxy
    if proxy is not None and proxy.expose is not None and proxy.expose.paths is None:
        yield proxy.expose, "paths", []
    sidecar: SidecarTask | None = connect.sidecar_task
    if sidecar is not None:
        if sidecar.volume_mounts == []:
            yield sidecar, "volume_mounts", None
        yield from _altered_resources(sidecar.resources)


def _altered_resources(resources: Resources | None) -> Iterator[tuple[Any, str, list[Any] | None]]:
    for device in (None if resources is None else resources.devices) or ():
        if device.constraints == []:
            yield device, "constraints", None
        if device.affinities == []:
            yield device, "affinities", None
