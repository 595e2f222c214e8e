"""Type expressions of variable declarations and of `convert`.

spec: jobspec §6.1, §13.4
"""

from __future__ import annotations

from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.syntax import (
    Call,
    Constant,
    Expression,
    ObjectExpression,
    QuotedText,
    Reference,
    TupleExpression,
)
from jobplan.source.jobspec.values import BOOL, DYNAMIC, NUMBER, STRING, Type, object_of, tuple_of

_PRIMITIVES = {"string": STRING, "number": NUMBER, "bool": BOOL}
_NEED_ELEMENT = ("list", "set", "map")
_GENERAL = (
    "A type specification is either a primitive type keyword (bool, number, string) or a complex type "
    "constructor call, "
    "like list(string)."
)
_OBJECT = "The object type constructor requires one argument specifying the attribute types and values as a map."
_TUPLE = "The tuple type constructor requires one argument specifying the element types as a list."


def parse_type(node: Expression, scope: Scope, in_call: bool = False) -> Type | None:
    """The type that an expression denotes; None, with a report, when it denotes none. `in_call`: in the function
    `convert`, where `any` and `optional` are accepted."""
    if isinstance(node, Reference) and not node.steps:
        return _keyword(node, scope, in_call)
    if isinstance(node, Constant) and node.value.is_null:
        return _refuse(scope, node.span, 'The keyword "null" is not a valid type specification.')
    if not isinstance(node, Call):
        return _refuse(scope, node.span, _GENERAL)
    if node.name in _PRIMITIVES or node.name == "any":
        return _refuse(scope, node.span, f'Primitive type keyword "{node.name}" does not expect arguments.')
    if node.name == "optional":
        detail = 'Keyword "optional" is valid only as a modifier for object type attributes.'
        return _refuse(scope, node.span, detail)
    if node.name not in (*_NEED_ELEMENT, "object", "tuple"):
        return _refuse(scope, node.span, f'Keyword "{node.name}" is not a valid type constructor.')
    if len(node.arguments) != 1:
        extra = node.arguments[1].span if node.arguments else Span(node.open_span.start, node.close_span.end)
        return _refuse(scope, extra, _missing_argument(node.name))
    argument = node.arguments[0]
    if node.name in _NEED_ELEMENT:
        element = parse_type(argument, scope, in_call)
        return None if element is None else Type(node.name, element)
    return _tuple(argument, scope, in_call) if node.name == "tuple" else _object(argument, scope, in_call)


def _refuse(scope: Scope, span: Span, detail: str) -> Type | None:
    scope.report(span, "Invalid type specification", detail)
    return None


def _missing_argument(name: str) -> str:
    if name in _NEED_ELEMENT:
        return f"The {name} type constructor requires one argument specifying the element type."
    return _OBJECT if name == "object" else _TUPLE


def _keyword(node: Reference, scope: Scope, in_call: bool) -> Type | None:
    if node.root in _PRIMITIVES:
        return _PRIMITIVES[node.root]
    if node.root == "any":
        if in_call:
            return DYNAMIC
        detail = 'The keyword "any" cannot be used in this type specification: an exact type is required.'
        return _refuse(scope, node.span, detail)
    if node.root in (*_NEED_ELEMENT, "object", "tuple"):
        return _refuse(scope, node.span, _missing_argument(node.root))
    return _refuse(scope, node.span, f'The keyword "{node.root}" is not a valid type specification.')


def _tuple(node: Expression, scope: Scope, in_call: bool) -> Type | None:
    if not isinstance(node, TupleExpression):
        return _refuse(scope, node.span, "Tuple type constructor requires a list of element types.")
    elements = [parse_type(item, scope, in_call) for item in node.items]
    known = [e for e in elements if e is not None]
    return tuple_of(known) if len(known) == len(elements) else None


def _object(node: Expression, scope: Scope, in_call: bool) -> Type | None:
    if not isinstance(node, ObjectExpression):
        detail = (
            "Object type constructor requires a map whose keys are attribute names and whose values are "
            "the corresponding attribute types."
        )
        return _refuse(scope, node.span, detail)
    attributes: dict[str, Type] = {}
    complete = True
    for item in node.items:
        name = item.name
        if name is None and isinstance(item.key, QuotedText):
            name = item.key.value.text
        if name is None:
            _refuse(scope, item.key.span, "Object constructor map keys must be attribute names.")
            complete = False
            continue
        if name in attributes:
            _refuse(scope, item.key.span, "Object constructor map keys must be unique.")
            complete = False
            continue
        value = item.value
        if isinstance(value, Call) and value.name == "optional" and in_call and value.arguments:
            value = value.arguments[0]
        found = parse_type(value, scope, in_call)
        complete = complete and found is not None
        attributes[name] = found or DYNAMIC
    return object_of(attributes) if complete else None
