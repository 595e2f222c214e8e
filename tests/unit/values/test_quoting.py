"""Quoted strings. spec: admission §1.2"""

from __future__ import annotations

import pytest

from jobplan.values.quoting import is_printable, quoted, quoted_ascii


@pytest.mark.parametrize(
    "text, written",
    [
        ("", '""'),
        ('say "hi"\\', r'"say \"hi\"\\"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("grün 日本 😀", '"grün 日本 😀"'),
        ("a\u00a0b\u200bc\ue000", r'"a\u00a0b\u200bc\ue000"'),
        ("\U000e0001\U0010ffff", r'"\U000e0001\U0010ffff"'),
        ("\udcff", r'"\xff"'),
    ],
)
def test_escapes_what_is_not_printable(text: str, written: str) -> None:
    assert quoted(text) == written


def test_ascii_variant_escapes_every_other_character() -> None:
    assert quoted_ascii('é"\t😀') == r'"\u00e9\"\t\U0001f600"'


def test_printability_is_that_of_unicode_15_0_on_every_python() -> None:
    new_in_15_0, new_in_15_1, new_in_16_0 = "\U0001fae8", "\U0002ebf0", "\U00010d40"
    assert is_printable(new_in_15_0)
    assert not is_printable(new_in_15_1)
    assert not is_printable(new_in_16_0)
