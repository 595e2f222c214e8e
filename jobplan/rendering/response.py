"""The plan response as renderers take it: a `Plan`, or a dict saved from a server, checked once.

Jobs are checked too, as far as renderers read them. spec: plan §3
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobplan.errors import InputError
from jobplan.rendering.shapes import TEXT, integer, list_of, map_of, object_of


def plan_response(plan: Any) -> Mapping[str, Any]:
    """The response dict of a `Plan` (anything with `to_api`) or the dict itself.

    Only what renderers read is checked; unknown keys pass. Raises `InputError`, naming the place, when a part has
    not the type that a plan response gives it.
    """
    response = plan.to_api() if hasattr(plan, "to_api") else plan
    _RESPONSE(response, "plan response")
    checked: Mapping[str, Any] = response
    return checked


def submitted_job(plan: Any) -> Mapping[str, Any]:
    """The job as submitted that a `Plan` carries; `{}` when nobody knows it."""
    job: Mapping[str, Any] | None = getattr(plan, "job_api", None)
    return {} if job is None else job


def checked_job(job: Any, place: str = "job") -> Mapping[str, Any]:
    """An API job of which renderers may read what they need. Raises `InputError`, naming the place."""
    _JOB(job, place)
    checked: Mapping[str, Any] = job
    return checked


_FIELD = object_of(
    {"Type": TEXT, "Name": TEXT, "Old": TEXT, "New": TEXT, "Annotations": list_of(TEXT)},
)


_MOST_NESTED = 50
"""Objects inside objects; Nomad's go five deep."""


def _diff_object(value: Any, place: str) -> None:
    if place.count(".Objects[") > _MOST_NESTED:
        raise InputError(f"{place[:60]}… is nested too deeply")
    _DIFF_OBJECT(value, place)


_ENTRIES = {"Type": TEXT, "Fields": list_of(_FIELD, null=True), "Objects": list_of(_diff_object, null=True)}
_DIFF_OBJECT = object_of({"Name": TEXT, **_ENTRIES})
_TASK = object_of({"Name": TEXT, "Annotations": list_of(TEXT), **_ENTRIES})
_GROUP = object_of({"Name": TEXT, "Tasks": list_of(_TASK), "Updates": map_of(integer), **_ENTRIES})
_COUNTS = map_of(integer)
_METRIC = object_of(
    {
        "CoalescedFailures": integer,
        "NodesEvaluated": integer,
        "NodesExhausted": integer,
        "NodesAvailable": _COUNTS,
        "ClassFiltered": _COUNTS,
        "ConstraintFiltered": _COUNTS,
        "ClassExhausted": _COUNTS,
        "DimensionExhausted": _COUNTS,
        "QuotaExhausted": list_of(TEXT),
    }
)
_STUB = object_of(
    {
        **dict.fromkeys(("ID", "JobID", "TaskGroup", "Namespace", "JobType", "NodeName"), TEXT),
        "TaskStates": map_of(object_of({})),
    }
)
_RESPONSE = object_of(
    {
        "Annotations": object_of(
            {"DesiredTGUpdates": map_of(_COUNTS), "PreemptedAllocs": list_of(_STUB)},
            required=False,
        ),
        "CreatedEvals": list_of(
            object_of({"StatusDescription": TEXT, "TriggeredBy": TEXT, "Wait": integer, "WaitUntil": TEXT})
        ),
        "Diff": object_of({"ID": TEXT, "TaskGroups": list_of(_GROUP), **_ENTRIES}, required=False),
        "FailedTGAllocs": map_of(_METRIC),
        "JobModifyIndex": integer,
        "NextPeriodicLaunch": TEXT,
        "Warnings": TEXT,
    }
)
_TASK_OF_JOB = object_of(
    {
        "Resources": object_of(dict.fromkeys(("CPU", "Cores", "MemoryMB", "SecretsMB"), integer), required=False),
        "Lifecycle": object_of({"Hook": TEXT}, required=False),
    }
)
_GROUP_OF_JOB = object_of(
    {
        "Name": TEXT,
        "Count": integer,
        "Scaling": object_of({"Min": integer}, required=False),
        "EphemeralDisk": object_of({"SizeMB": integer}, required=False),
        "Tasks": list_of(_TASK_OF_JOB),
    }
)
_JOB = object_of(
    {
        "ID": TEXT,
        "Type": TEXT,
        "Periodic": object_of({"TimeZone": TEXT}, required=False),
        "TaskGroups": list_of(_GROUP_OF_JOB),
    }
)
