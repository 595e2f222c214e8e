"""Paths that a sidecar exposes for checks. spec: admission §5.5"""

from __future__ import annotations

import hashlib
import re

from jobplan.admission.mutators.connect import dynamic_port
from jobplan.admission.problems import Problem
from jobplan.model.connect import ConsulExposeConfig, ConsulExposePath, ConsulProxy, ConsulSidecarService
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.kinds import build
from jobplan.model.services import Service, ServiceCheck
from jobplan.model.settings import Settings
from jobplan.values.durations import duration_text
from jobplan.values.messages import Message

NETWORK_COUNT = Message("{prefix}: must have exactly one network for Consul Connect: group {group!q} has {n} networks")
NETWORK_MODE = Message(
    "{prefix}: invalid network mode for Consul Connect: group {group!q} uses network mode {mode!q};"
    ' must be "bridge" or "cni/*"'
)
NO_PORT = Message("unable to determine local service port for service check {group}->{service}->{check}")

_EXPOSABLE = ("grpc", "http")
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


def expose_checks(job: Job, settings: Settings) -> Problem | None:
    """`expose-check`"""
    for index, group in enumerate(job.task_groups or ()):
        for number, service in enumerate(group.services or ()):
            sidecar = None if service.connect is None else service.connect.sidecar_service
            if sidecar is None:
                continue
            for position, check in enumerate(service.checks or ()):
                if not check.expose or not _is_exposable(check):
                    continue
                problem = _refused_network(group, f"/TaskGroups/{index}") or _expose(
                    group, service, sidecar, position, f"/TaskGroups/{index}/Services/{number}/Checks/{position}"
                )
                if problem is not None:
                    return problem
    return None


def _is_exposable(check: ServiceCheck) -> bool:
    return check.type.lower() in _EXPOSABLE and check.path.startswith("/")


def _refused_network(group: TaskGroup, path: str) -> Problem | None:
    networks, prefix = group.networks or [], "connect expose check"
    if len(networks) != 1:
        text = NETWORK_COUNT(prefix=prefix, group=group.name, n=len(networks))
        return Problem("admission/5.5/3", f"{path}/Networks", text)
    mode = networks[0].mode
    if mode != "bridge" and not mode.startswith("cni/"):
        text = NETWORK_MODE(prefix=prefix, group=group.name, mode=mode)
        return Problem("admission/5.5/3", f"{path}/Networks/0/Mode", text)
    return None


def _expose(
    group: TaskGroup, service: Service, sidecar: ConsulSidecarService, position: int, path: str
) -> Problem | None:
    """Give the check a port and the sidecar a path; the group has exactly one fitting network."""
    assert group.networks
    assert service.checks
    check, network = service.checks[position], group.networks[0]
    if check.port_label == "":
        check.port_label = f"svc_{service.name}_ck_{check_hash(f'{service.name}_{position}', check)[:6]}"
        network.dynamic_ports = [*(network.dynamic_ports or ()), dynamic_port(check.port_label)]
    port = _local_port(group, service)
    if port is None:
        text = NO_PORT(group=group.name, service=service.name, check=check.name)
        return Problem("admission/5.5/5", path, text)
    exposed = ConsulExposePath(
        path=check.path, protocol=check.protocol, local_path_port=port, listener_port=check.port_label
    )
    if sidecar.proxy is None:
        sidecar.proxy = build(ConsulProxy, {})
    if sidecar.proxy.expose is None:
        sidecar.proxy.expose = build(ConsulExposeConfig, {})
    paths = sidecar.proxy.expose.paths or []
    if exposed not in paths:
        sidecar.proxy.expose.paths = [*paths, exposed]
    return None


def _local_port(group: TaskGroup, service: Service) -> int | None:
    """The port that the service itself listens on: of its labelled port, or its label as a number."""
    for network in group.networks or ():
        for port in (*(network.reserved_ports or ()), *(network.dynamic_ports or ())):
            if port.label == service.port_label:
                return port.value if port.value > 0 else _positive(service.port_label)
    return _positive(service.port_label)


def _positive(label: str) -> int | None:
    """The label as a positive decimal integer of 64 bits."""
    if _INTEGER.fullmatch(label) is None:
        return None
    digits = label.lstrip("+").lstrip("0")
    value = int(digits) if digits and len(digits) < 20 else 0  # a minus sign stays and makes it negative
    return value if 0 < value < 2**63 else None


def check_hash(id_: str, check: ServiceCheck) -> str:
    """The digest that names a check's port: SHA-256 of its fields in a row, in lower-case hex."""
    headers = sorted(key + "".join(values or ()) for key, values in (check.header or {}).items())
    parts = (
        id_,
        check.name,
        check.type,
        check.command,
        *(check.args or ()),
        check.path,
        check.protocol,
        check.port_label,
        duration_text(check.interval),
        duration_text(check.timeout),
        check.method,
        check.body,
        check.on_update,
        check.notes,
        "true" if check.tls_skip_verify else "",
        check.tls_server_name,
        *headers,
        check.address_mode,
        check.grpc_service,
        "true" if check.grpc_use_tls else "",
        f"success:{check.success_before_passing}" if check.success_before_passing != 0 else "",
        f"failures:{check.failures_before_critical}" if check.failures_before_critical != 0 else "",
        f"failures-before-warning:{check.failures_before_warning}" if check.failures_before_warning != 0 else "",
    )
    return hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
