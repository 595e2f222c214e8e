"""The four rules by which blocks are compared, and how a block holds others. spec: diff §2.6–§2.10

    Simple      the type describes the fields (rule S)
    Block       the type describes existence (rule B)
    Map         an opaque or string map (rule M)
    StringSet   a list whose order and multiplicity do not count

A row of the table (jobplan.jobdiff.table) is one of these. Wire names become attribute getters when the row is made,
so that a name the kind does not have fails at import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Protocol

from jobplan.jobdiff.fields import field_diff, field_list, field_order, string_set, type_of_fields
from jobplan.jobdiff.flatten import Flatten, deep, opaque_map, row_of, shallow
from jobplan.jobdiff.ordering import sort_objects
from jobplan.jobdiff.pairing import Matching
from jobplan.jobdiff.strict import equal
from jobplan.jobdiff.tree import ADDED, DELETED, EDITED, NONE, DiffType, Fields, ObjectDiff, Objects
from jobplan.model.kinds import Kind
from jobplan.values.equality import same


class Rule(Protocol):
    """One row: how two values of a kind, either of them absent, become an object, or nothing."""

    @property
    def name(self) -> str: ...

    def compare(self, old: Any, new: Any, contextual: bool) -> ObjectDiff | None: ...


class Nested(Protocol):
    """A member of a block that is compared by a rule of its own."""

    @property
    def member(self) -> str: ...

    def bind(self, kind: type[Kind]) -> ObjectsOf: ...


ObjectsOf = Callable[[Any, Any, bool, "list[ObjectDiff | None]"], None]
"""Adds the objects of one member of two blocks to a list."""


def existence(old: Any, new: Any) -> DiffType:
    """Added, deleted or edited, by existence alone."""
    return ADDED if old is None else DELETED if new is None else EDITED


# ---- rows -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Simple:
    """Rule S: no gate, no nested objects; nothing is reported when no field changed. spec: diff §2.8"""

    name: str
    kind: type[Kind]
    fields: str = ""
    maps: str = ""
    hidden: str = ""
    special: Callable[[Simple, Any, Any, bool], ObjectDiff | None] | None = None
    flatten: Flatten = field(init=False)

    def __post_init__(self) -> None:
        self.flatten = shallow(self.kind, self.fields, maps=self.maps)

    def compare(self, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
        if self.special is not None:
            return self.special(self, old, new, contextual)
        if equal(old, new):
            return None
        return simple_object(self.name, self.flatten(old), self.flatten(new), contextual)


def simple_object(name: str, old: dict[str, str], new: dict[str, str], contextual: bool) -> ObjectDiff | None:
    """An object whose type describes its fields."""
    fields = field_list(old, new, contextual)
    type_ = type_of_fields(fields)
    return None if type_ is NONE else ObjectDiff(type_, name, fields)


@dataclass(slots=True)
class Map:
    """Rule M: emptiness decides about the type, that of the old side first. spec: diff §2.9"""

    name: str
    flatten: Flatten = opaque_map
    contextual_fields: bool = True

    def compare(self, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
        if same(old, new) if self.flatten is opaque_map else old == new:
            return None
        fields = field_list(self.flatten(old), self.flatten(new), contextual and self.contextual_fields)
        return ObjectDiff(ADDED if not old else DELETED if not new else EDITED, self.name, fields)


@dataclass(slots=True)
class Block:
    """Rule B: reported as soon as the blocks differ, even if nothing visible does. spec: diff §2.7

    `optional` fields contribute only where set, `both` (wire name → text) only if both blocks exist; `hidden` members
    take part in the gate alone. `deep`: unset fields are shown and maps descend; `flatten` replaces the flattening
    altogether, `special` the whole comparison.
    """

    name: str
    kind: type[Kind]
    fields: str = ""
    optional: str = ""
    maps: str = ""
    hidden: str = ""
    excluded: Iterable[str] = ()
    both: tuple[str, Callable[[Any], str]] | None = None
    nested: tuple[Nested, ...] = ()
    contextual_fields: bool = True
    sort_nested: bool = False
    gate: Callable[[Any, Any], bool] = equal
    deep: bool = False
    flatten: Flatten | None = None
    special: Callable[[Block, Any, Any, bool], ObjectDiff | None] | None = None
    _flatten: Flatten = field(init=False)
    _members: tuple[ObjectsOf, ...] = field(init=False)
    _both: Callable[[Any], Any] | None = field(init=False)

    def __post_init__(self) -> None:
        self._flatten = self.flatten or (
            deep(self.kind, self.fields, maps=self.maps)
            if self.deep
            else shallow(self.kind, self.fields, optional=self.optional, maps=self.maps, excluded=self.excluded)
        )
        self._members = tuple(item.bind(self.kind) for item in self.nested)
        self._both = None if self.both is None else attrgetter(row_of(self.kind, self.both[0]).name)

    def compare(self, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
        if self.special is not None:
            return self.special(self, old, new, contextual)
        if self.gate(old, new):
            return None
        return self.describe(existence(old, new), old, new, contextual)

    def describe(self, type_: DiffType, old: Any, new: Any, contextual: bool) -> ObjectDiff:
        """The object of two blocks that are known to differ."""
        return ObjectDiff(type_, self.name, self.fields_of(old, new, contextual), self.objects_of(old, new, contextual))

    def fields_of(self, old: Any, new: Any, contextual: bool) -> Fields:
        contextual = contextual and self.contextual_fields
        fields = field_list(self._flatten(old), self._flatten(new), contextual)
        if self.both is None or self._both is None or old is None or new is None:
            return fields
        wire, text = self.both
        extra = field_diff(wire, text(self._both(old)), text(self._both(new)), contextual)
        if extra is None:
            return fields
        return sorted([*(fields or ()), extra], key=field_order)

    def objects_of(self, old: Any, new: Any, contextual: bool) -> Objects:
        objects: list[ObjectDiff | None] = []
        for add_objects in self._members:
            add_objects(old, new, contextual, objects)
        if self.sort_nested:
            sort_objects(objects)
        return objects or None


# ---- members --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class One:
    """One optional block or map."""

    member: str
    rule: Rule

    def bind(self, kind: type[Kind]) -> ObjectsOf:
        get, compare = attrgetter(row_of(kind, self.member).name), self.rule.compare

        def add_objects(old: Any, new: Any, contextual: bool, objects: list[ObjectDiff | None]) -> None:
            made = compare(None if old is None else get(old), None if new is None else get(new), contextual)
            if made is not None:
                objects.append(made)

        return add_objects


@dataclass(frozen=True, slots=True)
class Each:
    """A list (or map) of blocks; their objects are one sorted run."""

    member: str
    rule: Rule
    matching: Matching

    def bind(self, kind: type[Kind]) -> ObjectsOf:
        get, compare, matching = attrgetter(row_of(kind, self.member).name), self.rule.compare, self.matching

        def add_objects(old: Any, new: Any, contextual: bool, objects: list[ObjectDiff | None]) -> None:
            before, after = None if old is None else get(old), None if new is None else get(new)
            if not before and not after:
                return
            run: list[ObjectDiff | None] = []
            for one, other in matching.pairs(before, after):
                made = compare(one, other, contextual)
                if made is not None or (one is None and matching.null_when_added_empty):
                    run.append(made)
            if matching.sort:
                sort_objects(run)
            objects.extend(run)

        return add_objects


@dataclass(frozen=True, slots=True)
class StringSet:
    """A list of texts or numbers; `keep`: an unchanged one is shown in a changed block. spec: diff §2.6"""

    member: str
    keep: bool

    def bind(self, kind: type[Kind]) -> ObjectsOf:
        get, name, keep = attrgetter(row_of(kind, self.member).name), self.member, self.keep

        def add_objects(old: Any, new: Any, contextual: bool, objects: list[ObjectDiff | None]) -> None:
            before, after = None if old is None else get(old), None if new is None else get(new)
            made = string_set(name, before, after, contextual)
            if made is not None and (keep or made.type is not NONE):
                objects.append(made)

        return add_objects
