"""Expressions → values.

`evaluate` never raises for a faulty expression: it reports diagnostics to the session and gives an undetermined
value, on which everything else works without further complaint. So one pass finds all independent faults.

spec: jobspec §4, §5
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jobplan.source.jobspec.access import take_attribute, take_index
from jobplan.source.jobspec.calls import evaluate_call
from jobplan.source.jobspec.conversion import ConversionError, convert, unify
from jobplan.source.jobspec.diagnostics import Diagnostic, Span
from jobplan.source.jobspec.operators import branch_mismatch, negated, operate
from jobplan.source.jobspec.scope import Scope, UnknownNames
from jobplan.source.jobspec.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    Constant,
    Element,
    Expression,
    For,
    Index,
    ObjectExpression,
    ObjectItem,
    Parentheses,
    QuotedText,
    Reference,
    Splat,
    Step,
    Template,
    TemplateFor,
    TemplateIf,
    TemplateWrap,
    TupleExpression,
    Unary,
)
from jobplan.source.jobspec.values import (
    BOOL,
    DYNAMIC,
    STRING,
    UNDETERMINED,
    Value,
    count,
    list_of,
    object_value,
    sequence,
    string,
    tuple_value,
    undetermined,
)

_ELEMENT = "*"  # the name of a splat's element, which no identifier can be

_NULL_IN_TEMPLATE = "The expression result is null. Cannot include a null value in a string template."
_TEMPLATE_SUMMARY = "Invalid template interpolation value"


def evaluate(node: Expression, scope: Scope) -> Value:
    """The value of an expression; `UNDETERMINED` when it has a fault (which is reported)."""
    scope.session.budget.charge(1)
    value = _EVALUATORS[type(node)](node, scope)
    if value.size > 64:
        scope.session.budget.charge(value.size >> 3)
    return value


# ---- names and steps -------------------------------------------------------------------------------------------------
def _constant(node: Constant, scope: Scope) -> Value:
    return node.value


def _parentheses(node: Parentheses | TemplateWrap, scope: Scope) -> Value:
    return evaluate(node.inner, scope)


def _reference(node: Reference, scope: Scope) -> Value:
    root = scope.names.get(node.root)
    if root is not None:
        return _walk(root, node.steps, scope)
    if scope.unknown is UnknownNames.RUNTIME:
        return string(runtime_text(scope, node.span))
    if scope.unknown is UnknownNames.CONSTANT:
        scope.report(node.root_span, "Variables not allowed", "Variables may not be used here.")
    else:
        scope.report(node.root_span, "Unknown variable", f'There is no variable named "{node.root}".')
    return UNDETERMINED


def runtime_text(scope: Scope, span: Span) -> str:
    """The source text that stands for an unknown reference. spec: jobspec §5"""
    text = scope.source.text
    start, end = span
    found = start
    while found > 0 and text[found - 1] == " ":
        found -= 1
    if text[found - 2 : found] != "${":
        return "${" + text[start:end] + "}"
    pieces, at = [text[found - 2 : end]], end + 1
    while at < len(text):
        if text[at] == "}":
            scope.session.budget.charge_text((at - end) * 10)
            pieces.append(text[end:at])
        elif text[at] != " ":
            pieces.append("}")
            break
        at += 1
    return "".join(pieces)


def _walk(value: Value, steps: Iterable[Step], scope: Scope) -> Value:
    for step in steps:
        if isinstance(step.key, str):
            value = take_attribute(value, step.key, step.span, scope)
        else:
            value = take_index(value, step.key, step.span, scope)
        if value.is_unknown:
            return value
    return value


def _access(node: Access, scope: Scope) -> Value:
    return _walk(evaluate(node.operand, scope), node.steps, scope)


def _index(node: Index, scope: Scope) -> Value:
    operand, key = evaluate(node.operand, scope), evaluate(node.key, scope)
    if operand.is_unknown or key.is_unknown:
        return UNDETERMINED
    return take_index(operand, key, node.brackets, scope)


def _element(node: Element, scope: Scope) -> Value:
    return scope.names[_ELEMENT]


def _splat(node: Splat, scope: Scope) -> Value:
    """spec: jobspec §4.3"""
    operand = evaluate(node.operand, scope)
    if operand.is_unknown:
        return UNDETERMINED
    is_sequence = operand.type.is_sequence
    if operand.is_null:
        if is_sequence:
            scope.report(
                node.operand.span,
                "Splat of null value",
                "Splat expressions (with the * symbol) cannot be applied to null sequences.",
            )
            return UNDETERMINED
        return tuple_value(())
    items = operand.items if is_sequence else (operand,)
    results = [evaluate(node.each, scope.with_names({_ELEMENT: item})) for item in items]
    if any(r.is_unknown for r in results):
        return UNDETERMINED
    if is_sequence and operand.type.kind != "tuple":
        element = unify([r.type for r in results])
        if element is not None and all(r.type == element for r in results):
            if not results:
                assert operand.type.element is not None
                element = operand.type.element if isinstance(node.each, Element) else DYNAMIC
            return sequence(list_of(element), results)
    return tuple_value(results)


# ---- operators and conditionals --------------------------------------------------------------------------------------
def _unary(node: Unary, scope: Scope) -> Value:
    return negated(node, evaluate(node.operand, scope), scope)


def _binary(node: Binary, scope: Scope) -> Value:
    """A chain of operators leans to the left; it is worked off in a loop, so that its length costs no depth."""
    chain = [node]
    while isinstance(chain[-1].left, Binary):
        chain.append(chain[-1].left)
    value = evaluate(chain[-1].left, scope)
    for link in reversed(chain):
        scope.session.budget.charge(1)
        value = operate(link, value, evaluate(link.right, scope), scope)
    return value


def _conditional(node: Conditional, scope: Scope) -> Value:
    """Both branches are evaluated; what the branch not taken complains about is dropped. spec: jobspec §4.6"""
    session, outer = scope.session, scope.session.problems
    true_problems: list[Diagnostic] = []
    session.problems = true_problems
    if_true = evaluate(node.if_true, scope)
    false_problems: list[Diagnostic] = []
    session.problems = false_problems
    if_false = evaluate(node.if_false, scope)
    session.problems = outer
    common = unify([if_true.type, if_false.type])
    if common is None:
        reason = branch_mismatch(if_true.type, if_false.type)
        detail = f"The true and false result expressions must have consistent types. {reason}."
        span = Span(node.if_true.span.start, node.if_false.span.end)
        scope.report(span, "Inconsistent conditional result types", detail)
        return UNDETERMINED
    condition = evaluate(node.condition, scope)
    if condition.is_unknown:
        return undetermined(common)
    if condition.is_null:
        detail = "The condition value is null. Conditions must either be true or false."
        scope.report(node.condition.span, "Null condition", detail)
        return undetermined(common)
    try:
        taken = bool(convert(condition, BOOL).raw)
    except ConversionError:
        detail = "The condition expression must be of type bool."
        scope.report(node.condition.span, "Incorrect condition type", detail)
        return undetermined(common)
    outer.extend(true_problems if taken else false_problems)
    result = if_true if taken else if_false
    try:
        return convert(result, common)
    except ConversionError as e:
        detail = f"The {'true' if taken else 'false'} result value has the wrong type: {e}."
        scope.report((node.if_true if taken else node.if_false).span, "Inconsistent conditional result types", detail)
        return UNDETERMINED


# ---- constructors ----------------------------------------------------------------------------------------------------
def _tuple(node: TupleExpression, scope: Scope) -> Value:
    items = [evaluate(item, scope) for item in node.items]
    return tuple_value(items)


def _object(node: ObjectExpression, scope: Scope) -> Value:
    """spec: jobspec §4.5"""
    entries: dict[str, Value] = {}
    complete = True
    for item in node.items:
        key = item.name if item.name is not None else _key(item, scope)
        value = evaluate(item.value, scope)
        if key is None:
            complete = False
        else:
            entries[string(key).text] = value
    return object_value(entries) if complete else UNDETERMINED


def _key(item: ObjectItem, scope: Scope) -> str | None:
    node = item.key
    if isinstance(node, Reference):
        detail = (
            "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a "
            "literal name containing periods, wrap it in quotes to create a string literal."
        )
        scope.report(node.span, "Ambiguous attribute key", detail)
        return None
    key = evaluate(node, scope)
    if key.is_unknown:
        return None
    if key.is_null:
        scope.report(item.value.span, "Null value as key", "Can't use a null value as a key.")
        return None
    try:
        return convert(key, STRING).text
    except ConversionError as e:
        scope.report(node.span, "Incorrect key type", f"Can't use this value as a key: {e}.")
        return None


# ---- for -------------------------------------------------------------------------------------------------------------
def iterated(value: Value) -> list[tuple[Value, Value]] | None:
    """(key, element) pairs of anything that can be iterated; None for other values. spec: jobspec §4.4"""
    if value.is_unknown or value.is_null:
        return None
    if value.type.is_mapping:
        return [(string(k), v) for k, v in value.entries.items()]
    if value.type.kind == "set":
        return [(v, v) for v in value.items]
    if value.type.is_sequence:
        return [(count(i), v) for i, v in enumerate(value.items)]
    return None


def _names(node: For | TemplateFor, key: Value, value: Value) -> dict[str, Value]:
    names = {node.value_name: value}
    if node.key_name is not None:
        names = {node.key_name: key, node.value_name: value}
    return names


def _collection(node: For | TemplateFor, scope: Scope) -> list[tuple[Value, Value]] | None:
    value = evaluate(node.collection, scope)
    if value.is_unknown:
        return None
    if value.is_null:
        detail = "A null value cannot be used as the collection in a 'for' expression."
        scope.report(node.collection.span, "Iteration over null value", detail)
        return None
    pairs = iterated(value)
    if pairs is None:
        detail = f"A value of type {value.type.friendly} cannot be used as the collection in a 'for' expression."
        scope.report(node.collection.span, "Iteration over non-iterable value", detail)
    return pairs


def _for(node: For, scope: Scope) -> Value:
    pairs = _collection(node, scope)
    if pairs is None:
        return UNDETERMINED
    items: list[Value] = []
    entries: dict[str, list[Value]] = {}
    complete = True
    for key, element in pairs:
        inner = scope.with_names(_names(node, key, element))
        included = True if node.condition is None else _included(node.condition, inner)
        if included is None:
            complete = False
            if node.condition is not None:
                break
        if not included:
            continue
        if node.key is None:
            items.append(evaluate(node.value, inner))
            continue
        name = _for_key(node.key, inner)
        value = evaluate(node.value, inner)
        if name is None:
            complete = False
            break
        if name in entries and not node.groups:
            detail = (
                f"Two different items produced the key \"{name}\" in this 'for' expression. If duplicates are "
                "expected, use "
                "the ellipsis (...) after the value expression to enable grouping by key."
            )
            scope.report(node.key.span, "Duplicate object key", detail)
            complete = False
            continue
        entries.setdefault(name, []).append(value)
    if not complete:
        return UNDETERMINED
    if node.key is None:
        return tuple_value(items)
    return object_value({k: tuple_value(v) if node.groups else v[0] for k, v in entries.items()})


def _included(node: Expression, scope: Scope) -> bool | None:
    value = evaluate(node, scope)
    if value.is_unknown:
        return None
    if value.is_null:
        scope.report(node.span, "Condition is null", "The value of the 'if' clause must not be null.")
        return None
    try:
        return bool(convert(value, BOOL).raw)
    except ConversionError as e:
        scope.report(node.span, "Invalid 'for' condition", f"The 'if' clause value is invalid: {e}.")
        return None


def _for_key(node: Expression, scope: Scope) -> str | None:
    key = evaluate(node, scope)
    if key.is_unknown:
        return None
    if key.is_null:
        detail = "Key expression in 'for' expression must not produce a null value."
        scope.report(node.span, "Invalid object key", detail)
        return None
    try:
        return convert(key, STRING).text
    except ConversionError as e:
        scope.report(node.span, "Invalid object key", f"The key expression produced an invalid result: {e}.")
        return None


# ---- templates -------------------------------------------------------------------------------------------------------
def _template(node: Template, scope: Scope) -> Value:
    """spec: jobspec §2.5"""
    texts: list[str] = []
    complete = True
    for part in node.parts:
        value = evaluate(part, scope)
        if value.is_unknown:
            complete = False
        else:
            texts.append(_part_text(part, value, scope))
    if not complete:
        return undetermined(STRING)
    scope.session.budget.charge_text(sum(map(len, texts)))
    return string("".join(texts))


def _part_text(part: Expression, value: Value, scope: Scope) -> str:
    """The text of a part; one that has none is left out, and the rest goes on."""
    if value.is_null:
        scope.report(part.span, _TEMPLATE_SUMMARY, _NULL_IN_TEMPLATE)
        return ""
    try:
        return convert(value, STRING).text
    except ConversionError as e:
        scope.report(part.span, _TEMPLATE_SUMMARY, f"Cannot include the given value in a string template: {e}.")
        return ""


def _template_if(node: TemplateIf, scope: Scope) -> Value:
    return _conditional(Conditional(node.span, node.condition, node.if_true, node.if_false), scope)


def _template_for(node: TemplateFor, scope: Scope) -> Value:
    pairs = _collection(node, scope)
    if pairs is None:
        return undetermined(STRING)
    texts: list[str] = []
    complete = True
    for key, element in pairs:
        value = evaluate(node.body, scope.with_names(_names(node, key, element)))
        if value.is_unknown:
            complete = False
        else:
            texts.append(value.text)
    scope.session.budget.charge_text(sum(map(len, texts)))
    return string("".join(texts)) if complete else undetermined(STRING)


_EVALUATORS: dict[type[Expression], Callable[[Any, Scope], Value]] = {
    Constant: _constant,
    QuotedText: _constant,
    Reference: _reference,
    Access: _access,
    Index: _index,
    Element: _element,
    Splat: _splat,
    Call: evaluate_call,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Parentheses: _parentheses,
    TupleExpression: _tuple,
    ObjectExpression: _object,
    For: _for,
    Template: _template,
    TemplateWrap: _parentheses,
    TemplateIf: _template_if,
    TemplateFor: _template_for,
}
