"""Changes that the JobDiff does not show at all.

The complete stored and planned jobs are compared with deepdiff. Each difference is then tried alone: if a JobDiff of
the planned job without it against the planned job shows nothing, nobody sees it in a plan. Only the group and task
that differ are compared for that, and in very large jobs only the first differences are tried, and of many alike only
some.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

from jobplan.canonical import stored_job
from jobplan.jobdiff import diff_jobs
from jobplan.model.job import Job
from jobplan.updates import tasks_updated
from jobplan.updates.specchanged import SERVER_MANAGED

Api = dict[str, Any]
Path = tuple[Any, ...]

_LIMIT = 500
"""Most differences that are tried one by one."""
_WORK = 2_000_000
"""Most values that are looked at for it."""
_ALIKE = 8
"""When so many differences of the same fields, from and to the same kind of value, are shown, so are the others."""
_DEPTH = 40
"""So deep differences are told apart."""


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
    aligned, whole = _aligned(old, new), _size(new)
    found: list[Hidden] = []
    parts: dict[Path, tuple[Api, Job, int]] = {}
    work = 0
    shown: Counter[Path] = Counter()
    for path in _differences(aligned, new)[:_LIMIT]:
        place, likes = _place(path), _likes(path, _at(aligned, path), _at(new, path))
        if shown[likes] == _ALIKE:
            continue
        if place not in parts:
            part = _focus(new, place)
            parts[place] = part, stored_job(part), _size(part)
        part, focused, size = parts[place]
        inner = (*(0 if isinstance(step, int) else step for step in place), *path[len(place) :])
        without = stored_job(_reverted(_focus(aligned, place), part, inner))
        work += size
        if not _shows(diff_jobs(without, focused, False).to_api()):
            found.append(_hidden(path, aligned, new, planned))
            work += whole
        else:
            shown[likes] += 1
        if work > _WORK:
            break
    return tuple(found)


def _hidden(path: Path, old: Api, new: Api, planned: Job) -> Hidden:
    alone = stored_job(_reverted(old, new, path))
    names = [group.name for group in planned.task_groups or ()]
    touched = (names[path[1]],) if path[0] == "TaskGroups" and len(path) > 1 else ()
    before = {group.name for group in alone.task_groups or ()}
    replaces = any(tasks_updated(alone, planned, name) for name in (touched or names) if name in before)
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return Hidden(pointer, _at(old, path), _at(new, path), touched, replaces)


def _differences(old: Api, new: Api) -> list[Path]:
    """Paths in the new job at which it differs from the old one, whose groups and tasks stand at the same places."""
    from deepdiff import DeepDiff

    before, after = _without_equals(old, new)
    tree = DeepDiff(
        before,
        after,
        view="tree",
        ignore_order=False,
        exclude_paths=[f"root['{key}']" for key in SERVER_MANAGED],
    )
    paths: dict[Path, None] = {}
    for kind, changes in tree.items():
        for change in changes:
            path = tuple(change.path(output_format="list"))
            if kind.startswith("iterable_item"):
                path = path[:-1]  # a list that grew or shrank is one change
            if path[:1] == ("TaskGroups",) and (len(path) < 3 or (path[2] == "Tasks" and len(path) < 5)):
                continue  # whole groups and tasks are always shown
            paths.setdefault(path)
    return sorted(paths, key=lambda path: [str(part) for part in path])


def _without_equals(old: Any, new: Any, depth: int = 0) -> tuple[Any, Any]:
    """Both values without the members that are equal, so that little is left to compare; places stay as they are.

    What differs deep inside differs as a whole.
    """
    if depth == _DEPTH:
        return "old", "new"
    if isinstance(old, dict) and isinstance(new, dict):
        both = {
            key: _without_equals(old[key], new[key], depth + 1)
            for key in old
            if key in new and not _same(old[key], new[key])
        }
        left = {
            key: both[key][0] if key in both else value for key, value in old.items() if key in both or key not in new
        }
        right = {
            key: both[key][1] if key in both else value for key, value in new.items() if key in both or key not in old
        }
        return left, right
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(None, None) if _same(a, b) else _without_equals(a, b, depth + 1) for a, b in zip(old, new)]
        return [a for a, _ in pairs], [b for _, b in pairs]
    return old, new


def _same(old: Any, new: Any) -> bool:
    """Equal in value and type: 1 is not true."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        if old.keys() != new.keys():
            return False
        for key, value in old.items():  # noqa: SIM110 - a generator would be one more frame per level
            if not _same(value, new[key]):
                return False
        return True
    if isinstance(old, list):
        if len(old) != len(new):
            return False
        for one, other in zip(old, new):  # noqa: SIM110
            if not _same(one, other):
                return False
        return True
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


def _place(path: Path) -> Path:
    """The beginning of a path that leads to a group or a task; empty: neither."""
    if path[0] != "TaskGroups":
        return ()
    return path[:4] if path[2] == "Tasks" else path[:2]


def _likes(path: Path, old: Any, new: Any) -> Path:
    """The same for differences that only stand at other places of lists, or between other values of the same kind."""
    kinds = (type(value).__name__ if value else repr(value) for value in (old, new))
    return (*(None if isinstance(step, int) else step for step in path), *kinds)


def _focus(job: Api, place: Path) -> Api:
    """The job with nothing but one group, or one task in it; without any groups for no place."""
    if not place:
        return {**job, "TaskGroups": None}
    group = job["TaskGroups"][place[1]]
    tasks = [group["Tasks"][place[3]]] if len(place) > 2 else None
    return {**job, "TaskGroups": [{**group, "Tasks": tasks}]}


def _reverted(old: Any, new: Any, path: Path) -> Any:
    """The new value with the old one at one path."""
    made = dict(new) if isinstance(new, dict) else list(new)
    head, *rest = path
    if rest:
        made[head] = _reverted(old[head], new[head], tuple(rest))
    elif isinstance(old, dict) and head not in old:
        del made[head]
    else:
        made[head] = old[head]
    return made


def _size(value: Any) -> int:
    """How many values there are, at any depth."""
    total, left = 0, [value]
    while left:
        item = left.pop()
        total += 1
        if isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item
    return total


def _at(job: Any, path: Path) -> Any:
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
