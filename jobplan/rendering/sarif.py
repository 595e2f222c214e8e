"""SARIF 2.1.0, for code scanning services."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote as percent_encoded

from jobplan.rendering.findings import Finding, Severity, sorted_findings
from jobplan.rendering.gitlab import fingerprint
from jobplan.rendering.jsonout import json_text
from jobplan.rendering.options import Options, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "note"}


def sarif(report: Report, _options: Options) -> str:
    """One run with one result per finding."""
    from jobplan import __version__

    findings = sorted_findings(report.findings)
    rules = sorted({finding.rule for finding in findings})
    driver = {
        "name": "jobplan",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [{"id": rule} for rule in rules],
    }
    results = [_result(finding, rules.index(finding.rule)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.file)}}
        if finding.line:
            physical["region"] = {"startLine": finding.line}
            if finding.column:
                physical["region"]["startColumn"] = finding.column
        location["physicalLocation"] = physical
    name = "/".join(part for part in (finding.job, finding.group) if part)
    if name or finding.path:
        logical = {"name": finding.group or finding.job, "fullyQualifiedName": f"{name}#{finding.path}"}
        location["logicalLocations"] = [{key: value for key, value in logical.items() if value}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location] if location else [],
        "partialFingerprints": {"jobplan/v1": fingerprint(finding)},
    }


def _uri(path: str) -> str:
    return percent_encoded(path.removeprefix("./").replace("\\", "/"), safe="/", errors="replace")
