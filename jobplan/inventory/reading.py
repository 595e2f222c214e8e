"""Reads members of API objects with a located error for a value of the wrong type.

Missing and null are the same here, as they are in the API: both give the zero value (or None where that is told
apart). Every function takes the object, the key, and the path of the object for the error text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobplan.errors import InventoryError

Json = Mapping[str, Any]


def refuse(path: str, key: str, wanted: str, value: Any) -> InventoryError:
    """The error for a member of the wrong type."""
    return InventoryError(f"{key} must be {wanted}, not {type(value).__name__}", path=path)


def text(obj: Json, key: str, path: str) -> str:
    value = obj.get(key)
    if value is None:
        return ""
    if type(value) is not str:
        raise refuse(path, key, "a string", value)
    return value


def number(obj: Json, key: str, path: str) -> int:
    """An integer; a float without fraction is one, as in JSON."""
    value = obj.get(key)
    if value is None:
        return 0
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise refuse(path, key, "an integer", value)


def flag(obj: Json, key: str, path: str) -> bool:
    value = obj.get(key)
    if value is None:
        return False
    if type(value) is not bool:
        raise refuse(path, key, "a boolean", value)
    return value


def member(obj: Json, key: str, path: str) -> Json | None:
    """An object, or None when it is missing or null."""
    value = obj.get(key)
    if value is None or type(value) is dict or isinstance(value, Mapping):
        return value
    raise refuse(path, key, "an object", value)


def items(obj: Json, key: str, path: str) -> list[Any] | None:
    """A list, or None when it is missing or null."""
    value = obj.get(key)
    if value is None or isinstance(value, list):
        return value
    raise refuse(path, key, "a list", value)


def texts(obj: Json, key: str, path: str) -> dict[str, str]:
    """A map of text to text; a null value is the empty text."""
    value = member(obj, key, path)
    if value is None:
        return {}
    made = {}
    for name, entry in value.items():
        if type(entry) is not str:
            if entry is not None:
                raise refuse(f"{path}.{key}", name, "a string", entry)
            entry = ""
        made[name] = entry
    return made


def numbers(obj: Json, key: str, path: str) -> tuple[int, ...]:
    value = items(obj, key, path)
    if value is None:
        return ()
    for entry in value:
        if type(entry) is not int:
            raise refuse(path, key, "a list of integers", value)
    return tuple(value)


def is_object(value: Any, path: str) -> Json:
    """`value` itself when it is an object."""
    if type(value) is not dict and not isinstance(value, Mapping):
        raise InventoryError(f"must be an object, not {type(value).__name__}", path=path)
    return value


def objects(obj: Json, key: str, path: str) -> list[tuple[str, Json]]:
    """The objects of a list with their paths; null elements are left out."""
    value = items(obj, key, path)
    if not value:
        return []
    places = ((f"{path}.{key}[{index}]", entry) for index, entry in enumerate(value) if entry is not None)
    return [(place, is_object(entry, place)) for place, entry in places]
