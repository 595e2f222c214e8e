"""Constraints, affinities and spreads. spec: model §3.2"""

from __future__ import annotations

from jobplan.model.kinds import INT8, UINT8, Kind, integer, kind, objects, string


@kind()
class Constraint(Kind):
    """A condition that a node (or a device) must meet."""

    ltarget: str = string("LTarget")
    rtarget: str = string("RTarget")
    operand: str = string("Operand")


@kind()
class Affinity(Kind):
    """A preference for nodes; weight -100..100."""

    ltarget: str = string("LTarget")
    rtarget: str = string("RTarget")
    operand: str = string("Operand")
    weight: int = integer("Weight", INT8, absent=50)


@kind()
class SpreadTarget(Kind):
    """The wanted share of one attribute value, in percent."""

    value: str = string("Value")
    percent: int = integer("Percent", UINT8)


@kind()
class Spread(Kind):
    """A wish to spread allocations over the values of an attribute."""

    attribute: str = string("Attribute")
    weight: int = integer("Weight", INT8, absent=50)
    spread_target: list[SpreadTarget] | None = objects("SpreadTarget", SpreadTarget)
