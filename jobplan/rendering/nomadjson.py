"""What `nomad job plan -json-output` prints: the response, decoded by a typed client and written again.

spec: plan §7.9
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jobplan.errors import InputError
from jobplan.rendering.options import Options, Report
from jobplan.rendering.response import plan_response

# Keys of an evaluation that the server omits when they are empty, with the zero that the client writes.
EVALUATION_ZEROS: dict[str, Any] = {
    **dict.fromkeys(
        (
            "BlockedEval",
            "DeploymentID",
            "ID",
            "JobID",
            "Namespace",
            "NextEval",
            "NodeID",
            "PreviousEval",
            "QuotaLimitReached",
            "Status",
            "StatusDescription",
            "TriggeredBy",
            "Type",
        ),
        "",
    ),
    **dict.fromkeys(("AnnotatePlan", "EscapedComputedClass"), False),
    **dict.fromkeys(
        (
            "CreateIndex",
            "CreateTime",
            "JobModifyIndex",
            "ModifyIndex",
            "ModifyTime",
            "NodeModifyIndex",
            "Priority",
            "SnapshotIndex",
            "Wait",
        ),
        0,
    ),
    **dict.fromkeys(
        (
            "ClassEligibility",
            "FailedTGAllocs",
            "MissingNonNodeResources",
            "PlanAnnotations",
            "QueuedAllocations",
            "RelatedEvals",
            "WaitUntil",
        )
    ),
}

# Line separators are written escaped; half a surrogate pair reads as the replacement character. spec: diff §1
_SPECIAL = re.compile("[\u2028\u2029\ud800-\udfff]")
_WRITTEN = {"\u2028": "\\u2028", "\u2029": "\\u2029"}

_KEYS = ("Annotations", "CreatedEvals", "Diff", "FailedTGAllocs", "JobModifyIndex", "NextPeriodicLaunch", "Warnings")
_DEFAULTS: dict[str, Any] = {"JobModifyIndex": 0, "Warnings": ""}


def nomad_json(report: Report, _options: Options) -> str:
    """The JSON output for the response of a report. Raises `InputError` when there is none."""
    if report.response is None:
        raise InputError("this format needs a plan, and there is none")
    return render_json_output(report.response)


def render_json_output(plan: Any) -> str:
    """The standard output of `nomad job plan -json-output` for a `Plan` or a plan response dict.

    Keys of maps, which the original writes in no fixed order, are sorted too.
    """
    text = json.dumps(written_response(plan_response(plan)), indent=4, sort_keys=True, ensure_ascii=False)
    return _SPECIAL.sub(lambda match: _WRITTEN.get(match[0], "\ufffd"), text) + "\n"


def written_response(response: Mapping[str, Any]) -> dict[str, Any]:
    """The response as the client knows it: no `Index`, evaluations with all their keys."""
    out = {key: response.get(key, _DEFAULTS.get(key)) for key in _KEYS}
    if out["CreatedEvals"] is not None:
        out["CreatedEvals"] = [{**EVALUATION_ZEROS, **evaluation} for evaluation in out["CreatedEvals"]]
    preempted = (out["Annotations"] or {}).get("PreemptedAllocs")
    if preempted is not None:
        out["Annotations"] = {**out["Annotations"], "PreemptedAllocs": [_known_stub(stub) for stub in preempted]}
    return out


def _known_stub(stub: Mapping[str, Any]) -> dict[str, Any]:
    """An allocation stub without what the client does not know: `DesiredTransition`, `Paused` of task states."""
    known = {key: value for key, value in stub.items() if key != "DesiredTransition"}
    if known.get("TaskStates") is not None:
        known["TaskStates"] = {
            task: {key: value for key, value in state.items() if key != "Paused"}
            for task, state in known["TaskStates"].items()
        }
    return known
