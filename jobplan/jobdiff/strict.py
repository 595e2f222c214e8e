"""Deep equality of the kinds of a job: EQ of the specification. spec: diff §2.1, model §7.4

Null and empty differ, lists compare in order, and inside opaque maps the JSON type counts. Most kinds hold no
opaque map; for them the equality of their dataclass is right and fast.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from jobplan.model.kinds import ANY, Kind, Row, Type
from jobplan.values.equality import same

Equality = Callable[[Any, Any], bool]


def equal(left: Any, right: Any) -> bool:
    """Whether two objects of one kind (or null) are equal in every field."""
    if left is right:
        return True
    if left is None or right is None:
        return False
    return equality_of(type(left))(left, right)


def equal_lists(left: list[Any] | None, right: list[Any] | None) -> bool:
    """Whether two lists of objects are equal, element by element."""
    if left is None or right is None:
        return left is right
    return len(left) == len(right) and all(map(equal, left, right))


def equal_apart_from(cls: type[Kind], *wires: str) -> Equality:
    """The strict equality of a kind that leaves out the fields with these wire names."""
    return _compiled(tuple(row for row in cls.ROWS if row.out not in wires))


_COMPILED: dict[type[Kind], Equality] = {}
"""Filled on first use; a function of the declarations alone."""


def equality_of(cls: type[Kind]) -> Equality:
    """The compiled equality of a kind."""
    found = _COMPILED.get(cls)
    if found is None:
        found = _COMPILED[cls] = _compiled(cls.ROWS) if _is_opaque(cls) else _plain
    return found


def _plain(left: Any, right: Any) -> bool:
    return bool(left == right)


def _compiled(rows: tuple[Row, ...]) -> Equality:
    plain = attrgetter(*(row.name for row in rows if not _holds_opaque(row.type)))
    opaque = tuple((attrgetter(row.name), _value_equality(row.type)) for row in rows if _holds_opaque(row.type))

    def equal_kind(left: Any, right: Any) -> bool:
        if plain(left) != plain(right):
            return False
        return all(compare(get(left), get(right)) for get, compare in opaque)

    return equal_kind


def _value_equality(type_: Type) -> Equality:
    if type_.shape == "object":
        return equal
    if type_.shape == "list":
        return equal_lists
    return same


def _is_opaque(cls: type[Kind]) -> bool:
    return any(_holds_opaque(row.type) for row in cls.ROWS)


def _holds_opaque(type_: Type) -> bool:
    """Whether a value of this type can hold opaque JSON somewhere."""
    if type_ is ANY:
        return True
    if type_.shape == "scalar":
        return False
    return _is_opaque(type_.of) if type_.shape == "object" else _holds_opaque(type_.of)
