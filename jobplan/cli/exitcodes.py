"""Which exit code a plan ends with, and why. spec: plan §7.1"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobplan.rendering.findings import Finding
from jobplan.values.exitcode import exit_code

Response = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Style:
    """Exit codes of one convention; `changes` also stands for a `--fail-on` condition that is met."""

    nothing: int
    changes: int
    error: int


STYLES = {
    "nomad": Style(nothing=0, changes=1, error=255),
    "terraform": Style(nothing=0, changes=2, error=1),
    "diff": Style(nothing=0, changes=1, error=2),
}


def _counts(response: Response, *keys: str) -> int:
    """Sum of counters over all groups; a counter that wrapped below zero counts as nothing."""
    updates = (response.get("Annotations") or {}).get("DesiredTGUpdates") or {}
    values = (counters.get(key, 0) for counters in updates.values() for key in keys)
    return sum(value for value in values if value < 2**63)


def _preempts(response: Response) -> bool:
    return bool((response.get("Annotations") or {}).get("PreemptedAllocs"))


def _differs(response: Response) -> bool:
    diff = response.get("Diff")
    return diff is not None and diff["Type"] != "None"


def _any_rule(findings: Iterable[Finding], rule: str) -> bool:
    return any(finding.rule == rule for finding in findings)


Condition = Callable[[Response, Sequence[Finding]], bool]
HIDDEN_CHANGE = "plan/hidden-change"

# Condition of --fail-on → what it means, when it is met.
CONDITIONS: dict[str, tuple[str, Condition]] = {
    "change": ("the job differs from the registered one", lambda r, f: _differs(r) or _any_rule(f, HIDDEN_CHANGE)),
    "in-place": ("allocations are updated in place", lambda r, f: _counts(r, "InPlaceUpdate") > 0),
    "destructive": ("allocations are replaced", lambda r, f: _counts(r, "DestructiveUpdate") > 0),
    "destroy": ("allocations are stopped", lambda r, f: _counts(r, "Stop", "Migrate") > 0),
    "canary": ("canaries are placed", lambda r, f: _counts(r, "Canary") > 0),
    "preempt": ("allocations of other jobs are preempted", lambda r, f: _preempts(r)),
    "unplaced": ("allocations cannot be placed", lambda r, f: bool(r.get("FailedTGAllocs"))),
    "warning": ("the server warns about the job", lambda r, f: bool(r.get("Warnings"))),
    "hidden": ("a change shows nowhere in the plan", lambda r, f: _any_rule(f, HIDDEN_CHANGE)),
    "nothing": ("", lambda r, f: False),  # only what cannot be planned fails
}


def add_exit_options(parser: argparse.ArgumentParser) -> None:
    """Options that decide about the exit code."""
    group = parser.add_argument_group("exit code")
    group.add_argument(
        "--exit-style",
        choices=STYLES,
        default="nomad",
        help="nomad: 0, 1 created or destroyed, 255 error (default); terraform: 0, 2 changes, 1 error; "
        "diff: 0, 1 differs, 2 error",
    )
    group.add_argument(
        "--fail-on",
        metavar="CONDITION",
        action="append",
        choices=CONDITIONS,
        default=[],
        help=f"fail only when this happens (repeatable): {', '.join(CONDITIONS)}",
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The exit code and the reason in words."""

    code: int
    reason: str


def verdict(plans: Sequence[tuple[Response, Sequence[Finding]]], style: str, fail_on: Sequence[str]) -> Verdict:
    """The code for some plans together. spec: plan §7.1"""
    codes = STYLES[style]
    if fail_on:
        for name in CONDITIONS:  # in the order of the table, whatever the order of the options
            text, met = CONDITIONS[name]
            if name in fail_on and any(met(response, findings) for response, findings in plans):
                return Verdict(codes.changes, f"--fail-on {name}: {text}")
        return Verdict(codes.nothing, f"no condition of --fail-on is met ({', '.join(fail_on)})")
    if style == "nomad":
        if any(exit_code(response) for response, _ in plans):
            return Verdict(codes.changes, "allocations are created or destroyed")
        return Verdict(codes.nothing, "no allocations are created or destroyed")
    if any(_differs(response) for response, _ in plans):
        return Verdict(codes.changes, CONDITIONS["change"][0])
    return Verdict(codes.nothing, "nothing differs")
