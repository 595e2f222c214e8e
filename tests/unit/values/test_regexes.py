"""Go's regular expressions: the first error with its exact text, and searches. spec: admission §10.1"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.values.regexes import compile_regex, regex_problem


@pytest.mark.parametrize(
    "pattern, code, excerpt",
    [
        ("(", "missing closing )", "("),
        ("(a(b)", "missing closing )", "(a(b)"),
        ("a)(", "unexpected )", "a)("),
        ("x[a", "missing closing ]", "[a"),
        ("[]", "missing closing ]", "[]"),
        ("[^]", "missing closing ]", "[^]"),
        ("[a-", "missing closing ]", "[a-"),
        ("[z-a]", "invalid character class range", "z-a"),
        ("[[:foo:]]", "invalid character class range", "[:foo:]"),
        (r"\pX", "invalid character class range", r"\pX"),
        (r"a\p{Foo}b", "invalid character class range", r"\p{Foo}"),
        (r"\p", "invalid character class range", r"\p"),
        (r"\p{Greek", "invalid character class range", r"\p{Greek"),
        (r"\p{Old_Italic}", "invalid character class range", r"\p{Old_Italic}"),
        (r"\p{Latn}", "invalid character class range", r"\p{Latn}"),
        (r"\Z", "invalid escape sequence", r"\Z"),
        (r"\C", "invalid escape sequence", r"\C"),
        (r"(a)\1", "invalid escape sequence", r"\1"),
        (r"\8", "invalid escape sequence", r"\8"),
        (r"\é", "invalid escape sequence", r"\é"),
        (r"\xg1z", "invalid escape sequence", r"\xg1"),
        (r"\x1", "invalid escape sequence", r"\x1"),
        (r"\x{}", "invalid escape sequence", r"\x{}"),
        (r"\x{110000}", "invalid escape sequence", r"\x{110000"),
        (r"[\b]", "invalid escape sequence", r"\b"),
        (r"[a-\d]", "invalid escape sequence", r"\d"),
        ("a\\", "trailing backslash at end of expression", ""),
        ("*a", "missing argument to repetition operator", "*"),
        ("(+?)", "missing argument to repetition operator", "+?"),
        ("a|{2}", "missing argument to repetition operator", "{2}"),
        ("(?i)*", "missing argument to repetition operator", "*"),
        ("a**", "invalid nested repetition operator", "**"),
        ("a+??", "invalid nested repetition operator", "+??"),
        ("a{2}{3}", "invalid nested repetition operator", "{2}{3}"),
        ("a{1001}", "invalid repeat count", "{1001}"),
        ("a{3,2}", "invalid repeat count", "{3,2}"),
        ("a{1,99999999999}", "invalid repeat count", "{1,99999999999}"),
        ("(a{100}){11}?", "invalid repeat count", "{11}?"),
        ("(?P<a", "invalid named capture", "(?P<a"),
        ("(?<a b>c)", "invalid named capture", "(?<a b>"),
        ("(?<=a)b", "invalid named capture", "(?<=a)b"),
        ("x(?P<>y)", "invalid named capture", "(?P<>"),
        ("a(?=b)", "invalid or unsupported Perl syntax", "(?="),
        ("(?#x)", "invalid or unsupported Perl syntax", "(?#"),
        ("(?P=n)", "invalid or unsupported Perl syntax", "(?P"),
        ("(?P<", "invalid or unsupported Perl syntax", "(?P"),
        ("(?<", "invalid or unsupported Perl syntax", "(?<"),
        ("(?i", "invalid or unsupported Perl syntax", "(?i"),
        ("(?i-)", "invalid or unsupported Perl syntax", "(?i-)"),
        ("(?i-s-m)", "invalid or unsupported Perl syntax", "(?i-s-"),
        ("([z-a]", "invalid character class range", "z-a"),  # found before the group turns out to be open
        ("(" * 1000 + "a" + ")" * 1000, "expression nests too deeply", "(" * 1000 + "a" + ")" * 1000),
        (f"({'x' * 3400}){{1000}}", "expression too large", f"({'x' * 3400}){{1000}}"),
    ],
)
def test_problem(pattern: str, code: str, excerpt: str) -> None:
    assert regex_problem(pattern) == f"error parsing regexp: {code}: `{excerpt}`"
    assert compile_regex(pattern) is None


@pytest.mark.parametrize(
    "pattern, text, found",
    [
        ("", "anything", True),
        ("b$", "ab\n", False),  # the end is the end, not before a last line feed
        ("(?m)b$", "ab\nc", True),
        (".", "\n", False),
        ("(?s).", "\n", True),
        ("(?i)straSSe", "STRASSE", True),
        ("(?i)k", "\u212a", True),
        ("(?i:a)b", "AB", False),
        ("(?U)^a+?$", "aaa", True),
        ("a{,5}", "a{,5}", True),
        ("a{01}", "a{01}", True),
        ("a{2}", "aa", True),
        ("^*a", "a", True),
        (r"\b?a", "a", True),
        (r"[]a]", "]", True),
        (r"[a\-z]", "m", False),
        ("[a-]", "-", True),
        (r"[\d-z]", "-", True),
        ("[[:^alpha:]]", "1", True),
        ("[[:x]", ":", True),
        (r"\w", "é", False),
        (r"\Qa.b\E", "axb", False),
        (r"\Q(", "(", True),
        (r"\x{1F600}\x41\101\0", "😀AA\0", True),
        (r"^\pL\p{^Greek}\P{Lu}$", "éaa", True),
        (r"\p{uppercase letter}", "Ä", True),
        (r"\p{LC}", "ª", False),
        (r"^[^\p{LC}]$", "ª", True),
        (r"\p{Cn}", "\u0378", True),
        (r"\P{ASCII}", "é", True),
        ("(?P<n>a)(?<n>b)", "ab", True),  # Go lets groups share a name
        ("\ufffd", "\ud800", True),
    ],
)
def test_search(pattern: str, text: str, found: bool) -> None:
    search = compile_regex(pattern)
    assert search is not None
    assert search(text) is found


def test_hostile_patterns_end() -> None:
    """Patterns that take a backtracking matcher longer than the universe will last."""
    for pattern in ("(a*)*b", "(a|aa)+$", "(x+x+)+y", "(.*)(.*)(.*)(.*)(.*)[^a]$"):
        search = compile_regex(pattern)
        assert search is not None
        assert search("a" * 5000 + "!") is pattern.endswith("[^a]$")


@given(st.text(alphabet="ab01()[]{}|*+?^$.-,:<>=\\pPQExLudwz!iés", max_size=24))
def test_law_what_is_accepted_compiles(pattern: str) -> None:
    """Every pattern has either an error text or a search; no other error comes out."""
    problem, search = regex_problem(pattern), compile_regex(pattern)
    assert (problem is None) is (search is not None)
    if search is not None:
        search("abé01\n")


@given(st.text(), st.text(), st.text())
def test_law_quoted_text_finds_itself(before: str, text: str, after: str) -> None:
    search = compile_regex("".join(f"\\x{{{ord(char):x}}}" for char in text))
    assert search is not None
    assert search(before + text + after)


plain = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", "."]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}?"])).map("(?:{0[0]}){0[1]}".format),
    ),
    max_leaves=6,
)


@given(plain, st.text("abc", max_size=6))
def test_law_agrees_with_python_where_the_syntax_is_shared(pattern: str, text: str) -> None:
    search = compile_regex(f"^(?:{pattern})$")
    assert search is not None
    assert search(text) is (re.fullmatch(pattern, text) is not None)
