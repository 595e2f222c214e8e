"""The readable preview for a terminal.

Colours only when asked for; without them, words that differ inside a line are pointed at from the line below. Text
of jobs never reaches the terminal raw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobplan.rendering.document import build_view, what_if_line
from jobplan.rendering.findings import Finding
from jobplan.rendering.options import Options, Report
from jobplan.rendering.redaction import redact_report
from jobplan.rendering.terminal import visible
from jobplan.rendering.view import (
    Block,
    Bullets,
    Chart,
    Line,
    Part,
    Role,
    Section,
    Span,
    Spans,
    Table,
    View,
    plain,
    text_of,
)
from jobplan.rendering.whynot import causes_section, headroom_section, why_not_section

CODES: dict[Role, str] = {
    Role.HEADING: "1",
    Role.MUTED: "2",
    Role.ADDED: "32",
    Role.REMOVED: "31",
    Role.EDITED: "33",
    Role.FORCES_CREATE: "32",
    Role.FORCES_DESTROY: "31",
    Role.FORCES_REPLACE: "33",
    Role.FORCES_IN_PLACE: "36",
    Role.GOOD: "32",
    Role.WARNING: "33",
    Role.ERROR: "1;31",
}
"""Role → terminal codes."""

_MARK_ROLES = {"+": Role.ADDED, "-": Role.REMOVED, "~": Role.EDITED, "@": Role.MUTED}
_BAR_WIDTH = 30
_SCREEN = 120


def render_pretty(
    response: Mapping[str, Any] | None,
    *,
    job: Mapping[str, Any] | None = None,
    old_job: Mapping[str, Any] | None = None,
    findings: Sequence[Finding] = (),
    rollout: Sequence[Mapping[str, Any]] = (),
    options: Options | None = None,
) -> str:
    """The preview of a plan response, ending in a newline; parts that are not given are left out."""
    report = Report(response, job, old_job, findings, rollout)
    return pretty(report, options or Options())


def pretty(report: Report, options: Options) -> str:
    """The preview of a report."""
    return pretty_view(build_view(redact_report(report, options), options), options)


def pretty_view(view: View, options: Options) -> str:
    """A page that was built already, secrets hidden."""
    printer = _Printer(options.color)
    lines = [printer.spans(view.title)]
    lines += [f"  {printer.spans(spans)}" for spans in view.summary]
    for section in view.sections:
        lines += ["", *printer.section(section, 0)]
    return "".join(f"{line}\n" for line in lines)


def extras(report: Report, options: Options) -> tuple[str, str]:
    """What Nomad's text does not have: what was changed before the plan, to go before it; why, to go after it."""
    shown = redact_report(report, options)
    printer = _Printer(options.color)
    before = f"{printer.spans(what_if_line(shown))}\n\n" if shown.what_if else ""
    after = ""
    for build in (*((causes_section,) if options.why else ()), why_not_section, headroom_section):
        section = build(shown, options)
        if section is not None:
            after += "".join(f"{line}\n" for line in ("", *printer.section(section, 0)))
    return before, after


class _Printer:
    def __init__(self, color: bool) -> None:
        self.color = color

    def spans(self, spans: Spans) -> str:
        return "".join(map(self.span, spans))

    def span(self, span: Span) -> str:
        text = visible(span.text)
        codes = [CODES.get(span.role, "")] + (["1;4"] if span.strong else [])
        code = ";".join(code for code in codes if code)
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and code and text else text

    def section(self, section: Section, depth: int) -> Iterator[str]:
        title = section.title
        if depth == 0:
            role = title[0].role if title[0].role is not Role.PLAIN else Role.HEADING
            title = plain(text_of(title), role)
        yield "  " * depth + self.spans(title)
        for part in section.parts:
            yield from self.part(part, depth + 1)

    def part(self, part: Part, depth: int) -> Iterator[str]:
        indent = "  " * depth
        match part:
            case Section():
                yield from self.section(part, depth)
            case Block():
                for line in part.lines:
                    yield from self.line(line, indent)
            case Bullets():
                for item in part.items:
                    yield f"{indent}- {self.spans(item)}"
            case Table():
                yield from self.table(part, indent)
            case Chart():
                yield from self.chart(part, indent)

    def line(self, line: Line, indent: str) -> Iterator[str]:
        """The mark stands in front of the indented text, as in a unified diff."""
        mark = " " if line.mark == "@" else line.mark
        head = f"{indent}{self.span(Span(mark, _MARK_ROLES.get(line.mark, Role.PLAIN)))} {'  ' * line.depth}"
        yield (head + self.spans(line.spans)).rstrip(" ")
        if not self.color and line.mark in ("+", "-") and any(span.strong for span in line.spans):
            carets = "".join(("^" if span.strong else " ") * len(visible(span.text)) for span in line.spans)
            yield f"{indent}? {'  ' * line.depth}{carets}".rstrip(" ")

    def table(self, table: Table, indent: str) -> Iterator[str]:
        """Aligned columns; of a table that is too wide for a screen the longest column goes below the others."""
        rows = [tuple(plain(name, Role.MUTED) for name in table.head), *table.rows]
        shown = [[self.spans(cell) for cell in row] for row in rows]
        lengths = [[len(visible(text_of(cell))) for cell in row] for row in rows]
        widths = [max(column) for column in zip(*lengths)]
        longest = widths.index(max(widths))
        below = longest if sum(widths) + 2 * len(widths) > _SCREEN and longest not in table.numeric else -1
        for number, (cells, sizes) in enumerate(zip(shown, lengths)):
            padded = []
            for column, (cell, size, width) in enumerate(zip(cells, sizes, widths)):
                blank = " " * (width - size)
                if column != below:
                    padded.append(blank + cell if column in table.numeric else cell + blank)
            yield (indent + "  ".join(padded)).rstrip(" ")
            if below >= 0 and number > 0:
                yield f"{indent}    {cells[below]}"

    def chart(self, chart: Chart, indent: str) -> Iterator[str]:
        width = max(len(visible(bar.label)) for bar in chart.bars)
        for bar in chart.bars:
            full = round(min(1.0, max(0.0, bar.before, bar.after)) * _BAR_WIDTH)
            base = round(min(1.0, max(0.0, min(bar.before, bar.after))) * _BAR_WIDTH)
            change = ("▒" if bar.after >= bar.before else "░") * (full - base)
            blocks = ("█" * base + change).ljust(_BAR_WIDTH, "·")
            yield f"{indent}{visible(bar.label).ljust(width)}  {blocks}  {visible(bar.text)}"
