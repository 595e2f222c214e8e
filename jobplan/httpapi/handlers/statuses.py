"""Job statuses. spec: api §7.1"""

from __future__ import annotations

import dataclasses
from typing import Any

from jobplan.httpapi import watches
from jobplan.httpapi.answers import found
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.listing import Paging, page_of
from jobplan.httpapi.params import body_of, flag, read_options
from jobplan.inventory import Allocation, Deployment, JobVersion
from jobplan.model.requests import JobStatusesRequest
from jobplan.registry import Registry
from jobplan.registry import records as rec
from jobplan.registry.records import Api, JobKey
from jobplan.registry.state import State

NO_JOBS = "no jobs in request"
UNDECODABLE = "error decoding request: {}"
PACK = "pack.name"


@dataclasses.dataclass(frozen=True, slots=True)
class _Wanted:
    """Which jobs; `jobs` None: all of the namespace."""

    namespace: str
    jobs: frozenset[JobKey] | None
    children: bool
    number: int = 0
    """How many jobs were asked for."""


def statuses(request: Request, registry: Registry) -> Response:
    """GET and POST /v1/jobs/statuses"""
    children = flag(request, "include_children", status=400)
    body = _body(request) if request.body else None
    options = read_options(request, registry.settings.region)
    wanted = _wanted(body, options.namespace, children)
    state = registry.state
    with state.lock:
        jobs = sorted(state.tables[rec.JOBS].values(), key=lambda item: (item.job.modify_index, item.key))
        if not options.reverse:
            jobs.reverse()
        page = page_of(
            [item for item in jobs if _is_wanted(item, wanted)],
            options,
            _paging(options.reverse),
            per_page=None if wanted.jobs is None else wanted.number,
            wanted=lambda item: wanted.children or not item.job.parent_id,
        )
        shown = [_status(state, item) for item in page.items]
        # The job that begins the next page has been looked at too.
        index = max((number for _, number in shown), default=0)
        index = max(index, int(page.next_token or 0))
        index = _index_of_run(request, state, page.items, index)
    watch = watches.tables(rec.JOBS, rec.ALLOCATIONS, rec.DEPLOYMENTS)
    return found(request, [status for status, _ in shown], index, watch, next_token=page.next_token)


def _paging(reverse: bool) -> Paging:
    def before(token: str, wanted: str) -> bool:
        number = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
        return int(token) < number if reverse else int(token) > number

    return Paging(lambda job: str(job.job.modify_index), before, 500)


def _body(request: Request) -> Api:
    try:
        body = body_of(request, JobStatusesRequest, package="structs")
    except HTTPError as error:
        raise HTTPError(400, UNDECODABLE.format(error.text)) from None
    if not body.get("Jobs"):
        raise HTTPError(400, NO_JOBS)
    return body


def _wanted(body: Api | None, namespace: str, children: bool) -> _Wanted:
    if body is None:
        return _Wanted(namespace, None, children)
    keys = frozenset((item.get("Namespace") or "default", item.get("ID", "")) for item in body["Jobs"])
    if namespace == "default":
        namespace = "*"
    owners = {key[0] for key in keys}
    if len(owners) == 1:
        namespace = owners.pop()
    return _Wanted(namespace, keys, children or bool(body.get("IncludeChildren")), len(body["Jobs"]))


def _is_wanted(version: JobVersion, wanted: _Wanted) -> bool:
    if wanted.namespace not in ("*", version.namespace):
        return False
    return wanted.jobs is None or version.key in wanted.jobs


def _index_of_run(request: Request, state: State, jobs: list[JobVersion], index: int) -> int:
    """A blocked run that sees other jobs than the run before gives the index of the jobs table."""
    seen = frozenset(item.key for item in jobs)
    before = request.earlier.setdefault("jobs", seen)
    request.earlier["jobs"] = seen
    return index if before == seen else state.table_indexes(rec.JOBS)


def _status(state: State, version: JobVersion) -> tuple[Api, int]:
    """One entry and the highest index in it."""
    job = version.job
    parent = rec.is_periodic(job) or rec.is_parameterized(job)
    index = job.modify_index
    allocs: list[Api] | None = None
    children: list[str] | None = None
    deployment: Api | None = None
    if parent:
        offspring: list[JobVersion] = state.listed(rec.JOBS, *version.key)
        children = [child.job.status for child in offspring]
        index = max(index, *(child.job.modify_index for child in offspring), 0)
    else:
        allocations: list[Allocation] = state.listed(rec.ALLOCATIONS, *version.key)
        allocs = [_alloc(item) for item in allocations] or None
        index = max(index, *(item.modify_index for item in allocations), 0)
        deployments: list[Deployment] = state.listed(rec.DEPLOYMENTS, *version.key)
        if deployments:
            latest = max(deployments, key=lambda item: item.create_index)
            deployment = _deployment(latest)
            index = max(index, latest.api["ModifyIndex"])
    status = {
        "ID": job.id,
        "Namespace": job.namespace,
        "Name": job.name,
        "Type": job.type,
        "NodePool": job.node_pool,
        "Datacenters": job.datacenters,
        "Priority": job.priority,
        "Version": job.version,
        "SubmitTime": job.submit_time,
        "ModifyIndex": job.modify_index,
        "Allocs": allocs,
        "GroupCountSum": sum(group.count for group in job.task_groups or ()),
        "ChildStatuses": children,
        "ParentID": job.parent_id,
        "LatestDeployment": deployment,
        "Stop": job.stop,
        "IsPack": PACK in (job.meta or {}),
        "Status": job.status,
    }
    return status, index


def _alloc(allocation: Allocation) -> Api:
    health = allocation.health
    states: dict[str, Any] = allocation.api.get("TaskStates") or {}
    return {
        "ID": allocation.id,
        "Group": allocation.task_group,
        "ClientStatus": allocation.client_status,
        "NodeID": allocation.node_id,
        "DeploymentStatus": {
            "Canary": health is not None and health.canary,
            "Healthy": None if health is None else health.healthy,
        },
        "JobVersion": allocation.version.version,
        "FollowupEvalID": allocation.followup_eval_id,
        "HasPausedTask": any(item.get("Paused") not in (None, "") for item in states.values()),
    }


def _deployment(deployment: Deployment) -> Api:
    groups = deployment.groups.values()
    running = deployment.status == "running"
    canaries = [group for group in groups if group.desired_canaries > 0]
    return {
        "ID": deployment.id,
        "IsActive": deployment.active,
        "JobVersion": deployment.job_version,
        "Status": deployment.status,
        "StatusDescription": deployment.api["StatusDescription"],
        "AllAutoPromote": running and bool(groups) and all(g.auto_promote for g in canaries),
        "RequiresPromotion": running and any(not group.promoted for group in canaries),
    }
