"""Validators 1 and 2: Connect services and exposed checks of a group. spec: admission §6.1, §6.2"""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.admission.rules.table import SPLICED, AnyRow, At, custom, each, either, given, many, row, rules, select
from jobplan.model.connect import ConsulProxy, ConsulUpstream
from jobplan.model.group import TaskGroup
from jobplan.model.services import Service, ServiceCheck
from jobplan.values.integers import UINT16_MAX, uint_problem
from jobplan.values.letters import lowered
from jobplan.values.messages import Message

# ---- network mode ---------------------------------------------------------------------------------------------


def _mode(group: TaskGroup) -> str:
    return group.networks[0].mode if group.networks else ""


def _networks(group: TaskGroup) -> int:
    return len(group.networks or ())


def _is_meshable(mode: str) -> bool:
    return mode == "bridge" or mode.startswith("cni/")


def network_mode(prefix: str, *, host: bool = False) -> AnyRow:
    """The network mode check; about the group in which the checked object stands. Also used by mutator 5."""
    allowed = '"bridge", "host", or "cni/*"' if host else '"bridge" or "cni/*"'
    number = f"{prefix.removeprefix('connect ').replace(' ', '-')}-mode"
    return either(
        row(f"{number}-1", lambda s, at: _networks(at.group) != 1,
            f"{prefix}: must have exactly one network for Consul Connect: group {{group!q}} has {{n}} networks",
            group=lambda s, at: at.group.name, n=lambda s, at: _networks(at.group)),
        row(f"{number}-2", lambda s, at: not _is_meshable(_mode(at.group)) and not (host and _mode(at.group) == "host"),
            f"{prefix}: invalid network mode for Consul Connect: group {{group!q}} uses network mode {{mode!q}}; "
            f"must be {allowed}", group=lambda s, at: at.group.name, mode=lambda s, at: _mode(at.group)),
    )  # fmt: skip


# ---- §6.1 ---------------------------------------------------------------------------------------------------------


def _branch(service: Service) -> str:
    """The first that applies."""
    connect = service.connect
    if connect is None:
        return ""
    if connect.sidecar_service is not None:
        return "sidecar"
    if connect.native:
        return "native"
    return "gateway" if connect.gateway is not None else ""


def _has_task(name: str, group: TaskGroup) -> bool:
    return any(task.name == name for task in group.tasks or ())


_AMBIGUOUS = "task for Consul Connect Native service {group}->{service} is ambiguous and must be set"
_MISSING = "task {task} named by Consul Connect Native service {group}->{service} does not exist"


def _group_name(subject: object, at: At) -> str:
    return at.group.name


_SERVICE = rules(
    "6.1",
    select(
        _branch,
        {
            "sidecar": (
                network_mode("connect sidecar"),
                row("sidecar-1", lambda s: s.name != lowered(s.name),
                    "Consul Connect service name {service!q} in group {group!q} must not contain uppercase characters",
                    service="name", group=_group_name),
                row("sidecar-2", lambda s, at: at.group.name != lowered(at.group.name),
                    "Consul Connect group {group!q} with service {service!q} must not contain uppercase characters",
                    service="name", group=_group_name),
            ),
            "native": (
                row("native-1", lambda s, at: s.task_name == "" and len(at.group.tasks or ()) != 1,
                    _AMBIGUOUS, service="name", group=_group_name),
                row("native-2", lambda s, at: s.task_name != "" and not _has_task(s.task_name, at.group),
                    _MISSING, task="task_name", service="name", group=_group_name),
            ),
            "gateway": (network_mode("connect gateway", host=True),),
        },
    ),
    first_only=True,
)  # fmt: skip

_SAME_ADDRESS = Message(
    "Consul Connect services {this!q} and {earlier!q} in group {group!q} using same address for upstreams ({listener})"
)
_DNS = "Consul Connect transparent proxy cannot be used with network.dns unless no_dns=true"
_PORT = Message("Consul Connect transparent proxy port {label!q} must be numeric or one of network.port labels")
_ONE_BLOCK = "Consul Connect transparent proxy requires there is only one connect block"


def _listener(upstream: ConsulUpstream) -> str:
    if upstream.local_bind_socket_path != "":
        return upstream.local_bind_socket_path
    address = upstream.local_bind_address
    return f"{f'[{address}]' if ':' in address else address}:{upstream.local_bind_port}"


def _proxy(service: Service) -> ConsulProxy | None:
    connect = service.connect
    return None if connect is None or connect.sidecar_service is None else connect.sidecar_service.proxy


def _upstreams(group: TaskGroup, at: At) -> Iterator[str]:
    """The upstream check over all services of a group."""
    listeners: dict[str, str] = {}
    transparent = False
    for service in group.services or ():
        proxy = _proxy(service)
        if proxy is None:
            continue
        for upstream in proxy.upstreams or ():
            listener = _listener(upstream)
            if listener in listeners:
                yield _SAME_ADDRESS(this=service.name, earlier=listeners[listener], group=group.name, listener=listener)
            listeners[listener] = service.name
        if proxy.transparent_proxy is not None:
            transparent = True
            yield from _transparent_proxy(proxy, group)
    if transparent and sum(service.connect is not None for service in group.services or ()) > 1:
        yield _ONE_BLOCK


def _transparent_proxy(proxy: ConsulProxy, group: TaskGroup) -> Iterator[str]:
    block = proxy.transparent_proxy
    assert block is not None
    static = {port.label for network in group.networks or () for port in network.reserved_ports or ()}
    for network in group.networks or ():
        dns = network.dns
        if dns is not None and (dns.servers or dns.searches or dns.options) and not block.no_dns:
            yield _DNS
    for label in block.exclude_inbound_ports or ():
        if uint_problem(label, maximum=UINT16_MAX) is not None and label not in static:
            yield _PORT(label=label)


_CONNECT_GROUP = rules(
    "6.1", many("service", "services", _SERVICE, SPLICED), custom("upstreams", _upstreams), first_only=True
)

CONNECT_JOB = rules("6.1", many("", "task_groups", _CONNECT_GROUP, SPLICED, enter="group"), first_only=True)

# ---- §6.2 ---------------------------------------------------------------------------------------------------------


def _exposes(group: TaskGroup) -> bool:
    return any(check.expose for service in group.services or () for check in service.checks or ())


def _has_sidecar(service: Service) -> bool:
    return service.connect is not None and service.connect.sidecar_service is not None


def _owner_name(check: ServiceCheck, at: At) -> str:
    return str(at.owner.name)


_EXPOSED_IN_GROUP = rules(
    "6.2",
    each("2", "checks", lambda c, at: c.expose and not _has_sidecar(at.owner),
        "exposed service check {group}->{service}->{check} requires use of sidecar_proxy",
        group=_group_name, service=_owner_name, check="name"),
)  # fmt: skip

_EXPOSED_IN_TASK = rules(
    "6.2",
    each("3", "checks", lambda c: c.expose,
        "exposed service check {group}[{task}]->{service}->{check} is not a task-group service",
        group=_group_name, task=lambda c, at: at.task.name, service=_owner_name, check="name"),
)  # fmt: skip

_EXPOSED_GROUP = rules(
    "6.2",
    given(_exposes, network_mode("connect expose check")),
    many("2", "services", _EXPOSED_IN_GROUP, SPLICED),
    many("3", "tasks", rules("", many("3", "services", _EXPOSED_IN_TASK, SPLICED)), SPLICED, enter="task"),
    first_only=True,
)

EXPOSED_CHECKS = rules("6.2", many("", "task_groups", _EXPOSED_GROUP, SPLICED, enter="group"), first_only=True)
