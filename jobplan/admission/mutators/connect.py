"""Consul Connect: injected sidecars and gateways, native tasks, their ports. spec: admission §5.4"""

from __future__ import annotations

from jobplan.admission.mutators.gateway import GATEWAY_PREFIXES, derived_proxy, gateway_task
from jobplan.admission.mutators.interpolation import Environment
from jobplan.admission.mutators.sidecar import merge_sidecar_task, share_identities, sidecar_task
from jobplan.admission.problems import Problem
from jobplan.canonical.normalise import canonicalise_task
from jobplan.model.connect import ConsulConnect, ConsulSidecarService
from jobplan.model.gateways import ConsulGateway
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.resources import NetworkResource, Port
from jobplan.model.services import Service
from jobplan.model.settings import Settings
from jobplan.model.task import Task
from jobplan.values.messages import Message

AMBIGUOUS = Message("task for Consul Connect Native service {group}->{service} is ambiguous and must be set")
MISSING = Message("task {task} named by Consul Connect Native service {group}->{service} does not exist")
MESH_PORT = Message("service.port must be set for mesh gateway service")


def inject_connect(job: Job, settings: Settings) -> Problem | None:
    """`connect`"""
    for index, group in enumerate(job.task_groups or ()):
        if not group.networks or not group.services:
            continue
        environment = Environment(job, group)
        for number, service in enumerate(group.services):
            problem = _inject(job, group, service, environment, f"/TaskGroups/{index}/Services/{number}")
            if problem is not None:
                return problem
        _canonicalise_first(group.networks[0])
    return None


def _inject(job: Job, group: TaskGroup, service: Service, environment: Environment, path: str) -> Problem | None:
    """The first matching branch."""
    connect = service.connect
    if connect is None:
        return None
    if connect.sidecar_service is not None:
        service.name = environment.interpolate(service.name)
        _inject_sidecar(job, group, service, connect, connect.sidecar_service)
        return None
    if connect.native:
        return mark_native(group, service, path)
    if connect.gateway is not None:
        service.name = environment.interpolate(service.name)
        return _inject_gateway(job, group, service, connect, connect.gateway, path)
    return None


# ---- sidecar. spec: admission §5.4.1 ------------------------------------------------------------------------------


def _inject_sidecar(
    job: Job, group: TaskGroup, service: Service, connect: ConsulConnect, sidecar: ConsulSidecarService
) -> None:
    kind = f"connect-proxy:{service.name}"
    task = next((task for task in group.tasks or () if task.kind == kind), None)
    if task is None:
        task = sidecar_task(job, group, service.name)
        group.tasks = [*(group.tasks or ()), task]
    _settle(job, group, connect, task)
    _ensure_port(group, sidecar.port or f"connect-proxy-{service.name}")


def _settle(job: Job, group: TaskGroup, connect: ConsulConnect, task: Task) -> None:
    if connect.sidecar_task is not None:
        merge_sidecar_task(connect.sidecar_task, task)
    canonicalise_task(task, group, job)
    share_identities(connect.sidecar_task, task)


def _ensure_port(group: TaskGroup, label: str) -> None:
    """A dynamic port of this label on the first network; static ports are not looked at (a quirk)."""
    assert group.networks
    network = group.networks[0]
    if all(port.label != label for port in network.dynamic_ports or ()):
        network.dynamic_ports = [*(network.dynamic_ports or ()), dynamic_port(label)]


def dynamic_port(label: str) -> Port:
    """A port that the proxy's own listener uses."""
    return Port(label=label, value=0, to=-1, host_network="default", ignore_collision=False)


def _canonicalise_first(network: NetworkResource) -> None:
    network.reserved_ports = network.reserved_ports or None
    network.dynamic_ports = network.dynamic_ports or None
    for ports in (network.reserved_ports, network.dynamic_ports):
        for port in ports or ():
            port.host_network = port.host_network or "default"


# ---- native. spec: admission §5.4.2 -------------------------------------------------------------------------------


def mark_native(group: TaskGroup, service: Service, path: str) -> Problem | None:
    """Name the task of a native service and mark it."""
    tasks = group.tasks or []
    if service.task_name == "":
        if len(tasks) != 1:
            return Problem("admission/5.4.2/1", path, AMBIGUOUS(group=group.name, service=service.name))
        task: Task | None = tasks[0]
    else:
        task = next((task for task in tasks if task.name == service.task_name), None)
    if task is None:
        text = MISSING(task=service.task_name, group=group.name, service=service.name)
        return Problem("admission/5.4.2/2", f"{path}/TaskName", text)
    task.kind = f"connect-native:{service.name}"
    service.task_name = task.name
    return None


# ---- gateway. spec: admission §5.4.3 ------------------------------------------------------------------------------


def _inject_gateway(
    job: Job, group: TaskGroup, service: Service, connect: ConsulConnect, gateway: ConsulGateway, path: str
) -> Problem | None:
    assert group.networks
    mode = group.networks[0].mode
    gateway.proxy = derived_proxy(gateway, mode)
    if gateway.terminating is not None and service.port_label == "":
        service.port_label = f"connect-terminating-{service.name}"
        _ensure_port(group, service.port_label)
    if gateway.mesh is not None:
        if service.port_label == "":
            return Problem("admission/5.4.3/4", f"{path}/PortLabel", MESH_PORT())
        _ensure_port(group, f"connect-mesh-{service.name}-lan")
    kinds = {f"{prefix}:{service.name}" for prefix in GATEWAY_PREFIXES}
    if not any(task.kind in kinds for task in group.tasks or ()):
        task = gateway_task(group, gateway, service.name, mode)
        group.tasks = [*(group.tasks or ()), task]
        _settle(job, group, connect, task)
    return None
