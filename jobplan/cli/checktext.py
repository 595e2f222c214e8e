"""What `jobplan check` shows on a terminal: each finding with the line it is about, then a count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobplan.cli.checked import Checked
from jobplan.rendering.findings import SEVERITIES, Finding, Severity
from jobplan.rendering.redaction import redact_text
from jobplan.rendering.terminal import visible
from jobplan.values.counts import counted

_COLORS: dict[Severity, str] = {"error": "31", "warning": "33", "note": "36"}
_WIDTH = 110
"""Most characters of a line that are shown."""


def check_text(files: Sequence[Checked], *, color: bool = False) -> str:
    """The whole text. Values that look like secrets are hidden in the lines that are shown."""
    pieces = []
    for file in files:
        lines = file.text.splitlines()
        for finding in sorted(file.findings, key=_order):
            pieces.append(_finding(finding, lines, color))
    return "".join(f"{piece}\n" for piece in pieces) + summary(files) + "\n"


def _order(finding: Finding) -> tuple[int, int, int, str, str]:
    return finding.line, finding.column, SEVERITIES.index(finding.severity), finding.rule, finding.message


def summary(files: Sequence[Checked]) -> str:
    """`3 files checked: 1 error, 2 warnings; 1 suppressed`"""
    found = [finding.severity for file in files for finding in file.findings]
    counts = [counted(found.count(severity), severity) for severity in SEVERITIES if severity in found]
    suppressed = sum(file.suppressed for file in files)
    text = f"{counted(len(files), 'file')} checked: {', '.join(counts) or 'nothing found'}"
    return f"{text}; {suppressed} suppressed" if suppressed else text


def _finding(finding: Finding, lines: Sequence[str], color: bool) -> str:
    severity = _styled(finding.severity, _COLORS[finding.severity], color)
    place = visible(finding.place or finding.path or finding.job)
    message = "\n    ".join(map(visible, finding.message.splitlines()))
    head = f"{_styled(place, '1', color)}: {severity}: {message} {_styled(f'[{finding.rule}]', '2', color)}"
    return "\n".join([head, *_excerpt(finding, lines, color)])


def _styled(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def _excerpt(finding: Finding, lines: Sequence[str], color: bool) -> Iterator[str]:
    """The line with its number, and a caret under the column."""
    if not 0 < finding.line <= len(lines) or not lines[finding.line - 1].strip():
        return
    line, caret = _window(lines[finding.line - 1].replace("\t", " "), max(finding.column, 1) - 1)
    shown = visible(redact_text(line, lambda _: "[redacted]"))
    number = str(finding.line)
    yield f"  {_styled(number, '2', color)} | {shown}"
    if finding.column and redact_text(line[:caret], lambda _: "[redacted]") == line[:caret]:
        indent = " " * len(visible(line[:caret]))
        yield f"  {' ' * len(number)} | {indent}{_styled('^', _COLORS[finding.severity], color)}"


def _window(line: str, at: int) -> tuple[str, int]:
    """The part of a long line around a place, and the place in it."""
    line = line.rstrip()
    if len(line) <= _WIDTH:
        return line, at
    start = max(0, min(at - _WIDTH // 3, len(line) - _WIDTH))
    return line[start : start + _WIDTH], at - start


def rules_text(rows: Sequence[tuple[str, str, str]]) -> str:
    """Aligned rows of rule id, level and title."""
    width = max(len(row[0]) for row in rows)
    return "".join(f"{rule:<{width}}  {level:<7}  {title}\n" for rule, level, title in rows)
