"""What a diff is made of. spec: diff §1"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DiffType(StrEnum):
    """What happened to a job, group, task, object or field."""

    NONE = "None"
    ADDED = "Added"
    DELETED = "Deleted"
    EDITED = "Edited"


NONE, ADDED, DELETED, EDITED = DiffType.NONE, DiffType.ADDED, DiffType.DELETED, DiffType.EDITED


@dataclass(slots=True)
class FieldDiff:
    """One value, as text on both sides; `""`: no value."""

    type: DiffType
    name: str
    old: str
    new: str
    annotations: list[str] | None = None

    def to_api(self) -> dict[str, Any]:
        return {
            "Type": self.type.value,
            "Name": self.name,
            "Old": self.old,
            "New": self.new,
            "Annotations": None if self.annotations is None else list(self.annotations),
        }


Fields = list[FieldDiff | None] | None
"""Null instead of an empty list. A null element is quirk Q6 of the specification."""


@dataclass(slots=True)
class ObjectDiff:
    """One block."""

    type: DiffType
    name: str
    fields: Fields = None
    objects: list[ObjectDiff | None] | None = None

    def to_api(self) -> dict[str, Any]:
        return {
            "Type": self.type.value,
            "Name": self.name,
            "Fields": _list(self.fields),
            "Objects": _list(self.objects),
        }


Objects = list[ObjectDiff | None] | None
"""Null instead of an empty list. A null element is quirk Q5 of the specification."""


@dataclass(slots=True)
class TaskDiff:
    """One task; `annotations` are filled by a plan only."""

    type: DiffType
    name: str
    fields: Fields = None
    objects: Objects = None
    annotations: list[str] | None = None

    def to_api(self) -> dict[str, Any]:
        return {
            "Type": self.type.value,
            "Name": self.name,
            "Fields": _list(self.fields),
            "Objects": _list(self.objects),
            "Annotations": None if self.annotations is None else list(self.annotations),
        }


@dataclass(slots=True)
class TaskGroupDiff:
    """One group; `updates` (what happens → how many allocations) is filled by a plan only."""

    type: DiffType
    name: str
    fields: Fields = None
    objects: Objects = None
    tasks: list[TaskDiff] | None = None
    updates: dict[str, int] | None = None

    def to_api(self) -> dict[str, Any]:
        return {
            "Type": self.type.value,
            "Name": self.name,
            "Fields": _list(self.fields),
            "Objects": _list(self.objects),
            "Tasks": _list(self.tasks),
            "Updates": None if self.updates is None else dict(self.updates),
        }


@dataclass(slots=True)
class JobDiff:
    """The difference of two jobs. Every group and task is listed, changed or not."""

    type: DiffType
    id: str
    fields: Fields = None
    objects: Objects = None
    task_groups: list[TaskGroupDiff] | None = field(default=None)

    def to_api(self) -> dict[str, Any]:
        """The JSON value of the HTTP API: keys `Type`, `ID`, `Fields`, `Objects`, `TaskGroups`. spec: diff §1"""
        return {
            "Type": self.type.value,
            "ID": self.id,
            "Fields": _list(self.fields),
            "Objects": _list(self.objects),
            "TaskGroups": _list(self.task_groups),
        }


def _list(items: Any) -> list[Any] | None:
    return None if items is None else [None if item is None else item.to_api() for item in items]
