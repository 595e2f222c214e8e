"""The job that rules look at: as it was written, and with its defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.kinds import Kind
from jobplan.model.services import Service
from jobplan.model.task import Task

Api = dict[str, Any]
K = TypeVar("K", bound=Kind)


@dataclass(frozen=True, slots=True)
class Part(Generic[K]):
    """A group, task or service: its JSON pointer, what was written, and the same with its defaults."""

    path: str
    given: Api
    item: K


@dataclass(frozen=True, slots=True)
class Subject:
    """One job.

    `api`: the API job as written, canonical keys, absent keys absent (for HCL null). `job`: the same with defaults,
    before a server adds anything. `document`: the JSON document it was read from, with its unknown keys; None for
    HCL, whose parser refuses these.
    """

    api: Api
    job: Job
    document: Any = None

    def groups(self) -> Iterator[Part[TaskGroup]]:
        yield from _parts(self.api, "TaskGroups", self.job.task_groups, "")

    def tasks(self) -> Iterator[Part[Task]]:
        for group in self.groups():
            yield from _parts(group.given, "Tasks", group.item.tasks, group.path)

    def services(self) -> Iterator[Part[Service]]:
        """Of groups, then of their tasks."""
        for group in self.groups():
            yield from _parts(group.given, "Services", group.item.services, group.path)
            for task in _parts(group.given, "Tasks", group.item.tasks, group.path):
                yield from _parts(task.given, "Services", task.item.services, task.path)


def _parts(given: Api, wire: str, items: list[K] | None, path: str) -> Iterator[Part[K]]:
    """The elements of a list; written and defaulted ones stand at the same index, because null ones are refused."""
    for index, (written, item) in enumerate(zip(given.get(wire) or (), items or ())):
        yield Part(f"{path}/{wire}/{index}", written, item)
