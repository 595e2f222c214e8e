"""JSON for programs: the plan response untouched, findings beside it, and what it all was computed from.

The shape is versioned by `format_version` and described by `envelope_schema()`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jobplan.rendering.findings import SEVERITIES, Finding, count_by_severity, sorted_findings
from jobplan.rendering.options import Options, Report
from jobplan.values.exitcode import exit_code

FORMAT_VERSION = "1.0"
"""Grows in the second number when keys are added, in the first when one changes its meaning or goes."""


def json_report(report: Report, _options: Options) -> str:
    """The envelope of a report as text, keys in a fixed order, ending in a newline. Secrets are *not* hidden in it."""
    return json_text(envelope(report))


def envelope(report: Report) -> dict[str, Any]:
    """The envelope as plain values."""
    from jobplan import NOMAD_VERSION, __version__

    findings = sorted_findings(report.findings)
    return {
        "format_version": FORMAT_VERSION,
        "jobplan_version": __version__,
        "nomad_version": NOMAD_VERSION,
        "inputs": dict(report.inputs),
        "exit_code": None if report.response is None else exit_code(report.response),
        "plan": report.response,
        "findings": [finding.to_api() for finding in findings],
        "finding_counts": dict(count_by_severity(findings)),
        "rollout": list(report.rollout),
        "utilisation": list(report.utilisation),
    }


def envelope_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the envelope. Unknown keys may appear in later minor versions."""
    finding = {
        "type": "object",
        "required": list(Finding.__dataclass_fields__),
        "properties": {
            **{name: {"type": "string"} for name in Finding.__dataclass_fields__},
            "severity": {"enum": list(SEVERITIES)},
            "path": {"type": "string", "description": "JSON pointer into the API job, empty: the whole job"},
            "line": {"type": "integer", "minimum": 0, "description": "from 1, 0: unknown"},
            "column": {"type": "integer", "minimum": 0, "description": "from 1, 0: unknown"},
        },
    }
    properties: dict[str, Any] = {
        "format_version": {"type": "string", "pattern": r"^1\.[0-9]+$"},
        "jobplan_version": {"type": "string"},
        "nomad_version": {"type": "string", "description": "the Nomad version whose behaviour was computed"},
        "inputs": {
            "type": "object",
            "description": "name of each input → digest, such as sha256:…",
            "additionalProperties": {"type": "string"},
        },
        "exit_code": {"enum": [0, 1, None], "description": "of nomad job plan; null: no plan was computed"},
        "plan": {"anyOf": [_plan_schema(), {"type": "null"}]},
        "findings": {"type": "array", "items": finding},
        "finding_counts": {
            "type": "object",
            "required": list(SEVERITIES),
            "properties": {severity: {"type": "integer", "minimum": 0} for severity in SEVERITIES},
        },
        "rollout": {"type": "array", "items": {"type": "object", "required": ["group", "strategy"]}},
        "utilisation": {
            "type": "array",
            "items": {"type": "object", "required": ["label", "before", "after", "total"]},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "jobplan report",
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _plan_schema() -> dict[str, Any]:
    """A plan response, as far as its keys go. spec: plan §3.1"""
    nullable_list, nullable_map = {"type": ["array", "null"]}, {"type": ["object", "null"]}
    properties = {
        "Annotations": nullable_map,
        "CreatedEvals": nullable_list,
        "Diff": nullable_map,
        "FailedTGAllocs": nullable_map,
        "Index": {"type": "integer"},
        "JobModifyIndex": {"type": "integer"},
        "NextPeriodicLaunch": {"type": ["string", "null"]},
        "Warnings": {"type": "string"},
    }
    return {"type": "object", "properties": properties}


def json_text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Indented JSON ending in a newline. Text stays readable, unless it holds half a surrogate pair."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    return text + "\n"
