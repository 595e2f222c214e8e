"""Spread: how much a node helps to reach the wanted distribution. spec: placement §10.3

The sum of the weights and the lowest boost live as long as the run and grow with every group (quirk 9).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from jobplan.placement.propertyuse import ANY_VALUE, PropertyUse

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.model.placement_rules import Spread
    from jobplan.placement.asks import Ask

MakeUse = Callable[[str, str, "frozenset[str] | None"], PropertyUse]
"""(target, group, listed values) → use of a property by the group."""


@dataclasses.dataclass(slots=True)
class _Goal:
    """What is wanted of one attribute; `desired` is empty for an even spread."""

    weight: int
    desired: dict[str, float]


@dataclasses.dataclass(slots=True)
class GroupSpread:
    """The spreads of one group: those of the job first."""

    trackers: list[tuple[str, PropertyUse]]
    goals: dict[str, _Goal]
    bounds: list[tuple[int, int]] = dataclasses.field(default_factory=list)

    def is_unwanted(self, index: int, value: str) -> bool:
        """Whether none are wanted of a value: its boost is the lowest one so far, which changes from node to node."""
        desired = self.goals[self.trackers[index][0]].desired
        return bool(desired) and desired.get(value, desired.get(ANY_VALUE)) == 0.0

    def refresh(self) -> None:
        """Counts anew at the start of a selection."""
        self.bounds = []
        for attribute, use in self.trackers:
            use.refresh()
            self.bounds.append(_bounds(use) if not self.goals[attribute].desired else (0, 0))


class Spreads:
    """The spreads of all groups of a run."""

    __slots__ = ("_groups", "_make_use", "lowest_boost", "weights")

    def __init__(self, make_use: MakeUse) -> None:
        self._make_use = make_use
        self._groups: dict[str, GroupSpread] = {}
        self.weights = 0
        self.lowest_boost = -1.0

    def of(self, ask: Ask) -> GroupSpread | None:
        """The spreads of the ask's group, set up once per run; None without any."""
        found = self._groups.get(ask.name)
        if found is None and ask.spreads:
            found = self._groups[ask.name] = self._set_up(ask)
        return found

    def _set_up(self, ask: Ask) -> GroupSpread:
        trackers = []
        for spread in ask.spreads:
            listed = frozenset(target.value for target in spread.spread_target or ())
            trackers.append((spread.attribute, self._make_use(spread.attribute, ask.name, listed or None)))
        goals = {}
        for spread in (*(ask.group.spreads or ()), *(ask.job.spreads or ())):
            goals[spread.attribute] = _Goal(spread.weight, _desired(spread, ask.group.count))
            self.weights += spread.weight
        return GroupSpread(trackers, goals)

    def score(self, spread: GroupSpread, node: Node) -> float:
        """The sum over all spreads of the group."""
        total = 0.0
        for index, (_, use) in enumerate(spread.trackers):
            value = use.value_on(node)
            total += -1.0 if value is None else self.boost(spread, index, value)
        return total

    def boost(self, spread: GroupSpread, index: int, value: str) -> float:
        """What one spread says about a value of its attribute."""
        attribute, use = spread.trackers[index]
        goal = spread.goals[attribute]
        if goal.desired:
            return self._targeted(use, goal, value)
        return _even(use.used(value), *spread.bounds[index])

    def _targeted(self, use: PropertyUse, goal: _Goal, value: str) -> float:
        desired = goal.desired.get(value, goal.desired.get(ANY_VALUE))
        if desired is None:
            return -1.0
        if desired == 0.0:
            return self.lowest_boost
        weight = goal.weight / self.weights if self.weights else 0.0
        boost = (desired - (use.used(value) + 1)) / desired * weight
        self.lowest_boost = min(self.lowest_boost, boost)
        return boost


def _desired(spread: Spread, count: int) -> dict[str, float]:
    """Wanted numbers per value; what no target claims goes to `*`."""
    wanted: dict[str, float] = {}
    total = 0.0
    for target in spread.spread_target or ():
        number = target.percent / 100 * count
        wanted[target.value] = number
        total += number
    if 0 < total < count:
        wanted[ANY_VALUE] = count - total
    return wanted


def _bounds(use: PropertyUse) -> tuple[int, int]:
    """Least and most over all values in use; -1 for no value at all.

    While scanning a 0 counts as "not yet set", so with zeros the result depends on the order, as in the server.
    """
    least = most = 0
    found = False
    for number in use.all_used():
        found = True
        if least == 0 or number < least:
            least = number
        if most == 0 or number > most:
            most = number
    return (least, most) if found else (-1, -1)


def _even(current: int, least: int, most: int) -> float:
    """spec: placement §10.3, even spread"""
    if least == -1:
        return 0.0
    if current != least:
        return -1.0 if least == 0 else (least - current) / least
    if least == most:
        return -1.0
    if least == 0:
        return 1.0
    return (most - least) / least
