"""Places in a source text, diagnostics, and the error that carries them.

Inside the parser a place is a pair of character offsets; lines and columns are computed only for what is reported.

spec: jobspec §14
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jobplan.errors import JobspecError


class Span(NamedTuple):
    """Character offsets of a piece of text: start inclusive, end exclusive."""

    start: int
    end: int


class Position(NamedTuple):
    """Line and column, counted from 1; columns count grapheme clusters. spec: jobspec §2.1"""

    line: int
    column: int


_SURROGATES = re.compile("[\ud800-\udfff]")  # no text in UTF-8 holds one


class Source:
    """One text with its name, able to turn offsets into positions."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = _SURROGATES.sub("\ufffd", text), name
        self._starts: list[int] | None = None
        self._clusters: tuple[int, list[int] | None] = (-1, None)  # a line and where its grapheme clusters start

    def position(self, offset: int) -> Position:
        if self._starts is None:
            self._starts = [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]
        line = bisect_right(self._starts, offset) - 1
        if self._clusters[0] != line:
            self._clusters = (line, self._cluster_starts(line))
        starts = self._clusters[1]
        within = offset - self._starts[line]
        return Position(line + 1, 1 + (within if starts is None else bisect_left(starts, within)))

    def _cluster_starts(self, line: int) -> list[int] | None:
        """Offsets in a line at which columns begin; None when every character is one column."""
        assert self._starts is not None
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        text = self.text[self._starts[line] : end]
        if text.isascii():
            return None
        starts, at = [], 0
        for cluster in graphemes(text):
            if cluster != "\ufeff" or at:  # a byte order mark takes no column
                starts.append(at)
            at += len(cluster)
        return starts

    def line_text(self, line: int) -> str:
        self.position(0)
        assert self._starts is not None
        start = self._starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r").removeprefix("\ufeff")

    def range_text(self, span: Span) -> str:
        """`file:line,start-end`, or `file:line,column-line,column` when it spans lines. spec: jobspec §14.1"""
        start, end = self.position(span.start), self.position(span.end)
        if start.line == end.line:
            return f"{self.name}:{start.line},{start.column}-{end.column}"
        return f"{self.name}:{start.line},{start.column}-{end.line},{end.column}"


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of a text."""
    if text.isascii() and "\r" not in text:
        return list(text)
    import regex

    return regex.findall(r"\X", text)


def grapheme_count(text: str) -> int:
    return len(text) if text.isascii() and "\r" not in text else len(graphemes(text))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error or warning: where, what, why. `place` overrides the position text for values without a source."""

    summary: str
    detail: str
    source: Source | None = None
    span: Span | None = None
    place: str = "<nil>"
    is_warning: bool = False
    hint: str = ""

    @property
    def where(self) -> str:
        if self.source is None or self.span is None:
            return self.place
        return self.source.range_text(self.span)

    @property
    def position(self) -> Position:
        if self.source is None or self.span is None:
            return Position(0, 0)
        return self.source.position(self.span.start)

    @property
    def text(self) -> str:
        return f"{self.where}: {self.summary}; {self.detail}"

    @property
    def excerpt(self) -> str:
        """The source line with carets under the place, ready to print; "" when there is no source."""
        if self.source is None or self.span is None:
            return ""
        start, end = self.position, self.source.position(self.span.end)
        line = self.source.line_text(start.line)
        shown = line.replace("\t", " ")
        first = max(0, start.column - 1)
        width = end.column - start.column if end.line == start.line else len(shown) - first
        if len(shown) > 160:
            cut = max(0, first - 60)
            shown, first = shown[cut : cut + 140], first - cut
        number = str(start.line)
        carets = "^" * max(1, min(width, len(shown) - first + 1))
        return f"  {number} | {shown}\n  {' ' * len(number)} | {' ' * first}{carets}"


@dataclass(slots=True)
class Diagnostics:
    """Collected diagnostics of one step."""

    items: list[Diagnostic] = field(default_factory=list)

    def add(self, source: Source, span: Span, summary: str, detail: str) -> None:
        self.items.append(Diagnostic(summary, detail, source, span))

    @property
    def has_errors(self) -> bool:
        return any(not d.is_warning for d in self.items)

    def __len__(self) -> int:
        return len(self.items)


MAX_REPORTED = 100
"""More diagnostics than this help nobody; the text says how many were left out."""


class HCLError(JobspecError):
    """The diagnostics of a job file that cannot be parsed or evaluated.

    `text` is Nomad's own text (spec: jobspec §14.1), `str()` adds the source lines with carets; `.filename`, `.line`,
    `.column`, `.excerpt` and `.message`, `.detail` belong to the first diagnostic.
    """

    diagnostics: tuple[Diagnostic, ...]
    text: str

    def __init__(self, diagnostics: Sequence[Diagnostic], *, short: bool = False, prefix: str = "") -> None:
        first = diagnostics[0]
        line, column = first.position
        super().__init__(
            first.summary,
            filename=first.source.name if first.source else "",
            line=line,
            column=column,
            excerpt=first.excerpt,
            detail=first.detail,
        )
        self.diagnostics = tuple(diagnostics[:MAX_REPORTED])
        self.text = prefix + (_short_form(diagnostics) if short else _long_form(diagnostics))
        self.args = (self.text + _excerpts(diagnostics),)


def _short_form(diagnostics: Sequence[Diagnostic]) -> str:
    more = len(diagnostics) - 1
    return diagnostics[0].text + (f", and {more} other diagnostic(s)" if more else "")


def _long_form(diagnostics: Sequence[Diagnostic]) -> str:
    lines = [d.text for d in diagnostics[:MAX_REPORTED]]
    if len(diagnostics) > MAX_REPORTED:
        lines.append(f"and {len(diagnostics) - MAX_REPORTED} more")
    return "\n".join(lines)


def _excerpts(diagnostics: Sequence[Diagnostic]) -> str:
    """Source lines of the first diagnostics, each line once, and their hints."""
    shown: dict[tuple[str, int] | str, str] = {}
    for d in diagnostics[:20]:
        if d.source is not None:
            shown.setdefault((d.source.name, d.position.line), d.excerpt)
        if d.hint:
            shown.setdefault(d.hint, "  " + d.hint)
    return "".join(f"\n\n{e}" for e in [e for e in shown.values() if e][:6])
