"""Operators on values: arithmetic, comparison, logic; and why two branches have no common type.

spec: jobspec §3.2, §3.5, §4.6
"""

from __future__ import annotations

from collections.abc import Callable

from jobplan.source.jobspec import numbers
from jobplan.source.jobspec.conversion import ConversionError, convert, unify
from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.syntax import Binary, Expression, Unary
from jobplan.source.jobspec.values import BOOL, NUMBER, UNDETERMINED, Type, Value, boolean, equal, number, undetermined

_ARITHMETIC: dict[str, Callable[[numbers.Number, numbers.Number], numbers.Number]] = {
    "+": numbers.add,
    "-": lambda a, b: numbers.add(a, numbers.negate(b)),
    "*": numbers.multiply,
    "/": numbers.divide,
    "%": numbers.modulo,
}
_ORDER: dict[str, Callable[[int], bool]] = {
    "<": lambda c: c < 0,
    "<=": lambda c: c <= 0,
    ">": lambda c: c > 0,
    ">=": lambda c: c >= 0,
}


def _operand(value: Value, wanted: Type, node: Expression, which: str, scope: Scope) -> Value:
    """An operand as number or bool; undetermined when it is none, or null."""
    if value.is_unknown:
        return value
    try:
        return convert(value, wanted)
    except ConversionError as e:
        scope.report(node.span, "Invalid operand", f"Unsuitable value for {which} operand: {e}.")
        return UNDETERMINED


def negated(node: Unary, value: Value, scope: Scope) -> Value:
    """`-value` or `!value`."""
    wanted = NUMBER if node.operator == "-" else BOOL
    value = _operand(value, wanted, node.operand, "unary", scope)
    if value.is_unknown:
        return undetermined(wanted)
    if value.is_null:
        _operation_failed(node.span, "argument must not be null", scope)
        return undetermined(wanted)
    return number(numbers.negate(value.number)) if node.operator == "-" else boolean(not value.raw)


def _operation_failed(span: Span, reason: str, scope: Scope) -> None:
    scope.report(span, "Operation failed", f"Error during operation: {reason}.")


def operate(node: Binary, left: Value, right: Value, scope: Scope) -> Value:
    """`left operator right`; the node tells the operator and the places."""
    operator = node.operator
    if operator in ("==", "!="):
        if left.is_unknown or right.is_unknown:
            return undetermined(BOOL)
        scope.session.budget.charge(min(left.size, right.size) >> 3)
        return boolean(equal(left, right) == (operator == "=="))
    wanted = BOOL if operator in ("&&", "||") else NUMBER
    result = NUMBER if operator in _ARITHMETIC else BOOL
    a = _operand(left, wanted, node.left, "left", scope)
    b = _operand(right, wanted, node.right, "right", scope)
    if a.is_unknown or b.is_unknown:
        return undetermined(result)
    if a.is_null or b.is_null:
        _operation_failed(node.span, "argument must not be null", scope)
        return undetermined(result)
    if wanted is BOOL:
        return boolean(bool(a.raw and b.raw) if operator == "&&" else bool(a.raw or b.raw))
    if operator in _ORDER:
        return boolean(_ORDER[operator](numbers.compare(a.number, b.number)))
    try:
        return number(_ARITHMETIC[operator](a.number, b.number))
    except numbers.NotANumber:
        _operation_failed(node.span, _NOT_A_NUMBER[operator], scope)
        return undetermined(NUMBER)


_NOT_A_NUMBER = {
    "/": "can't divide zero by zero or infinity by infinity",
    "%": "can't divide zero by zero or infinity by infinity",
    "*": "can't multiply zero by infinity",
    "+": "can't compute sum of opposing infinities",
    "-": "can't subtract infinity from itself",
}


def branch_mismatch(if_true: Type, if_false: Type) -> str:
    """Why two types have no common type, as a conditional says it."""
    if if_true.kind == if_false.kind == "object":
        return _object_mismatch(if_true, if_false)
    if if_true.kind == if_false.kind == "tuple":
        a, b = if_true.elements, if_false.elements
        if len(a) != len(b):
            return f"The 'true' tuple has length {len(a)}, but the 'false' tuple has length {len(b)}"
        index = next((i for i, (x, y) in enumerate(zip(a, b)) if unify([x, y]) is None), 0)
        return f"Type mismatch for tuple element {index}: {branch_mismatch(a[index], b[index])}"
    return f"The 'true' value is {if_true.friendly}, but the 'false' value is {if_false.friendly}"


def _object_mismatch(if_true: Type, if_false: Type) -> str:
    a, b = if_true.attributes, if_false.attributes
    for name in a:
        if name not in b:
            return f"The 'true' value includes object attribute \"{name}\", which is absent in the 'false' value"
        if unify([a[name], b[name]]) is None:
            return f'Type mismatch for object attribute "{name}": {branch_mismatch(a[name], b[name])}'
    name = next((n for n in b if n not in a), "")
    return f"The 'false' value includes object attribute \"{name}\", which is absent in the 'true' value"
