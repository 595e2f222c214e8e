"""What belongs to a job: allocations, evaluations, deployments, services, actions. spec: api §6.6–6.9, §7.5–7.8"""

from __future__ import annotations

from typing import Any

from jobplan.httpapi import watches
from jobplan.httpapi.answers import found, missing, plain
from jobplan.httpapi.events import with_messages
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.params import boolean, read_options
from jobplan.inventory import Deployment, JobVersion
from jobplan.registry import Registry
from jobplan.registry import records as rec
from jobplan.registry.allocated import allocation_stub
from jobplan.registry.evaluations import evaluation_api
from jobplan.registry.faults import JOB_NOT_FOUND
from jobplan.registry.records import Api
from jobplan.values.quoting import quoted

NO_SOURCE = "job source not found"
BAD_VERSION = "Unable to parse job submission version parameter"
NO_ID = "JobID required for actions"
INVALID_METHOD = "Invalid method"
NO_SOCKET = "websocket connection not found in context"


def allocations(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/allocations. spec: api §6.6"""
    options = read_options(request, registry.settings.region)
    state, everything = registry.state, boolean(request.param("all")) is True
    with state.lock:
        job = state.get(rec.JOBS, options.namespace, request.id)
        listed = [
            item
            for item in state.listed(rec.ALLOCATIONS, options.namespace, request.id)
            if everything or job is None or item.version.create_index == job.create_index
        ]
        index = state.table_indexes(rec.ALLOCATIONS)
    stubs = [with_messages(allocation_stub(item)) for item in listed]
    return found(request, stubs, index, watches.job(options.namespace, request.id, rec.ALLOCATIONS))


def evaluations(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/evaluations. spec: api §6.7"""
    options = read_options(request, registry.settings.region)
    state = registry.state
    with state.lock:
        listed = state.listed(rec.EVALUATIONS, options.namespace, request.id)
        index = state.table_indexes(rec.EVALUATIONS)
    listed.sort(key=lambda item: (item["Status"], item["ID"]))
    watch = watches.prefixed(options.namespace, request.id, rec.EVALUATIONS)
    return found(request, [evaluation_api(item) for item in listed], index, watch)


def deployments(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/deployments. spec: api §6.8"""
    options = read_options(request, registry.settings.region)
    state, everything = registry.state, boolean(request.param("all")) is True
    with state.lock:
        job = state.get(rec.JOBS, options.namespace, request.id)
        listed = [
            item.api
            for item in state.listed(rec.DEPLOYMENTS, options.namespace, request.id)
            if everything or job is None or item.job_create_index == job.create_index
        ]
        index = state.table_indexes(rec.DEPLOYMENTS)
    return found(request, listed, index, watches.job(options.namespace, request.id, rec.DEPLOYMENTS))


def latest_deployment(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/deployment. spec: api §6.9"""
    options = read_options(request, registry.settings.region)
    state = registry.state
    with state.lock:
        job = state.get(rec.JOBS, options.namespace, request.id)
        listed: list[Deployment] = state.listed(rec.DEPLOYMENTS, options.namespace, request.id)
        current = [item for item in listed if job is not None and item.job_create_index == job.create_index]
        index = state.table_indexes(rec.DEPLOYMENTS)
    latest = max(current, key=lambda item: item.create_index, default=None)
    watch = watches.job(options.namespace, request.id, rec.DEPLOYMENTS)
    return found(request, None if latest is None else latest.api, index, watch)


def services(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/services. No client registers any. spec: api §7.5"""
    options = read_options(request, registry.settings.region)
    watch = watches.job(options.namespace, request.id, rec.JOBS)
    with registry.state.lock:
        if registry.state.get(rec.JOBS, options.namespace, request.id) is None:
            return missing(JOB_NOT_FOUND, 0, watch)
    return found(request, [], 1, watch)


def submission(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/submission. spec: api §7.6"""
    text = request.param("version")
    if not (text.isascii() and text.isdigit() and int(text) < 2**64):
        raise HTTPError(400, BAD_VERSION)
    if request.method != "GET":
        raise HTTPError(405, INVALID_METHOD)
    try:
        options = read_options(request, registry.settings.region)
    except HTTPError as error:
        # The body of such an answer has `null` appended. spec: api §7.6
        raise HTTPError(error.status, f"{error.text}null" if error.status == 400 else error.text) from None
    state = registry.state
    watch = watches.job(options.namespace, request.id, rec.SUBMISSIONS)
    with state.lock:
        record: Api | None = state.get(rec.SUBMISSIONS, *rec.version_key(options.namespace, request.id, int(text)))
    if record is None or record["JobID"] != request.id:
        return missing(NO_SOURCE, 0, watch)
    return found(request, record, record["JobModifyIndex"], watch)


def actions(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/actions: never blocks, and has no index. spec: api §7.7"""
    options = read_options(request, registry.settings.region)
    if request.id == "":
        raise HTTPError(500, NO_ID)
    with registry.state.lock:
        version: JobVersion | None = registry.state.get(rec.JOBS, options.namespace, request.id)
    if version is None:
        raise HTTPError(500, f"Unknown job {quoted(request.id)}")
    listed: list[dict[str, Any]] = [
        {
            "Name": action.name,
            "Command": action.command,
            "Args": action.args,
            "TaskName": task.name,
            "TaskGroupName": group.name,
        }
        for group in version.job.task_groups or ()
        for task in group.tasks or ()
        for action in task.actions or ()
    ]
    headers = {"X-Nomad-Index": "0", "X-Nomad-LastContact": "0", "X-Nomad-KnownLeader": "false"}
    return plain(request, listed, headers)


def run_action(request: Request, registry: Registry) -> Response:
    """/v1/job/{id}/action without a web socket. spec: api §7.8"""
    tty = request.param("tty")
    if tty != "" and boolean(tty) is None:
        problem = f"strconv.ParseBool: parsing {quoted(tty)}: invalid syntax"
        raise HTTPError(500, f"tty value is not a boolean: {problem}")
    raise HTTPError(500, NO_SOCKET)
