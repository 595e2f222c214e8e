"""Preempting for static ports and bandwidth. spec: placement §12.2"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jobplan.placement.preemption.candidates import by_priority, candidates, is_preemptible

if TYPE_CHECKING:
    from jobplan.placement.asks import NetworkAsk
    from jobplan.placement.occupancy import Occupancy
    from jobplan.placement.ports import PortIndex
    from jobplan.placement.resources import Occupant
    from jobplan.placement.trial import Trial


def find_port_victims(trial: Trial, occupancy: Occupancy, index: PortIndex, ask: NetworkAsk) -> list[Occupant]:
    """The allocations to preempt, one entry per freed port; none if that is not possible."""
    by_device: dict[str, list[Occupant]] = {}
    blocked: dict[str, set[int]] = {}
    for occupant in candidates(trial, occupancy):
        network = occupant.first_network
        if network is None:
            continue
        if is_preemptible(trial, occupant):
            by_device.setdefault(network.device, []).append(occupant)
        else:
            blocked.setdefault(network.device, set()).update(port.value for port in network.reserved_ports)
    for device, occupants in by_device.items():
        if index.bandwidth.get(device, 0) < ask.mbits:
            continue
        found = _on_device(occupants, blocked.get(device, set()), index.free_bandwidth(device), ask)
        if found is not None:
            return _needed_ones(found, index.free_bandwidth(device), ask)
    return []


def _on_device(occupants: list[Occupant], blocked: set[int], free: int, ask: NetworkAsk) -> list[Occupant] | None:
    """Holders of the asked ports, then more until the bandwidth is enough; None if it is not possible here."""
    holders: dict[int, Occupant] = {}
    for occupant in occupants:
        network = occupant.first_network
        for held in network.reserved_ports if network is not None else ():
            holders[held.value] = occupant
    victims, freed = [], 0
    for port in ask.static:
        holder = holders.get(port.value)
        if holder is not None:
            victims.append(holder)
            freed += _mbits(holder)
        elif port.value in blocked:
            return None
    if freed + free >= ask.mbits:
        return victims
    for group in by_priority(occupants):
        for occupant in sorted(group, key=lambda item: _distance(ask.mbits, item)):
            if occupant in victims:
                continue
            victims.append(occupant)
            freed += _mbits(occupant)
            if freed + free >= ask.mbits:
                return victims
    return None


def _needed_ones(victims: list[Occupant], free: int, ask: NetworkAsk) -> list[Occupant]:
    """Spares the rest once bandwidth is enough; never when one of the figures is 0. spec: placement §12.2"""
    if ask.mbits == 0:
        return victims
    kept, freed = [], free
    for occupant in sorted(victims, key=lambda item: -_distance(ask.mbits, item)):
        kept.append(occupant)
        freed += _mbits(occupant)
        if freed != 0 and freed >= ask.mbits:
            break
    return kept


def _mbits(occupant: Occupant) -> int:
    network = occupant.first_network
    return 0 if network is None else network.mbits


def _distance(wanted: int, occupant: Occupant) -> float:
    return abs(wanted - _mbits(occupant)) / wanted if wanted else math.inf
