"""Problems: what admission finds, as a tree, and the prescribed texts made from it. spec: admission §3, §4

A rule reports a `Problem`. A problem with children stands for a nested error list: its text is the prefix, then the
list of the children, then `closing`. Splicing needs no representation: the children simply join the outer list.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from jobplan.values.errorlists import error_list, warning_list

Severity = Literal["error", "warning"]


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `str()` is its complete text, nested lists with their trailing line feeds included."""

    rule: str
    """Public id of the rule: `admission/7.5/4` is section 7.5, row 4."""
    path: str
    """JSON pointer of the object in the API job: `/TaskGroups/0/Tasks/1`."""
    text: str
    severity: Severity = "error"
    children: tuple[Problem, ...] = ()
    closing: str = ""

    def __str__(self) -> str:
        if not self.children:
            return self.text
        return f"{self.text}{error_list([str(child) for child in self.children])}{self.closing}"

    def prefixed(self, prefix: str) -> Problem:
        """The same problem as a single text inside its parent."""
        return dataclasses.replace(self, text=prefix + self.text)

    def leaves(self) -> Iterator[Problem]:
        """The problems without children below this one: what a person has to repair."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def error_texts(problems: Iterable[Problem]) -> list[str]:
    """The top-level errors, as `ValidationErrors` of the validate endpoint lists them. spec: admission §2.3"""
    return [str(problem) for problem in problems if problem.severity == "error"]


def error_text(problems: Iterable[Problem]) -> str:
    """The combined text of a refused job, `""` for none: always in list form. spec: admission §3.2"""
    texts = error_texts(problems)
    return error_list(texts) if texts else ""


def warning_text(warnings: Sequence[Problem]) -> str:
    """The `Warnings` string of a response. spec: admission §4"""
    return warning_list([str(warning) for warning in warnings])
