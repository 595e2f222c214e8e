"""Changes that the JobDiff does not show at all.

The complete stored and planned jobs are compared with deepdiff. Each difference is then tried alone: if a JobDiff of
the planned job without it against the planned job shows nothing, nobody sees it in a plan.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from jobplan.canonical import stored_job
from jobplan.jobdiff import diff_jobs
from jobplan.model.job import Job
from jobplan.model.kinds import copy_opaque
from jobplan.updates import tasks_updated

Api = dict[str, Any]

SERVER_MANAGED = frozenset(
    ["Status", "StatusDescription", "Stable", "Version", "CreateIndex", "ModifyIndex", "JobModifyIndex", "SubmitTime"]
)
_LIMIT = 500
"""Most differences that are tried one by one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hidden:
    """A change that no plan shows. `path`: JSON pointer in the planned job; `replaces`: it forces replacement."""

    path: str
    old: Any
    new: Any
    groups: tuple[str, ...]
    replaces: bool

    def to_api(self) -> Api:
        """Keys `Path`, `Old`, `New`, `Groups`, `Replaces`."""
        return {
            "Path": self.path,
            "Old": self.old,
            "New": self.new,
            "Groups": list(self.groups),
            "Replaces": self.replaces,
        }


def hidden_changes(stored: Job | None, planned: Job) -> tuple[Hidden, ...]:
    """What differs between the jobs and is shown nowhere, in the order of the job. Nothing for a new job."""
    if stored is None:
        return ()
    old, new = stored.to_api(), planned.to_api()
    found = []
    for path in _differences(old, new)[:_LIMIT]:
        without = _reverted(old, new, path)
        alone = stored_job(without)
        if not _shows(diff_jobs(alone, planned, False).to_api()):
            found.append(_hidden(path, old, new, alone, planned))
    return tuple(found)


def _hidden(path: tuple[Any, ...], old: Api, new: Api, alone: Job, planned: Job) -> Hidden:
    names = [group.name for group in planned.task_groups or ()]
    touched = (names[path[1]],) if path[0] == "TaskGroups" and len(path) > 1 else ()
    before = {group.name for group in alone.task_groups or ()}
    replaces = any(tasks_updated(alone, planned, name) for name in (touched or names) if name in before)
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return Hidden(pointer, _at(_aligned(old, new), path), _at(new, path), touched, replaces)


def _differences(old: Api, new: Api) -> list[tuple[Any, ...]]:
    """Paths in the new job at which the two differ; groups and tasks are matched by name."""
    from deepdiff import DeepDiff

    before, after = _without_equals(_aligned(old, new), new)
    tree = DeepDiff(
        before,
        after,
        view="tree",
        ignore_order=False,
        exclude_paths=[f"root['{key}']" for key in SERVER_MANAGED],
    )
    paths: dict[tuple[Any, ...], None] = {}
    for kind, changes in tree.items():
        for change in changes:
            path = tuple(change.path(output_format="list"))
            if kind.startswith("iterable_item"):
                path = path[:-1]  # a list that grew or shrank is one change
            if path[:1] == ("TaskGroups",) and (len(path) < 3 or (path[2] == "Tasks" and len(path) < 5)):
                continue  # whole groups and tasks are always shown
            paths.setdefault(path)
    return sorted(paths, key=lambda path: [str(part) for part in path])


def _without_equals(old: Any, new: Any) -> tuple[Any, Any]:
    """Both values without the members that are equal, so that little is left to compare; places stay as they are."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: _without_equals(old[key], new[key]) for key in old if key in new and not _same(old[key], new[key])}
        left = {
            key: both[key][0] if key in both else value for key, value in old.items() if key in both or key not in new
        }
        right = {
            key: both[key][1] if key in both else value for key, value in new.items() if key in both or key not in old
        }
        return left, right
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(None, None) if _same(a, b) else _without_equals(a, b) for a, b in zip(old, new)]
        return [a for a, _ in pairs], [b for _, b in pairs]
    return old, new


def _same(old: Any, new: Any) -> bool:
    """Equal in value and type: 1 is not true."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _aligned(old: Api, new: Api) -> Api:
    """The old job with its groups and tasks at the places of those of the same name in the new one."""
    made = dict(old)
    groups = {group["Name"]: group for group in old["TaskGroups"] or ()}
    made["TaskGroups"] = [_aligned_group(groups.get(group["Name"]), group) for group in new["TaskGroups"] or ()]
    return made


def _aligned_group(old: Api | None, new: Api) -> Api:
    if old is None:
        return new
    tasks = {task["Name"]: task for task in old["Tasks"] or ()}
    return {**old, "Tasks": [tasks.get(task["Name"], task) for task in new["Tasks"] or ()]}


def _reverted(old: Api, new: Api, path: tuple[Any, ...]) -> Api:
    """The new job with the old value at one path."""
    made: Api = copy_opaque(new)
    target: Any = made
    source: Any = _aligned(old, new)
    for part in path[:-1]:
        target, source = target[part], source[part]
    last = path[-1]
    if isinstance(source, dict) and last not in source:
        del target[last]
    else:
        target[last] = source[last]
    return made


def _at(job: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        if isinstance(job, dict) and part not in job:
            return None
        job = job[part]
    return job


def _shows(diff: Api) -> bool:
    """Whether a JobDiff has an entry that people see."""
    return any(True for _ in _entries(diff))


def _entries(level: Api) -> Iterator[Api]:
    for field in level.get("Fields") or ():
        if field is not None and field["Type"] != "None":
            yield field
    for item in level.get("Objects") or ():
        if item is not None and item["Type"] != "None":
            yield item
    for inner in (*(level.get("TaskGroups") or ()), *(level.get("Tasks") or ())):
        yield from _entries(inner)
