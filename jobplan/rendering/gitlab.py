"""GitLab code quality report: a JSON list, shown in the merge request."""

from __future__ import annotations

import hashlib
from typing import Any

from jobplan.rendering.findings import Finding, Severity, sorted_findings
from jobplan.rendering.jsonout import json_text
from jobplan.rendering.options import Options, Report

_SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "note": "info"}


def gitlab(report: Report, _options: Options) -> str:
    """The report; `[]` for no findings."""
    seen: dict[str, int] = {}
    return json_text([_issue(finding, seen) for finding in sorted_findings(report.findings)])


def _issue(finding: Finding, seen: dict[str, int]) -> dict[str, Any]:
    return {
        "description": finding.message,
        "check_name": finding.rule,
        "fingerprint": _numbered(fingerprint(finding), seen),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": finding.file.removeprefix("./") or finding.job or "job",
            "lines": {"begin": finding.line or 1},
        },
    }


def fingerprint(finding: Finding) -> str:
    """The same for the same finding in the next run; the line is left out, it moves too easily."""
    parts = (finding.rule, finding.file, finding.job, finding.path, finding.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _numbered(digest: str, seen: dict[str, int]) -> str:
    """Equal findings need different fingerprints."""
    seen[digest] = seen.get(digest, 0) + 1
    return digest if seen[digest] == 1 else hashlib.sha256(f"{digest}{seen[digest]}".encode()).hexdigest()
