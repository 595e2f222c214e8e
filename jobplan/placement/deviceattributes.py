"""Attributes of devices: units, comparison, and conditions on device groups. spec: placement §6.4"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from jobplan.placement.operands import constraint_matches, parse_float64, parse_int64

if TYPE_CHECKING:
    from jobplan.inventory.nodes import DeviceGroup

Kind = Literal["int", "float", "string", "bool"]

_BYTE = {
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50, "EiB": 2**60,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15, "EB": 10**18,
}  # fmt: skip

UNITS: dict[str, tuple[str, Fraction]] = {
    **{unit: ("byte", Fraction(multiplier)) for unit, multiplier in _BYTE.items()},
    **{f"{unit}/s": ("byte rate", Fraction(multiplier)) for unit, multiplier in _BYTE.items()},
    "MHz": ("hertz", Fraction(10**6)),
    "GHz": ("hertz", Fraction(10**9)),
    "mW": ("watt", Fraction(1, 1000)),
    "W": ("watt", Fraction(1)),
    "kW": ("watt", Fraction(10**3)),
    "MW": ("watt", Fraction(10**6)),
    "GW": ("watt", Fraction(10**9)),
}
"""Unit → base unit and multiplier."""

_LONGEST_FIRST = sorted(UNITS, key=len, reverse=True)

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    """A typed value; numbers may have a unit."""

    kind: Kind
    value: Any
    unit: str = ""

    @classmethod
    def from_api(cls, obj: Any) -> Attribute:
        """From an object with Bool, Float, Int, String and Unit, of which one value is set."""
        for kind, key in (("int", "Int"), ("float", "Float"), ("string", "String"), ("bool", "Bool")):
            value = obj.get(key)
            if value is not None:
                return cls(kind, value, obj.get("Unit") or "")  # type: ignore[arg-type]
        return cls("string", "", obj.get("Unit") or "")


def parse_literal(text: str) -> Attribute:
    """The attribute that a literal target stands for."""
    number, unit = text, ""
    if text and text[-1].isalpha():
        unit = next((unit for unit in _LONGEST_FIRST if text.endswith(unit)), "")
        number = text[: len(text) - len(unit)].strip() if unit else text
    integer = parse_int64(number)
    if integer is not None:
        return Attribute("int", integer, unit)
    real = parse_float64(number)
    if real is not None:
        return Attribute("float", real, unit)
    if text in _TRUE:
        return Attribute("bool", True)
    if text in _FALSE:
        return Attribute("bool", False)
    return Attribute("string", text)


def comparable(left: Attribute, right: Attribute) -> bool:
    """Whether two attributes can be set against each other at all."""
    if left.unit or right.unit:
        one, other = UNITS.get(left.unit), UNITS.get(right.unit)
        if one is None or other is None or one[0] != other[0]:
            return False
    if left.kind in ("string", "bool") or right.kind in ("string", "bool"):
        return left.kind == right.kind
    return True


def compare(left: Attribute, right: Attribute) -> int:
    """-1, 0 or 1 for comparable attributes; two different booleans give 1."""
    if left.kind == "bool":
        return 0 if left.value == right.value else 1
    if left.kind == "string":
        return _sign(left.value.encode("utf-8", "surrogatepass"), right.value.encode("utf-8", "surrogatepass"))
    if left.kind == "int" and right.kind == "int":
        return _sign(_base_integer(left), _base_integer(right))
    if any(isinstance(side.value, float) and not math.isfinite(side.value) for side in (left, right)):
        return _sign(float(left.value), float(right.value))
    return _sign(_base_real(left), _base_real(right))


def _sign(left: Any, right: Any) -> int:
    return -1 if left < right else 1 if left > right else 0


def _base_integer(attribute: Attribute) -> int:
    """In base units, divisions truncated toward zero, as a 64-bit integer."""
    if not attribute.unit:
        return int(attribute.value)
    exact = Fraction(attribute.value) * UNITS[attribute.unit][1]
    return (int(exact) + 2**63) % 2**64 - 2**63


def _base_real(attribute: Attribute) -> Fraction:
    exact = Fraction(attribute.value)
    return exact * UNITS[attribute.unit][1] if attribute.unit else exact


IDS_TARGET = "${device.ids}"

_ORDER = {
    "<": lambda sign: sign == -1,
    "<=": lambda sign: sign != 1,
    ">": lambda sign: sign == 1,
    ">=": lambda sign: sign != -1,
}


def holds(operand: str, left: Attribute | None, right: Attribute | None) -> bool:
    """One check on two attributes; None: missing."""
    if operand in ("!=", "not"):
        if left is None or right is None:
            return left is not right
        return comparable(left, right) and compare(left, right) != 0
    if operand == "is_set":
        return left is not None
    if operand == "is_not_set":
        return left is None
    if left is None or right is None:
        return False
    if operand in ("=", "==", "is"):
        return comparable(left, right) and compare(left, right) == 0
    if operand in _ORDER:
        return comparable(left, right) and _ORDER[operand](compare(left, right))
    if operand in ("version", "semver"):
        if left.kind not in ("string", "int") or right.kind != "string":
            return False
        return constraint_matches(operand, str(left.value), right.value)
    if operand in ("regexp", "set_contains", "set_contains_all", "set_contains_any"):
        return left.kind == right.kind == "string" and constraint_matches(operand, left.value, right.value)
    return False


class DeviceCondition:
    """A constraint or affinity on device groups."""

    __slots__ = ("_literals", "left", "operand", "right", "weight")

    def __init__(self, left: str, operand: str, right: str, weight: int = 0) -> None:
        self.left, self.operand, self.right, self.weight = left, operand, right, weight
        self._literals = {text: parse_literal(text) for text in (left, right) if not text.startswith("${")}

    def holds(self, group: DeviceGroup) -> bool:
        return holds(self.operand, self._resolve(self.left, group), self._resolve(self.right, group))

    @property
    def is_about_ids(self) -> bool:
        """Whether each instance is judged by its id. spec: placement §9.4"""
        return IDS_TARGET in (self.left, self.right)

    def holds_for_instance(self, group: DeviceGroup, instance_id: str) -> bool:
        """The other side's value against the id of one instance."""
        other = self.right if self.left == IDS_TARGET else self.left
        return holds(self.operand, self._resolve(other, group), Attribute("string", instance_id))

    def _resolve(self, target: str, group: DeviceGroup) -> Attribute | None:
        literal = self._literals.get(target)
        if literal is not None:
            return literal
        if target == "${device.model}":
            return Attribute("string", group.name)
        if target == "${device.vendor}":
            return Attribute("string", group.vendor)
        if target == "${device.type}":
            return Attribute("string", group.type)
        if target == IDS_TARGET:
            return Attribute("string", ",".join(instance.id for instance in group.instances))
        if target.startswith("${device.attr."):
            found = group.attributes.get(target[len("${device.attr.") :].removesuffix("}"))
            return None if found is None else Attribute.from_api(found)
        return None
