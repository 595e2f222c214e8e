"""Values of a plan that differ from run to run, or with every capture: identifiers, indexes, times, durations.

They are replaced by marks such as `<id>` and `<time>`. A diff is never touched: what stands there is what somebody
wrote into a job. spec: plan §3
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ID, INDEX, TIME, DURATION = "<id>", "<index>", "<time>", "<duration>"

# Key of a response at any depth outside of the diff → the mark that stands for its value.
KEYS = {
    "Index": INDEX,
    "JobModifyIndex": INDEX,
    "CreateIndex": INDEX,
    "ModifyIndex": INDEX,
    "AllocModifyIndex": INDEX,
    "SnapshotIndex": INDEX,
    "AllocationTime": DURATION,
    "CreateTime": TIME,
    "ModifyTime": TIME,
    "NextPeriodicLaunch": TIME,
    "WaitUntil": TIME,
    "StartedAt": TIME,
    "FinishedAt": TIME,
    "LastRestart": TIME,
    "Timestamp": TIME,
}
_UNTOUCHED = "Diff"
_UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
_IS_UUID = re.compile(_UUID)

# In the text that `nomad job plan` prints, after the diff.
_TEXTS = tuple(
    (re.compile(pattern, re.MULTILINE), mark)
    for pattern, mark in (
        (_UUID, ID),
        (r"(?<=^Job Modify Index: )\d+|(?<=-check-index )\d+", INDEX),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", TIME),
        (r"(?<=\()\S+(?= (?:from now|ago)\))", DURATION),
    )
)
_AFTER_DIFF = re.compile(r"^Scheduler dry-run:$", re.MULTILINE)


def stable_response(response: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a plan response with marks in the place of volatile values; null stays null."""
    return {key: value if key == _UNTOUCHED else _stable(key, value) for key, value in response.items()}


def _stable(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(_mark("", name)): _stable(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_stable(key, item) for item in value]
    return _mark(key, value)


def _mark(key: str, value: Any) -> Any:
    if key in KEYS and value is not None:
        return KEYS[key]
    return _IS_UUID.sub(ID, value) if isinstance(value, str) else value


def stable_text(text: str) -> str:
    """The text of a plan with marks in the place of volatile values."""
    found = _AFTER_DIFF.search(text)
    start = found.start() if found else 0
    tail = text[start:]
    for pattern, mark in _TEXTS:
        tail = pattern.sub(mark, tail)
    return text[:start] + tail


def volatile_values(data: Any, path: tuple[tuple[Any, type], ...]) -> Any:
    """A matcher for syrupy: `assert plan.to_api() == snapshot(matcher=volatile_values)`."""
    keys = [key for key, _ in path if isinstance(key, str)]
    if _UNTOUCHED in keys or isinstance(data, (Mapping, list)):
        return data
    return _mark(keys[-1] if keys else "", data)
