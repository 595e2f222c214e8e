"""Jobs, groups and tasks. spec: diff §3–§5"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from jobplan.errors import DiffError
from jobplan.jobdiff.rules import existence
from jobplan.jobdiff.strict import equal
from jobplan.jobdiff.table import JOB, TASK, TASK_GROUP
from jobplan.jobdiff.tree import EDITED, NONE, DiffType, Fields, JobDiff, Objects, TaskDiff, TaskGroupDiff
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.task import Task
from jobplan.values.quoting import quoted

Named = TypeVar("Named", Task, TaskGroup)


def diff_jobs(old: Job | None, new: Job | None, contextual: bool) -> JobDiff:
    """The difference of two internal jobs. `DiffError` when their IDs differ. spec: diff §3"""
    if old is None and new is None:
        return JobDiff(NONE, "")
    if old is not None and new is not None and old.id != new.id:
        raise DiffError(f"can not diff jobs with different IDs: {quoted(old.id)} and {quoted(new.id)}")
    made = JobDiff(
        existence(old, new),
        (old if new is None else new).id,  # type: ignore[union-attr]
        JOB.fields_of(old, new, contextual),
        JOB.objects_of(old, new, contextual),
    )
    groups = _by_name(None if old is None else old.task_groups, None if new is None else new.task_groups)
    made.task_groups = [diff_groups(before, after, contextual) for before, after in groups.values()] or None
    if made.type is EDITED and not _is_changed(made):
        made.type = NONE
    return made


def _is_changed(diff: JobDiff) -> bool:
    """Step 7: two existing jobs differ when something visible does, down to the groups."""
    if diff.fields is not None:
        return True
    for made in diff.objects or ():
        if made is None:
            # spec: diff Q5
            raise DiffError("can not diff jobs: the new job has a constraint without any text")
        if made.type is not NONE:
            return True
    return any(group.type is not NONE for group in diff.task_groups or ())


def diff_groups(old: TaskGroup | None, new: TaskGroup | None, contextual: bool) -> TaskGroupDiff:
    """The difference of two groups with one name. spec: diff §4"""
    type_, name = _type_and_name("task groups", old, new)
    tasks = _by_name(None if old is None else old.tasks, None if new is None else new.tasks)
    made = TaskGroupDiff(type_, name)
    if type_ is NONE:
        made.tasks = [TaskDiff(NONE, task_name) for task_name in tasks] or None
        return made
    made.fields, made.objects = _content(TASK_GROUP, old, new, contextual)
    made.tasks = [diff_tasks(before, after, contextual) for before, after in tasks.values()] or None
    return made


def diff_tasks(old: Task | None, new: Task | None, contextual: bool) -> TaskDiff:
    """The difference of two tasks with one name. spec: diff §5"""
    type_, name = _type_and_name("tasks", old, new)
    if type_ is NONE:
        return TaskDiff(NONE, name)
    return TaskDiff(type_, name, *_content(TASK, old, new, contextual))


def _content(row: Any, old: Any, new: Any, contextual: bool) -> tuple[Fields, Objects]:
    return row.fields_of(old, new, contextual), row.objects_of(old, new, contextual)


def _type_and_name(plural: str, old: Named | None, new: Named | None) -> tuple[DiffType, str]:
    if old is None or new is None:
        present = new if old is None else old
        assert present is not None, "one side exists"
        return existence(old, new), present.name
    if old.name != new.name:
        raise DiffError(f"can not diff {plural} with different names: {quoted(old.name)} and {quoted(new.name)}")
    return (NONE if equal(old, new) else EDITED), new.name


def _by_name(old: Sequence[Named] | None, new: Sequence[Named] | None) -> dict[str, tuple[Named | None, Named | None]]:
    """The pair of every name, sorted; of elements with one name the last counts."""
    before, after = {item.name: item for item in old or ()}, {item.name: item for item in new or ()}
    return {name: (before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())}
