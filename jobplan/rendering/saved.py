"""The parts of a saved plan that explain it, checked when they are read back.

Only what renderers read is checked. The keys are those of `to_api()` of the classes in `explain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobplan.errors import InputError
from jobplan.rendering.findings import SEVERITIES
from jobplan.rendering.shapes import FLAG, TEXT, Check, anything, integer, list_of, map_of, number, object_of


def check_saved(envelope: Mapping[str, Any]) -> None:
    """Raises `InputError`, naming the place, for a part that has not the shape of what was saved."""
    for key, check in SAVED.items():
        check(envelope.get(key), key)


def _severity(value: Any, place: str) -> None:
    if value not in SEVERITIES:
        raise InputError(f"{place} is none of {', '.join(SEVERITIES)}")


def _columns(*keys: str, of: Check = TEXT) -> dict[str, Check]:
    return dict.fromkeys(keys, of)


_FINDING = object_of(
    {
        **_columns("rule", "message", "path", "file", "job", "group"),
        "severity": _severity,
        **_columns("line", "column", of=integer),
    },
    complete=True,
)
_ROLLOUT = object_of(
    {
        **_columns("group", "strategy"),
        **_columns("replaced", "waves", "canaries", "min_available", "running", "earliest_finish_ns", of=integer),
        "notes": list_of(TEXT),
    }
)
_USE = object_of({**_columns("label", "unit"), **_columns("before", "after", "total", of=number)})
_CAUSE = object_of({**_columns("Group", "Outcome"), "Reasons": list_of(TEXT)}, complete=True)
_FAILURE = object_of(
    {**_columns("Check", "Key", "HeldBy"), **_columns("Wanted", "Actual", of=anything), "Missing": integer},
    complete=True,
)
_VERDICT = object_of({**_columns("NodeID", "Node", "NodeClass"), "Failures": list_of(_FAILURE)}, complete=True)
_SUGGESTION = object_of({"Text": TEXT, "Nodes": list_of(TEXT)}, complete=True)
_WHY_NOT = object_of(
    {
        "Group": TEXT,
        "Unplaced": integer,
        **_columns("Nodes", "LeftOut", of=list_of(_VERDICT)),
        "Suggestions": list_of(_SUGGESTION),
    },
    complete=True,
)
_HEADROOM = object_of({"Group": TEXT, "Count": integer, "Nodes": map_of(integer), "AtLeast": FLAG}, complete=True)

SAVED: Mapping[str, Check] = {
    "now": TEXT,
    "what_if": list_of(TEXT),
    "findings": list_of(_FINDING),
    "rollout": list_of(_ROLLOUT),
    "utilisation": list_of(_USE),
    "causes": list_of(_CAUSE),
    "hidden": list_of(object_of({})),
    "why_not": list_of(_WHY_NOT),
    "headroom": list_of(_HEADROOM),
}
"""Key of the envelope → its check; an absent part is null."""
