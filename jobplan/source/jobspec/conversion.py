"""Conversion of values to types, and the type that two types have in common.

spec: jobspec §3.3, §3.4
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobplan.source.jobspec.numbers import NumberTooLarge, compare, from_text, to_text
from jobplan.source.jobspec.values import (
    BOOL,
    DYNAMIC,
    FALSE,
    NUMBER,
    STRING,
    TRUE,
    UNKNOWN,
    Type,
    Value,
    identity,
    key_bytes,
    list_of,
    map_of,
    mapping,
    null_of,
    number,
    object_of,
    object_value,
    sequence,
    set_of,
    string,
    tuple_of,
    undetermined,
)


class ConversionError(Exception):
    """A value does not convert; `str()` is the reason as most error texts quote it, with the path to the culprit;
    `reason` is without it."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason


# ---- one value to one type -------------------------------------------------------------------------------------------
def convert(value: Value, wanted: Type) -> Value:
    """`value` as a value of type `wanted`. Raises `ConversionError`."""
    have = value.type
    if have is wanted or wanted is DYNAMIC or have == wanted or wanted.kind == "dynamic":
        return value
    if value.is_null:
        if have.kind != "dynamic":
            _check_null(have, wanted)
        return null_of(wanted)
    if value.raw is UNKNOWN:
        if have.kind != "dynamic" and have.is_primitive != wanted.is_primitive:
            raise ConversionError(mismatch(have, wanted))
        return undetermined(wanted)
    if wanted.is_primitive:
        return _to_primitive(value, wanted)
    if wanted.kind in ("list", "set"):
        return _to_collection(value, wanted)
    if wanted.kind == "map":
        return _to_map(value, wanted)
    if wanted.kind == "tuple":
        return _to_tuple(value, wanted)
    return _to_object(value, wanted)


def mismatch(have: Type, wanted: Type) -> str:
    """Why a type cannot become another. spec: jobspec §3.3"""
    if have.is_primitive == wanted.is_primitive and not wanted.is_primitive:
        return f"{wanted.friendly} required"
    return f"{wanted.friendly} required, but have {have.friendly}"


def _check_null(have: Type, wanted: Type) -> None:
    """A typed null converts where values of its type could."""
    if have.is_primitive != wanted.is_primitive or {have.kind, wanted.kind} == {"number", "bool"}:
        raise ConversionError(mismatch(have, wanted))


def _to_primitive(value: Value, wanted: Type) -> Value:
    have = value.type.kind
    if wanted.kind == "string" and have == "number":
        return string(to_text(value.number))
    if wanted.kind == "string" and have == "bool":
        return string("true" if value.raw else "false")
    if wanted.kind == "number" and have == "string":
        return _number_from(value.text)
    if wanted.kind == "bool" and have == "string":
        return _bool_from(value.text)
    raise ConversionError(mismatch(value.type, wanted))


def _number_from(text: str) -> Value:
    try:
        parsed = from_text(text)
    except NumberTooLarge:
        parsed = None
    if parsed is None:
        raise ConversionError("a number is required")
    return number(parsed)


def _bool_from(text: str) -> Value:
    if text in ("true", "1"):
        return TRUE
    if text in ("false", "0"):
        return FALSE
    for word in ("true", "false"):
        if text.lower() == word:
            raise ConversionError(f'a bool is required; to convert from string, use lowercase "{word}"')
    raise ConversionError("a bool is required")


def _element(value: Value, wanted: Type, label: str) -> Value:
    try:
        return convert(value, wanted)
    except ConversionError as e:
        inner = str(e).removesuffix(e.reason).removesuffix(": ")
        raise ConversionError(e.reason, f"{label}: {inner}" if inner else label) from None


def _to_collection(value: Value, wanted: Type) -> Value:
    if not value.type.is_sequence:
        raise ConversionError(mismatch(value.type, wanted))
    element = _element_type(wanted, [v.type for v in value.items])
    items = [_element(v, element, f"element {i}") for i, v in enumerate(value.items)]
    return collection(Type(wanted.kind, element), items)


def _element_type(wanted: Type, have: Sequence[Type]) -> Type:
    """The element type that "any" stands for in a wanted collection."""
    assert wanted.element is not None
    if not wanted.element.has_dynamic or not have:
        return wanted.element
    common = unify(have)
    if common is None:
        what = "map" if wanted.kind == "map" else wanted.kind
        raise ConversionError(f"all {what} elements must have the same type")
    return common


def collection(type_: Type, items: Iterable[Value]) -> Value:
    """A list or set of converted elements; a set loses duplicates and gets its order. spec: jobspec §3.5"""
    if type_.kind == "list":
        return sequence(type_, items)
    unique = {identity(v): v for v in items}
    return sequence(type_, in_set_order(unique.values()))


def in_set_order(items: Iterable[Value]) -> list[Value]:
    """Strings by bytes, numbers ascending, false before true; other types keep a fixed order. spec: jobspec §3.5"""
    elements = list(items)
    kinds = {v.type.kind for v in elements if not v.is_null}
    present = [v for v in elements if not v.is_null]
    nulls = [v for v in elements if v.is_null]
    if kinds <= {"string"}:
        present.sort(key=lambda v: key_bytes(v.text))
    elif kinds == {"number"}:
        present.sort(key=_NumberOrder)
    elif kinds == {"bool"}:
        present.sort(key=lambda v: bool(v.raw))
    else:
        present.sort(key=lambda v: repr(identity(v)))
    return nulls + present


class _NumberOrder:
    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value.number

    def __lt__(self, other: _NumberOrder) -> bool:
        return compare(self.value, other.value) < 0


def _to_map(value: Value, wanted: Type) -> Value:
    if not value.type.is_mapping:
        raise ConversionError(mismatch(value.type, wanted))
    element = _element_type(wanted, [v.type for v in value.entries.values()])
    return mapping(map_of(element), {k: _element(v, element, f'element "{k}"') for k, v in value.entries.items()})


def _to_tuple(value: Value, wanted: Type) -> Value:
    if value.type.kind not in ("tuple", "list") or len(value.items) != len(wanted.members):
        raise ConversionError(mismatch(value.type, wanted))
    items = [_element(v, t, f"element {i}") for i, (v, t) in enumerate(zip(value.items, wanted.elements))]
    return Value(tuple_of(v.type for v in items), tuple(items), 1 + sum(v.size for v in items))


def _to_object(value: Value, wanted: Type) -> Value:
    if not value.type.is_mapping:
        raise ConversionError(mismatch(value.type, wanted))
    missing = [k for k, _ in wanted.members if k not in value.entries]
    if missing:
        raise ConversionError(_missing_attributes(missing))
    return object_value({k: _element(value.entries[k], t, f'attribute "{k}"') for k, t in wanted.members})


def _missing_attributes(names: list[str]) -> str:
    quoted = [f'"{n}"' for n in names]
    if len(quoted) == 1:
        return f"attribute {quoted[0]} is required"
    if len(quoted) == 2:
        return f"attributes {quoted[0]} and {quoted[1]} are required"
    return f"attributes {', '.join(quoted[:-1])}, and {quoted[-1]} are required"


def to_bool(value: Value) -> bool:
    """Raises `ConversionError`; null and undetermined values are the caller's business."""
    return bool(convert(value, BOOL).raw)


# ---- the common type -------------------------------------------------------------------------------------------------
def unify(types: Sequence[Type]) -> Type | None:
    """The type that values of all `types` convert to, or None. spec: jobspec §3.4"""
    if not types:
        return DYNAMIC
    first = types[0]
    if all(t is first or t == first for t in types):
        return first
    known = [t for t in types if t.kind != "dynamic"]
    kinds = {t.kind for t in known}
    if not known or len(known) == 1:
        return known[0] if known else DYNAMIC
    if all(t.is_primitive for t in known):
        return _unify_primitives(kinds)
    if kinds <= {"tuple"}:
        return _unify_tuples(known)
    if kinds <= {"object"}:
        return _unify_objects(known)
    if kinds <= {"list", "tuple"} or kinds <= {"list", "set", "tuple"}:
        element = unify([e for t in known for e in ((t.element,) if t.element is not None else t.elements)])
        return None if element is None else (list_of(element) if "list" in kinds else set_of(element))
    if kinds <= {"map", "object"}:
        element = unify([e for t in known for e in ((t.element,) if t.element is not None else t.elements)])
        return None if element is None else map_of(element)
    return None


def _unify_primitives(kinds: set[str]) -> Type | None:
    if "string" in kinds:
        return STRING
    return None if len(kinds) > 1 else (NUMBER if "number" in kinds else BOOL)


def _unify_tuples(types: Sequence[Type]) -> Type | None:
    if len({len(t.members) for t in types}) == 1:
        elements = [unify(column) for column in zip(*(t.elements for t in types))]
        return None if any(e is None for e in elements) else tuple_of(e for e in elements if e is not None)
    element = unify([e for t in types for e in t.elements])
    return None if element is None else list_of(element)


def _unify_objects(types: Sequence[Type]) -> Type | None:
    names = [tuple(k for k, _ in t.members) for t in types]
    if len(set(names)) == 1:
        columns = {k: unify([t.attributes[k] for t in types]) for k in names[0]}
        known = {k: t for k, t in columns.items() if t is not None}
        return object_of(known) if len(known) == len(columns) else None
    element = unify([e for t in types for e in t.elements])
    return None if element is None else map_of(element)


def unify_values(values: Sequence[Value]) -> list[Value] | None:
    """All values converted to their common type, or None."""
    common = unify([v.type for v in values])
    if common is None:
        return None
    try:
        return [convert(v, common) for v in values]
    except ConversionError:
        return None
