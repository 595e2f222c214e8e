"""A small presentation tree: what pretty, markdown and HTML print.

Its leaves are spans of text with a *role*, never a colour; the printers decide what a role looks like. All text in
it is raw: every printer escapes everything it prints, in its own way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class Role(StrEnum):
    """What a piece of text is."""

    PLAIN = "plain"
    HEADING = "heading"
    MUTED = "muted"
    ADDED = "added"
    REMOVED = "removed"
    EDITED = "edited"
    FORCES_CREATE = "forces-create"
    FORCES_DESTROY = "forces-destroy"
    FORCES_REPLACE = "forces-replace"
    FORCES_IN_PLACE = "forces-in-place"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. `strong`: the part of a changed line that differs; `literal`: text of a job, shown as
    such."""

    text: str
    role: Role = Role.PLAIN
    strong: bool = False
    literal: bool = False


Spans: TypeAlias = tuple[Span, ...]
Mark: TypeAlias = Literal[" ", "+", "-", "~", "@"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference: its mark (`@` heads a hunk), its depth in the job, its text."""

    mark: Mark
    depth: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that keep their layout."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of statements."""

    items: tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; columns in `numeric` are aligned to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[Spans, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """One measure as shares of a whole, 0 to 1 (more is overcommitted): before and after the plan."""

    label: str
    before: float
    after: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of one kind."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part; `name` is stable and unique in a view; `folded`: interesting only to those who look."""

    name: str
    title: Spans
    parts: tuple[Part, ...]
    folded: bool = False


Part: TypeAlias = "Block | Bullets | Table | Chart | Section"


@dataclass(frozen=True, slots=True)
class View:
    """A whole page: title, the verdict in a line or two, sections."""

    title: Spans
    summary: tuple[Spans, ...]
    sections: tuple[Section, ...]


def plain(text: str, role: Role = Role.PLAIN) -> Spans:
    """A single span of our own words."""
    return (Span(text, role),)


def literal(text: str, role: Role = Role.PLAIN) -> Span:
    """Text of a job."""
    return Span(text, role, literal=True)


def joined(spans: Iterable[Span]) -> Spans:
    """Spans with commas between them."""
    out: list[Span] = []
    for span in spans:
        out += [Span(", "), span] if out else [span]
    return tuple(out)


def text_of(spans: Spans) -> str:
    """The text of spans, without roles."""
    return "".join(span.text for span in spans)
