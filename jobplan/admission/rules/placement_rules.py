"""Constraints, affinities and spreads. spec: admission §7.21–7.23"""

from __future__ import annotations

import functools

from jobplan.admission.rules.table import SPLICED, At, either, given, many, row, rules, select
from jobplan.model.job import Job
from jobplan.model.placement_rules import Constraint, Spread
from jobplan.model.settings import DEFAULT_SETTINGS
from jobplan.values.integers import uint_error
from jobplan.values.regexes import regex_problem
from jobplan.values.versions import SEMVER, VERSION, versions_problem

COMPARISONS = ("=", "==", "is", "!=", "not", "<", "<=", ">", ">=")
SET_OPERATORS = ("set_contains", "set_contains_all", "set_contains_any")
PLACING_ONLY = ("distinct_hosts", "distinct_property")
"""Operators that compare allocations with each other; only for jobs and groups."""

# ---- §7.21 --------------------------------------------------------------------------------------------------------

_NODE_ATTRIBUTES = ("${node.unique.id}", "${node.datacenter}", "${node.unique.name}", "${node.class}", "${node.pool}")
_PREFIXES = ("${attr.", "${device.", "${meta.")


def _is_attribute(target: str) -> bool:
    return target in _NODE_ATTRIBUTES or target.startswith(_PREFIXES)


ATTRIBUTE = either(
    row("3a", lambda c: c.ltarget == "", "no attribute provided but is required by operator"),
    given(
        lambda c: c.ltarget.startswith("$"),
        either(
            row("3b", lambda c: not c.ltarget.startswith("${"), "attribute {ltarget!q} is missing an opening brace"),
            row("3c", lambda c: not c.ltarget.endswith("}"), "attribute {ltarget!q} is missing a closing brace"),
            row("3d", lambda c: not _is_attribute(c.ltarget), "unsupported attribute {ltarget!q}"),
        ),
    ),
)

_CONSTRAINT = rules(
    "7.21",
    row("1", lambda c: c.operand == "", "Missing constraint operand"),
    select(
        "operand",
        {
            "distinct_hosts": (),
            SET_OPERATORS: (row("2a", lambda c: c.rtarget == "", "Set contains constraint requires an RTarget"),),
            "regexp": (
                row("2b", lambda c: regex_problem(c.rtarget), "Regular expression failed to compile: {err}"),
            ),
            "version": (
                row("2c", lambda c: versions_problem(c.rtarget, VERSION), "Version constraint is invalid: {err}"),
            ),
            "semver": (
                row("2d", lambda c: versions_problem(c.rtarget, SEMVER), "Semver constraint is invalid: {err}"),
            ),
            "distinct_property": (
                row("2e", lambda c: c.rtarget != "" and uint_error(c.rtarget),
                    "Failed to convert RTarget {rtarget!q} to uint64: {err}"),
                row("2f", lambda c: c.rtarget != "" and set(c.rtarget) == {"0"},
                    "Distinct Property must have an allowed count of 1 or greater: 0 < 1"),
            ),
            ("is_set", "is_not_set"): (
                row("2g", lambda c: c.rtarget != "", "Operator {operand!q} does not support an RTarget"),
            ),
            COMPARISONS: (row("2h", lambda c: c.rtarget == "", "Operator {operand!q} requires an RTarget"),),
        },
        otherwise=(row("2i", lambda c: True, "Unknown constraint type {operand!q}"),),
    ),
    given(lambda c: c.operand != "distinct_hosts", ATTRIBUTE),
)  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _is_sound(ltarget: str, operand: str, rtarget: str) -> bool:
    """Jobs repeat the same few constraints in every group; each is judged once."""
    return not _CONSTRAINT.check(Constraint(ltarget, rtarget, operand), At(Job(), DEFAULT_SETTINGS), "")


CONSTRAINT = rules("7.21", given(lambda c: not _is_sound(c.ltarget, c.operand, c.rtarget), *_CONSTRAINT.rows))

# ---- §7.22 --------------------------------------------------------------------------------------------------------

AFFINITY = rules(
    "7.22",
    row("1", lambda a: a.operand == "", "Missing affinity operand"),
    select(
        "operand",
        {
            SET_OPERATORS: (row("2a", lambda a: a.rtarget == "", "Set contains operators require an RTarget"),),
            "regexp": (
                row("2b", lambda a: regex_problem(a.rtarget), "Regular expression failed to compile: {err}"),
            ),
            "version": (
                row("2c", lambda a: versions_problem(a.rtarget, VERSION), "Version affinity is invalid: {err}"),
            ),
            "semver": (
                row("2d", lambda a: versions_problem(a.rtarget, SEMVER), "Semver affinity is invalid: {err}"),
            ),
            COMPARISONS: (row("2e", lambda a: a.rtarget == "", "Operator {operand!q} requires an RTarget"),),
        },
        otherwise=(row("2f", lambda a: True, "Unknown affinity operator {operand!q}"),),
    ),
    row("3", lambda a: a.ltarget == "", "No LTarget provided but is required"),
    row("4", lambda a: a.weight == 0, "Affinity weight cannot be zero"),
    row("5", lambda a: not -100 <= a.weight <= 100, "Affinity weight must be within the range [-100,100]"),
)  # fmt: skip

# ---- §7.23 --------------------------------------------------------------------------------------------------------


def _percent_sum(spread: Spread) -> int:
    return sum(target.percent for target in spread.spread_target or ())


_TARGET = rules(
    "7.23",
    row("3a", lambda t, at: at.earlier > 0, "Spread target value {value!q} already defined"),
    row("3b", lambda t: t.percent > 100, "Spread target percentage for value {value!q} must be between 0 and 100"),
)

SPREAD = rules(
    "7.23",
    row("1", lambda s: s.attribute == "", "Missing spread attribute"),
    row("2", lambda s: not 0 < s.weight <= 100, "Spread block must have a positive weight from 0 to 100"),
    many("3", "spread_target", _TARGET, SPLICED, unique="value"),
    row("4", lambda s: _percent_sum(s) > 100,
        "Sum of spread target percentages must not be greater than 100%; got {sum}%", sum=_percent_sum),
)  # fmt: skip
