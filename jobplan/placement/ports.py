"""Ports and bandwidth of a node: what is reserved, held and offered. spec: placement §9.1–9.3"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from jobplan.errors import PlanError
from jobplan.inventory.allocations import AllocatedNetwork, AllocatedPort

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.asks import NetworkAsk, PortAsk
    from jobplan.placement.resources import Occupant

PORTS = 65536
_NONE: frozenset[int] = frozenset()

Ports = dict[str, set[int]]
"""IP address → used port numbers."""

INVALID_NODE, PORT_COLLISION = "invalid node", "port collision"
DYNAMIC_FAILED, BANDWIDTH_EXCEEDED, NO_NETWORKS = (
    "dynamic port selection failed",
    "bandwidth exceeded",
    "no networks available",
)


def parse_ports(text: str) -> list[int]:
    """Port numbers of a list such as `22,80,1000-1010`; the empty text means none. spec: placement §9.1

    Raises ValueError for what the server cannot read.
    """
    if text == "":
        return []
    found: list[int] = []
    for item in text.split(","):
        low, _, high = item.strip().partition("-")
        if "-" in item:
            first, last = _port(low), _port(high)
            if last < first:
                raise ValueError(f"no ports: {item!r}")
            found.extend(range(first, last + 1))
        else:
            found.append(_port(low))
    return found


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= PORTS:
        raise ValueError(f"no port: {text!r}")
    return int(text)


@dataclasses.dataclass(frozen=True, slots=True)
class NodePorts:
    """What a node has before any allocation: made once per node, shared, never changed.

    `aliases` gives the addresses of each host network, `networks` device, CIDR and bandwidth of the networks that
    tasks can ask for. `broken`: the reserved ports cannot be read.
    """

    reserved: Mapping[str, frozenset[int]]
    aliases: Mapping[str, tuple[str, ...]]
    networks: tuple[tuple[str, str], ...]
    bandwidth: Mapping[str, int]
    low: int
    high: int
    broken: bool = False


def node_ports(node: Node) -> NodePorts:
    """Steps 1 to 3 of the port index. spec: placement §9.1"""
    resources = node.resources
    if resources is None:
        return NodePorts({}, {}, (), {}, 0, 0)
    reserved: Ports = {}
    aliases: dict[str, list[str]] = {}
    networks = [network for network in resources.networks if network.device]
    broken = False
    try:
        everywhere = parse_ports(node.reserved.host_ports)
        for network in networks:
            reserved.setdefault(network.ip, set()).update(everywhere)
        for interface in resources.node_networks:
            for address in interface.addresses:
                aliases.setdefault(address.alias, []).append(address.address)
                taken = reserved.setdefault(address.address, set())
                taken.update(everywhere)
                taken.update(parse_ports(address.reserved_ports))
    except ValueError:
        broken = True
    if any(PORTS in taken for taken in reserved.values()):
        raise PlanError("failed to process eval: runtime error: index out of range [8192] with length 8192")
    return NodePorts(
        {ip: frozenset(taken) for ip, taken in reserved.items()},
        {alias: tuple(addresses) for alias, addresses in aliases.items()},
        tuple((network.device, network.cidr) for network in networks),
        {network.device: network.mbits for network in networks},
        resources.min_dynamic_port,
        resources.max_dynamic_port,
        broken,
    )


class PortIndex:
    """Ports and bandwidth in use on a node. A copy of it takes what is offered to one ask."""

    __slots__ = ("_highest", "bandwidth", "base", "collided", "taken", "used_bandwidth")

    def __init__(self, base: NodePorts, extra_bandwidth: Mapping[str, int] | None = None) -> None:
        self.base = base
        self.taken: Ports = {}
        self.used_bandwidth: dict[str, int] = {}
        self.bandwidth: Mapping[str, int] = base.bandwidth
        if extra_bandwidth:
            self.bandwidth = {
                device: mbits + extra_bandwidth.get(device, 0) for device, mbits in base.bandwidth.items()
            }
        self.collided = False
        self._highest: dict[str, int] = {}
        """Address → a number with no free port above it; ports are only ever taken, so it only falls."""

    def copy(self) -> PortIndex:
        made = PortIndex(self.base)
        for ip in self.taken:
            self._highest_free(ip)
        made._highest = dict(self._highest)
        made.bandwidth = self.bandwidth
        made.taken = {ip: set(ports) for ip, ports in self.taken.items()}
        made.used_bandwidth = dict(self.used_bandwidth)
        made.collided = self.collided
        return made

    def in_use(self, ip: str, port: int) -> bool:
        taken = self.taken.get(ip)
        if taken is not None and port in taken:
            return True
        reserved = self.base.reserved.get(ip)
        return reserved is not None and port in reserved

    def _mark(self, ip: str, port: int) -> bool:
        """Marks a port; False if it was in use or is no port at all."""
        if not 0 <= port < PORTS:
            return False
        free = not self.in_use(ip, port)
        self.taken.setdefault(ip, set()).add(port)
        return free

    def add(self, occupant: Occupant) -> None:
        """Step 4: what an allocation holds; a collision stays noted. spec: placement §9.1"""
        if not occupant.uses_ports:
            return
        if occupant.ports:
            for port in occupant.ports:
                if not self._mark(port.host_ip, port.value) and not (port.ignore_collision and 0 <= port.value < PORTS):
                    self.collided = True
            return
        for network in occupant.counted_networks:
            for port in (*network.reserved_ports, *network.dynamic_ports):
                if not self._mark(network.ip, port.value):
                    self.collided = True
            self.used_bandwidth[network.device] = self.used_bandwidth.get(network.device, 0) + network.mbits

    def free_bandwidth(self, device: str) -> int:
        return self.bandwidth.get(device, 0) - self.used_bandwidth.get(device, 0)

    # ---- offers --------------------------------------------------------------------------------------------------

    def offer_group(
        self, ask: NetworkAsk, host_network: Callable[[PortAsk], str], avoid: frozenset[int]
    ) -> list[AllocatedPort] | str:
        """Ports for a group network, marked as used; or the text of the error. spec: placement §9.2

        Which free port a dynamic one gets is a matter of chance in the server; `avoid` names numbers to leave alone
        while others are free.
        """
        offered: list[AllocatedPort] = []
        given: dict[str, set[int]] = {}  # address → numbers offered there
        below: dict[tuple[str, str], int] = {}  # alias, address → below which number the search goes on
        static_ports = [(port, host_network(port)) for port in ask.static]
        for port, alias in static_ports:
            made = self._offer_static(port, alias)
            if isinstance(made, str):
                return made
            offered.append(made)
            given.setdefault(made.host_ip, set()).add(made.value)
        for port in ask.dynamic:
            alias = host_network(port)
            blocked = {static.value for static, other in static_ports if other == alias}
            addresses = self.base.aliases.get(alias, ())
            if not addresses:
                return f"no addresses available for {alias} network"
            for address in addresses:
                mine = given.setdefault(address, set())
                number = self._free_port(address, (blocked, mine), avoid, below.get((alias, address)))
                if number is not None:
                    break
            else:
                return DYNAMIC_FAILED
            below[alias, address] = number
            mine.add(number)
            to = number if port.to == -1 else port.to
            offered.append(AllocatedPort(port.label, number, to, address, port.ignore_collision))
        for taken in offered:
            self.taken.setdefault(taken.host_ip, set()).add(taken.value)
        return offered

    def _offer_static(self, port: PortAsk, alias: str) -> AllocatedPort | str:
        error = f"no addresses available for {alias} network"
        for address in self.base.aliases.get(alias, ()):
            if not 0 <= port.value < PORTS:
                return f"invalid port {port.value} (out of range)"
            if self.in_use(address, port.value) and not port.ignore_collision:
                error = f"reserved port collision {port.label}={port.value}"
                continue
            to = port.value if port.to == -1 else port.to
            return AllocatedPort(port.label, port.value, to, address, port.ignore_collision)
        return error

    def _highest_free(self, ip: str) -> int:
        """The greatest dynamic port that is not in use; below all of them when there is none."""
        taken, reserved = self.taken.get(ip, _NONE), self.base.reserved.get(ip, _NONE)
        number = self._highest.get(ip, self.base.high)
        while number >= self.base.low and (number in taken or number in reserved):
            number -= 1
        self._highest[ip] = number
        return number

    def _free_port(
        self, ip: str, mine: Sequence[Collection[int]], avoid: frozenset[int], below: int | None = None
    ) -> int | None:
        """The greatest free dynamic port that is none of `mine`; one of `avoid` only when there is no other.

        Above `below` there is none but of those to avoid.
        """
        taken, reserved = self.taken.get(ip, _NONE), self.base.reserved.get(ip, _NONE)
        spare = None
        start = self._highest_free(ip) if below is None else below - 1
        for number in range(start, self.base.low - 1, -1):
            if number in taken or number in reserved or any(number in numbers for numbers in mine):
                continue
            if number not in avoid:
                return number
            spare = number if spare is None else spare
        return spare if below is None else self._free_port(ip, mine, avoid)

    def offer_task(self, ask: NetworkAsk, avoid: frozenset[int]) -> AllocatedNetwork | str:
        """An address with ports and bandwidth for a task network, marked as used; or the error. spec: placement §9.3"""
        error = NO_NETWORKS
        for device, cidr in self.base.networks:
            if self.used_bandwidth.get(device, 0) + ask.mbits > self.bandwidth.get(device, 0):
                if _addresses(cidr) is not None:
                    error = BANDWIDTH_EXCEEDED  # of every address alike
                continue
            for ip in _addresses(cidr) or ():
                made = self._offer_address(ask, device, ip, avoid)
                if isinstance(made, AllocatedNetwork):
                    return made
                error = made
        return error

    def _offer_address(self, ask: NetworkAsk, device: str, ip: str, avoid: frozenset[int]) -> AllocatedNetwork | str:
        static = []
        for port in ask.static:
            if not 0 <= port.value < PORTS:
                return f"invalid port {port.value} (out of range)"
            if self.in_use(ip, port.value):
                return f"reserved port collision {port.label}={port.value}"
            static.append(AllocatedPort(port.label, port.value, port.to))
        mine = {port.value for port in ask.static}
        dynamic = []
        for port in ask.dynamic:
            number = self._free_port(ip, (mine,), avoid)
            if number is None:
                return DYNAMIC_FAILED
            mine.add(number)
            dynamic.append(AllocatedPort(port.label, number, number if port.to == -1 else port.to))
        self.taken.setdefault(ip, set()).update(mine)
        self.used_bandwidth[device] = self.used_bandwidth.get(device, 0) + ask.mbits
        return AllocatedNetwork(ask.mode, device, ip, ask.mbits, tuple(static), tuple(dynamic))


def _addresses(cidr: str) -> Iterable[str] | None:
    """All addresses of a block from its network address upward; None if it does not parse."""
    address, slash, length = cidr.partition("/")
    if not slash or not (length.isascii() and length.isdigit()) or "%" in address:
        return None
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
    return (str(network[offset]) for offset in range(network.num_addresses))
