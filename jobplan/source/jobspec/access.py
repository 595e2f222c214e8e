"""Attribute and index access on values.

spec: jobspec §4.2
"""

from __future__ import annotations

from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.numbers import from_int, to_text
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import NUMBER, STRING, UNDETERMINED, Value

_NO_KEY = "The given key does not identify an element in this collection value"
_BY_NAME = " An object only supports looking up attributes by name, not by numeric index."
_OF_SET = (
    "Elements of a set are identified only by their value and don't have any separate index or key to select "
    "with, so it's "
    "only possible to perform operations across all elements of the set."
)


def take_attribute(value: Value, name: str, span: Span, scope: Scope) -> Value:
    """`value.name`; undetermined, with a report, when there is no such attribute."""
    if value.is_unknown:
        return UNDETERMINED
    kind = value.type.kind
    if value.is_null:
        detail = "This value is null, so it does not have any attributes."
        scope.report(span, "Attempt to get attribute from null value", detail)
    elif kind == "object":
        if name in value.entries:
            return value.entries[name]
        detail = f'This object does not have an attribute named "{name}".'
        scope.report(span, "Unsupported attribute", detail)
    elif kind == "map":
        if name in value.entries:
            return value.entries[name]
        detail = f'This map does not have an element with the key "{name}".'
        scope.report(span, "Missing map element", detail)
    elif value.type.is_primitive:
        detail = f"Can't access attributes on a primitive-typed value ({kind})."
        scope.report(span, "Unsupported attribute", detail)
    else:
        scope.report(span, "Unsupported attribute", "This value does not have any attributes.")
    return UNDETERMINED


def take_index(value: Value, key: Value, span: Span, scope: Scope) -> Value:
    """`value[key]`; undetermined, with a report, when there is no such element."""
    if value.is_unknown or key.is_unknown:
        return UNDETERMINED
    kind, summary = value.type.kind, "Invalid index"
    if value.is_null:
        detail = "This value is null, so it does not have any indices."
        scope.report(span, "Attempt to index null value", detail)
    elif key.is_null:
        scope.report(span, summary, "Can't use a null value as an indexing key.")
    elif kind in ("object", "map"):
        return _by_key(value, key, span, scope)
    elif kind in ("tuple", "list"):
        return _by_number(value, key, span, scope)
    elif kind == "set":
        scope.report(span, summary, _OF_SET)
    else:
        scope.report(span, summary, "This value does not have any indices.")
    return UNDETERMINED


def _by_key(value: Value, key: Value, span: Span, scope: Scope) -> Value:
    try:
        name = convert(key, STRING).text
    except ConversionError as e:
        scope.report(span, "Invalid index", f"{_NO_KEY}: {e}.")
        return UNDETERMINED
    if name in value.entries:
        return value.entries[name]
    more = _BY_NAME if value.type.kind == "object" and key.type.kind == "number" else ""
    scope.report(span, "Invalid index", f"{_NO_KEY}.{more}")
    return UNDETERMINED


def _by_number(value: Value, key: Value, span: Span, scope: Scope) -> Value:
    try:
        index = convert(key, NUMBER).number
    except ConversionError as e:
        scope.report(span, "Invalid index", f"{_NO_KEY}: {e}.")
        return UNDETERMINED
    length, reason = len(value.items), ""
    if index.infinite:
        reason = "." if index.sign > 0 else ": a negative number is not a valid index for a sequence."
    elif not index.is_whole:
        reason = ": indexing a sequence requires a whole number, but the given index has a fractional part."
    elif index.sign < 0:
        reason = ": a negative number is not a valid index for a sequence."
    elif index.mantissa.bit_length() + index.exponent < 62 and index.to_int() < length:
        return value.items[index.to_int()]
    elif to_text(index) == to_text(from_int(length)):
        reason = (
            ": the given index is greater than or equal to the length of the collection."
            if length
            else ": the collection has no elements."
        )
    else:
        reason = "."
    scope.report(span, "Invalid index", _NO_KEY + reason)
    return UNDETERMINED
