"""Preempting for devices. spec: placement §12.3"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.checkers.devices import matches
from jobplan.placement.preemption.candidates import by_priority, candidates, is_preemptible

if TYPE_CHECKING:
    from jobplan.inventory.nodes import DeviceGroup
    from jobplan.placement.asks import DeviceAsk
    from jobplan.placement.devicefit import DeviceIndex
    from jobplan.placement.occupancy import Occupancy
    from jobplan.placement.resources import Occupant
    from jobplan.placement.trial import Trial


def find_device_victims(trial: Trial, occupancy: Occupancy, index: DeviceIndex, ask: DeviceAsk) -> list[Occupant]:
    """The cheapest allocations to preempt so that one group of devices has enough; none if none has."""
    users = [item for item in candidates(trial, occupancy) if is_preemptible(trial, item)]
    best: tuple[int, list[Occupant]] | None = None
    for group in index.groups:
        if not matches(ask, group):
            continue
        option = _option(users, group, len(index.free(group)), ask.count)
        if option is None:
            continue
        cost = sum({occupant.priority for occupant in option})
        if best is None or cost < best[0]:
            best = (cost, option)
    return [] if best is None else best[1]


def _option(users: list[Occupant], group: DeviceGroup, free: int, count: int) -> list[Occupant] | None:
    """Users by ascending priority until the devices suffice, then those that suffice alone, the largest first."""
    held: dict[str, int] = {}
    assignments: list[Occupant] = []
    for occupant in users:
        for device in occupant.devices:
            if (device.vendor, device.type, device.name) == (group.vendor, group.type, group.name):
                held[occupant.id] = held.get(occupant.id, 0) + len(device.ids)
                assignments.append(occupant)
    taken: list[Occupant] = []
    freed = 0
    for same_priority in by_priority(assignments):
        for occupant in same_priority:
            taken.append(occupant)
            freed += held[occupant.id]
            if free + freed >= count:
                return _largest(taken, held, count)
    return None


def _largest(taken: list[Occupant], held: dict[str, int], count: int) -> list[Occupant]:
    kept, freed = [], 0
    for occupant in sorted(taken, key=lambda item: -held[item.id]):
        if freed >= count:
            break
        kept.append(occupant)
        freed += held[occupant.id]
    return kept
