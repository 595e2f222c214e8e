"""Attribute values → JSON values of the wanted type.

spec: jobspec §8.2
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.evaluate import evaluate
from jobplan.source.jobspec.functions.durations import BadDuration, parse_duration
from jobplan.source.jobspec.numbers import Number
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.syntax import Attribute, start_range
from jobplan.source.jobspec.values import BOOL, NUMBER, STRING, Type, Value, list_of, map_of

SUMMARY = "Unsuitable value type"


class Unsuitable(Exception):
    """A value that an attribute does not take; `str()` is the whole detail."""

    def __init__(self, detail: str, summary: str = SUMMARY) -> None:
        super().__init__(detail)
        self.summary = summary


def attribute_value(attribute: Attribute, type_: str, absent: Any, scope: Scope) -> Any:
    """The JSON value of an attribute; `absent` when it does not fit (which is reported) or is an accepted null."""
    value = evaluate(attribute.expression, scope)
    try:
        return json_value(value, type_, absent)
    except Unsuitable as e:
        scope.report(start_range(attribute.expression), e.summary, str(e))
        return absent


def json_value(value: Value, type_: str, absent: Any) -> Any:
    """Raises `Unsuitable`."""
    kind = type_.rstrip("?")
    if kind == "duration":
        return _duration(value, type_.endswith("?"))
    wanted, read = _READERS[kind]
    try:
        converted = convert(value, wanted)
    except ConversionError as e:
        raise Unsuitable(f"Unsuitable value: {e.reason if kind == 'list<uint16>' else e}") from None
    if converted.is_unknown:
        raise Unsuitable("Unsuitable value: value must be known")
    if converted.is_null:
        if type_.endswith("?") or not wanted.is_primitive:
            return absent
        raise Unsuitable("Unsuitable value: null value is not allowed")
    return read(converted)


def _plain(value: Value) -> Any:
    if value.is_unknown:
        raise Unsuitable("Unsuitable value: value must be known")
    if value.is_null:
        raise Unsuitable("Unsuitable value: null value is not allowed")
    return value.raw


def _whole(low: int, high: int) -> Callable[[Value], int]:
    inclusive = " inclusive" if low == 0 else ""

    def read(value: Value) -> int:
        n: Number = _plain(value)
        fits = (n.is_whole or (low == 0 and n.sign >= 0)) and not n.infinite
        if fits and n.mantissa.bit_length() + n.exponent <= 64 and low <= n.to_int() <= high:
            return n.to_int()  # unsigned types drop a fraction, signed ones refuse it
        raise Unsuitable(f"Unsuitable value: value must be a whole number, between {low} and {high}{inclusive}")

    return read


def _list(read: Callable[[Value], Any]) -> Callable[[Value], list[Any]]:
    return lambda value: [read(v) for v in value.items]


def _map(read: Callable[[Value], Any]) -> Callable[[Value], dict[str, Any]]:
    return lambda value: {k: read(v) for k, v in value.entries.items()}


_INTEGERS = {
    "int64": (-(1 << 63), (1 << 63) - 1),
    "int8": (-128, 127),
    "uint8": (0, 255),
    "uint16": (0, 65_535),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}

_READERS: dict[str, tuple[Type, Callable[[Value], Any]]] = {
    "string": (STRING, _plain),
    "bool": (BOOL, _plain),
    **{name: (NUMBER, _whole(*bounds)) for name, bounds in _INTEGERS.items()},
    "list<string>": (list_of(STRING), _list(_plain)),
    "list<uint16>": (list_of(NUMBER), _list(_whole(0, 65_535))),
    "map<string>": (map_of(STRING), _map(_plain)),
}


def _duration(value: Value, nullable: bool) -> int:
    kind = value.type.kind
    if value.is_null:
        raise Unsuitable("Unsuitable duration value: nil", "Unsuitable value")
    if value.is_unknown and kind in ("string", "number"):
        raise Unsuitable("Unsuitable value: value must be known")
    if kind == "string":
        try:
            return parse_duration(value.text)
        except BadDuration as e:
            raise Unsuitable(f"Unsuitable duration value: {e}") from None
    if kind == "number":
        return _whole(*_INTEGERS["int64"])(value)
    raise Unsuitable(f"Unsuitable value: expected a string but found {_internal(value.type)}")


_LETTERS = {"bool": 66, "number": 78, "string": 83}


def _internal(type_: Type) -> str:
    """The original prints its own structures here."""
    if type_.is_primitive:
        return f"{{{{{{}} %!s(cty.primitiveTypeKind={_LETTERS[type_.kind]})}}}}"
    if type_.kind == "dynamic":
        return "{{{}}}"
    if type_.kind == "tuple":
        return f"{{{{{{}} [{' '.join(map(_internal, type_.elements))}]}}}}"
    if type_.kind == "object":
        return f"{{{{{{}} map[{' '.join(f'{k}:{_internal(t)}' for k, t in type_.members)}] map[]}}}}"
    assert type_.element is not None
    return f"{{{{{{}} {_internal(type_.element)}}}}}"
