"""Deployments: the record of a rollout. spec: reconcile §2.5"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jobplan.errors import InventoryError
from jobplan.inventory import reading
from jobplan.inventory.jobs import unsigned

Json = Mapping[str, Any]

ACTIVE = frozenset({"running", "paused", "blocked", "unblocking", "initializing", "pending"})
PAUSED = frozenset({"paused", "pending", "initializing"})


@dataclasses.dataclass(frozen=True, slots=True)
class GroupState:
    """State of one group in a deployment; `placed_canaries` are allocation IDs, `progress_deadline` in ns."""

    desired_canaries: int = 0
    placed_canaries: tuple[str, ...] = ()
    promoted: bool = False
    desired_total: int = 0
    healthy_allocs: int = 0
    auto_promote: bool = False
    auto_revert: bool = False
    progress_deadline: int = 0


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Deployment:
    """A rollout of one version of a job."""

    id: str
    namespace: str
    job_id: str
    job_version: int = 0
    job_create_index: int = 0
    status: str = "running"
    groups: Mapping[str, GroupState] = dataclasses.field(default_factory=dict)
    is_multiregion: bool = False
    create_index: int = 0
    api: Json = dataclasses.field(default_factory=dict, repr=False)

    @property
    def active(self) -> bool:
        return self.status in ACTIVE

    @property
    def paused(self) -> bool:
        return self.status in PAUSED

    @property
    def failed(self) -> bool:
        return self.status == "failed"

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "Deployment") -> Deployment:
        """A deployment from the object of `GET /v1/deployment/:id`. Raises `InventoryError` with the place."""
        obj = reading.is_object(obj, path)
        made = cls(
            reading.text(obj, "ID", path),
            reading.text(obj, "Namespace", path) or "default",
            reading.text(obj, "JobID", path),
            unsigned(obj, "JobVersion", path),
            unsigned(obj, "JobCreateIndex", path),
            reading.text(obj, "Status", path),
            _groups(obj, path),
            reading.flag(obj, "IsMultiregion", path),
            unsigned(obj, "CreateIndex", path),
            obj,
        )
        for key, value in (("ID", made.id), ("JobID", made.job_id)):
            if not value:
                raise InventoryError(f"a deployment must have {key}", path=path)
        return made


def _groups(obj: Json, path: str) -> dict[str, GroupState]:
    found = reading.member(obj, "TaskGroups", path)
    made = {}
    for name, state in ({} if found is None else found).items():
        if state is None:
            continue
        place = f"{path}.TaskGroups.{name}"
        reading.is_object(state, place)
        made[name] = GroupState(
            reading.number(state, "DesiredCanaries", place),
            _canaries(state, place),
            reading.flag(state, "Promoted", place),
            reading.number(state, "DesiredTotal", place),
            reading.number(state, "HealthyAllocs", place),
            reading.flag(state, "AutoPromote", place),
            reading.flag(state, "AutoRevert", place),
            reading.number(state, "ProgressDeadline", place),
        )
    return made


def _canaries(obj: Json, path: str) -> tuple[str, ...]:
    found = reading.items(obj, "PlacedCanaries", path)
    for entry in found or ():
        if type(entry) is not str:
            raise reading.refuse(path, "PlacedCanaries", "a list of strings", entry)
    return tuple(found or ())
