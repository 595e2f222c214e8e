"""Rules about networks and ports."""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Subject
from jobplan.rules.tasks import containers, named
from jobplan.values.quoting import quoted


def host_network(subject: Subject, _options: Options) -> Iterator[Found]:
    """Written host mode; the default of a group network without a mode is not reported."""
    for group in subject.groups():
        for index, network in enumerate(group.item.networks or ()):
            if network.mode == "host":
                text = f"group {quoted(group.item.name)} uses the network of its node"
                yield Found(f"{group.path}/Networks/{index}/Mode", text)
    for task in containers(subject):
        if (task.item.config or {}).get("network_mode") == "host":
            yield Found(f"{task.path}/Config/network_mode", f"{named(task)} uses the network of its node")


def static_port(subject: Subject, _options: Options) -> Iterator[Found]:
    for group in subject.groups():
        for index, network in enumerate(group.item.networks or ()):
            for number, port in enumerate(network.reserved_ports or ()):
                text = f"port {quoted(port.label)} is always {port.value}: one allocation a node"
                yield Found(f"{group.path}/Networks/{index}/ReservedPorts/{number}", text)
