"""Versions and version constraints, in the two dialects of Nomad: `version` and `semver`.

This is not PEP 440 and not quite SemVer: `1.2.3beta1` is a version, `~>` is an operator, a pre-release is compared
only when the numbers are equal, and numbers spelled differently make unequal pre-releases. spec: placement §6.3,
admission §10.2
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from jobplan.values.quoting import quoted

__all__ = [
    "SEMVER",
    "VERSION",
    "Dialect",
    "Version",
    "compare",
    "compile_versions",
    "parse_version",
    "versions_problem",
]

_INT64_MAX = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]+")

# spec: placement §6.3, first paragraph; identifiers are `.`-separated runs of [0-9A-Za-z-~]
_NUMBERS = r"v?([0-9]+(?:\.[0-9]+)*)"
_REST = r"[0-9A-Za-z\-~]*(?:\.[0-9A-Za-z\-~]+)*"
_METADATA = r"(?:\+([0-9A-Za-z\-~]+(?:\.[0-9A-Za-z\-~]+)*))?"
_LENIENT = rf"{_NUMBERS}(?:-([0-9]{_REST})|-?([A-Za-z\-~]{_REST}))?{_METADATA}"
_STRICT = rf"{_NUMBERS}(?:-([0-9]{_REST})|-([A-Za-z\-~]{_REST}))?{_METADATA}"
_SPACE = r"[ \t\n\f\r]*"
_LENIENT_VERSION = re.compile(_LENIENT)


@dataclass(frozen=True, slots=True)
class Version:
    """`numbers` are padded with zeros to at least three; `written` is how many there were. "" : no pre-release."""

    numbers: tuple[int, ...]
    written: int
    pre_release: str
    metadata: str

    @property
    def canonical(self) -> tuple[tuple[int, ...], str, str]:
        """Equal exactly when the canonical texts are."""
        return self.numbers, self.pre_release, self.metadata


class _OutOfRange(ValueError):
    """A number above int64; the text is the segment."""


def _version(numbers: str, numeric_pre: str | None, named_pre: str | None, metadata: str | None) -> Version:
    segments = numbers.split(".")
    values: list[int] = []
    for segment in segments:
        digits = segment.lstrip("0")
        if len(digits) > 19 or int(digits or "0") > _INT64_MAX:
            raise _OutOfRange(segment)
        values.append(int(digits or "0"))
    values.extend([0] * (3 - len(values)))
    return Version(tuple(values), len(segments), numeric_pre or named_pre or "", metadata or "")


@lru_cache(maxsize=4096)
def parse_version(text: str) -> Version | None:
    """A version in the lenient form, or None when it is none. spec: placement §6.3"""
    form = _LENIENT_VERSION.fullmatch(text)
    if form is None:
        return None
    try:
        return _version(*form.groups())
    except _OutOfRange:
        return None


def compare(left: Version, right: Version) -> int:
    """Less than, equal to or greater than zero. spec: placement §6.3 Compare"""
    if left.canonical == right.canonical:  # 1
        return 0
    if left.numbers == right.numbers:  # 2
        if left.pre_release == right.pre_release:
            return 0
        if not left.pre_release or not right.pre_release:
            return -1 if left.pre_release else 1
        return _compare_pre_releases(left.pre_release, right.pre_release)
    shorter = min(len(left.numbers), len(right.numbers))  # 3
    if left.numbers[:shorter] != right.numbers[:shorter]:
        return -1 if left.numbers[:shorter] < right.numbers[:shorter] else 1
    return int(any(left.numbers[shorter:])) - int(any(right.numbers[shorter:]))


def _compare_pre_releases(left: str, right: str) -> int:
    lefts, rights = left.split("."), right.split(".")
    count = max(len(lefts), len(rights))
    lefts += [""] * (count - len(lefts))
    rights += [""] * (count - len(rights))
    for one, other in zip(lefts, rights):
        if one != other:
            return _compare_parts(one, other)
    return 0


def _compare_parts(left: str, right: str) -> int:
    """Two unequal parts of pre-releases; "" stands for a missing one."""
    left_number, right_number = _number(left), _number(right)
    if left == "":
        return -1 if right_number is not None else 1
    if right == "":
        return 1 if left_number is not None else -1
    if left_number is None and right_number is None:
        return 1 if left > right else -1
    if left_number is None or right_number is None:
        return 1 if left_number is None else -1
    return 1 if left_number > right_number else -1  # `01` and `1`: less, from either side


def _number(part: str) -> int | None:
    if _INTEGER.fullmatch(part) is None or len(part.lstrip("+-").lstrip("0")) > 19:
        return None
    value = int(part)
    return value if -_INT64_MAX - 1 <= value <= _INT64_MAX else None


def _gate(left: Version, right: Version) -> bool:
    """A pre-release is comparable only to one of the same numbers. spec: placement §6.3 "pre-release gate" """
    return not left.pre_release or (bool(right.pre_release) and left.numbers == right.numbers)


def _pessimistic(left: Version, right: Version) -> bool:
    """`~>`. spec: placement §6.3"""
    last = len(right.numbers) - 1
    return (
        _gate(left, right)
        and (not right.pre_release or bool(left.pre_release))
        and compare(left, right) >= 0
        and len(left.numbers) >= len(right.numbers)
        and left.numbers[: right.written - 1] == right.numbers[: right.written - 1]
        and left.numbers[last] >= right.numbers[last]
    )


Test = Callable[[Version, Version], bool]


def _by_compare(relation: Callable[[int, int], bool], gated: bool) -> Test:
    if gated:
        return lambda left, right: _gate(left, right) and relation(compare(left, right), 0)
    return lambda left, right: relation(compare(left, right), 0)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What tells `version` from `semver`: operators, form of the version, word of the error."""

    tests: dict[str, Test]
    part: re.Pattern[str]
    malformed: str

    __hash__ = object.__hash__


def _dialect(version: str, tests: dict[str, Test], malformed: str) -> Dialect:
    operators = "|".join(sorted(map(re.escape, tests), key=len, reverse=True))
    return Dialect(tests, re.compile(f"{_SPACE}({operators}){_SPACE}{version}{_SPACE}"), malformed)


def _relations(gated: bool) -> dict[str, Test]:
    return {
        "": _by_compare(operator.eq, False),
        "=": _by_compare(operator.eq, False),
        "!=": _by_compare(operator.ne, False),
        ">": _by_compare(operator.gt, gated),
        "<": _by_compare(operator.lt, gated),
        ">=": _by_compare(operator.ge, gated),
        "<=": _by_compare(operator.le, gated),
    }


VERSION = _dialect(_LENIENT, _relations(gated=True) | {"~>": _pessimistic}, "malformed constraint: ")
SEMVER = _dialect(_STRICT, _relations(gated=False), "Malformed constraint: ")


@lru_cache(maxsize=1024)
def _parse(text: str, dialect: Dialect) -> tuple[tuple[Test, Version], ...] | str:
    """The parts of a constraint, or the error text of the first bad one. spec: admission §10.2"""
    parts: list[tuple[Test, Version]] = []
    for part in text.split(","):
        form = dialect.part.fullmatch(part)
        if form is None:
            return f"{dialect.malformed}{part}"
        sign, *version = form.groups()
        try:
            parts.append((dialect.tests[sign], _version(*version)))
        except _OutOfRange as error:
            return f"error parsing version: strconv.ParseInt: parsing {quoted(str(error))}: value out of range"
    return tuple(parts)


def versions_problem(text: str, dialect: Dialect) -> str | None:
    """The error text of a constraint value in `VERSION` or `SEMVER`, None when it is valid. spec: admission §10.2"""
    parts = _parse(text, dialect)
    return parts if isinstance(parts, str) else None


def compile_versions(text: str, dialect: Dialect) -> Callable[[str], bool] | None:
    """The check of a version against a constraint value; None when the value is malformed. spec: placement §6.3"""
    parts = _parse(text, dialect)
    if isinstance(parts, str):
        return None

    def check(left: str) -> bool:
        version = parse_version(left)
        return version is not None and all(test(version, right) for test, right in parts)

    return check
