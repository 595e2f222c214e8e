"""Bodies without a schema: driver configurations, scaling policies.

spec: jobspec §10
"""

from __future__ import annotations

from typing import Any

from jobplan.source.jobspec.contents import attributes_only
from jobplan.source.jobspec.evaluate import evaluate
from jobplan.source.jobspec.json_syntax import JsonBody
from jobplan.source.jobspec.places import Places
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.syntax import Block, ObjectExpression, start_range
from jobplan.source.jobspec.values import UNKNOWN, Value


class _NotKnown(Exception):
    pass


def free_form(block: Block, scope: Scope, places: Places, nested: bool = False) -> dict[str, Any]:
    """The JSON object of a free-form body; faults are reported. A null disappears, except in a nested block."""
    is_json = isinstance(block.body, JsonBody)
    body = attributes_only(block.body, scope)
    out: dict[str, Any] = {}
    marks: dict[str, int] = {}
    for name, attribute in body.attributes.items():
        value = evaluate(attribute.expression, scope)
        try:
            plain = plain_value(value)
        except _NotKnown:
            detail = "Unsuitable value: value is not known"
            scope.report(start_range(attribute.expression), "unsuitable value type", detail)
            continue
        if plain is None and not nested:
            continue
        wraps = isinstance(attribute.expression, ObjectExpression) and not is_json
        out[name] = [plain] if wraps else plain
        marks[name] = attribute.name_span.start
    blocks: dict[str, list[Any]] = {}
    for inner in body.blocks:
        blocks.setdefault(inner.type, []).append(_block(inner, scope, places))
        marks.setdefault(inner.type, inner.type_span.start)
    out.update(blocks)
    places.note(out, block.type_span.start, marks)
    return out


def _block(block: Block, scope: Scope, places: Places) -> Any:
    content: Any = free_form(block, scope, places, nested=True)
    for label in reversed(block.labels):
        content = {label.text: [content]}
        places.note(content, label.span.start, {label.text: label.span.start})
    return content


def plain_value(value: Value) -> Any:
    """A value with its own type; a 64-bit integer as int, every other number as float."""
    raw = value.raw
    if raw is None or isinstance(raw, (str, bool)):
        return raw
    if raw is UNKNOWN:
        raise _NotKnown
    if isinstance(raw, dict):
        return {k: plain_value(v) for k, v in raw.items()}
    if isinstance(raw, tuple):
        return [plain_value(v) for v in raw]
    number = value.number
    if number.is_whole and number.mantissa.bit_length() + number.exponent <= 64:
        whole = number.to_int()
        if -(1 << 63) <= whole < 1 << 63:
            return whole
    return number.to_float()
