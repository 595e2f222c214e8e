"""The plan response as renderers take it: a `Plan`, or a dict saved from a server, checked once.

spec: plan §3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jobplan.errors import InputError

Check = Callable[[Any, str], None]


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


def _value(types: type | tuple[type, ...], name: str) -> Check:
    def check(value: Any, place: str) -> None:
        if value is not None and (not isinstance(value, types) or (isinstance(value, bool) and types is int)):
            raise InputError(f"{place} is not {name}")

    return check


_TEXT = _value(str, "a string")
_INTEGER = _value(int, "an integer")


def _list(item: Check, null: bool = False) -> Check:
    """`null`: elements may be null, as in some diffs (diff Q5, Q6)."""
    is_list = _value(list, "a list")

    def check(value: Any, place: str) -> None:
        is_list(value, place)
        for index, element in enumerate(value or ()):
            if element is not None or not null:
                item(element, f"{place}[{index}]")

    return check


def _map(item: Check) -> Check:
    is_map = _value(Mapping, "an object")

    def check(value: Any, place: str) -> None:
        is_map(value, place)
        for key, element in (value or {}).items():
            item(element, f"{place}.{key}")

    return check


def _object(keys: Mapping[str, Check], required: bool = True) -> Check:
    is_map = _value(Mapping, "an object")

    def check(value: Any, place: str) -> None:
        if value is None and required:
            raise InputError(f"{place} is null")
        is_map(value, place)
        for key, part in keys.items():
            if value is not None and key in value:
                part(value[key], f"{place}.{key}")

    return check


_FIELD = _object(
    {"Type": _TEXT, "Name": _TEXT, "Old": _TEXT, "New": _TEXT, "Annotations": _list(_TEXT)},
)


def _diff_object(value: Any, place: str) -> None:
    _DIFF_OBJECT(value, place)


_ENTRIES = {"Type": _TEXT, "Fields": _list(_FIELD, null=True), "Objects": _list(_diff_object, null=True)}
_DIFF_OBJECT = _object({"Name": _TEXT, **_ENTRIES})
_TASK = _object({"Name": _TEXT, "Annotations": _list(_TEXT), **_ENTRIES})
_GROUP = _object({"Name": _TEXT, "Tasks": _list(_TASK), "Updates": _map(_INTEGER), **_ENTRIES})
_COUNTS = _map(_INTEGER)
_METRIC = _object(
    {
        "CoalescedFailures": _INTEGER,
        "NodesEvaluated": _INTEGER,
        "NodesExhausted": _INTEGER,
        "NodesAvailable": _COUNTS,
        "ClassFiltered": _COUNTS,
        "ConstraintFiltered": _COUNTS,
        "ClassExhausted": _COUNTS,
        "DimensionExhausted": _COUNTS,
        "QuotaExhausted": _list(_TEXT),
    }
)
_STUB = _object(
    {"ID": _TEXT, "JobID": _TEXT, "TaskGroup": _TEXT, "Namespace": _TEXT, "JobType": _TEXT, "NodeName": _TEXT}
)
_RESPONSE = _object(
    {
        "Annotations": _object(
            {"DesiredTGUpdates": _map(_COUNTS), "PreemptedAllocs": _list(_STUB)},
            required=False,
        ),
        "CreatedEvals": _list(_object({"TriggeredBy": _TEXT, "Wait": _INTEGER, "WaitUntil": _TEXT})),
        "Diff": _object({"ID": _TEXT, "TaskGroups": _list(_GROUP), **_ENTRIES}, required=False),
        "FailedTGAllocs": _map(_METRIC),
        "JobModifyIndex": _INTEGER,
        "NextPeriodicLaunch": _TEXT,
        "Warnings": _TEXT,
    }
)
