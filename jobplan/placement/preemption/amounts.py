"""Preempting for cpu, cores, memory and disk. spec: placement §12.4"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jobplan.placement.preemption.candidates import by_priority, candidates, is_preemptible

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Capacity, Node
    from jobplan.placement.occupancy import Occupancy
    from jobplan.placement.resources import Occupant, Usage
    from jobplan.placement.trial import Trial


class _Room:
    """Amounts that are free, growing as allocations are taken away."""

    def __init__(self, available: Capacity, others: list[Occupant]) -> None:
        self.cpu, self.memory, self.disk = available.cpu, available.memory_mb, available.disk_mb
        self.cores = set(available.cores)
        for occupant in others:
            usage = occupant.usage
            self.cpu -= usage.cpu
            self.memory -= usage.memory
            self.disk -= usage.disk
            self.cores -= usage.cores

    def add(self, usage: Usage) -> None:
        self.cpu += usage.cpu
        self.memory += usage.memory
        self.disk += usage.disk
        self.cores |= usage.cores

    def holds(self, ask: Usage) -> bool:
        return (
            self.cpu >= ask.cpu
            and not (self.cores and not self.cores >= ask.cores)
            and self.memory >= ask.memory
            and self.disk >= ask.disk
        )


def distance(need: tuple[int, int, int], usage: Usage) -> float:
    """How far what an allocation frees is from what is needed: memory, cpu, disk. spec: placement §12.4 step 2"""
    total = 0.0
    for wanted, has in zip(need, (usage.memory, usage.cpu, usage.disk)):
        if wanted > 0:
            total += ((wanted - has) / wanted) ** 2
    return math.sqrt(total)


def find_amount_victims(
    trial: Trial, node: Node, available: Capacity, occupancy: Occupancy, ask: Usage
) -> list[Occupant]:
    """The allocations to preempt, or none if even all preemptible ones would not free enough."""
    others = candidates(trial, occupancy)
    taken: list[Occupant] = []
    enough = False
    room = _Room(available, others)
    need = (ask.memory, ask.cpu, ask.disk)
    for group in by_priority([item for item in others if is_preemptible(trial, item)]):
        left = list(group)
        while left and not enough:
            closest = min(left, key=lambda item: distance(need, item.usage))
            left.remove(closest)
            taken.append(closest)
            _enlarge(trial, node, closest)
            usage = closest.usage
            room.add(usage)
            need = (need[0] - usage.memory, need[1] - usage.cpu, need[2] - usage.disk)
            enough = room.holds(ask)
        if enough:
            break
    if not enough:
        return []
    return _needed_ones(trial, node, available, others, taken, ask)


def _needed_ones(
    trial: Trial, node: Node, available: Capacity, others: list[Occupant], taken: list[Occupant], ask: Usage
) -> list[Occupant]:
    """Spares what is superfluous, keeping those farthest from the ask first. spec: placement §12.4 step 4"""
    original = (ask.memory, ask.cpu, ask.disk)
    room, kept = _Room(available, others), []
    for occupant in sorted(taken, key=lambda item: -distance(original, item.usage)):
        kept.append(occupant)
        _enlarge(trial, node, occupant)
        room.add(occupant.usage)
        if room.holds(ask):
            break
    return kept


def _enlarge(trial: Trial, node: Node, occupant: Occupant) -> None:
    """The bandwidth of a taken allocation leaks into the node (quirk 22). spec: placement §12.4"""
    for network in occupant.task_networks:
        if network.device and network.mbits:
            trial.draft.enlarge_bandwidth(node.id, network.device, network.mbits)
