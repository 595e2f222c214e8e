"""GitHub Actions: annotations as workflow commands, and the summary of a step."""

from __future__ import annotations

import re
from dataclasses import replace

from jobplan.rendering.findings import Finding, Severity, sorted_findings
from jobplan.rendering.markdown import markdown
from jobplan.rendering.options import Options, Report
from jobplan.rendering.terminal import visible

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}

_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}
SUMMARY_LIMIT = 250_000
"""A step summary may hold a mebibyte, and a character may take four bytes."""


def github(report: Report, _options: Options) -> str:
    """One `::error file=…,line=…::…` line per finding; nothing for no findings."""
    return "".join(f"{_annotation(finding)}\n" for finding in sorted_findings(report.findings))


def github_summary(report: Report, options: Options) -> str:
    """Markdown to append to the file `$GITHUB_STEP_SUMMARY`."""
    return markdown(report, replace(options, limit=SUMMARY_LIMIT))


def _annotation(finding: Finding) -> str:
    properties = {
        "file": finding.file,
        "line": str(finding.line) if finding.file and finding.line else "",
        "col": str(finding.column) if finding.file and finding.line and finding.column else "",
        "title": finding.rule,
    }
    given = ",".join(f"{key}={_escaped(value, _IN_PROPERTY)}" for key, value in properties.items() if value)
    message = "\n".join(map(visible, finding.message.splitlines())) or finding.rule
    return f"::{_COMMANDS[finding.severity]} {given}::{_escaped(message, _IN_MESSAGE)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return re.sub("[%\r\n:,]", lambda match: table.get(match[0], match[0]), text)
