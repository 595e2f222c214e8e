"""Devices: which groups match an ask, and whether a node has enough healthy ones at all. spec: placement §5.3, §6.4"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.reasons import Reason

if TYPE_CHECKING:
    from jobplan.inventory.nodes import DeviceGroup, Node
    from jobplan.placement.asks import DeviceAsk
    from jobplan.placement.trial import Trial

MISSING = "missing devices"


def matches(ask: DeviceAsk, group: DeviceGroup) -> bool:
    """Name and all constraints of the ask. spec: placement §6.4"""
    return (
        ask.type == group.type
        and (ask.vendor is None or ask.vendor == group.vendor)
        and (ask.name is None or ask.name == group.name)
        and all(constraint.holds(group) for constraint in ask.constraints)
    )


def devices(trial: Trial, node: Node) -> Reason | None:
    """Enough healthy instances, whoever uses them; several groups may serve one ask. spec: placement §5.3"""
    asks = trial.ask.devices
    if not asks:
        return None
    groups = node.resources.devices if node.resources is not None else ()
    if not groups:
        return Reason(MISSING, asks[0].asked, asks[0].count, 0)
    free = [sum(instance.healthy for instance in group.instances) for group in groups]
    for ask in asks:
        needed = ask.count
        for index, group in enumerate(groups):
            if needed == 0:
                break
            if free[index] > 0 and matches(ask, group):
                taken = min(needed, free[index])
                free[index] -= taken
                needed -= taken
        if needed > 0:
            return Reason(MISSING, ask.asked, ask.count, ask.count - needed)
    return None
