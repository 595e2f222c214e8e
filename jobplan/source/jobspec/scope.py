"""What an expression can see while it is evaluated.

spec: jobspec §4.1, §5
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from jobplan.source.jobspec.diagnostics import Diagnostic, Source, Span
from jobplan.source.jobspec.limits import Budget
from jobplan.source.jobspec.values import Value

if TYPE_CHECKING:
    from jobplan.source.jobspec.environment import Environment


class UnknownNames(Enum):
    """What a reference with an unknown root name is. spec: jobspec §5"""

    RUNTIME = "its own source text, for the client to replace"
    ERROR = "an unknown variable"
    CONSTANT = "not allowed, as is every reference"


@dataclass(slots=True)
class Session:
    """State of one evaluation: what is left to spend, where problems go, what functions may reach."""

    budget: Budget
    environment: Environment
    problems: list[Diagnostic] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scope:
    """Names in reach, in one source."""

    source: Source
    session: Session
    names: Mapping[str, Value]
    unknown: UnknownNames = UnknownNames.RUNTIME
    reads_files: bool = True
    calls: bool = True

    def with_names(self, names: Mapping[str, Value]) -> Scope:
        return replace(self, names={**self.names, **names})

    def report(self, span: Span, summary: str, detail: str) -> None:
        self.session.problems.append(Diagnostic(summary, detail, self.source, span))
