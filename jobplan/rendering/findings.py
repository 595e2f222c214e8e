"""Findings: what the CI formats report. One finding is one thing somebody should look at, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From bad to harmless."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `rule`: stable public id (`admission/7.5/4`); `path`: JSON pointer into the API job, `""` the whole job; `file`:
    as given by the user, `""` unknown; `line`, `column`: from 1, 0 unknown; `job`, `group`: names, `""` none.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    job: str = ""
    group: str = ""

    def to_api(self) -> dict[str, Any]:
        """The finding as plain values, keys in snake case."""
        return asdict(self)

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known."""
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.file, *numbers]) if self.file else ""


def finding_from_api(value: Mapping[str, Any]) -> Finding:
    """The inverse of `to_api`; unknown keys are ignored."""
    return Finding(**{key: value[key] for key in Finding.__dataclass_fields__ if key in value})


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, then by place."""
    return sorted(
        findings, key=lambda f: (SEVERITIES.index(f.severity), f.file, f.line, f.column, f.path, f.rule, f.message)
    )


def count_by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Severity → number, worst first, zeros included."""
    counts: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts
