"""Constraint operators on resolved values. spec: placement §6.2"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.errors import InputError
from jobplan.placement.operands import OPERANDS, compile_constraint, constraint_matches, parse_float64, parse_int64


@pytest.mark.parametrize(
    "operand, left, right, result",
    [
        ("is", "harbour", "harbour", True),
        ("not", "harbour", "Harbour", True),
        (">", "10", "9", True),  # integers
        (">", "10.5", "9", True),  # floats
        (">", "10a", "9", False),  # text
        ("<", "0x1p4", "17", True),
        ("<", "1e999", "9", True),  # out of range: text
        (">", "9223372036854775808", "9223372036854775807", False),  # equal as floats
        ("<=", "nan", "nan", False),
        (">=", " 5", "10", False),  # a space makes it text
        ("<", "Z", "é", True),
        ("regexp", "north-east", "h-e", True),
        ("regexp", "a", "(?=a)", False),
        ("version", "1.3.0-beta1", ">= 1.2.0", False),
        ("semver", "1.3.0-beta1", ">= 1.2.0", True),
        ("semver", "1.3.0", "~> 1.2", False),
        ("set_contains", "tin, oak ,elm", "elm,tin", True),
        ("set_contains", "tin,oak", "tin,", False),  # an empty element counts
        ("set_contains_all", "tin,,oak", "oak, ", True),
        ("set_contains_any", "tin,oak", "elm,oak", True),
        ("set_contains_any", "tin", "elm", False),
        ("distinct_hosts", "", "", True),
        ("distinct_property", "", "", True),
        ("IS", "a", "a", False),
        ("", "a", "a", False),
    ],
)
def test_found_values(operand: str, left: str, right: str, result: bool) -> None:
    assert constraint_matches(operand, left, right) is result


def test_missing_values() -> None:
    """Only inequality and the set tests hold for a missing attribute, whose value is the empty text."""
    held = {operand for operand in OPERANDS if constraint_matches(operand, "", "x", left_found=False)}
    assert held == {"!=", "not", "is_not_set", "distinct_hosts", "distinct_property"}
    held = {operand for operand in OPERANDS if constraint_matches(operand, "x", "x", right_found=False)}
    assert held == {"is_set", "distinct_hosts", "distinct_property"}


@pytest.mark.parametrize(
    "text, integer, real",
    [
        ("+7", 7, 7.0),
        ("-0", 0, 0.0),
        ("1_000", None, 1000.0),
        ("_1", None, None),
        ("9223372036854775808", None, 9223372036854775808.0),
        ("5.", None, 5.0),
        (".5e-1", None, 0.05),
        (".", None, None),
        ("0x10", None, None),
        ("0X1.8p1", None, 3.0),
        ("-Infinity", None, float("-inf")),
        ("infin", None, None),
        ("1e400", None, None),
        ("1e-400", None, 0.0),
        ("٣", None, None),
        ("1 ", None, None),
        ("1\n", None, None),
    ],
)
def test_numbers(text: str, integer: int | None, real: float | None) -> None:
    assert (parse_int64(text), parse_float64(text)) == (integer, real)


texts = st.text("0123456789.-e,ab ", max_size=6)


@given(texts, texts)
def test_law_operators_are_each_others_opposites(left: str, right: str) -> None:
    def holds(operand: str) -> bool:
        return constraint_matches(operand, left, right)

    assert [holds("<="), holds("!="), holds("is_not_set")] == [not holds(">"), not holds("="), not holds("is_set")]
    assert holds("<") is constraint_matches(">", right, left)
    assert holds("set_contains") <= holds("set_contains_any")


@given(st.sampled_from([*OPERANDS, "bogus"]), st.text(max_size=6), st.text(max_size=6), st.booleans(), st.booleans())
def test_law_flags_only_take_away(operand: str, left: str, right: str, left_found: bool, right_found: bool) -> None:
    """A check holds with flags as it holds without, or not at all; `is_set` and its opposite read the flags alone."""
    result = constraint_matches(operand, left, right, left_found=left_found, right_found=right_found)
    if operand in ("is_set", "is_not_set"):
        assert result is (left_found is (operand == "is_set"))
    elif operand in ("!=", "not", "distinct_hosts", "distinct_property"):
        assert result is constraint_matches(operand, left, right)
    else:
        assert result is (left_found and right_found and constraint_matches(operand, left, right))


def test_compiled_check_is_used_again() -> None:
    """Placement asks thousands of nodes the same constraint; versions and patterns are parsed once."""
    assert compile_constraint("version", ">= 1.2") is compile_constraint("version", ">= 1.2")


@pytest.mark.parametrize("values", [(None, "a", "b"), ("=", 3, "b"), ("=", "a", ["b"])])
def test_what_is_no_text_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match="must be a string"):
        constraint_matches(*values)
