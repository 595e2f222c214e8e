"""Versions of jobs as they are stored: found by their indexes, decoded when somebody asks. spec: model §8"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobplan.errors import InventoryError
from jobplan.inventory import reading
from jobplan.model.job import Job
from jobplan.model.kinds import ANY, Kind, Row, Type, build

Json = Mapping[str, Any]


class JobVersion:
    """One version of a job as it is stored.

    What reconciliation and preemption ask for all the time is at hand; the whole `job` is decoded on first use and
    then kept. `api` is the stored form.
    """

    __slots__ = (
        "_groups",
        "_job",
        "api",
        "create_index",
        "id",
        "job_modify_index",
        "namespace",
        "path",
        "priority",
        "type",
        "version",
    )

    def __init__(self, api: Json, path: str = "Job") -> None:
        self.api: Json = reading.is_object(api, path)
        self.path = path
        self.namespace = reading.text(api, "Namespace", path) or "default"
        self.id = reading.text(api, "ID", path)
        if not self.id:
            raise InventoryError("a job must have an ID", path=path)
        self.type = reading.text(api, "Type", path)
        self.version = unsigned(api, "Version", path)
        self.priority = reading.number(api, "Priority", path)
        self.create_index = unsigned(api, "CreateIndex", path)
        self.job_modify_index = unsigned(api, "JobModifyIndex", path)
        self._job: Job | None = None
        self._groups: frozenset[str] | None = None

    @classmethod
    def of(cls, job: Job) -> JobVersion:
        """The version that `job` is. Later changes of `job` are not seen in the indexes."""
        made = object.__new__(cls)
        made.api, made.path, made._job, made._groups = _Written(job), "Job", job, None
        made.namespace, made.id, made.type, made.version = job.namespace, job.id, job.type, job.version
        made.priority, made.create_index, made.job_modify_index = job.priority, job.create_index, job.job_modify_index
        return made

    @property
    def job(self) -> Job:
        """The decoded job; nobody may change it. Raises `InventoryError` where a member has the wrong type."""
        if self._job is None:
            _check(Job, self.api, self.path)
            self._job = build(Job, self.api, stored=True)
        return self._job

    def lacks_group(self, name: str) -> bool:
        """Whether the job lists its groups and this one is not among them. Cheap: the job is not decoded."""
        if self._groups is None:
            found = self.api.get("TaskGroups")
            groups = found if isinstance(found, list) else ()
            self._groups = frozenset(group["Name"] for group in groups if isinstance(group, Mapping) and _named(group))
        return len(self._groups) > 0 and name not in self._groups

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and ID."""
        return self.namespace, self.id

    def __repr__(self) -> str:
        return f"version {self.version} of job {self.namespace}/{self.id}"


class _Written(Mapping[str, Any]):
    """The stored form of a job, written only when somebody looks at it."""

    __slots__ = ("_job", "_written")

    def __init__(self, job: Job) -> None:
        self._job = job
        self._written: dict[str, Any] | None = None

    def _all(self) -> dict[str, Any]:
        if self._written is None:
            self._written = self._job.to_api()
        return self._written

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _named(group: Json) -> bool:
    return isinstance(group.get("Name"), str)


def unsigned(obj: Json, key: str, path: str) -> int:
    """A number that is never negative, such as an index, a version or an amount."""
    value = reading.number(obj, key, path)
    if value < 0:
        raise InventoryError(f"{key} must not be negative", path=path)
    return value


# ---- the shape of a stored job -----------------------------------------------------------------------------------

_SCALARS: dict[str, tuple[type, str]] = {
    "string": (str, "a string"),
    "bool": (bool, "a boolean"),
    "bytes": (str, "base64 text"),
}


def _check(kind: type[Kind], api: Any, path: str) -> None:
    """Every member has the type that its row declares; unknown members are left alone."""
    api = reading.is_object(api, path)
    for row in kind.ROWS:
        value = api.get(row.out)
        if value is not None:
            _check_value(row, row.type, value, path)


def _check_value(row: Row, type_: Type, value: Any, path: str) -> None:
    if type_.shape == "scalar":
        wanted, name = _SCALARS.get(type_.of, (int, "an integer"))
        if type_ is not ANY and type(value) is not wanted:
            raise reading.refuse(path, row.out, name, value)
        return
    place = f"{path}.{row.out}"
    if type_.shape == "object":
        _check(type_.of, value, place)
        return
    if type_.shape == "list":
        if not isinstance(value, list):
            raise reading.refuse(path, row.out, "a list", value)
        inner = [(f"{place}[{index}]", element) for index, element in enumerate(value)]
    else:
        if not isinstance(value, Mapping):
            raise reading.refuse(path, row.out, "an object", value)
        inner = [(f"{place}.{key}", element) for key, element in value.items()]
    for where, element in inner:
        _check_element(row, type_.of, element, where)


def _check_element(row: Row, type_: Type, value: Any, path: str) -> None:
    if value is None and type_.shape == "object" and row.null == "crash":
        raise InventoryError("must be an object, not null", path=path)
    if value is None or type_ is ANY:
        return
    if type_.shape == "object":
        _check(type_.of, value, path)
    elif type_.shape == "scalar":
        wanted, name = _SCALARS.get(type_.of, (int, "an integer"))
        if type(value) is not wanted:
            raise InventoryError(f"must be {name}, not {type(value).__name__}", path=path)
    elif not isinstance(value, list):
        raise InventoryError(f"must be a list, not {type(value).__name__}", path=path)
