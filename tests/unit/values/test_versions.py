"""Versions and version constraints. spec: placement §6.3, admission §10.2"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.values.versions import SEMVER, VERSION, Dialect, compare, compile_versions, parse_version, versions_problem

DIALECTS = {"version": VERSION, "semver": SEMVER}


def holds(left: str, dialect: Dialect, right: str) -> bool:
    check = compile_versions(right, dialect)
    assert check is not None
    return check(left)


@pytest.mark.parametrize(
    "text, numbers, pre_release, metadata",
    [
        ("1", (1, 0, 0), "", ""),
        ("v01.2", (1, 2, 0), "", ""),
        ("1.2.3.4", (1, 2, 3, 4), "", ""),
        ("1.2.3beta1", (1, 2, 3), "beta1", ""),
        ("1.2.3-beta.1+a.b", (1, 2, 3), "beta.1", "a.b"),
        ("1.0--x", (1, 0, 0), "-x", ""),
        ("1.0-", (1, 0, 0), "-", ""),
        ("1.0-0.9", (1, 0, 0), "0.9", ""),
    ],
)
def test_parse(text: str, numbers: tuple[int, ...], pre_release: str, metadata: str) -> None:
    version = parse_version(text)
    assert version is not None
    assert (version.numbers, version.pre_release, version.metadata) == (numbers, pre_release, metadata)


@pytest.mark.parametrize(
    "text", ["", "x", "1.", ".1", "1..2", "1.2+", "1.2-.", "1 ", "1\n", "V1", "1.9223372036854775808", "1.٢"]
)
def test_not_a_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(  # each row: the left one is smaller
    "left, right",
    [
        ("1.2.3", "1.10.0"),
        ("1.2.3-beta", "1.2.3"),
        ("1.2.3-1", "1.2.3-a"),
        ("1.2.3-2", "1.2.3-10"),
        ("1.2.3-a", "1.2.3-a.1"),  # a missing part is smaller than a number
        ("1.2.3-a.b", "1.2.3-a"),  # but larger than a word
        ("1.2.3-beta", "1.2.4-alpha"),
        ("1.2.3", "1.2.3.1"),
    ],
)
def test_order(left: str, right: str) -> None:
    smaller, larger = parse_version(left), parse_version(right)
    assert smaller is not None
    assert larger is not None
    assert (compare(smaller, larger), compare(larger, smaller)) == (-1, 1)


def test_equal_in_odd_ways() -> None:
    pairs = [("1.2", "1.2.0"), ("1.2.3+a", "1.2.3+b"), ("1.2.3.0-beta", "1.2.3")]
    for left, right in pairs:
        one, other = parse_version(left), parse_version(right)
        assert one is not None
        assert other is not None
        assert compare(one, other) == 0


@pytest.mark.parametrize(
    "left, right, version, semver",
    [
        ("1.3.0", ">= 1.2", True, True),
        ("1.3.0-beta1", ">= 1.2.0", False, True),  # only `version` has the pre-release gate
        ("1.3.0-beta1", ">= 1.3.0-alpha", True, True),
        ("1.3.0-beta1", "!= 1.3.0", True, True),  # which `=` and `!=` do not ask
        ("1.5", "> 1.0, < 1.5", False, False),
        ("1.2.3beta1", "1.2.3-beta1", True, True),  # the left side is lenient in both
        ("nonsense", "!= 1.0", False, False),
    ],
)
def test_operators(left: str, right: str, version: bool, semver: bool) -> None:
    assert (holds(left, VERSION, right), holds(left, SEMVER, right)) == (version, semver)


@pytest.mark.parametrize(
    "left, right, result",
    [
        ("1.9", "~> 1.2", True),
        ("2.0", "~> 1.2", False),
        ("1.2.9", "~> 1.2.3", True),
        ("1.3.0", "~> 1.2.3", False),
        ("1.1", "~> 1.2", False),
        ("7.1", "~> 2", True),
        ("1.2.0", "~> 1.2.0-beta", False),  # a pre-release on the right wants one on the left
        ("1.2.0-rc", "~> 1.2.0-beta", True),
        ("1.2.3", "~> 1.2.3.0", False),  # fewer numbers than asked for
    ],
)
def test_pessimistic_operator(left: str, right: str, result: bool) -> None:
    assert holds(left, VERSION, right) is result


@pytest.mark.parametrize(
    "dialect, text, problem",
    [
        ("version", "", "malformed constraint: "),
        ("semver", "", "Malformed constraint: "),
        ("version", ">= 1.2 < 3", "malformed constraint: >= 1.2 < 3"),
        ("version", ">= 1, x ,y", "malformed constraint:  x "),
        ("semver", "~> 1.2", "Malformed constraint: ~> 1.2"),
        ("semver", "1.0beta2", "Malformed constraint: 1.0beta2"),
        ("version", "1.0beta2", None),
        ("version", "\t>=\n1.2 ", None),
        ("version", "\xa01", "malformed constraint: \xa01"),
        (
            "semver",
            "> 1.09999999999999999999",
            'error parsing version: strconv.ParseInt: parsing "09999999999999999999": value out of range',
        ),
    ],
)
def test_problem(dialect: str, text: str, problem: str | None) -> None:
    assert versions_problem(text, DIALECTS[dialect]) == problem
    assert (compile_versions(text, DIALECTS[dialect]) is None) is (problem is not None)


identifiers = st.text("01ab-~", min_size=1, max_size=3)
versions = st.builds(
    "{}{}{}".format,
    st.lists(st.integers(0, 3).map(str), min_size=1, max_size=5).map(".".join),
    st.lists(identifiers, max_size=2).map(lambda parts: f"-{'.'.join(parts)}" if parts else ""),
    st.lists(identifiers, max_size=1).map(lambda parts: f"+{parts[0]}" if parts else ""),
)


@given(versions, versions)
def test_law_relations_exclude_and_complete_each_other(left: str, right: str) -> None:
    """In `semver` exactly one of <, =, > holds, and <=, >=, != follow from them."""
    less, equal, greater = (holds(left, SEMVER, f"{sign}{right}") for sign in ("<", "=", ">"))
    assert [less, equal, greater].count(True) == 1
    assert [holds(left, SEMVER, f"{sign} {right}") for sign in ("<=", ">=", "!=")] == [not greater, not less, not equal]


@given(versions, versions)
def test_law_gate_only_takes_away(left: str, right: str) -> None:
    for sign in ("<", "<=", ">", ">="):
        assert holds(left, VERSION, sign + right) <= holds(left, SEMVER, sign + right)
    assert holds(left, VERSION, f"~> {right}") <= holds(left, VERSION, f">= {right}")
