"""spec: jobspec §13.1"""

from __future__ import annotations

import math

from jobplan.source.jobspec import numbers
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function, whole
from jobplan.source.jobspec.numbers import Number
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import NUMBER, Value, count, list_of, number, sequence

_MOST_GENERATED = 1024


def _abs(a: list[Value], scope: Scope) -> Value:
    n = a[0].number
    return number(numbers.negate(n) if n.sign < 0 else n)


def _ceil(a: list[Value], scope: Scope) -> Value:
    return number(numbers.negate(_floored(numbers.negate(a[0].number))))


def _floor(a: list[Value], scope: Scope) -> Value:
    return number(_floored(a[0].number))


def _floored(n: Number) -> Number:
    if n.infinite or n.exponent >= 0:
        return n
    return numbers.from_int(n.mantissa >> -n.exponent, max(n.precision, 1))


def _signum(a: list[Value], scope: Scope) -> Value:
    whole(a[0])
    return count(a[0].number.sign)


def _extreme(a: list[Value], sign: int) -> Value:
    if not a:
        raise FunctionError("must pass at least one number")
    best = a[0]
    for value in a[1:]:
        if numbers.compare(value.number, best.number) * sign > 0:
            best = value
    return best


def _max(a: list[Value], scope: Scope) -> Value:
    return _extreme(a, 1)


def _min(a: list[Value], scope: Scope) -> Value:
    return _extreme(a, -1)


def _float_result(value: float, function_name: str) -> Value:
    try:
        return number(numbers.from_float(value))
    except numbers.NotANumber:
        raise FunctionError("panic in function implementation: Float.SetFloat64(NaN)") from None


def _pow(a: list[Value], scope: Scope) -> Value:
    base, power = a[0].number.to_float(), a[1].number.to_float()
    try:
        result = math.pow(base, power)
    except OverflowError:
        result = -math.inf if base < 0 and power % 2 == 1 else math.inf
    except ValueError:
        result = math.copysign(math.inf, base) if base == 0 and power % 2 == 1 else math.inf if base == 0 else math.nan
    return _float_result(result, "pow")


def _ln(x: float) -> float:
    return math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)


def _log(a: list[Value], scope: Scope) -> Value:
    top, bottom = _ln(a[0].number.to_float()), _ln(a[1].number.to_float())
    try:
        result = top / bottom
    except ZeroDivisionError:
        result = math.nan if top == 0 or math.isnan(top) else math.copysign(math.inf, top)
    return _float_result(result, "log")


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _parseint(a: list[Value], scope: Scope) -> Value:
    if a[0].type.kind != "string":
        raise FunctionError(f"first argument must be a string, not {a[0].type.friendly}", 0)
    text, base = a[0].text, whole(a[1], 1)
    if not 2 <= base <= 62:
        raise FunctionError("base must be a whole number between 2 and 62 inclusive", 1)
    digits = text[1:] if text[:1] in ("+", "-") else text
    values = [_DIGITS.find(c if base > 36 else c.lower()) for c in digits]
    if not values or any(not 0 <= v < base for v in values):
        raise FunctionError(f'cannot parse "{text}" as a base {base} integer', 0)
    scope.session.budget.charge(len(values) * (1 + len(values) // 1000))
    total = 0
    for v in values:
        total = total * base + v
    return count(-total if text.startswith("-") else total)


def _range(a: list[Value], scope: Scope) -> Value:
    """spec: jobspec §13.1 `range`"""
    if not 1 <= len(a) <= 3:
        raise FunctionError("must have one, two, or three arguments")
    zero = numbers.from_count(0)
    given = [v.number for v in a]
    start, end = (zero, given[0]) if len(given) == 1 else (given[0], given[1])
    down = numbers.compare(end, start) < 0
    step = given[2] if len(given) == 3 else numbers.from_count(-1 if down else 1)
    if down and step.sign > 0:
        raise FunctionError("end must be greater than start when step is positive", 1)
    if not down and step.sign < 0 and numbers.compare(end, start) != 0:
        raise FunctionError("end must be less than start when step is negative", 1)
    items: list[Value] = []
    at = start
    while numbers.compare(at, end) * (-1 if down else 1) < 0:
        if len(items) >= _MOST_GENERATED:
            raise FunctionError(
                f"more than {_MOST_GENERATED} values were generated; either decrease the difference between "
                "start and end "
                "or use a smaller step"
            )
        items.append(number(at))
        at = numbers.add(at, step)
    scope.session.budget.charge(len(items))
    return sequence(list_of(NUMBER), items)


FUNCTIONS: tuple[Function, ...] = (
    function("abs", "num:num", NUMBER, _abs),
    function("ceil", "num:num", NUMBER, _ceil),
    function("floor", "num:num", NUMBER, _floor),
    function("signum", "num:num", NUMBER, _signum),
    function("max", "numbers:num…", NUMBER, _max),
    function("min", "numbers:num…", NUMBER, _min),
    function("pow", "num:num, power:num", NUMBER, _pow),
    function("log", "num:num, base:num", NUMBER, _log),
    function("parseint", "number:any, base:num", NUMBER, _parseint),
    function("range", "params:num…", list_of(NUMBER), _range),
)
