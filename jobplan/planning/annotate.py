"""What a plan writes into a diff: the fate of every group's allocations and of every task. spec: plan §5

The annotations of tasks are read off the diff alone; they can contradict the counters, which come from the scheduler
(spec: plan §6.5). No rule depends on the type of the job.
"""

from __future__ import annotations

from collections.abc import Mapping

from jobplan.errors import PlanError
from jobplan.jobdiff.tree import ADDED, DELETED, NONE, FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff
from jobplan.values.integers import plain_integer

FORCES_CREATE = "forces create"
FORCES_DESTROY = "forces destroy"
FORCES_IN_PLACE = "forces in-place update"
FORCES_REPLACEMENT = "forces create/destroy update"

# spec: plan §5.1. The other counters of a group are not shown in a diff.
UPDATE_KEYS = (
    ("Ignore", "ignore"),
    ("Place", "create"),
    ("Migrate", "migrate"),
    ("Stop", "destroy"),
    ("Canary", "canary"),
    ("InPlaceUpdate", "in-place update"),
    ("DestructiveUpdate", "create/destroy update"),
)

# spec: plan §5.3 step 3. `Spread` never occurs in a diff; the rule for it exists all the same.
HARMLESS_OBJECTS = frozenset({"Service", "Constraint", "Affinity", "Spread"})


def annotate(diff: JobDiff, desired_updates: Mapping[str, Mapping[str, int]]) -> None:
    """Write the annotations of a plan into `diff`, in place.

    `desired_updates`: group name → counters with the keys of the API (`DesiredTGUpdates`), unsigned. Groups without
    an entry keep `updates` null. Raises `PlanError` when a group count is not a number. spec: plan §5
    """
    for group in diff.task_groups or ():
        counters = desired_updates.get(group.name)
        if counters is not None:
            group.updates = {key: counters[counter] for counter, key in UPDATE_KEYS if counters.get(counter)}
        _annotate_count(group)
        for task in group.tasks or ():
            if task.type is not NONE:
                _append(task, _fate_of_task(task, group))


def _annotate_count(group: TaskGroupDiff) -> None:
    """Step 5.2."""
    count = next((field for field in group.fields or () if field is not None and field.name == "Count"), None)
    if count is None:
        return
    old, new = _count(count.old), _count(count.new)
    if old != new:
        _append(count, FORCES_CREATE if old < new else FORCES_DESTROY)


def _count(text: str) -> int:
    if text == "":
        return 0
    number = plain_integer(text)
    if number is None:
        raise PlanError(f"failed to annotate job diff: the count {text} is not a number")
    return number


def _fate_of_task(task: TaskDiff, group: TaskGroupDiff) -> str:
    """Step 5.3."""
    if group.type in (ADDED, DELETED):
        if task.type is ADDED:
            return FORCES_CREATE
        if task.type is DELETED:
            return FORCES_DESTROY
    fields = any(field is not None and field.name != "KillTimeout" for field in task.fields or ())
    if fields or any(item is not None and _is_destructive(item) for item in task.objects or ()):
        return FORCES_REPLACEMENT
    return FORCES_IN_PLACE


def _is_destructive(item: ObjectDiff) -> bool:
    if item.name == "LogConfig":
        # Whatever the type of the entry: with context every change of the block lists it.
        return any(field is not None and field.name == "Disabled" for field in item.fields or ())
    return item.name not in HARMLESS_OBJECTS


def _append(target: TaskDiff | FieldDiff, annotation: str) -> None:
    target.annotations = [*(target.annotations or ()), annotation]
