"""Function calls: counting and converting arguments, and the two functions that see expressions, `try` and `can`.

spec: jobspec §4.7, §13.4
"""

from __future__ import annotations

from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.diagnostics import Diagnostic, Span
from jobplan.source.jobspec.functions.registry import FUNCTIONS, Function, FunctionError
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.suggestions import closest
from jobplan.source.jobspec.syntax import Call, Expression, start_range
from jobplan.source.jobspec.values import DYNAMIC, FALSE, TRUE, UNDETERMINED, Value, undetermined

_NOT_IN_BODIES = ("try", "can", "convert")


def evaluate_call(node: Call, scope: Scope) -> Value:
    from jobplan.source.jobspec.evaluate import evaluate

    if not scope.calls:
        scope.report(node.span, "Function calls not allowed", "Functions may not be called here.")
        return UNDETERMINED
    function = FUNCTIONS.get(node.name)
    if function is None and node.name not in _NOT_IN_BODIES:
        _unknown(node, scope)
        return UNDETERMINED
    if node.name in _NOT_IN_BODIES:
        return _SPECIAL[node.name](node, scope)
    assert function is not None
    plain, spread = list(node.arguments), list[Value]()
    spans = [start_range(n) for n in plain]
    if node.expands and plain:
        last = plain.pop()
        found = _spread(last, evaluate(last, scope), scope)
        if found is None:
            return UNDETERMINED
        spread, spans = found, spans[:-1] + [last.span] * len(found)
    if not _count_fits(node, function, len(spans), scope):
        return UNDETERMINED
    values = [evaluate(n, scope) for n in plain] + spread
    return _call(node, function, spans, values, scope)


def _head(node: Call) -> Span:
    """Name and opening parenthesis."""
    return Span(node.name_span.start, node.open_span.end)


def _unknown(node: Call, scope: Scope) -> None:
    summary = "Call to unknown function"
    space, separator, _ = node.name.rpartition("::")
    if separator:
        scope.report(node.name_span, summary, f'There are no functions in namespace "{space}::".')
        return
    close = closest(node.name, [*FUNCTIONS, *_NOT_IN_BODIES])
    suggestion = f' Did you mean "{close}"?' if close else ""
    scope.report(node.name_span, summary, f'There is no function named "{node.name}".{suggestion}')


def _spread(node: Expression, value: Value, scope: Scope) -> list[Value] | None:
    summary = "Invalid expanding argument value"
    if value.is_unknown:
        return None
    if value.is_null:
        detail = "The expanding argument (indicated by ...) must not be null."
        scope.report(node.span, summary, detail)
        return None
    if not value.type.is_sequence:
        detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type."
        scope.report(node.span, summary, detail)
        return None
    return list(value.items)


def _count_fits(node: Call, function: Function, given: int, scope: Scope) -> bool:
    wanted = len(function.parameters)
    if given < wanted:
        least = " at least" if function.rest is not None else ""
        detail = (
            f'Function "{node.name}" expects{least} {wanted} argument(s). '
            f'Missing value for "{function.parameters[given].name}".'
        )
        scope.report(node.close_span, "Not enough function arguments", detail)
        return False
    if given > wanted and function.rest is None:
        detail = f'Function "{node.name}" expects only {wanted} argument(s).'
        span = start_range(node.arguments[min(wanted, len(node.arguments) - 1)])
        scope.report(span, "Too many function arguments", detail)
        return False
    return True


def _call(node: Call, function: Function, spans: list[Span], values: list[Value], scope: Scope) -> Value:
    arguments: list[Value] = []
    good = True
    for i, value in enumerate(values):
        parameter = function.parameter(i)
        try:
            arguments.append(convert(value, parameter.type))
        except ConversionError as e:
            _bad_argument(function, spans[i], i, str(e), scope)
            good = False
    if not good:
        return UNDETERMINED
    if any(_is_undetermined(a) for a in arguments):
        return undetermined(function.result)
    for i, argument in enumerate(arguments):
        if argument.is_null and not function.parameter(i).allows_null:
            _bad_argument(function, spans[i], i, "argument must not be null", scope)
            return UNDETERMINED
    scope.session.budget.charge(len(arguments))
    try:
        result = function.run(arguments, scope)
        if isinstance(result.raw, (tuple, dict)):
            scope.session.budget.charge(len(result.raw))
        return result
    except ImportError as e:
        detail = (
            f'The function "{node.name}" needs the Python package {e.name}, which is not installed '
            "(pip install 'jobplan[hcl]')."
        )
        scope.report(_head(node), "Error in function call", detail)
        return UNDETERMINED
    except FunctionError as e:
        if e.argument is not None and e.argument < len(spans):
            _bad_argument(function, spans[e.argument], e.argument, str(e), scope)
        else:
            detail = f'Call to function "{node.name}" failed: {e}.'
            scope.report(_head(node), "Error in function call", detail)
        return UNDETERMINED


def _is_undetermined(value: Value) -> bool:
    """Also when only an element of it is."""
    if value.is_unknown:
        return True
    if isinstance(value.raw, tuple):
        return any(_is_undetermined(v) for v in value.raw)
    if isinstance(value.raw, dict):
        return any(_is_undetermined(v) for v in value.raw.values())
    return False


def _bad_argument(function: Function, span: Span, i: int, reason: str, scope: Scope) -> None:
    detail = f'Invalid value for "{function.parameter(i).name}" parameter: {reason}.'
    scope.report(span, "Invalid function argument", detail)


# ---- functions on expressions ----------------------------------------------------------------------------------------
def _attempt(node: Expression, scope: Scope) -> tuple[Value, list[Diagnostic]]:
    from jobplan.source.jobspec.evaluate import evaluate

    session, outer = scope.session, scope.session.problems
    problems: list[Diagnostic] = []
    session.problems = problems
    value = evaluate(node, scope)
    session.problems = outer
    return value, problems


def _try(node: Call, scope: Scope) -> Value:
    if not node.arguments:
        detail = 'Call to function "try" failed: at least one argument is required.'
        scope.report(_head(node), "Error in function call", detail)
        return UNDETERMINED
    lines = []
    for argument in node.arguments:
        value, problems = _attempt(argument, scope)
        if not problems:
            return value
        for p in problems:
            lines.append(f"- {p.summary} (at {p.where})\n  {p.detail}\n")
    reason = f"no expression succeeded:\n{''.join(lines)}\nAt least one expression must produce a successful result"
    scope.report(_head(node), "Error in function call", f'Call to function "try" failed: {reason}.')
    return UNDETERMINED


def _can(node: Call, scope: Scope) -> Value:
    if not _special_count(node, ("expression",), scope):
        return UNDETERMINED
    _, problems = _attempt(node.arguments[0], scope)
    return FALSE if problems else TRUE


def _convert(node: Call, scope: Scope) -> Value:
    from jobplan.source.jobspec.evaluate import evaluate
    from jobplan.source.jobspec.typespec import parse_type

    if not _special_count(node, ("value", "type"), scope):
        return UNDETERMINED
    value = evaluate(node.arguments[0], scope)
    wanted = parse_type(node.arguments[1], scope, in_call=True)
    if wanted is None or value.is_unknown:
        return UNDETERMINED
    try:
        return convert(value, wanted)
    except ConversionError as e:
        detail = f'Invalid value for "value" parameter: {e}.'
        scope.report(start_range(node.arguments[0]), "Invalid function argument", detail)
        return UNDETERMINED


def _special_count(node: Call, names: tuple[str, ...], scope: Scope) -> bool:
    from jobplan.source.jobspec.functions.registry import Parameter

    parameters = tuple(Parameter(n, DYNAMIC) for n in names)
    shape = Function(node.name, parameters, None, DYNAMIC, lambda arguments, scope: UNDETERMINED)
    return _count_fits(node, shape, len(node.arguments), scope)


_SPECIAL = {"try": _try, "can": _can, "convert": _convert}
