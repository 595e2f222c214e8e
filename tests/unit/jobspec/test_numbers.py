"""Numbers with a precision of their own. spec: jobspec §3.2"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.source.jobspec import numbers
from jobplan.source.jobspec.numbers import Number

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12).map(
    lambda d: format(d, "f")
)


def parsed(text: str) -> Number:
    found = numbers.from_text(text)
    assert found is not None
    return found


def exact(n: Number) -> Fraction:
    return Fraction(n.mantissa) * Fraction(2) ** n.exponent


@given(decimals)
def test_text_identifies_the_value(text: str) -> None:
    """§3.2: the shortest decimal digits that identify the value."""
    value = parsed(text)
    assert numbers.same_number(parsed(numbers.to_text(value)), value)
    assert len(numbers.to_text(value)) <= len(text)


@given(decimals, decimals)
def test_results_are_rounded_once(a: str, b: str) -> None:
    """§3.2: to 512 bits, so that the error is below one part in 2**512."""
    x, y = parsed(a), parsed(b)
    for result, true in ((numbers.add(x, y), exact(x) + exact(y)), (numbers.multiply(x, y), exact(x) * exact(y))):
        assert abs(exact(result) - true) * 2**512 <= abs(true)


@given(decimals, decimals.filter(lambda t: Fraction(t) != 0))
def test_remainder(a: str, b: str) -> None:
    """§3.2: `x - y * trunc(x / y)`, sign of x, smaller than y."""
    x, y = parsed(a), parsed(b)
    rest = numbers.modulo(x, y)
    assert abs(exact(rest)) < abs(exact(y))
    assert exact(rest) == 0 or (exact(rest) < 0) == (exact(x) < 0)


@given(st.floats(allow_nan=False))
def test_floats_survive(value: float) -> None:
    assert numbers.from_float(value).to_float() == value


@pytest.mark.parametrize(
    "text, written",
    [("007", "7"), ("1.50", "1.5"), ("-0.0", "0"), ("1e-7", "0.0000001"), ("1e30", "1" + "0" * 30), ("2.5e3", "2500")],
)
def test_written(text: str, written: str) -> None:
    assert numbers.to_text(parsed(text)) == written


@pytest.mark.parametrize("text", ["", "1_0", "0x1f", "1e", "--1", "1 ", "Inf"])
def test_no_number(text: str) -> None:
    assert numbers.from_text(text) is None
