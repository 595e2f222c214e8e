"""Services of groups and tasks. spec: admission §7.14–7.19"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from jobplan.admission.rules.checks import CONSUL_CHECK, NOMAD_CHECK, PORT_TYPES
from jobplan.admission.rules.connect import CONNECT
from jobplan.admission.rules.table import SPLICED, At, block, custom, each, either, given, itself, many, one, row, rules
from jobplan.admission.rules.task_parts import REFERENCE
from jobplan.model.group import TaskGroup
from jobplan.model.services import Service, ServiceCheck
from jobplan.model.task import Task
from jobplan.values.integers import plain_integer
from jobplan.values.messages import Message

# ---- §7.18, §7.19 -------------------------------------------------------------------------------------------------


def _lacks_port(check: ServiceCheck, at: At) -> bool:
    return check.type in PORT_TYPES and check.port_label == "" and at.service.port_label == ""


def _has_sidecar(service: Service) -> bool:
    return service.connect is not None and service.connect.sidecar_service is not None


_NEEDS_PORT = row(
    "1a", _lacks_port,
    "Check {check} invalid: check requires a port but neither check nor service {service!Q} have a port",
    check="name", service=lambda c, at: at.service.name,
)  # fmt: skip

_CHECK_OF_CONSUL = rules(
    "7.18",
    _NEEDS_PORT,
    row("1b", lambda c, at: c.type == "tcp" and _has_sidecar(at.service),
        "Check {check} invalid: tcp checks are not valid for Connect enabled services", check="name"),
    one("1c", itself, CONSUL_CHECK, "Check {check} invalid: {err}", check="name"),
    first_only=True,
)  # fmt: skip

_CHECK_OF_NOMAD = rules(
    "7.19",
    _NEEDS_PORT,
    one("1b", itself, NOMAD_CHECK, SPLICED),
    first_only=True,
)

_KINDS = ("", "api-gateway", "ingress-gateway", "mesh-gateway", "terminating-gateway")


def _is_native(service: Service) -> bool:
    return service.connect is not None and service.connect.native


_CONSUL_SERVICE = rules(
    "7.18",
    many("1", "checks", _CHECK_OF_CONSUL, SPLICED),
    row("2", lambda s: s.kind not in _KINDS, "Service {service} kind must be one of consul service kind or empty",
        service="name"),
    one("3a", "connect", CONNECT, SPLICED),
    row("3b", lambda s: _is_native(s) and s.task_name == "",
        "Service {service} is Connect Native and requires setting the task", service="name"),
    row("3c", lambda s: _is_native(s) and s.port_label == "",
        "Service {service} is Connect Native and requires setting the port", service="name"),
)  # fmt: skip

_NOMAD_SERVICE = rules(
    "7.19",
    many("1", "checks", _CHECK_OF_NOMAD, SPLICED),
    row("2", lambda s: s.connect is not None, "Service with provider nomad cannot include Connect blocks"),
)

# ---- §7.17 --------------------------------------------------------------------------------------------------------

_ALNUM = "A-Za-z0-9\u017f\u212a"
"""Two letters outside ASCII count, because the server's pattern ignores case."""
_SERVICE_NAME = re.compile(f"[{_ALNUM}](?:[{_ALNUM}-]{{0,61}}[{_ALNUM}])?")


def _bad_name(service: Service) -> bool:
    return _SERVICE_NAME.fullmatch(REFERENCE.sub("ENV-VAR", service.name)) is None


SERVICE = rules(
    "7.17",
    row("1", _bad_name,
        "Service name must be valid per RFC 1123 and can contain only alphanumeric characters or dashes and must be "
        "no longer than 63 characters: {name!q}"),
    given(
        lambda s: s.address_mode in ("host", "driver", "alloc", "alloc_ipv6"),
        row("2a", lambda s: s.address != "", 'Service address_mode must be "auto" if address is set'),
        otherwise=(
            row("2b", lambda s: s.address_mode not in ("", "auto"),
                'Service address_mode must be "auto", "host", or "driver"; not {mode!q}', mode="address_mode"),
        ),
    ),
    row("3", lambda s: s.on_update not in ("", "require_healthy", "ignore_warnings", "ignore"),
        'Service on_update must be "require_healthy", "ignore_warnings", or "ignore"; not {value!q}',
        value="on_update"),
    given(
        lambda s: s.provider == "consul",
        one("4a", itself, _CONSUL_SERVICE, SPLICED, enter="service"),
        otherwise=(
            given(
                lambda s: s.provider == "nomad",
                one("4b", itself, _NOMAD_SERVICE, SPLICED, enter="service"),
                otherwise=(
                    row("4c", lambda s: True, 'Service provider must be "consul", or "nomad"; not {provider!q}'),
                ),
            ),
        ),
    ),
    row("5", lambda s: s.identity is not None and not s.identity.audience,
        "Service identity must provide at least one target aud value"),
)  # fmt: skip

# ---- §7.14 --------------------------------------------------------------------------------------------------------


def _task_names(group: TaskGroup) -> list[str]:
    return [task.name for task in group.tasks or ()]


_OF_TASK = rules(
    "7.14",
    row("A1", lambda s, at: s.task_name not in ("", at.task.name),
        "Service {service} is invalid: may only specify task the service belongs to, got {task name!q}",
        service="name"),
    each("A2", "checks", lambda c, at: c.task_name not in ("", at.task.name),
        "Check {check} is invalid: may only specify task the check belongs to, got {task name!q}", check="name"),
)  # fmt: skip

_CHECK_IN_GROUP = rules(
    "7.14",
    given(
        lambda c: c.task_name != "",
        row("B3", lambda c: c.address_mode == "driver",
            'Check {service!q} invalid: cannot use address_mode="driver", only checks defined in a "task" service '
            "block can use this mode", service=lambda c, at: at.owner.name),
        row("B4", lambda c, at: c.task_name not in _task_names(at.group),
            "Check {check} invalid: refers to non-existent task {task name}", check="name"),
    ),
)  # fmt: skip

_SERVICE_IN_GROUP = rules(
    "7.14",
    either(
        one("B1", itself, SERVICE, "Service[{i}] {name} validation failed: {err}"),
        block(
            row("B2", lambda s: s.address_mode == "driver",
                'service {service!q} cannot use address_mode="driver", only services defined in a "task" block can '
                "use this mode", service="name"),
            many("B3", "checks", _CHECK_IN_GROUP, SPLICED),
        ),
    ),
)  # fmt: skip

_NOT_UNIQUE = Message("Services are not unique: {ids!l}")


def _all_services(group: TaskGroup) -> Iterator[tuple[str, Service]]:
    for task in group.tasks or ():
        for service in task.services or ():
            yield task.name, service
    for service in group.services or ():
        yield "group", service


def _duplicates(group: TaskGroup, at: At) -> Iterator[str]:
    """Row C1: services with the same owner, name and port label."""
    seen: set[tuple[str, str, str]] = set()
    twice: set[tuple[str, str, str]] = set()
    for owner, service in _all_services(group):
        identity = (owner, service.name, service.port_label)
        (twice if identity in seen else seen).add(identity)
    if twice:
        ids = [f"{owner}->{name}" + (f":{label}" if label != "" else "") for owner, name, label in twice]
        yield _NOT_UNIQUE(ids=sorted(ids))


def _providers(group: TaskGroup) -> set[str]:
    return {service.provider for _, service in _all_services(group)}


GROUP_SERVICES = rules(
    "7.14",
    many("A", "tasks", rules("", many("A", "services", _OF_TASK, SPLICED)), SPLICED, enter="task"),
    many("B", "services", _SERVICE_IN_GROUP, SPLICED, start=0),
    custom("C1", _duplicates),
    row("C2", lambda g: len(_providers(g)) > 1,
        "Multiple service providers used: task group services must use the same provider"),
)  # fmt: skip

# ---- §7.15 --------------------------------------------------------------------------------------------------------


def _lacks_task(check: ServiceCheck, at: At) -> bool:
    return at.owner.task_name == "" and check.type == "script" and check.task_name == ""


_SCRIPT_CHECKS = rules(
    "7.15",
    each("1", "checks", _lacks_task, "Service [{group}]->{service} or Check {check} must specify task parameter",
        group=lambda c, at: at.group.name, service=lambda c, at: at.owner.name, check="name"),
)  # fmt: skip

SCRIPT_CHECKS = rules("7.15", many("1", "services", _SCRIPT_CHECKS, SPLICED))

# ---- §7.16 --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(slots=True)
class TaskServiceUses:
    """The services of a task, and which port labels they refer to."""

    task: Task
    services: list[Service]


def task_service_uses(task: Task) -> TaskServiceUses | None:
    return TaskServiceUses(task, task.services) if task.services else None


def _port_of(check: ServiceCheck, service: Service) -> str:
    return check.port_label if check.port_label != "" else service.port_label


def _number_of(check: ServiceCheck, at: At) -> int | None:
    """The effective port of a check when it is a number."""
    return plain_integer(_port_of(check, at.service))


def _labels(services: list[Service]) -> dict[str, set[str]]:
    """Rows 5 and 12: port label → names of the services that refer to it."""
    labels: dict[str, set[str]] = {}
    for service in services:
        label = service.port_label
        if label != "" and not (service.address_mode == "driver" and plain_integer(label) is not None):
            labels.setdefault(label, set()).add(service.name)
        for check in service.checks or ():
            label = _port_of(check, service)
            if check.type in PORT_TYPES and label != "" and plain_integer(label) is None:
                labels.setdefault(label, set()).add(service.name)
    return labels


_NO_SUCH_LABEL = Message("port label {label!q} referenced by services {names} does not exist")


def _unknown_labels(uses: TaskServiceUses, at: At) -> Iterator[str]:
    """The last paragraph of §7.16: every label must be a port of the group's first network or of the task."""
    labels = _labels(uses.services)
    if not labels:
        return
    networks = [*(at.group.networks or ())[:1], *(uses.task.resources.networks or ())]
    for network in networks:
        for port in (*(network.reserved_ports or ()), *(network.dynamic_ports or ())):
            labels.pop(port.label, None)
    for label in sorted(labels):
        yield _NO_SUCH_LABEL(label=label, names=", ".join(sorted(labels[label])))


def _in_group_only(mode: str, kind: str, block_name: str) -> str:
    return f'{kind} {{service!q}} cannot use address_mode="{mode}", only {kind}s defined in a "group" {block_name} can use this mode'  # noqa: E501


def _service_name(check: ServiceCheck, at: At) -> str:
    return at.service.name


_CHECK_OF_TASK = rules(
    "7.16",
    row("7", lambda c, at: at.earlier > 0, "check {check!q} is duplicate", check="name"),
    row("8a", lambda c: c.address_mode == "alloc", _in_group_only("alloc", "check", "service block"),
        service=_service_name),
    row("8b", lambda c: c.address_mode == "alloc_ipv6", _in_group_only("alloc_ipv6", "check", "service block"),
        service=_service_name),
    given(
        lambda c: c.type in PORT_TYPES,
        row("9", lambda c, at: _port_of(c, at.service) == "", "check {check!q} is missing a port", check="name"),
        given(
            lambda c, at: _number_of(c, at) is not None,
            given(
                lambda c: c.address_mode == "driver",
                row("10", lambda c, at: (_number_of(c, at) or 0) <= 0,
                    "check {check!q} has invalid numeric port {n}", check="name", n=_number_of),
                otherwise=(
                    row("11", lambda c: True,
                        'check {check!q} cannot use a numeric port {n} without setting address_mode="driver"',
                        check="name", n=_number_of),
                ),
            ),
        ),
    ),
)  # fmt: skip

_SERVICE_OF_TASK = rules(
    "7.16",
    one("1", itself, SERVICE, "service[{i}] {name!Q} validation failed: {err}"),
    row("2", lambda s: s.address_mode == "alloc", _in_group_only("alloc", "service", "block"), service="name"),
    row("3", lambda s: s.address_mode == "alloc_ipv6", _in_group_only("alloc_ipv6", "service", "block"),
        service="name"),
    row("4", lambda s, at: at.earlier > 0, "service {service!q} is duplicate", service="name"),
    row("6", lambda s: s.connect is not None,
        'service {service!q} cannot have "connect" block, only services defined in a "group" block can',
        service="name"),
    many("7", "checks", _CHECK_OF_TASK, SPLICED, unique="name"),
)  # fmt: skip


def _name_and_port(service: Any) -> str:
    return f"{service.name}{service.port_label}"


TASK_SERVICES = rules(
    "7.16",
    many("1", "services", _SERVICE_OF_TASK, SPLICED, start=0, enter="service", unique=_name_and_port, where=""),
    custom("13", _unknown_labels),
)
