"""Field entries of a diff, put together again: `Config[args][3]` is a list element, `Env[A]` a map entry.

A structural diff compares element 3 with element 3, so one inserted argument shows as many edited ones. Rebuilt as
lists, the two sides can be aligned. spec: diff §2.3
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from jobplan.rendering.humanise import OPAQUE


class Missing(Enum):
    """The side of an entry that does not exist."""

    MISSING = "missing"


MISSING = Missing.MISSING
Value: TypeAlias = "str | dict[str, Value] | list[Value]"
Side: TypeAlias = "Value | Missing"


@dataclass(frozen=True, slots=True)
class Entry:
    """One field, or one map or list made of several."""

    name: str
    old: Side
    new: Side
    annotations: tuple[str, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        return self.old == self.new


_PATH = re.compile(r"([^\[\]]*)((?:\[[^\[\]]*\])+)")
_DEEPEST = 30
"""Most levels that are put together again."""
_STEP = re.compile(r"\[([^\[\]]*)\]")
_MAP_ENTRY = re.compile(r"([^\[\]]+)\[(.*)\]", re.DOTALL)


def regroup(owner: str, fields: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The fields of an object called `owner` as entries, in the order in which each first occurs."""
    groups: dict[str, list[tuple[tuple[str, ...], Mapping[str, Any]]]] = {}
    for field in fields:
        name = field.get("Name") or ""
        root, steps = _path(owner, name)
        groups.setdefault(root, []).append((steps, field))
    out: list[Entry] = []
    for root, members in groups.items():
        out += _entries(root, members, is_map=owner not in OPAQUE)
    return out


def _path(owner: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Root and steps of a field name. Keys are not escaped in it, so what does not parse stays as it is; so does what
    nobody could read as a structure either."""
    if owner not in OPAQUE:
        entry = _MAP_ENTRY.fullmatch(name)
        return (entry[1], (entry[2],)) if entry else (name, ())
    path = _PATH.fullmatch(name)
    steps = tuple(_STEP.findall(path[2])) if path else ()
    return (path[1], steps) if path and len(steps) <= _DEEPEST else (name, ())


def _entries(root: str, members: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]], *, is_map: bool) -> list[Entry]:
    if len(members) == 1 and not members[0][0]:
        return [_plain_entry(members[0][1])]
    old = _assemble((steps, side) for steps, field in members if (side := _sides(field)[0]) is not MISSING)
    new = _assemble((steps, side) for steps, field in members if (side := _sides(field)[1]) is not MISSING)
    if old is None or new is None:  # two structures under one name: show the fields as they are
        return [_plain_entry(field) for _, field in members]
    sides: tuple[Side, Side] = (old or MISSING, new or MISSING)
    if not is_map:
        sides = _with_lists(*sides)
    return [Entry(root, *sides)]


def _plain_entry(field: Mapping[str, Any]) -> Entry:
    return Entry(field.get("Name") or "", *_sides(field), tuple(field.get("Annotations") or ()))


def _sides(field: Mapping[str, Any]) -> tuple[str | Missing, str | Missing]:
    kind = field.get("Type")
    old, new = field.get("Old") or "", field.get("New") or ""
    return (MISSING if kind == "Added" else old, MISSING if kind == "Deleted" else new)


def _assemble(leaves: Iterable[tuple[tuple[str, ...], str | Missing]]) -> dict[str, Value] | None:
    """Nested maps from paths; `None` when a path runs through or ends at another's leaf."""
    root: dict[str, Value] = {}
    for steps, text in leaves:
        if not steps or text is MISSING:
            return None
        here = root
        for step in steps[:-1]:
            below = here.setdefault(step, {})
            if not isinstance(below, dict):
                return None
            here = below
        if steps[-1] in here:
            return None
        here[steps[-1]] = text
    return root


def _with_lists(old: Side, new: Side) -> tuple[Side, Side]:
    """Maps whose keys count from 0 become lists, on both sides or on none."""
    maps = [side for side in (old, new) if isinstance(side, dict)]
    if not maps:
        return old, new
    before: dict[str, Value] = old if isinstance(old, dict) else {}
    after: dict[str, Value] = new if isinstance(new, dict) else {}
    made_old: dict[str, Value] = {}
    made_new: dict[str, Value] = {}
    for key in [*before, *(key for key in after if key not in before)]:
        left, right = _with_lists(before.get(key, MISSING), after.get(key, MISSING))
        if left is not MISSING:
            made_old[key] = left
        if right is not MISSING:
            made_new[key] = right
    as_lists = all(_counts_from_zero(side) for side in maps)

    def back(side: Side, made: dict[str, Value]) -> Side:
        if not isinstance(side, dict):
            return side
        return [made[str(index)] for index in range(len(made))] if as_lists else made

    return back(old, made_old), back(new, made_new)


def _counts_from_zero(side: dict[str, Value]) -> bool:
    return bool(side) and all(str(index) in side for index in range(len(side)))
