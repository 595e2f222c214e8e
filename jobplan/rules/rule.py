"""What a rule is: an id, a severity, and a function that looks at a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from jobplan.rules.subject import Subject

Severity: TypeAlias = Literal["error", "warning", "note"]
Options: TypeAlias = Mapping[str, Any]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From bad to harmless."""


class Found(NamedTuple):
    """One place at which a rule is broken: a JSON pointer into the API job, and what is the matter."""

    path: str
    message: str


Condition: TypeAlias = Callable[[Subject, Options], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `id`: stable public id, `task/latest-image`. `title`: what is reported, in one line. `enabled`: whether it is on
    without configuration. `options`: name → default; the type of the default is the type that a setting must have.
    The condition gets every option, set or default. Own rules come from the entry point group `jobplan.rules`.
    """

    id: str
    severity: Severity
    title: str
    condition: Condition
    enabled: bool = True
    options: Options = field(default_factory=dict)
