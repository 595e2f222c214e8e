"""Files made to cost much are refused, and no file does anything but parse or raise `JobspecError`."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.errors import JobspecError
from jobplan.source.jobspec import LimitExceeded, parse_jobspec, parse_jobspec_with_positions

META = 'job "j" {{\n  meta = {{ v = {} }}\n}}\n'


def doubling(step: str) -> str:
    rows = "".join(f"  a{i} = {step.replace('@', f'local.a{i - 1}')}\n" for i in range(1, 60))
    return 'locals {\n  a0 = ["x"]\n' + rows + '}\njob "j" {}\n'


@pytest.mark.parametrize(
    "text",
    [
        doubling("[@, @]"),
        doubling("concat(@, @)"),
        doubling('[join(",", concat(@, @))]'),
        META.format("[for a in range(999) : [for b in range(999) : [for c in range(999) : c]]]"),
        META.format("[" * 5_000),
        META.format('"${' * 5_000),
        META.format("(" * 5_000),
        META.format("!" * 5_000 + "true"),
        META.format("foo" + "[bar]" * 5_000),
        "a {\n" * 5_000,
        META.format('indent(1000000, join("", [for i in range(1000) : "\\n"]))'),
        META.format('bcrypt("x", 31)'),
        META.format("1e20000 * 1e20000"),
        'job "j" {\n  name = "${foo}' + "}" * 100_000 + '"\n}\n',
        " " * 3_000_000,
    ],
    ids=range(15),
)
def test_refused(text: str) -> None:
    with pytest.raises(LimitExceeded):
        parse_jobspec(text)


WORDS = """job|"j"|{|}|[|]|(|)|"|${|%{ if true }|%{ endif }|~}|<<-E|E|=|a|local.a|1e9|,|...|[*]|.0|? 1 : 2|dynamic
content|for x in [1] :|//|variable "v"|locals|group|"l"|meta|config|upper(|\ufeff|e\u0301|\\u00|/*|\r"""
PIECES = st.sampled_from([*WORDS.replace("\n", "|").split("|"), "\n", " ", "\r\n"])


@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_parses_or_is_refused(text: str) -> None:
    with suppress(JobspecError):
        assert parse_jobspec_with_positions(text).job["ID"] is not None
