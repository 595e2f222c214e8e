"""Values as texts. spec: diff §2.2, §2.3"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.jobdiff.fields import field_diff
from jobplan.jobdiff.flatten import opaque_map
from jobplan.values.equality import same
from jobplan.values.floats import float_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (0, "0"),
        (-0.0, "-0"),
        (0.1, "0.1"),
        (-12.5, "-12.5"),
        (123456, "123456"),
        (100000, "100000"),
        (999999.5, "999999.5"),
        (1000000, "1e+06"),
        (1234567, "1.234567e+06"),
        (134217728, "1.34217728e+08"),
        (0.0001, "0.0001"),
        (0.00012, "0.00012"),
        (0.00001, "1e-05"),
        (1.5e-7, "1.5e-07"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (5e-324, "5e-324"),
        (9007199254740993, "9.007199254740992e+15"),
    ],
)
def test_numbers_of_opaque_maps(number: float, text: str) -> None:
    assert float_text(number) == text


def test_another_limit_of_positional_notation() -> None:
    assert float_text(1234567, limit=21) == "1234567"
    assert float_text(1e20, limit=21) == "100000000000000000000"


@pytest.mark.parametrize(
    ("value", "flat"),
    [
        (
            {"args": ["a", ["b"]], "mount": [{"type": "bind", "ro": True}], "x": None, "e": [], "m": {}},
            {"args[0]": "a", "args[1][0]": "b", "mount[0][type]": "bind", "mount[0][ro]": "true", "x": "nil"},
        ),
        ({"": {"a": 1}, "b": {"": 2}}, {"a": "1", "b[]": "2"}),
        ({"": "x"}, {"": "x"}),
        ({}, {}),
        (None, {}),
    ],
)
def test_opaque_maps_flatten_deeply(value: Any, flat: dict[str, str]) -> None:
    assert opaque_map(value) == flat


@pytest.mark.parametrize(
    ("old", "new", "plain", "contextual"),
    [
        ("", "", None, "None"),
        ("a", "a", None, "None"),
        ("", "a", "Added", "Added"),
        ("a", "", "Deleted", "Deleted"),
        ("a", "b", "Edited", "Edited"),
    ],
)
def test_type_of_a_field(old: str, new: str, plain: str | None, contextual: str) -> None:
    made = field_diff("k", old, new, False)
    assert (made and made.type) == plain
    with_context = field_diff("k", old, new, True)
    assert with_context is not None
    assert (with_context.type, with_context.old, with_context.new) == (contextual, old, new)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (9007199254740993, 9007199254740992, True),
        (1, True, False),
        (0, False, False),
        (0, None, False),
        ("1", 1, False),
        (None, None, True),
        ([], None, False),
        ([], {}, False),
        ([1, 2], [2, 1], False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ({"a": None}, {}, False),
        ({"a": [True]}, {"a": [1]}, False),
    ],
)
def test_opaque_equality(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal
    assert same(right, left) is equal
