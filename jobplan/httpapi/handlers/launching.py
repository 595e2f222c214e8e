"""Dispatch, periodic force, scale. spec: api §6.11, §6.16, §7.2, §7.4"""

from __future__ import annotations

from jobplan.httpapi import watches
from jobplan.httpapi.answers import found, missing, written
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.params import body_of, check_region, read_options
from jobplan.inventory import JobVersion
from jobplan.model.requests import JobDispatchRequest, ScalingRequest
from jobplan.registry import Dispatch, Registry, Scaling
from jobplan.registry import records as rec
from jobplan.registry.faults import JOB_NOT_FOUND
from jobplan.registry.scaling import scale_status

DISABLED = "Job registration, dispatch, and scale are disabled by the scheduler configuration"
NO_MATCH = "Job ID does not match"
NO_PARENT_ID = "missing parameterized job ID"
NO_FORCED_ID = "missing job ID for evaluation"
OTHER_JOB = "job ID in payload did not match URL"
OTHER_NAMESPACE = "namespace in payload did not match header"


def refuse_if_disabled(registry: Registry) -> None:
    if registry.settings.reject_job_registration:
        raise HTTPError(403, DISABLED)


def dispatch_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/dispatch. spec: api §6.11"""
    body = body_of(request, JobDispatchRequest, package="structs")
    if body.get("JobID", "") not in ("", request.id):
        raise HTTPError(400, NO_MATCH)
    given = Dispatch(
        body.get("Payload") or b"",
        {key: value or "" for key, value in (body.get("Meta") or {}).items()},
        body.get("IdPrefixTemplate", ""),
        body.get("Priority", 0),
        request.param("idempotency_token") or body.get("IdempotencyToken", ""),
    )
    check_region(request.param("region") or body.get("Region", ""), registry.settings.region)
    return _dispatched(request, registry, request.param("namespace") or body.get("Namespace") or "default", given)


def dispatch_payload(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/dispatch/payload: the body is the payload. spec: api §7.2"""
    check_region(request.param("region"), registry.settings.region)
    given = Dispatch(request.body, idempotency_token=request.param("idempotency_token"))
    return _dispatched(request, registry, request.param("namespace") or "default", given)


def _dispatched(request: Request, registry: Registry, namespace: str, given: Dispatch) -> Response:
    refuse_if_disabled(registry)
    if request.id == "":
        raise HTTPError(500, NO_PARENT_ID)
    answer = registry.dispatch(namespace, request.id, given)
    return written(request, answer, answer["Index"])


def force_launch(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/periodic/force. spec: api §6.16"""
    check_region(request.param("region"), registry.settings.region)
    if request.id == "":
        raise HTTPError(500, NO_FORCED_ID)
    eval_id, index = registry.force_launch(request.param("namespace") or "default", request.id)
    return written(request, {"EvalID": eval_id, "EvalCreateIndex": index, "Index": index}, index)


# ---- scale -----------------------------------------------------------------------------------------------------------


def scale(request: Request, registry: Registry) -> Response:
    """GET and PUT /v1/job/{id}/scale. spec: api §7.4"""
    return _status(request, registry) if request.method == "GET" else _scale(request, registry)


def _status(request: Request, registry: Registry) -> Response:
    options = read_options(request, registry.settings.region)
    state = registry.state
    watch = watches.job(options.namespace, request.id, rec.JOBS, rec.EVENTS, rec.ALLOCATIONS)
    with state.lock:
        version: JobVersion | None = state.get(rec.JOBS, options.namespace, request.id)
        if version is None:
            return missing(JOB_NOT_FOUND, max(state.table_index.values(), default=0), watch)
        status, index = scale_status(state, version)
    return found(request, status, index, watch)


def _scale(request: Request, registry: Registry) -> Response:
    body = body_of(request, ScalingRequest)
    check_region(request.param("region"), registry.settings.region)
    namespace = request.param("namespace") or "default"
    target = {key: value or "" for key, value in (body.get("Target") or {}).items()}
    if target.get("Job", "") not in ("", request.id):
        raise HTTPError(400, OTHER_JOB)
    refuse_if_disabled(registry)
    if target.get("Namespace", "") not in ("", namespace):
        raise HTTPError(400, OTHER_NAMESPACE)
    given = Scaling(
        target.get("Group", ""),
        body.get("Count"),
        body.get("Message", ""),
        bool(body.get("Error")),
        body.get("Meta"),
        body.get("JobModifyIndex", 0),
    )
    answer = registry.scale(namespace, request.id, given)
    return written(request, answer, answer["Index"])
