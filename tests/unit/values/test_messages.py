"""The placeholder language. spec: admission §1.1"""

from __future__ import annotations

import pytest

from jobplan.values.durations import SECOND
from jobplan.values.errorlists import error_list, warning_list
from jobplan.values.messages import Message


@pytest.mark.parametrize(
    "text, values, made",
    [
        ("{n} of {ok}", {"n": 3, "ok": True}, "3 of true"),
        ("{name!q} {name!Q}", {"name": "é"}, '"é" "\\u00e9"'),
        ("{delay!d} is {delay!ns}", {"delay": 90 * SECOND}, "1m30s is 90000000000"),
        ("{ids!l}{ids!lq}", {"ids": ["a", "b"]}, '[a b]["a" "b"]'),
        ("{ids!l}", {"ids": []}, "[]"),
        ("{max delay!d}", {"max_delay": 0}, "0s"),
        ("${attr.x} ^[a-z]{1,128}$ {n}%", {"n": 1}, "${attr.x} ^[a-z]{1,128}$ 1%"),
    ],
)
def test_placeholders(text: str, values: dict[str, object], made: str) -> None:
    assert Message(text)(**values) == made


def test_values_are_never_read_as_placeholders() -> None:
    assert Message("{a} {b}")(a="{b}", b="x") == "{b} x"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Message("{a}")()


def test_lists() -> None:
    assert error_list(["x"]) == "1 error occurred:\n\t* x\n\n"
    assert error_list(["x", error_list(["y"])]) == "2 errors occurred:\n\t* x\n\t* 1 error occurred:\n\t* y\n\n\n\n"
    assert warning_list([]) == ""
    assert warning_list([" x\n\n", "y"]) == "2 warnings:\n\n* x\n* y"
