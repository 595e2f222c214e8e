"""Networks of a group and of its tasks. spec: admission §7.9

What a port collides with depends on the ports before it; `network_uses` works that out, the tables read it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from jobplan.admission.rules.table import SPLICED, either, itself, many, row, rules
from jobplan.model.group import TaskGroup
from jobplan.model.resources import NetworkResource, Port
from jobplan.values.networks import is_domain_name

HIGHEST_PORT = 65535


@dataclasses.dataclass(slots=True)
class PortUse:
    """A port and what it collides with."""

    port: Port
    mode: str
    taken: bool
    """The label is used by a port of the group."""
    reserved_by: str | None
    """Owner of the same static port on the same host network, unless the collision may be ignored."""


@dataclasses.dataclass(slots=True)
class ArgumentUse:
    """An argument of a CNI plugin; `taken`: another network of the group sets it."""

    key: str
    value: str
    taken: bool


@dataclasses.dataclass(slots=True)
class NetworkUse:
    """A network with everything the rules ask about it."""

    hostname: str
    ports: list[PortUse]
    arguments: list[ArgumentUse]


@dataclasses.dataclass(slots=True)
class _Used:
    """What the networks so far use."""

    labels: set[str] = dataclasses.field(default_factory=set)
    static: dict[tuple[str, int], str] = dataclasses.field(default_factory=dict)
    arguments: set[str] = dataclasses.field(default_factory=set)


@dataclasses.dataclass(slots=True)
class NetworkUses:
    """The networks of a group, and per task its (deprecated) networks."""

    group: list[NetworkUse]
    tasks: list[list[NetworkUse]]


def network_uses(group: TaskGroup) -> NetworkUses | None:
    """The networks in order, those of the group first; None without any."""
    if not group.networks and not any(task.resources.networks for task in group.tasks or ()):
        return None
    used = _Used()
    return NetworkUses(
        [_group_network(network, used) for network in group.networks or ()],
        [
            [_task_network(network, task.name, used) for network in task.resources.networks or ()]
            for task in group.tasks or ()
        ],
    )


def _ports(network: NetworkResource) -> Iterator[Port]:
    yield from network.reserved_ports or ()
    yield from network.dynamic_ports or ()


def _group_network(network: NetworkResource, used: _Used) -> NetworkUse:
    ports = []
    for port in _ports(network):
        taken, mine = port.label in used.labels, (port.host_network or "default", port.value)
        used.labels.add(port.label)
        owner = used.static.get(mine) if port.value != 0 else None
        ports.append(PortUse(port, network.mode, taken, None if port.ignore_collision else owner))
        if port.value != 0 and owner is None and port.value <= HIGHEST_PORT:
            used.static[mine] = f"taskgroup network:{port.label}"
    given = (network.cni.args or {}) if network.cni is not None else {}
    arguments = [ArgumentUse(key, given[key], key in used.arguments) for key in sorted(given)]
    used.arguments.update(given)
    return NetworkUse(network.hostname, ports, arguments)


def _task_network(network: NetworkResource, task: str, used: _Used) -> NetworkUse:
    return NetworkUse("", [_task_port(port, task, used) for port in _ports(network)], [])


def _task_port(port: Port, task: str, used: _Used) -> PortUse:
    """Labels count only against those of the group; the ignore-collision flag is not looked at."""
    mine = (port.host_network or "default", port.value)
    owner = used.static.get(mine) if port.value != 0 else None
    if port.value != 0 and owner is None and port.value <= HIGHEST_PORT:
        used.static[mine] = f"{task}:{port.label}"
    judged = Port(label=port.label, value=port.value)  # rows 3 and 4 are not for ports of tasks
    return PortUse(judged, "", port.label in used.labels, owner)


PORT = rules(
    "7.9",
    row("1", lambda p: p.taken, "Port label {label} already in use by taskgroup network", label="port.label"),
    either(
        row("2a", lambda p: p.reserved_by is not None, "Static port {value} already reserved by {owner}",
            value="port.value", owner="reserved_by"),
        row("2b", lambda p: p.port.value > HIGHEST_PORT, "Port {label} ({value}) cannot be greater than 65535",
            label="port.label", value="port.value"),
    ),
    either(
        row("3a", lambda p: p.port.to < -1, "Port {label!q} cannot be mapped to negative value {to}",
            label="port.label", to="port.to"),
        row("3b", lambda p: p.port.to > HIGHEST_PORT,
            "Port {label!q} cannot be mapped to a port ({to}) greater than 65535", label="port.label", to="port.to"),
    ),
    row("4", lambda p: p.port.ignore_collision and p.mode not in ("", "host"),
        "Port {label!q} collision may not be ignored on non-host network mode {mode!q}", label="port.label"),
)  # fmt: skip

_ARGUMENT = rules(
    "7.9",
    row("5a", lambda a: a.taken, "duplicate CNI arg {key!q}", key=lambda a: a.key),
    row("5b", lambda a: ";" in a.key, "invalid ';' character in CNI arg key {key!q}", key=lambda a: a.key),
    row("5c", lambda a: ";" in a.value, "invalid ';' character in CNI arg value {value!q}"),
)


def _bad_hostname(network: NetworkUse) -> bool:
    name = network.hostname
    return name != "" and "${" not in name and not is_domain_name(name)


_NETWORK = rules(
    "7.9",
    many("", lambda n: n.ports, PORT, SPLICED),
    many("", lambda n: n.arguments, _ARGUMENT, SPLICED),
    row("6", _bad_hostname, "Hostname is not a valid DNS name"),
)

_TASK_NETWORKS = rules("7.9", many("", itself, _NETWORK, SPLICED, where="Resources/Networks"))

NETWORKS = rules(
    "7.9",
    many("", "group", _NETWORK, SPLICED, where="Networks"),
    many("", "tasks", _TASK_NETWORKS, SPLICED, where="Tasks"),
)
