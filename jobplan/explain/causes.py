"""For every group: in place or replaced, because of which fields. spec: plan §6.3, §6.5"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from jobplan.model.job import Job
from jobplan.updates import tasks_updated

Outcome = Literal["added", "removed", "replaced", "in place", "unchanged"]

FORCES_REPLACEMENT = "forces create/destroy update"
FORCES_IN_PLACE = "forces in-place update"


@dataclasses.dataclass(frozen=True, slots=True)
class Cause:
    """What happens to the allocations of a group and why.

    `reasons`: fields that force replacement, such as `Tasks[web].Config`. `contradictions`: where the annotations of
    the JobDiff say something else than what will happen.
    """

    group: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()

    def to_api(self) -> dict[str, Any]:
        """Keys `Group`, `Outcome`, `Reasons`, `Contradictions`."""
        return {
            "Group": self.group,
            "Outcome": self.outcome,
            "Reasons": list(self.reasons),
            "Contradictions": list(self.contradictions),
        }


def causes(stored: Job | None, planned: Job, response: Mapping[str, Any]) -> tuple[Cause, ...]:
    """One cause per group of either job, in the order of the planned job, removed groups last."""
    before = {group.name for group in (stored.task_groups or () if stored is not None else ())}
    after = [group.name for group in planned.task_groups or ()]
    made = [_cause(stored, planned, name, response) if name in before else Cause(name, "added") for name in after]
    return (*made, *(Cause(name, "removed") for name in sorted(before - set(after))))


def _cause(stored: Job | None, planned: Job, name: str, response: Mapping[str, Any]) -> Cause:
    assert stored is not None
    reasons = tasks_updated(stored, planned, name)
    counters = (response["Annotations"]["DesiredTGUpdates"] or {}).get(name, {})
    if reasons:
        outcome: Outcome = "replaced"
    elif counters.get("DestructiveUpdate"):
        outcome = "replaced"
        reasons = ("the group no longer fits, or may no longer run, where its allocations are",)
    elif counters.get("InPlaceUpdate"):
        outcome = "in place"
    else:
        outcome = "unchanged"
    return Cause(name, outcome, reasons, tuple(_contradictions(name, outcome, reasons, response)))


def _contradictions(
    name: str, outcome: Outcome, reasons: tuple[str, ...], response: Mapping[str, Any]
) -> Iterator[str]:
    """spec: plan §6.5"""
    groups = (response.get("Diff") or {}).get("TaskGroups") or ()
    group = next((item for item in groups if item["Name"] == name), None)
    if group is None or group["Type"] in ("Added", "Deleted"):
        return
    annotated = False
    for task in group["Tasks"] or ():
        own = [reason for reason in reasons if reason.startswith(f"Tasks[{task['Name']}]")]
        for annotation in task["Annotations"] or ():
            annotated = annotated or annotation == FORCES_REPLACEMENT
            if annotation == FORCES_REPLACEMENT and outcome == "in place":
                yield f"task {task['Name']!r} is annotated {FORCES_REPLACEMENT!r}, but its allocations stay"
            if annotation == FORCES_IN_PLACE and own:
                yield f"task {task['Name']!r} is annotated {FORCES_IN_PLACE!r}, but {', '.join(own)} forces replacement"
    if reasons and outcome == "replaced" and not annotated:
        yield f"no task is annotated {FORCES_REPLACEMENT!r}, but the allocations are replaced"
