"""Assigning device instances to tasks. spec: placement §9.4"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jobplan.inventory.allocations import AllocatedDevice
from jobplan.placement.checkers.devices import matches

if TYPE_CHECKING:
    from jobplan.inventory.nodes import DeviceGroup, Node
    from jobplan.placement.asks import DeviceAsk
    from jobplan.placement.resources import Occupant

NONE_AVAILABLE, ZERO_DEVICES, NO_MATCH = (
    "no devices available",
    "invalid request of zero devices",
    "no devices match request",
)


class DeviceIndex:
    """Free device instances of a node during one attempt.

    `matched` and `weight` add up what the assigned groups score by the affinities of the asks. spec: placement §10
    """

    __slots__ = ("_used", "groups", "matched", "weight")

    def __init__(self, node: Node, occupants: Iterable[Occupant]) -> None:
        self.groups = node.resources.devices if node.resources is not None else ()
        self._used: dict[tuple[str, str, str], set[str]] = {}
        self.matched = self.weight = 0.0
        for occupant in occupants:
            for device in occupant.devices:
                self._used.setdefault((device.vendor, device.type, device.name), set()).update(device.ids)

    def free(self, group: DeviceGroup) -> list[str]:
        """Healthy instances that nobody holds."""
        used = self._used.get((group.vendor, group.type, group.name), ())
        return [instance.id for instance in group.instances if instance.healthy and instance.id not in used]

    def assign(self, ask: DeviceAsk) -> AllocatedDevice | str:
        """Instances of one group for an ask, or the text of the error."""
        if not self.groups:
            return NONE_AVAILABLE
        if ask.count == 0:
            return ZERO_DEVICES
        best: tuple[float, float, DeviceGroup, list[str]] | None = None
        total = float(sum(abs(affinity.weight) for affinity in ask.affinities))
        for group in self.groups:
            if not matches(ask, group):
                continue
            free = self.free(group)
            for constraint in ask.constraints:
                if constraint.is_about_ids:
                    free = [instance for instance in free if constraint.holds_for_instance(group, instance)]
            if len(free) < ask.count:
                continue
            matched = float(sum(affinity.weight for affinity in ask.affinities if affinity.holds(group)))
            score = matched / total if total else 0.0
            if best is None or score > best[0]:
                best = (score, matched, group, free)
        if best is None:
            return NO_MATCH
        _, matched, group, free = best
        taken = free[: ask.count]
        self._used.setdefault((group.vendor, group.type, group.name), set()).update(taken)
        self.matched += matched
        self.weight += total
        return AllocatedDevice(group.vendor, group.type, group.name, tuple(taken))
