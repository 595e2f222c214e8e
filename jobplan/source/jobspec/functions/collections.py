"""spec: jobspec §13.4 (`try`, `can` and `convert` are in `calls`)"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from jobplan.source.jobspec.conversion import ConversionError, collection, convert, unify, unify_values
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function, whole
from jobplan.source.jobspec.functions.strings import STRINGS
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import (
    BOOL,
    DYNAMIC,
    NUMBER,
    Type,
    Value,
    boolean,
    count,
    equal,
    identity,
    list_of,
    mapping,
    object_value,
    sequence,
    set_of,
    string,
    tuple_of,
    tuple_value,
    undetermined,
)

_NO_COLLECTION = "collection must be a list, a map or a tuple"


def _length(a: list[Value], scope: Scope) -> Value:
    if a[0].type.is_sequence:
        return count(len(a[0].items))
    if a[0].type.kind == "map":
        return count(len(a[0].entries))
    raise FunctionError(_NO_COLLECTION)


def _element(a: list[Value], scope: Scope) -> Value:
    if a[0].type.kind not in ("list", "tuple"):
        raise FunctionError(f"cannot read elements from {a[0].type.friendly}")
    index, items = whole(a[1], prefix="invalid index: "), a[0].items
    if not items:
        raise FunctionError("cannot use element function with an empty list")
    return items[index % len(items)]


def _index(a: list[Value], scope: Scope) -> Value:
    items, key = a
    if items.type.kind == "map":
        if key.type.kind != "string":
            raise FunctionError("key for map must be string")
        if key.text not in items.entries:
            raise FunctionError("invalid index")
        return items.entries[key.text]
    if items.type.kind not in ("list", "tuple"):
        raise FunctionError(_NO_COLLECTION)
    kind = items.type.kind
    if key.type.kind != "number":
        raise FunctionError(f"key for {kind} must be number")
    position = key.number.to_int() if key.number.is_whole else -1
    if not 0 <= position < len(items.items):
        raise FunctionError(
            f"key must be between 0 and {len(items.items)} inclusive" if kind == "tuple" else "invalid index"
        )
    return items.items[position]


def _contains(a: list[Value], scope: Scope) -> Value:
    if not a[0].type.is_sequence:
        raise FunctionError("argument must be list, tuple, or set")
    scope.session.budget.charge(a[0].size)
    unclear = False
    for item in a[0].items:
        if item.is_null or a[1].is_null:
            unclear = True
        elif equal(item, a[1]):
            return boolean(True)
    return undetermined(BOOL) if unclear else boolean(False)


def _concat(a: list[Value], scope: Scope) -> Value:
    if not a:
        raise FunctionError("at least one argument is required")
    for i, value in enumerate(a):
        if value.type.kind not in ("list", "tuple", "set"):
            raise FunctionError(f"all arguments must be lists or tuples; got {value.type.friendly}", i)
    items = [v for value in a for v in value.items]
    if all(value.type.kind == "list" for value in a):
        element = unify([value.type.element or DYNAMIC for value in a])
        if element is not None:
            return sequence(list_of(element), [convert(v, element) for v in items])
    return tuple_value(items)


def _coalesce(a: list[Value], scope: Scope) -> Value:
    common = unify([v.type for v in a]) if a else None
    if common is None:
        raise FunctionError("all arguments must have the same type")
    for i, value in enumerate(a):
        if not value.is_null:
            try:
                return convert(value, common)
            except ConversionError as e:
                raise FunctionError(str(e), i) from None
    raise FunctionError("no non-null arguments")


def _coalescelist(a: list[Value], scope: Scope) -> Value:
    if not a:
        raise FunctionError("at least one argument is required")
    for value in a:
        if value.type.kind not in ("list", "tuple", "set"):
            raise FunctionError("coalescelist arguments must be lists or tuples")
    for value in a:
        if not value.is_null and value.items:
            return value
    raise FunctionError("no non-null arguments")


def _compact(a: list[Value], scope: Scope) -> Value:
    return sequence(STRINGS, [v for v in a[0].items if not v.is_null and v.text != ""])


def _distinct(a: list[Value], scope: Scope) -> Value:
    unique = {identity(v): v for v in reversed(a[0].items)}
    return sequence(a[0].type, [v for v in a[0].items if unique[identity(v)] is v])


def _flatten(a: list[Value], scope: Scope) -> Value:
    if not a[0].type.is_sequence:
        raise FunctionError("can only flatten lists, sets and tuples")
    out: list[Value] = []

    def add(value: Value) -> None:
        for v in value.items:
            if v.type.is_sequence and not v.is_null:
                add(v)
            else:
                out.append(v)

    add(a[0])
    return tuple_value(out)


def _keys(a: list[Value], scope: Scope) -> Value:
    if not a[0].type.is_mapping:
        raise FunctionError("must have map or object type", 0)
    names = [string(k) for k in a[0].entries]
    return sequence(STRINGS, names) if a[0].type.kind == "map" else tuple_value(names)


def _values(a: list[Value], scope: Scope) -> Value:
    if not a[0].type.is_mapping:
        raise FunctionError("values() requires a map as the first argument", 0)
    items = list(a[0].entries.values())
    if a[0].type.element is not None:
        return sequence(list_of(a[0].type.element), items)
    return tuple_value(items)


def _lookup(a: list[Value], scope: Scope) -> Value:
    items, key, default = a
    if not items.type.is_mapping:
        raise FunctionError("lookup() requires a map as the first argument", 0)
    if items.type.element is not None:
        try:
            default = convert(default, items.type.element)
        except ConversionError:
            raise FunctionError("the default value must have the same type as the map elements", 2) from None
    return items.entries.get(key.text, default)


def _merge(a: list[Value], scope: Scope) -> Value:
    for value in a:
        if not value.type.is_mapping and not (value.is_null and value.type.kind == "dynamic"):
            raise FunctionError(f'arguments must be maps or objects, got "{value.type.friendly}"')
    given = [v for v in a if not v.is_null]
    merged = {k: v for value in given for k, v in value.entries.items()}
    scope.session.budget.charge(len(merged))
    elements = [v.type.element for v in given if v.type.element is not None]
    if given and len(elements) == len(given) and all(e == elements[0] for e in elements):
        return mapping(given[0].type, merged)
    return object_value(merged)


def _slice(a: list[Value], scope: Scope) -> Value:
    if a[0].type.kind not in ("list", "tuple"):
        raise FunctionError(
            "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the "
            "ordering of the result is not important"
            if a[0].type.kind == "set"
            else "must be a list or tuple value",
            0,
        )
    start, items = whole(a[1], 1, "invalid start index: "), a[0].items
    end = whole(a[2], 2, "invalid end index: ")
    if start < 0:
        raise FunctionError("start index must not be less than zero", 1)
    if start > len(items):
        raise FunctionError("start index must not be greater than the length of the list", 1)
    if end < 0:
        raise FunctionError("end index must not be less than zero", 2)
    if end > len(items):
        raise FunctionError("end index must not be greater than the length of the list", 2)
    if start > end:
        raise FunctionError("start index must not be greater than end index", 1)
    part = items[start:end]
    return sequence(a[0].type, part) if a[0].type.kind == "list" else tuple_value(part)


def _chunklist(a: list[Value], scope: Scope) -> Value:
    size = whole(a[1], 1, "invalid size: ")
    if size < 0:
        raise FunctionError("the size argument must be positive")
    items = a[0].items
    result = list_of(a[0].type)
    step = size or len(items) or 1
    chunks = [sequence(a[0].type, items[i : i + step]) for i in range(0, len(items), step)]
    return sequence(result, chunks)


def _zipmap(a: list[Value], scope: Scope) -> Value:
    keys, values = a
    if values.type.kind not in ("list", "tuple"):
        raise FunctionError("values argument must be a list or tuple value", 1)
    if len(keys.items) != len(values.items):
        raise FunctionError(f"number of keys ({len(keys.items)}) does not match number of values ({len(values.items)})")
    for i, key in enumerate(keys.items):
        if key.is_null:
            raise FunctionError(f"element {i}: null value cannot be used as key", 0)
    entries = {k.text: v for k, v in zip(keys.items, values.items)}
    if values.type.element is not None:
        return mapping(Type("map", values.type.element), entries)
    return object_value(entries)


def _set_operation(
    combine: Callable[[list[dict[object, Value]]], list[Value]],
) -> Callable[[list[Value], Scope], Value]:
    def run(a: list[Value], scope: Scope) -> Value:
        sets: list[Value] = []
        for i, value in enumerate(a):
            try:
                sets.append(convert(value, set_of(DYNAMIC)))
            except ConversionError as e:
                raise FunctionError(str(e), i) from None
        element = unify([s.type.element or DYNAMIC for s in sets if s.items])
        if element is None:
            raise FunctionError("given sets must all have compatible element types", len(a) - 1)
        members = [{identity(v): v for v in (convert(x, element) for x in s.items)} for s in sets]
        return collection(set_of(element), combine(members))

    return run


def _union(sets: list[dict[object, Value]]) -> list[Value]:
    return list({k: v for s in sets for k, v in s.items()}.values())


def _intersection(sets: list[dict[object, Value]]) -> list[Value]:
    return [v for k, v in sets[0].items() if all(k in s for s in sets[1:])]


def _setproduct(a: list[Value], scope: Scope) -> Value:
    if len(a) < 2:
        raise FunctionError("at least two arguments are required")
    for i, value in enumerate(a):
        if not value.type.is_sequence:
            raise FunctionError("a set or a list is required", i)
    scope.session.budget.charge(math.prod(len(v.items) for v in a) * len(a))
    columns: list[list[Value]] = []
    elements: list[Type] = []
    for i, value in enumerate(a):
        items = list(value.items)
        if value.type.kind == "tuple":
            converted = unify_values(items)
            if converted is None:
                raise FunctionError("all elements must be of the same type", i)
            items = converted
        elements.append(items[0].type if items else value.type.element or DYNAMIC)
        columns.append(items)
    rows = [tuple_value(row) for row in itertools.product(*columns)]
    kind = "set" if all(v.type.kind == "set" for v in a) else "list"
    type_ = Type(kind, tuple_of(elements))
    return sequence(type_, rows)


FUNCTIONS: tuple[Function, ...] = (
    function("length", "collection:any", NUMBER, _length),
    function("element", "list:any, index:num", DYNAMIC, _element),
    function("index", "collection:any, key:any", DYNAMIC, _index),
    function("contains", "list:any, value:any?", BOOL, _contains),
    function("concat", "seqs:any…", DYNAMIC, _concat),
    function("coalesce", "vals:any?…", DYNAMIC, _coalesce),
    function("coalescelist", "vals:any?…", DYNAMIC, _coalescelist),
    function("compact", "list:list(str)", STRINGS, _compact),
    function("distinct", "list:list", DYNAMIC, _distinct),
    function("flatten", "list:any", DYNAMIC, _flatten),
    function("keys", "inputMap:any", DYNAMIC, _keys),
    function("values", "mapping:any", DYNAMIC, _values),
    function("lookup", "inputMap:any, key:str, default:any", DYNAMIC, _lookup),
    function("merge", "maps:any?…", DYNAMIC, _merge),
    function("slice", "list:any, start_index:num, end_index:num", DYNAMIC, _slice),
    function("chunklist", "list:list, size:num", DYNAMIC, _chunklist),
    function("zipmap", "keys:list(str), values:any", DYNAMIC, _zipmap),
    function("setunion", "first_set:any, other_sets:any…", DYNAMIC, _set_operation(_union)),
    function("setintersection", "first_set:any, other_sets:any…", DYNAMIC, _set_operation(_intersection)),
    function("setproduct", "sets:any…", DYNAMIC, _setproduct),
)
