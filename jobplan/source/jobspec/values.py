"""Types and values of the job language.

A value is a `Value(type, raw)`. `raw` is None for null, `UNKNOWN` for a value that an error left undetermined;
otherwise

    string  str (NFC)      number  Number        bool  bool
    tuple, list, set       tuple of Value        object, map  dict of Value, keys ascending by bytes

spec: jobspec §3.1
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from jobplan.source.jobspec.numbers import Number, from_count, from_int


@dataclass(frozen=True, slots=True)
class Type:
    """A type: `kind` and, as the kind needs, one `element` type or the types of its `members`."""

    kind: str
    element: Type | None = None
    members: tuple[tuple[str, Type], ...] = ()

    @property
    def friendly(self) -> str:
        """The name that error texts use. spec: jobspec §3.1"""
        return f"{self.kind} of {self.element.friendly}" if self.element is not None else self.kind

    @property
    def attributes(self) -> dict[str, Type]:
        return dict(self.members)

    @property
    def elements(self) -> tuple[Type, ...]:
        """Element types of a tuple type."""
        return tuple(t for _, t in self.members)

    @property
    def is_primitive(self) -> bool:
        return self.kind in ("string", "number", "bool")

    @property
    def is_sequence(self) -> bool:
        return self.kind in ("list", "set", "tuple")

    @property
    def is_mapping(self) -> bool:
        return self.kind in ("map", "object")

    @property
    def has_dynamic(self) -> bool:
        """Does "any type" occur in it?"""
        if self.kind == "dynamic":
            return True
        if self.element is not None:
            return self.element.has_dynamic
        return any(t.has_dynamic for _, t in self.members)


STRING, NUMBER, BOOL, DYNAMIC = Type("string"), Type("number"), Type("bool"), Type("dynamic")


def list_of(element: Type) -> Type:
    return Type("list", element)


def set_of(element: Type) -> Type:
    return Type("set", element)


def map_of(element: Type) -> Type:
    return Type("map", element)


def tuple_of(elements: Iterable[Type]) -> Type:
    return Type("tuple", None, tuple((str(i), t) for i, t in enumerate(elements)))


def object_of(attributes: Mapping[str, Type]) -> Type:
    return Type("object", None, tuple(sorted(attributes.items(), key=lambda item: key_bytes(item[0]))))


EMPTY_TUPLE, EMPTY_OBJECT = Type("tuple"), Type("object")


class _Unknown(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _Unknown.UNKNOWN


class Value:
    """One value; see the module for what `raw` holds. `size` counts the values inside, itself included."""

    __slots__ = ("raw", "size", "type")

    def __init__(self, type_: Type, raw: Any, size: int = 1) -> None:
        self.type, self.raw, self.size = type_, raw, size

    @property
    def is_null(self) -> bool:
        return self.raw is None

    @property
    def is_unknown(self) -> bool:
        return self.raw is UNKNOWN

    @property
    def items(self) -> tuple[Value, ...]:
        """Elements of a sequence."""
        assert isinstance(self.raw, tuple)
        return self.raw

    @property
    def entries(self) -> dict[str, Value]:
        """Entries of a mapping, ascending."""
        assert isinstance(self.raw, dict)
        return self.raw

    @property
    def text(self) -> str:
        assert isinstance(self.raw, str)
        return self.raw

    @property
    def number(self) -> Number:
        assert isinstance(self.raw, Number)
        return self.raw

    def __repr__(self) -> str:
        return f"Value({self.type.friendly}, {self.raw!r})"


NULL = Value(DYNAMIC, None)
UNDETERMINED = Value(DYNAMIC, UNKNOWN)
TRUE, FALSE = Value(BOOL, True), Value(BOOL, False)


def undetermined(type_: Type) -> Value:
    return Value(type_, UNKNOWN)


def null_of(type_: Type) -> Value:
    return NULL if type_ is DYNAMIC else Value(type_, None)


def boolean(value: bool) -> Value:
    return TRUE if value else FALSE


def normalised(text: str) -> str:
    """NFC, which every string value has. spec: jobspec §2.3"""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def string(text: str) -> Value:
    return Value(STRING, normalised(text), 1 + len(text) // 64)


def number(value: Number) -> Value:
    return Value(NUMBER, value)


def integer(value: int) -> Value:
    return Value(NUMBER, from_int(value))


def count(value: int) -> Value:
    return Value(NUMBER, from_count(value))


def sequence(type_: Type, items: Iterable[Value]) -> Value:
    """A list or set value of the given type whose elements already have the element type."""
    elements = tuple(items)
    return Value(type_, elements, 1 + sum(v.size for v in elements))


def tuple_value(items: Iterable[Value]) -> Value:
    elements = tuple(items)
    return Value(tuple_of(v.type for v in elements), elements, 1 + sum(v.size for v in elements))


def mapping(type_: Type, entries: Mapping[str, Value]) -> Value:
    """A map value of the given type whose elements already have the element type."""
    ordered = ascending(entries)
    return Value(type_, ordered, 1 + sum(v.size for v in ordered.values()))


def object_value(entries: Mapping[str, Value]) -> Value:
    ordered = ascending(entries)
    type_ = Type("object", None, tuple((k, v.type) for k, v in ordered.items()))
    return Value(type_, ordered, 1 + sum(v.size for v in ordered.values()))


def key_bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def ascending(entries: Mapping[str, Value]) -> dict[str, Value]:
    """Entries in the order of iteration: ascending by key bytes (which is code point order). spec: jobspec §3.5"""
    return dict(sorted(entries.items()))


def identity(value: Value) -> Any:
    """A hashable key, equal for equal values of one type. spec: jobspec §3.5"""
    raw = value.raw
    if isinstance(raw, Number):
        return (raw.mantissa, raw.exponent, raw.infinite)
    if isinstance(raw, tuple):
        return (value.type.kind, tuple(identity(v) for v in raw))
    if isinstance(raw, dict):
        return (value.type.kind, tuple((k, identity(v)) for k, v in raw.items()))
    return (value.type.kind, raw)


def equal(a: Value, b: Value) -> bool:
    """Same type and same value, without conversion; null equals only null. spec: jobspec §3.5"""
    if a.is_null or b.is_null:
        return a.is_null and b.is_null
    return comparable(a.type, b.type) and _same(a, b)


def comparable(a: Type, b: Type) -> bool:
    """Equal types, where "any type" (an untyped null inside a structure) matches all."""
    if a == b or a.kind == "dynamic" or b.kind == "dynamic":
        return True
    if a.kind != b.kind or a.is_primitive:
        return False
    if a.element is not None and b.element is not None:
        return comparable(a.element, b.element)
    return [k for k, _ in a.members] == [k for k, _ in b.members] and all(
        comparable(x, y) for (_, x), (_, y) in zip(a.members, b.members)
    )


def _same(a: Value, b: Value) -> bool:
    if a.is_null or b.is_null:
        return a.is_null and b.is_null
    if a.type.is_primitive or b.type.is_primitive:
        return a.type == b.type and identity(a) == identity(b)
    if isinstance(a.raw, dict):
        return list(a.entries) == list(b.entries) and all(
            _same(x, y) for x, y in zip(a.entries.values(), b.entries.values())
        )
    if a.type.kind == "set":
        return {identity(v) for v in a.items} == {identity(v) for v in b.items}
    return len(a.items) == len(b.items) and all(_same(x, y) for x, y in zip(a.items, b.items))
