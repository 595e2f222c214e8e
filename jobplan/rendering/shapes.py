"""Checks of plain values: each tells the place of the first part that has not the type it should have.

A check is called with a value and the words for its place, and raises `InputError`. Null passes wherever a scalar, a
list or a map may stand, as the API allows, but not as an element of one; unknown keys pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jobplan.errors import InputError

Check = Callable[[Any, str], None]


def value_of(types: type | tuple[type, ...], name: str) -> Check:
    """Null or one of the types; a bool is no number."""

    def check(value: Any, place: str) -> None:
        if value is not None and (not isinstance(value, types) or (isinstance(value, bool) and types is not bool)):
            raise InputError(f"{place} is not {name}")

    return check


TEXT = value_of(str, "a string")
_is_integer = value_of(int, "an integer")
_is_number = value_of((int, float), "a number")
FLAG = value_of(bool, "a boolean")


def integer(value: Any, place: str) -> None:
    """Null or an integer of 64 bits, signed or not."""
    _is_integer(value, place)
    if value is not None and not -(2**63) <= value < 2**64:
        raise InputError(f"{place} is out of range")


def number(value: Any, place: str) -> None:
    """Null or a number of 64 bits; infinity is none."""
    _is_number(value, place)
    if value is not None and not -(2**63) <= value < 2**63:
        raise InputError(f"{place} is out of range")


def anything(value: Any, place: str) -> None:
    """No demand."""


def list_of(item: Check, null: bool = False) -> Check:
    """`null`: elements may be null, as in some diffs (diff Q5, Q6)."""
    is_list = value_of(list, "a list")

    def check(value: Any, place: str) -> None:
        is_list(value, place)
        for index, element in enumerate(value or ()):
            if element is not None:
                item(element, f"{place}[{index}]")
            elif not null:
                raise InputError(f"{place}[{index}] is null")

    return check


def map_of(item: Check) -> Check:
    is_map = value_of(Mapping, "an object")

    def check(value: Any, place: str) -> None:
        is_map(value, place)
        for key, element in (value or {}).items():
            if element is None:
                raise InputError(f"{place}.{key} is null")
            item(element, f"{place}.{key}")

    return check


def object_of(keys: Mapping[str, Check], required: bool = True, complete: bool = False) -> Check:
    """`required`: not null; `complete`: no key may be missing, nor be null unless it may be `anything`."""
    is_map = value_of(Mapping, "an object")

    def check(value: Any, place: str) -> None:
        if value is None and required:
            raise InputError(f"{place} is null")
        is_map(value, place)
        for key, part in keys.items() if value is not None else ():
            if complete and (key not in value or (value[key] is None and part is not anything)):
                raise InputError(f"{place}.{key} is missing")
            if key in value:
                part(value[key], f"{place}.{key}")

    return check
