"""Consul clusters and admin partitions. spec: admission §5.3"""

from __future__ import annotations

from jobplan.model.group import TaskGroup
from jobplan.model.identity import Consul
from jobplan.model.job import Job
from jobplan.model.placement_rules import Constraint
from jobplan.model.services import Service
from jobplan.model.settings import Settings
from jobplan.model.task import Task


def default_consul(job: Job, settings: Settings) -> None:
    """`consul`"""
    for group in job.task_groups or ():
        _settle_consul(group.consul, group)
        _default_clusters(group.services)
        for task in group.tasks or ():
            _settle_consul(task.consul, task)
            _default_clusters(task.services)


def is_consul(service: Service) -> bool:
    """Is the service registered in Consul? An empty provider means so, too."""
    return service.provider in ("consul", "")


def consul_attribute(name: str, cluster: str) -> str:
    """The node attribute of a Consul cluster: `${attr.consul.version}`, `${attr.consul.east.version}`."""
    return f"${{attr.consul.{name}}}" if cluster in ("default", "") else f"${{attr.consul.{cluster}.{name}}}"


def _settle_consul(consul: Consul | None, owner: TaskGroup | Task) -> None:
    if consul is None:
        return
    if consul.cluster == "":
        consul.cluster = "default"
    if consul.partition != "":
        # no duplicate check: a stored job submitted again shows one more. spec: admission §5.10
        constraint = Constraint(consul_attribute("partition", consul.cluster), consul.partition, "=")
        owner.constraints = [*(owner.constraints or ()), constraint]


def _default_clusters(services: list[Service] | None) -> None:
    for service in services or ():
        if service.cluster == "" and is_consul(service):
            service.cluster = "default"
