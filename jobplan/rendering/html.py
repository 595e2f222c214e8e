"""One self-contained HTML page: no script, nothing loaded, light and dark, readable on a phone.

Colour never stands alone: marks and words say the same. All text is escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from jobplan.rendering.document import build_view, title_text
from jobplan.rendering.options import Options, Report
from jobplan.rendering.redaction import redact_report
from jobplan.rendering.terminal import visible
from jobplan.rendering.view import (
    Bar,
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
    text_of,
)

_LINE_CLASSES = {"+": "add", "-": "del", "~": "edit", "@": "hunk", " ": "same"}
_LINE_WORDS = {"+": "added", "-": "removed", "~": "edited"}

STYLE = """
:root { color-scheme: light dark;
  --page: #ffffff; --text: #1d2430; --soft: #57606e; --panel: #f5f7fa; --line: #d6dbe3;
  --add: #0b6b34; --add-bg: #e3f6ea; --add-mark: #a9e2bf; --del: #a61b2b; --del-bg: #fdeaec; --del-mark: #f5b8bf;
  --edit: #7a5100; --edit-bg: #fdf3dc; --info: #0a5a9c; --bar: #2f6fb5; --bar-before: #a9b4c2; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12161c; --text: #e4e8ee; --soft: #a0a9b6; --panel: #1b2129; --line: #343c48;
  --add: #6fd898; --add-bg: #12301f; --add-mark: #1f6b3e; --del: #ff9aa5; --del-bg: #3a181d; --del-mark: #85303b;
  --edit: #f0c674; --edit-bg: #33290f; --info: #7cc0ff; --bar: #6aa9ea; --bar-before: #56606e; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3, h4, h5, h6 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
code, .diff { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem; }
h1 code, h2 code, h3 code, summary code { font-size: .92em; }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--panel); }
details > :not(summary) { margin-left: .75rem; margin-right: .75rem; }
summary { padding: .5rem .75rem; cursor: pointer; font-weight: 600; }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
.diff { margin: .5rem 0; padding: .5rem 0; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--page); }
details > .diff { margin: 0; border-width: 1px 0 0; border-radius: 0 0 .5rem .5rem; }
.diff div { padding: 0 .75rem 0 calc(2.25rem + var(--d, 0) * 1.25rem); white-space: pre-wrap; min-height: 1.5em;
  position: relative; }
.diff .mark { position: absolute; left: .75rem; }
.add { background: var(--add-bg); } .del { background: var(--del-bg); } .edit { background: var(--edit-bg); }
.add .mark, .added, .forces-create, .good { color: var(--add); }
.del .mark, .removed, .forces-destroy { color: var(--del); }
.edit .mark, .edited, .forces-replace, .warning { color: var(--edit); }
.forces-in-place { color: var(--info); } .error { color: var(--bad); font-weight: 600; }
.muted, .hunk { color: var(--soft); } .heading { font-weight: 600; }
ins, del { text-decoration: none; border-radius: .2rem; font-weight: 600; }
ins { background: var(--add-mark); } del { background: var(--del-mark); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
.number { text-align: right; } .number span { display: inline-block; white-space: nowrap; }
.number span + span { margin-left: .35em; }
@media (max-width: 40rem) { thead { display: none; } table, tbody { display: block; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: flex; gap: 1rem; justify-content: space-between; padding: .1rem 0; border: 0; text-align: right; }
  td::before { content: attr(data-head); color: var(--soft); text-align: left; white-space: nowrap; } }
figure { margin: .75rem 0; } figcaption { color: var(--soft); font-size: .875rem; }
.bar { margin: .6rem 0; } .bar p { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; }
.bar svg { display: block; width: 100%; height: 1.75rem; }
.room { fill: var(--panel); stroke: var(--line); } .before { fill: var(--bar-before); } .after { fill: var(--bar); }
.over { fill: var(--bad); } .full { stroke: var(--text); stroke-width: 2; }
@media print { details > * { display: block; } }
"""


def html(report: Report, options: Options) -> str:
    """The page of a report."""
    return html_view(build_view(redact_report(report, options), options))


def html_view(view: View) -> str:
    """A page that was built already, secrets hidden."""
    title = _text(title_text(view))
    body = [f"<h1>{_spans(view.title)}</h1>"]
    body += [f"<p>{_spans(spans)}</p>" for spans in view.summary]
    for section in view.sections:
        body += _section(section, 2)
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def _text(text: str) -> str:
    return escape(visible(text))


def _section(section: Section, level: int) -> Iterator[str]:
    title = _spans(section.title)
    if section.folded:
        is_open = " open" if section.name.startswith("group-") else ""
        yield f'<details id="{escape(section.name)}"{is_open}>'
        yield f"<summary>{title}</summary>"
    else:
        yield f'<section aria-labelledby="{escape(section.name)}">'
        yield f'<h{level} id="{escape(section.name)}">{title}</h{level}>'
    caption = text_of(section.title)
    for part in section.parts:
        yield from _part(part, level + 1, caption)
    yield "</details>" if section.folded else "</section>"


def _part(part: Part, level: int, caption: str) -> Iterator[str]:
    match part:
        case Section():
            yield from _section(part, min(level, 6))
        case Block():
            yield '<div class="diff">'
            yield from map(_line, part.lines)
            yield "</div>"
        case Bullets():
            yield "<ul>"
            yield from (f"<li>{_spans(item)}</li>" for item in part.items)
            yield "</ul>"
        case Table():
            yield from _table(part, caption)
        case Chart():
            yield from _chart(part)


def _line(line: Line) -> str:
    word = _LINE_WORDS.get(line.mark)
    mark = f'<span class="mark" role="img" aria-label="{word}">{line.mark}</span>' if word else ""
    depth = f' style="--d:{line.depth}"' if line.depth else ""
    return f'<div class="{_LINE_CLASSES[line.mark]}"{depth}>{mark}{_spans(line.spans, in_code=True)}</div>'


def _spans(spans: Spans, *, in_code: bool = False) -> str:
    return "".join(_span(span, in_code) for span in spans)


def _span(span: Span, in_code: bool) -> str:
    out = _text(span.text)
    if span.strong and span.text:
        tag = "del" if span.role is Role.REMOVED else "ins"
        return f"<{tag}>{out}</{tag}>"
    if span.literal and span.text and not in_code:
        out = f"<code>{out}</code>"
    return out if span.role is Role.PLAIN else f'<span class="{span.role.value}">{out}</span>'


def _table(table: Table, caption: str) -> Iterator[str]:
    """On a phone the rows become cards; the roles keep it a table for those who listen."""
    name = _text(caption)
    yield f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">'
    yield f'<table role="table"><caption>{name}</caption>'
    head = (
        f'<th role="columnheader" scope="col"{_number(table, column)}>{_text(text)}</th>'
        for column, text in enumerate(table.head)
    )
    yield f'<thead><tr role="row">{"".join(head)}</tr></thead><tbody>'
    for row in table.rows:
        cells = (_cell(table, column, cell) for column, cell in enumerate(row))
        yield f'<tr role="row">{"".join(cells)}</tr>'
    yield "</tbody></table></div>"


def _cell(table: Table, column: int, cell: Spans) -> str:
    head, number = _text(table.head[column]), _number(table, column)
    inside = "".join(f"<span>{_span(span, False)}</span>" for span in cell) if number else _spans(cell)
    return f'<td role="cell" data-head="{head}"{number}>{inside}</td>'


def _number(table: Table, column: int) -> str:
    return ' class="number"' if column in table.numeric else ""


def _chart(chart: Chart) -> Iterator[str]:
    """Two bars a measure, before above after, on a common scale; a line marks the whole when it is exceeded."""
    scale = max(1.0, *(max(bar.before, bar.after) for bar in chart.bars))
    yield f"<figure><figcaption>{_text(chart.title)}: before the plan (upper bar) and after it (lower bar)</figcaption>"
    for bar in chart.bars:
        yield from _bar(bar, scale)
    yield "</figure>"


def _bar(bar: Bar, scale: float) -> Iterator[str]:
    label = _text(f"{bar.label}: {bar.text}")
    yield f'<div class="bar"><p><strong>{_text(bar.label)}</strong> <span>{_text(bar.text)}</span></p>'
    yield f'<svg role="img" aria-label="{label}"><rect class="room" width="{_percent(1 / scale)}" height="100%"/>'
    yield f'<rect class="before" y="12%" width="{_percent(bar.before / scale)}" height="34%"/>'
    over = "over" if bar.after > 1 else "after"
    yield f'<rect class="{over}" y="54%" width="{_percent(bar.after / scale)}" height="34%"/>'
    if scale > 1:
        yield f'<line class="full" x1="{_percent(1 / scale)}" x2="{_percent(1 / scale)}" y1="0" y2="100%"/>'
    yield "</svg></div>"


def _percent(share: float) -> str:
    return f"{max(0.0, share):.2%}"
