"""Markdown for comments on pull requests: the verdict in the open, details folded, never longer than a comment may be.

Text of a job is written as code with every punctuation mark that matters as an entity, so that it can neither
become markup, nor a mention, nor a link; inside fenced blocks it is left as it is, and the fence is longer than any
in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobplan.rendering.document import build_view
from jobplan.rendering.options import Options, Report
from jobplan.rendering.redaction import redact_report
from jobplan.rendering.terminal import visible
from jobplan.rendering.view import Block, Bullets, Chart, Line, Part, Role, Section, Spans, Table, View, plain, text_of

MARKER = "<!-- jobplan -->"
"""First line of every comment, so that a bot finds its own to update."""

# Punctuation that can begin markup, a mention, a reference or a link; the rest stays readable.
_PUNCTUATION = re.compile(r"[!#$&*.:<>@\\\[\]^_`{|}~]")
_FENCE = re.compile(r"`{3,}")
_BADGES = {Role.ERROR: "❌ ", Role.WARNING: "⚠️ ", Role.GOOD: "✅ "}
_MARKS = {"+": "+", "-": "-", "~": "!", "@": " ", " ": " "}
_CUT = "… cut here: {left} more lines do not fit into a comment"


def markdown(report: Report, options: Options) -> str:
    """The comment of a report, at most `options.limit` characters. What does not fit is left out, and it says so."""
    return markdown_view(build_view(redact_report(report, options), options), options)


def markdown_view(view: View, options: Options) -> str:
    """A page that was built already, secrets hidden."""
    head = [MARKER, f"### {_inline(view.title)}", ""]
    head += [f"{_BADGES.get(spans[0].role, '')}{_inline(spans)}  " for spans in view.summary]
    pieces = [_section(section, 4) for section in view.sections]
    return _fit("\n".join(head) + "\n", pieces, options.limit)


def escape(text: str) -> str:
    """Text that no markdown reader takes for markup, a mention, a reference or a link."""
    return _PUNCTUATION.sub(lambda match: f"&#{ord(match[0])};", visible(text).replace("\t", " "))


def _fit(head: str, pieces: list[list[str]], limit: int) -> str:
    """Head and whole sections; the first one that is too long is cut inside its longest fenced block or left out."""
    out, dropped = head, 0
    room = limit - len(_note(len(pieces)))
    for lines in pieces:
        text = "\n" + "\n".join(lines) + "\n"
        if len(out) + len(text) > room:
            shortened = _shortened(lines, room - len(out) - 2)
            if shortened is None:
                dropped += 1
                continue
            text = "\n" + "\n".join(shortened) + "\n"
        out += text
    out += _note(dropped) if dropped else ""
    return out if len(out) <= limit else out[: max(0, limit - 2)] + "…\n"


def _note(dropped: int) -> str:
    sections = "section does" if dropped == 1 else "sections do"
    return f"\n> **Truncated:** {dropped} {sections} not fit into this comment. Run jobplan for the whole plan.\n"


def _shortened(lines: list[str], room: int) -> list[str] | None:
    """The lines of a section with the end of its longest fenced block cut off; `None` when that is not enough."""
    first, last = _longest_fence(lines)
    excess = len("\n".join(lines)) + len(_CUT) + 4 - room
    cut = last
    while excess > 0 and cut > first + 2:
        cut -= 1
        excess -= len(lines[cut]) + 1
    if excess > 0:
        return None
    return [*lines[:cut], _CUT.format(left=last - cut), *lines[last:]]


def _longest_fence(lines: list[str]) -> tuple[int, int]:
    """First and last line of the longest fenced block; (0, 0): none."""
    best, start, fence = (0, 0), -1, ""
    for index, line in enumerate(lines):
        if start < 0 and line.startswith("```"):
            start, fence = index, re.match("`+", line)[0]  # type: ignore[index]
        elif start >= 0 and line == fence:
            if index - start > best[1] - best[0]:
                best = (start, index)
            start = -1
    return best


def _section(section: Section, level: int) -> list[str]:
    parts = [line for part in section.parts for line in (*_part(part, level + 1), "")]
    while parts and not parts[-1]:
        parts.pop()
    if section.folded:
        title = f"<summary>{_inline(section.title)}</summary>"
        return ["<details>", title, "", *parts, "", "</details>"]
    return [f"{'#' * level} {_BADGES.get(section.title[0].role, '')}{_inline(section.title)}", "", *parts]


def _part(part: Part, level: int) -> list[str]:
    match part:
        case Section():
            return _section(part, level)
        case Block():
            return _fenced(part)
        case Bullets():
            return [f"- {_inline(item)}" for item in part.items]
        case Table():
            return _table(part)
        case Chart():
            rows = tuple((plain(bar.label), plain(bar.text)) for bar in part.bars)
            return _table(Table(("Measure", part.title), rows))


def _fenced(block: Block) -> list[str]:
    """Lines as a `diff` block, which readers colour by the first character: + added, - removed, ! edited."""
    lines = list(map(_diff_line, block.lines))
    longest = max((len(match[0]) for line in lines for match in _FENCE.finditer(line)), default=2)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *lines, fence]


def _diff_line(line: Line) -> str:
    return f"{_MARKS[line.mark]} {'  ' * line.depth}{visible(text_of(line.spans))}".rstrip(" ")


def _table(table: Table) -> list[str]:
    rule = [" ---: " if column in table.numeric else " --- " for column in range(len(table.head))]
    rows = (" | ".join(_inline(cell) or " " for cell in row) for row in table.rows)
    return [f"| {' | '.join(table.head)} |", f"|{'|'.join(rule)}|", *(f"| {row} |" for row in rows)]


def _inline(spans: Spans) -> str:
    return "".join(_pieces(spans))


def _pieces(spans: Spans) -> Iterator[str]:
    for span in spans:
        text = escape(span.text)
        if span.literal and span.text:
            yield f"<code>{text}</code>"
        else:
            yield text
