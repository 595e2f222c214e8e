"""The operators of constraints and affinities. spec: placement §6.2

`OPERANDS` is the table of the specification. Each operator compiles its right-hand side once into a check of left-hand
sides, because one constraint is evaluated over thousands of nodes.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jobplan.errors import InputError
from jobplan.values.regexes import compile_regex
from jobplan.values.versions import SEMVER, VERSION, Dialect, compile_versions

__all__ = ["OPERANDS", "Check", "Operand", "compile_constraint", "constraint_matches", "parse_float64", "parse_int64"]

Check = Callable[[str], bool]
"""Whether a resolved left-hand side passes."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DIGITS = r"[0-9](?:_?[0-9])*"
_HEX_DIGITS = r"[0-9A-Fa-f](?:_?[0-9A-Fa-f])*"
_FLOAT = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_HEX_MANTISSA = rf"_?{_HEX_DIGITS}(?:\.(?:{_HEX_DIGITS})?)?|\.{_HEX_DIGITS}"
_HEX_FLOAT = re.compile(rf"[+-]?0[xX](?:{_HEX_MANTISSA})[pP][+-]?{_DIGITS}")
_NOT_FINITE = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)
# What Go trims; Python's strip() takes U+001C to U+001F too.
_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def parse_int64(text: str) -> int | None:
    """A 64-bit decimal integer: optional sign, ASCII digits, nothing else. spec: placement §6.2 "Integer" """
    if _INTEGER.fullmatch(text) is None or len(text.lstrip("+-").lstrip("0")) > 19:
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def parse_float64(text: str) -> float | None:
    """A float in Go's syntax; None also when it is out of range. spec: placement §6.2 "Float" """
    if _FLOAT.fullmatch(text) is not None:
        value = float(text)
        return None if math.isinf(value) else value
    if _HEX_FLOAT.fullmatch(text) is not None:
        try:
            return float.fromhex(text.replace("_", ""))
        except OverflowError:
            return None
    return float(text) if _NOT_FINITE.fullmatch(text) is not None else None


def split_set(text: str) -> frozenset[str]:
    """The elements of a set: split at commas, trimmed; empty elements count."""
    return frozenset(element.strip(_WHITE_SPACE) for element in text.split(","))


def _ordered(relation: Callable[[Any, Any], bool]) -> Callable[[str], Check]:
    """Integer order, else float order, else byte-wise order, as far as both sides allow."""

    def compiled(right: str) -> Check:
        right_integer, right_float = parse_int64(right), parse_float64(right)

        def check(left: str) -> bool:
            if right_integer is not None and (left_integer := parse_int64(left)) is not None:
                return relation(left_integer, right_integer)
            if right_float is not None and (left_float := parse_float64(left)) is not None:
                return relation(left_float, right_float)
            return relation(left, right)  # code points are ordered like their UTF-8 bytes

        return check

    return compiled


def _equal(right: str) -> Check:
    return lambda left: left == right


def _not_equal(right: str) -> Check:
    return lambda left: left != right


def _never(left: str) -> bool:
    return False


def _always(left: str) -> bool:
    return True


def _regexp(right: str) -> Check:
    return compile_regex(right) or _never


def _versions(dialect: Dialect) -> Callable[[str], Check]:
    return lambda right: compile_versions(right, dialect) or _never


def _contains_all(right: str) -> Check:
    wanted = split_set(right)
    return lambda left: wanted <= split_set(left)


def _contains_any(right: str) -> Check:
    wanted = split_set(right)
    return lambda left: not wanted.isdisjoint(split_set(left))


@dataclass(frozen=True, slots=True)
class Operand:
    """One row: how the right-hand side is compiled, and what is asked of the found-flags.

    `found`: `both` must be found; `left` or `not left` decides alone; `any` ignores the flags.
    """

    compile: Callable[[str], Check]
    found: str = "both"


_EQUAL, _NOT_EQUAL = Operand(_equal), Operand(_not_equal, found="any")
_CONTAINS_ALL = Operand(_contains_all)
_ELSEWHERE = Operand(lambda right: _always, found="any")  # checked by another checker over all placements
_UNKNOWN = Operand(lambda right: _never, found="any")

OPERANDS: Mapping[str, Operand] = MappingProxyType(  # spec: placement §6.2
    {
        "=": _EQUAL,
        "==": _EQUAL,
        "is": _EQUAL,
        "!=": _NOT_EQUAL,
        "not": _NOT_EQUAL,
        "<": Operand(_ordered(operator.lt)),
        "<=": Operand(_ordered(operator.le)),
        ">": Operand(_ordered(operator.gt)),
        ">=": Operand(_ordered(operator.ge)),
        "regexp": Operand(_regexp),
        "version": Operand(_versions(VERSION)),
        "semver": Operand(_versions(SEMVER)),
        "set_contains": _CONTAINS_ALL,
        "set_contains_all": _CONTAINS_ALL,
        "set_contains_any": Operand(_contains_any),
        "is_set": Operand(lambda right: _always, found="left"),
        "is_not_set": Operand(lambda right: _always, found="not left"),
        "distinct_hosts": _ELSEWHERE,
        "distinct_property": _ELSEWHERE,
    }
)


@lru_cache(maxsize=4096)
def compile_constraint(operand: str, right: str, *, right_found: bool = True) -> Callable[[str, bool], bool]:
    """The check of one constraint with a known right-hand side, as a function of (left, left_found).

    Compiling parses versions and patterns once; results are cached, so it may be called per node too. An unknown
    operator and a malformed right-hand side give a check that is always false. spec: placement §6.2
    """
    row = OPERANDS.get(operand, _UNKNOWN)
    if row.found == "left":
        return lambda left, left_found: left_found
    if row.found == "not left":
        return lambda left, left_found: not left_found
    if row.found == "both" and not right_found:
        return lambda left, left_found: False
    check = row.compile(right)
    if row.found == "any":
        return lambda left, left_found: check(left)
    return lambda left, left_found: left_found and check(left)


def constraint_matches(
    operand: str, left: str, right: str, *, left_found: bool = True, right_found: bool = True
) -> bool:
    """Whether resolved values satisfy one constraint.

    `left` and `right` are what the targets resolved to ("" when missing), the flags whether they were found. An unknown
    operator, a bad pattern and a bad version are not satisfied. Raises InputError for what is no text.
    spec: placement §6.2
    """
    for name, value in (("operand", operand), ("left", left), ("right", right)):
        if not isinstance(value, str):
            raise InputError(f"`{name}` must be a string, not {type(value).__name__}")
    return compile_constraint(operand, right, right_found=bool(right_found))(left, bool(left_found))
