"""JSON for programs: the plan response untouched, findings beside it, and what it all was computed from.

The shape is versioned by `format_version` and described by `envelope_schema()`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jobplan.errors import InputError
from jobplan.rendering.findings import SEVERITIES, Finding, count_by_severity, finding_from_api, sorted_findings
from jobplan.rendering.options import Options, Report
from jobplan.rendering.response import plan_response
from jobplan.rendering.saved import check_saved
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
        "now": None if report.now is None else report.now.isoformat(),
        "what_if": list(report.what_if),
        "exit_code": None if report.response is None else exit_code(report.response),
        "plan": report.response,
        "job": report.job,
        "stored_job": report.old_job,
        "findings": [finding.to_api() for finding in findings],
        "finding_counts": dict(count_by_severity(findings)),
        "rollout": list(report.rollout),
        "utilisation": list(report.utilisation),
        "causes": list(report.causes),
        "hidden": list(report.hidden),
        "why_not": list(report.why_not),
        "headroom": list(report.headroom),
    }


def report_from_envelope(value: Mapping[str, Any]) -> Report:
    """The inverse of `envelope`. Raises `InputError` for what has not its shape."""
    for key, types in _SHAPE.items():
        if not isinstance(value.get(key), types):
            raise InputError(f"{key} is not {'an object' if dict in types else 'a list'}")
    version = value.get("format_version")
    if not isinstance(version, str) or version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise InputError(f"format_version is {version!r}; this jobplan reads {FORMAT_VERSION}")
    check_saved(value)
    try:
        return Report(
            response=None if value.get("plan") is None else plan_response(value["plan"]),
            job=value.get("job"),
            old_job=value.get("stored_job"),
            findings=[finding_from_api(finding) for finding in value.get("findings") or ()],
            inputs=value.get("inputs") or {},
            now=None if value.get("now") is None else datetime.fromisoformat(value["now"]),
            **{key: value.get(key) or [] for key in _EXPLANATIONS},
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"has not the shape of a saved plan: {error}") from None


_EXPLANATIONS = ("rollout", "utilisation", "causes", "hidden", "why_not", "headroom", "what_if")
_NULL = type(None)
_SHAPE: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("plan", "job", "stored_job", "inputs"), (dict, _NULL)),
    **dict.fromkeys(("findings", *_EXPLANATIONS), (list, _NULL)),
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
        "now": {"type": ["string", "null"], "description": "the time of the plan (RFC 3339)"},
        "what_if": {
            "type": "array",
            "items": {"type": "string"},
            "description": "how the cluster or the job was changed before the plan, in words; empty: not at all",
        },
        "exit_code": {"enum": [0, 1, None], "description": "of nomad job plan; null: no plan was computed"},
        "plan": {"anyOf": [_plan_schema(), {"type": "null"}]},
        "job": {"type": ["object", "null"], "description": "the API job as submitted"},
        "stored_job": {"type": ["object", "null"], "description": "the registered API job; null: there is none"},
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
        "causes": {"type": "array", "items": {"type": "object", "required": ["Group", "Outcome", "Reasons"]}},
        "hidden": {"type": "array", "items": {"type": "object", "required": ["Path", "Old", "New"]}},
        "why_not": {"type": "array", "items": {"type": "object", "required": ["Group", "Nodes", "Suggestions"]}},
        "headroom": {"type": "array", "items": {"type": "object", "required": ["Group", "Count", "Nodes"]}},
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
