"""The cluster state as one frozen value with its indexes. spec: interface (Loading), reconcile §2"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from jobplan.errors import InventoryError
from jobplan.inventory import reading
from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment
from jobplan.inventory.jobs import JobVersion
from jobplan.inventory.nodes import Node
from jobplan.inventory.pools import NodePool, SchedulerConfig
from jobplan.inventory.times import parse_instant
from jobplan.inventory.volumes import CSIVolume, HostVolume, StickyClaim
from jobplan.model.kinds import copy_opaque

Json = Mapping[str, Any]
JobKey = tuple[str, str]
"""Namespace and ID of a job."""

LISTS = ("Nodes", "Allocations", "Jobs", "OldJobVersions", "Deployments", "NodePools", "CSIVolumes", "HostVolumes")
_FOLDED = {key.casefold(): key for key in (*LISTS, "TaskGroupHostVolumeClaims", "SchedulerConfig", "Now")}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """Cluster state. `Inventory()` is an empty cluster: nothing registered, no nodes.

    All mappings are in ascending order of their keys and must not be changed; the `with_…` methods give changed
    copies that share everything else. `now` is the time of the capture in ns, or None.
    """

    nodes: Mapping[str, Node] = dataclasses.field(default_factory=dict)
    allocations: Mapping[str, Allocation] = dataclasses.field(default_factory=dict)
    by_node: Mapping[str, tuple[Allocation, ...]] = dataclasses.field(default_factory=dict)
    by_job: Mapping[JobKey, tuple[Allocation, ...]] = dataclasses.field(default_factory=dict)
    jobs: Mapping[JobKey, JobVersion] = dataclasses.field(default_factory=dict)
    old_versions: Mapping[JobKey, tuple[JobVersion, ...]] = dataclasses.field(default_factory=dict)
    deployments: Mapping[JobKey, tuple[Deployment, ...]] = dataclasses.field(default_factory=dict)
    node_pools: Mapping[str, NodePool] = dataclasses.field(default_factory=dict)
    scheduler_config: SchedulerConfig = SchedulerConfig()  # noqa: RUF009 - frozen
    csi_volumes: tuple[CSIVolume, ...] = ()
    host_volumes: tuple[HostVolume, ...] = ()
    claims: tuple[StickyClaim, ...] = ()
    now: int | None = None

    # ---- reading ---------------------------------------------------------------------------------------------------

    @classmethod
    def from_api(cls, obj: Any) -> Inventory:
        """An inventory from objects in the HTTP API's shape; all keys are optional, null is absent.

        Raises `InventoryError` whose `path` is the place, for example `Allocations[3]`. `obj` is not changed; keep
        it unchanged yourself as long as the inventory lives, because allocations refer to their objects in it.
        """
        return _read(obj)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Inventory:
        """An inventory from a JSON file. Raises `InventoryError` if it cannot be read."""
        try:
            data = pathlib.Path(path).read_bytes()
        except OSError as error:
            raise InventoryError(f"cannot be read: {error.strerror or error}", path=os.fspath(path)) from None
        return cls.from_json(data, name=os.fspath(path))

    @classmethod
    def from_json(cls, data: str | bytes, *, name: str = "inventory") -> Inventory:
        """An inventory from JSON text; `name` stands for it in errors. A text without any of the keys is refused."""
        try:
            obj = json.loads(data, parse_constant=_no_constant)
        except RecursionError:
            raise InventoryError("is nested too deeply", path=name) from None
        except ValueError as error:
            raise InventoryError(f"is not JSON: {error}", path=name) from None
        try:
            made = _read(obj)
        except InventoryError as error:
            told = InventoryError(f"{name}: {error}")
            told.path = error.path
            raise told from None
        if obj and _FOLDED.keys().isdisjoint(key.casefold() for key in obj):
            raise InventoryError(
                f"is not an inventory: none of the keys {', '.join(_FOLDED.values())} is in it", path=name
            )
        return made

    # ---- looking up --------------------------------------------------------------------------------------------------

    def job(self, namespace: str, job_id: str) -> JobVersion | None:
        """The stored job."""
        return self.jobs.get((namespace, job_id))

    def versions(self, namespace: str, job_id: str) -> tuple[JobVersion, ...]:
        """All known versions, the stored one first, then the old ones by descending version."""
        stored = self.jobs.get((namespace, job_id))
        old = self.old_versions.get((namespace, job_id), ())
        return old if stored is None else (stored, *old)

    def allocations_of(self, namespace: str, job_id: str) -> tuple[Allocation, ...]:
        """Allocations of a job in ascending order of ID, those of an earlier purged job included. reconcile §2.2"""
        return self.by_job.get((namespace, job_id), ())

    def allocations_on(self, node_id: str) -> tuple[Allocation, ...]:
        """Allocations of all jobs on a node, in ascending order of ID."""
        return self.by_node.get(node_id, ())

    def deployments_of(self, namespace: str, job_id: str) -> tuple[Deployment, ...]:
        """Deployments of a job, the latest first. spec: reconcile §2.5"""
        return self.deployments.get((namespace, job_id), ())

    # ---- changed copies ----------------------------------------------------------------------------------------------

    def with_allocations(self, changed: Iterable[Allocation] = (), *, without: Iterable[str] = ()) -> Inventory:
        """A copy in which `changed` are added, or replace those of the same ID, and the IDs `without` are gone."""
        made = dict(self.allocations)
        touched: list[Allocation] = []
        for allocation_id in without:
            if allocation_id in made:
                touched.append(made.pop(allocation_id))
        for allocation in changed:
            if allocation.id in made:
                touched.append(made[allocation.id])
            touched.append(allocation)
            made[allocation.id] = allocation
        made = dict(sorted(made.items()))
        node_ids, keys = {item.node_id for item in touched}, {item.version.key for item in touched}
        by_node = {**self.by_node, **dict.fromkeys(node_ids, ())}
        by_job = {**self.by_job, **dict.fromkeys(keys, ())}
        by_node.update(_grouped_by_node(item for item in made.values() if item.node_id in node_ids))
        by_job.update(_grouped_by_job(item for item in made.values() if item.version.key in keys))
        return dataclasses.replace(self, allocations=made, by_node=by_node, by_job=by_job)

    def with_nodes(self, changed: Iterable[Node] = (), *, without: Iterable[str] = ()) -> Inventory:
        """A copy in which the nodes `changed` are added or replaced and the IDs `without` are gone."""
        gone = set(without)
        made = {node_id: node for node_id, node in self.nodes.items() if node_id not in gone}
        made.update({node.id: node for node in changed})
        return dataclasses.replace(self, nodes=dict(sorted(made.items())))

    def with_drain(self, *node_ids: str) -> Inventory:
        """A copy in which the nodes are draining and their running service and batch allocations are told to migrate.

        Allocations of system jobs stay until the end of a drain and are not told. Unknown IDs raise `InventoryError`.
        """
        for node_id in node_ids:
            if node_id not in self.nodes:
                raise InventoryError(f"no node {node_id}", path="Nodes")
        nodes = [dataclasses.replace(self.nodes[node_id], draining=True, eligible=False) for node_id in node_ids]
        moving = [
            dataclasses.replace(item, transition=dataclasses.replace(item.transition, migrate=True))
            for node_id in node_ids
            for item in self.allocations_on(node_id)
            if not item.terminal and item.version.type not in ("system", "sysbatch")
        ]
        return self.with_nodes(nodes).with_allocations(moving)

    def with_job(self, version: JobVersion) -> Inventory:
        """A copy in which `version` is the stored job; the one stored so far becomes an old version."""
        stored, key = self.jobs.get(version.key), version.key
        old = self.old_versions.get(key, ())
        if stored is not None and stored.version != version.version:
            old = (stored, *(item for item in old if item.version != stored.version))
        old_versions = {**self.old_versions, key: tuple(item for item in old if item.version != version.version)}
        return dataclasses.replace(self, jobs={**self.jobs, key: version}, old_versions=old_versions)

    def with_deployments(self, changed: Iterable[Deployment]) -> Inventory:
        """A copy in which the deployments are added, or replace those of the same ID."""
        made = dict(self.deployments)
        for deployment in changed:
            key = (deployment.namespace, deployment.job_id)
            others = [item for item in made.get(key, ()) if item.id != deployment.id]
            made[key] = _latest_first([*others, deployment])
        return dataclasses.replace(self, deployments=made)

    def with_now(self, now: int) -> Inventory:
        """A copy of another time (ns)."""
        return dataclasses.replace(self, now=now)


# ---- reading ---------------------------------------------------------------------------------------------------------


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _read(obj: Any) -> Inventory:
    if not isinstance(obj, Mapping):
        raise InventoryError(f"an inventory must be an object, not {type(obj).__name__}")
    for key in obj:
        known = _FOLDED.get(key.casefold()) if isinstance(key, str) else None
        if known is not None and known != key:
            raise InventoryError(f"the key is spelled {known}", path=str(key))
    nodes = _unique(((node.id, place, node) for place, node in _each(obj, "Nodes", Node.from_api)), "node ID")
    versions = _Versions(obj)
    allocations = _unique(
        ((item.id, place, item) for place, item in _each(obj, "Allocations", versions.read_allocation)), "allocation ID"
    )
    pools = _unique(((pool.name, place, pool) for place, pool in _each(obj, "NodePools", NodePool.from_api)), "name")
    ordered = tuple(allocations.values())
    return Inventory(
        nodes,
        allocations,
        _grouped_by_node(ordered),
        _grouped_by_job(ordered),
        versions.stored,
        versions.old,
        _deployments(obj),
        pools,
        SchedulerConfig.from_api(obj.get("SchedulerConfig")),
        tuple(volume for _, volume in _each(obj, "CSIVolumes", CSIVolume.from_api)),
        tuple(volume for _, volume in _each(obj, "HostVolumes", HostVolume.from_api)),
        tuple(claim for _, claim in _each(obj, "TaskGroupHostVolumeClaims", StickyClaim.from_api)),
        None if obj.get("Now") is None else parse_instant(obj["Now"], "Now"),
    )


def _each(obj: Json, key: str, read: Any) -> Iterable[tuple[str, Any]]:
    """Place and value of every element of a list; a null element is an error, a null list is empty."""
    found = obj.get(key)
    if found is None:
        return
    if not isinstance(found, list):
        raise InventoryError(f"must be a list, not {type(found).__name__}", path=key)
    for index, element in enumerate(found):
        place = f"{key}[{index}]"
        if element is None:
            raise InventoryError("must be an object, not null", path=place)
        yield place, read(element, path=place)


def _unique(entries: Iterable[tuple[Any, str, Any]], what: str) -> dict[Any, Any]:
    """Values by key in ascending order of the keys."""
    made: dict[Any, Any] = {}
    for key, place, value in entries:
        if key in made:
            raise InventoryError(f"the {what} {key} occurs twice", path=place)
        made[key] = value
    return dict(sorted(made.items()))


def _grouped_by_node(items: Iterable[Allocation]) -> dict[str, tuple[Allocation, ...]]:
    made: dict[str, list[Allocation]] = {}
    for item in items:
        made.setdefault(item.node_id, []).append(item)
    return {key: tuple(value) for key, value in made.items()}


def _grouped_by_job(items: Iterable[Allocation]) -> dict[JobKey, tuple[Allocation, ...]]:
    made: dict[JobKey, list[Allocation]] = {}
    for item in items:
        made.setdefault(item.version.key, []).append(item)
    return {key: tuple(value) for key, value in made.items()}


def _deployments(obj: Json) -> dict[JobKey, tuple[Deployment, ...]]:
    found = _unique(
        ((item.id, place, item) for place, item in _each(obj, "Deployments", Deployment.from_api)), "deployment ID"
    )
    made: dict[JobKey, list[Deployment]] = {}
    for item in found.values():
        made.setdefault((item.namespace, item.job_id), []).append(item)
    return {key: _latest_first(items) for key, items in made.items()}


def _latest_first(items: Iterable[Deployment]) -> tuple[Deployment, ...]:
    """Greatest create index first, then smallest ID. spec: reconcile §2.5"""
    return tuple(sorted(items, key=lambda item: (-item.create_index, item.id)))


class _Versions:
    """The job versions of an inventory while it is read; allocations of one version share one object."""

    def __init__(self, obj: Json) -> None:
        self.stored: dict[JobKey, JobVersion] = _unique(
            ((item.key, place, item) for place, item in _each(obj, "Jobs", _job_version)), "job"
        )
        self._known: dict[tuple[str, str, int], list[JobVersion]] = {}
        for item in self.stored.values():
            self._known[*item.key, item.version] = [item]
        old: dict[JobKey, list[JobVersion]] = {}
        for place, item in _each(obj, "OldJobVersions", _job_version):
            if not self._is_stored_again(item, place):
                old.setdefault(item.key, []).append(item)
        self.old = {
            key: tuple(sorted(items, key=lambda item: (-item.create_index, -item.version)))
            for key, items in old.items()
        }
        self._embedded: dict[tuple[str, str, int, int, int], list[JobVersion]] = {}

    def _is_stored_again(self, item: JobVersion, place: str) -> bool:
        stored = self.stored.get(item.key)
        alike = self._known.setdefault((*item.key, item.version), [])
        same = next((other for other in alike if other.create_index == item.create_index), None)
        if same is not None:
            if same is stored and same.job_modify_index == item.job_modify_index:
                return True  # the versions endpoint lists the current one too
            raise InventoryError(f"version {item.version} of job {item.id} occurs twice", path=place)
        alike.append(item)
        return False

    def read_allocation(self, obj: Any, *, path: str) -> Allocation:
        return Allocation.from_api(obj, self._version_of, path=path)

    def _version_of(self, obj: Json, path: str) -> JobVersion:
        namespace, job_id = reading.text(obj, "Namespace", path) or "default", reading.text(obj, "JobID", path)
        if obj.get("Job") is not None:
            return self._version_inside(obj, namespace, job_id, path)
        if not job_id:
            raise InventoryError("an allocation must have a JobID or a Job", path=path)
        version = reading.number(obj, "JobVersion", path)
        known = self._known.get((namespace, job_id, version))
        if not known:
            other = (namespace, job_id) in self.stored or (namespace, job_id) in self.old
            key, told = ("JobVersion", f"version {version} of job {job_id}") if other else ("JobID", f"job {job_id}")
            raise InventoryError(f"the inventory has no {told} in namespace {namespace}", path=f"{path}.{key}")
        if len(known) == 1:
            return known[0]
        # The same ID was purged and registered again: the youngest job that is older than the allocation.
        index = reading.number(obj, "CreateIndex", path)
        return max(known, key=lambda item: (item.create_index <= index, item.create_index))

    def _version_inside(self, obj: Json, namespace: str, job_id: str, path: str) -> JobVersion:
        api = obj["Job"]
        made = JobVersion(api, f"{path}.Job")
        if job_id and made.id != job_id:
            raise InventoryError(f"Job.ID {made.id} contradicts JobID {job_id}", path=path)
        if obj.get("Namespace") is not None and made.namespace != namespace:
            raise InventoryError(f"Job.Namespace {made.namespace} contradicts Namespace {namespace}", path=path)
        if obj.get("JobVersion") is not None and reading.number(obj, "JobVersion", path) != made.version:
            raise InventoryError(f"Job.Version {made.version} contradicts JobVersion {obj['JobVersion']}", path=path)
        key = (*made.key, made.version, made.create_index, made.job_modify_index)
        alike = self._embedded.setdefault(key, [])
        for other in alike:
            if other.api is api or other.api == api:
                return other
        made = JobVersion(copy_opaque(api), made.path)
        alike.append(made)
        return made


def _job_version(obj: Any, *, path: str) -> JobVersion:
    # A copy: the job is decoded later, whatever the caller does to its own object until then.
    return JobVersion(copy_opaque(obj), path)
