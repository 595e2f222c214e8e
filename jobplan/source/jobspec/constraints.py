"""`constraint` and `affinity` with their shorthands.

spec: jobspec §8.5
"""

from __future__ import annotations

from typing import Any

from jobplan.source.jobspec.contents import Allowed, contents
from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.evaluate import evaluate
from jobplan.source.jobspec.numbers import Number
from jobplan.source.jobspec.places import Places
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.syntax import Attribute, Block
from jobplan.source.jobspec.values import BOOL, NUMBER, STRING, Type, Value

_TEXTS = ("attribute", "value", "operator", "version", "semver", "regexp", "set_contains")
_CONSTRAINT = {
    **dict.fromkeys(_TEXTS, STRING),
    "set_contains_any": STRING,
    "set_contains_all": STRING,
    "is_set": STRING,
    "is_not_set": STRING,
    "distinct_hosts": BOOL,
    "distinct_property": STRING,
}
_AFFINITY = {**dict.fromkeys(_TEXTS, STRING), "set_contains_any": STRING, "set_contains_all": STRING, "weight": NUMBER}
_TYPES = {"constraint": _CONSTRAINT, "affinity": _AFFINITY}
_ALLOWED = {name: Allowed(tuple(types), {}) for name, types in _TYPES.items()}

# Shorthands that set operand and RTarget, in the order in which they override each other
_SHORTHANDS = {
    "constraint": ("version", "semver", "regexp", "set_contains"),
    "affinity": ("version", "semver", "regexp", "set_contains_any", "set_contains_all", "set_contains"),
}
_FIELDS = {"attribute": "LTarget", "value": "RTarget", "operator": "Operand", "weight": "Weight"}


def decode_constraint(kind: str, block: Block, scope: Scope, places: Places) -> dict[str, Any]:
    """The API object of a `constraint` or `affinity` block."""
    inside = contents(block.body, _ALLOWED[kind], scope)
    values = {name: _value(a, _TYPES[kind][name], scope) for name, a in inside.attributes.items()}
    given: dict[str, Any] = {n: v.raw for n, v in values.items() if v is not None and not v.is_null}
    out: dict[str, Any] = {
        "LTarget": given.get("attribute", ""),
        "RTarget": given.get("value", ""),
        "Operand": given.get("operator", "="),
    }
    for name in _SHORTHANDS[kind]:
        if given.get(name, "") != "":
            out["Operand"], out["RTarget"] = name, given[name]
    if "distinct_hosts" in given:
        out["Operand"], out["RTarget"] = "distinct_hosts", "true" if given["distinct_hosts"] else "false"
    if given.get("distinct_property", "") != "":
        out["Operand"], out["LTarget"] = "distinct_property", given["distinct_property"]
    if kind == "affinity":
        out["Weight"] = _weight(given["weight"]) if "weight" in given else None
    marks = {_FIELDS.get(n, "Operand"): a.name_span.start for n, a in inside.attributes.items()}
    places.note(out, block.type_span.start, marks)
    return out


def _value(attribute: Attribute, wanted: Type, scope: Scope) -> Value | None:
    value = evaluate(attribute.expression, scope)
    if value.is_unknown:
        return None
    try:
        converted = convert(value, wanted)
    except ConversionError as e:
        detail = f'Inappropriate value for attribute "{attribute.name}": {e}.'
        scope.report(attribute.expression.span, "Incorrect attribute value type", detail)
        return None
    return None if converted.is_unknown else converted


def _weight(number: Number) -> int:
    """Truncated to 64 bits, saturating; then the low 8 bits as a signed number."""
    if number.infinite or number.mantissa.bit_length() + number.exponent > 64:
        whole = (1 << 63) - 1 if number.sign > 0 else -(1 << 63)
    else:
        whole = max(-(1 << 63), min((1 << 63) - 1, number.to_int()))
    low = whole & 0xFF
    return low - 256 if low > 127 else low
