"""Blocks and maps as flat maps, path → text. spec: diff §2.2, §2.3"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from jobplan.model.kinds import Kind, Row
from jobplan.values.floats import float_text

Flat = dict[str, str]
Flatten = Callable[[Any], Flat]
"""An absent block or map flattens to nothing."""

NIL = "nil"


def scalar_text(value: Any) -> str:
    """A value of a typed field: integers (and durations, in ns) are never shown as floats."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return NIL if value is None else str(value)


def row_of(kind: type[Kind], wire: str) -> Row:
    """The row with this internal name; a table that names an unknown one fails at import."""
    for row in kind.ROWS:
        if row.out == wire:
            return row
    raise AssertionError(f"{kind.__name__} has no field {wire}")


def shallow(
    kind: type[Kind], fields: str = "", *, optional: str = "", maps: str = "", excluded: Iterable[str] = ()
) -> Flatten:
    """A flattener for the named scalar fields of a kind and its string maps.

    `optional` fields contribute only where they are set; `excluded` are paths to leave out.
    """
    always = tuple((wire, attrgetter(row_of(kind, wire).name)) for wire in fields.split())
    if_set = tuple((wire, attrgetter(row_of(kind, wire).name)) for wire in optional.split())
    of_maps = tuple((wire, attrgetter(row_of(kind, wire).name)) for wire in maps.split())
    hidden = frozenset(excluded)

    def flatten(block: Any) -> Flat:
        if block is None:
            return {}
        flat = {wire: scalar_text(get(block)) for wire, get in always}
        for wire, get in if_set:
            value = get(block)
            if value is not None:
                flat[wire] = scalar_text(value)
        for wire, get in of_maps:
            for key, text in (get(block) or {}).items():
                path = f"{wire}[{key}]"
                if path not in hidden:
                    flat[path] = text
        return flat

    return flatten


def deep(kind: type[Kind], fields: str, *, maps: str = "") -> Flatten:
    """A flattener that descends: unset scalars read `nil`, maps contribute whatever is in them."""
    scalars = shallow(kind, fields)
    of_maps = tuple((wire, attrgetter(row_of(kind, wire).name)) for wire in maps.split())

    def flatten(block: Any) -> Flat:
        if block is None:
            return {}
        flat = scalars(block)
        for wire, get in of_maps:
            value = get(block)
            if value is not None:
                _descend(wire, value, flat)
        return flat

    return flatten


def opaque_map(value: Mapping[str, Any] | None) -> Flat:
    """A bare map, flattened deeply: top-level keys are paths as they stand."""
    flat: Flat = {}
    if value:
        _descend("", value, flat)
    return flat


def host_ports(value: Mapping[str, Any] | None) -> Flat:
    """Bind addresses by name, as `address:port`. spec: diff §6.2"""
    flat = {}
    for key, bind in (value or {}).items():
        host = f"[{bind.address}]" if ":" in bind.address else bind.address
        flat[key] = f"{host}:{bind.port}"
    return flat


def _descend(path: str, value: Any, flat: Flat) -> None:
    if isinstance(value, Mapping):
        for key, part in value.items():
            _descend(f"{path}[{key}]" if path else key, part, flat)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _descend(f"{path}[{index}]", part, flat)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        flat[path] = float_text(value)
    else:
        flat[path] = scalar_text(value)
