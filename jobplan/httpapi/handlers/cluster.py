"""What the command line asks besides jobs: evaluations, deployments, search, agent. spec: api §10, §11"""

from __future__ import annotations

import re
from typing import Any

from jobplan import NOMAD_VERSION
from jobplan.httpapi import watches
from jobplan.httpapi.answers import found, missing, plain, written
from jobplan.httpapi.events import with_messages
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.params import body_of, boolean, check_region, read_options
from jobplan.inventory import Deployment
from jobplan.model.requests import DeploymentPauseRequest, DeploymentPromoteRequest, SearchRequest
from jobplan.registry import Registry
from jobplan.registry import records as rec
from jobplan.registry.allocated import allocation_stub
from jobplan.registry.evaluations import evaluation_api, evaluation_stub, related
from jobplan.registry.records import Api

EVAL_NOT_FOUND = "eval not found"
BAD_EVAL_ID = "failed to lookup eval: eval lookup failed: index error: UUID must be 36 characters"
BAD_ALLOCS_ID = "index error: UUID must be 36 characters"
DEPLOYMENT_NOT_FOUND = "deployment not found"
BAD_DEPLOYMENT_ID = "deployment lookup failed: index error: UUID must be 36 characters"
OTHER_DEPLOYMENT = "Deployment ID does not match"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


# ---- evaluations -----------------------------------------------------------------------------------------------------


def evaluation(request: Request, registry: Registry) -> Response:
    """GET /v1/evaluation/{id}, GET /v1/evaluation/{id}/allocations"""
    rest = request.earlier["rest"]
    if rest.endswith("/allocations"):
        return _evaluated_allocations(request, registry, rest.removesuffix("/allocations"))
    read_options(request, registry.settings.region)
    if len(rest) != 36:
        raise HTTPError(500, BAD_EVAL_ID)
    state = registry.state
    watch = watches.tables(rec.EVALUATIONS)
    with state.lock:
        record: Api | None = state.get(rec.EVALUATIONS, rest)
        if record is None:
            return missing(EVAL_NOT_FOUND, state.table_indexes(rec.EVALUATIONS), watch)
        answer = evaluation_api(record)
        if boolean(request.param("related")) is True:
            others = [evaluation_stub(item) for item in related(state, record)]
            if others:
                answer["RelatedEvals"] = others
    return found(request, answer, record["ModifyIndex"], watch)


def _evaluated_allocations(request: Request, registry: Registry, eval_id: str) -> Response:
    read_options(request, registry.settings.region)
    if len(eval_id) != 36:
        raise HTTPError(500, BAD_ALLOCS_ID)
    state = registry.state
    with state.lock:
        listed = [item for item in state.tables[rec.ALLOCATIONS].values() if item.api["EvalID"] == eval_id]
        index = state.table_indexes(rec.ALLOCATIONS)
    stubs = [with_messages(allocation_stub(item)) for item in sorted(listed, key=lambda item: item.id)]
    return found(request, stubs, index, watches.tables(rec.ALLOCATIONS))


# ---- deployments -----------------------------------------------------------------------------------------------------


def deployment(request: Request, registry: Registry) -> Response:
    """GET /v1/deployment/{id}, /v1/deployment/allocations/{id}, PUT /v1/deployment/promote|fail|pause/{id}"""
    rest = request.earlier["rest"]
    verb, _, deployment_id = rest.partition("/")
    change = CHANGES.get(verb)
    if deployment_id and change is not None:
        if request.method not in ("PUT", "POST"):
            raise HTTPError(405, "Invalid method")
        check_region(request.param("region"), registry.settings.region)
        if request.permit is not None:
            request.permit("submit")
        return change(request, registry, deployment_id)
    if request.method != "GET":
        raise HTTPError(405, "Invalid method")
    if deployment_id and verb == "allocations":
        return _deployed_allocations(request, registry, deployment_id)
    read_options(request, registry.settings.region)
    if _UUID.fullmatch(rest) is None:
        raise HTTPError(500, BAD_DEPLOYMENT_ID)
    state = registry.state
    watch = watches.tables(rec.DEPLOYMENTS)
    with state.lock:
        record: Deployment | None = state.get(rec.DEPLOYMENTS, rest)
        if record is None:
            return missing(DEPLOYMENT_NOT_FOUND, state.table_indexes(rec.DEPLOYMENTS), watch)
    return found(request, record.api, record.api["ModifyIndex"], watch)


def _deployed_allocations(request: Request, registry: Registry, deployment_id: str) -> Response:
    read_options(request, registry.settings.region)
    state = registry.state
    with state.lock:
        listed = [item for item in state.tables[rec.ALLOCATIONS].values() if item.deployment_id == deployment_id]
        index = state.table_indexes(rec.ALLOCATIONS)
    stubs = [with_messages(allocation_stub(item)) for item in sorted(listed, key=lambda item: item.id)]
    return found(request, stubs, index, watches.tables(rec.ALLOCATIONS))


def _promote(request: Request, registry: Registry, deployment_id: str) -> Response:
    body = body_of(request, DeploymentPromoteRequest, package="structs")
    _same_deployment(body, deployment_id)
    groups = None if body.get("All") else list(body.get("Groups") or ())
    index, made = registry.promote(deployment_id, groups)
    return _changed(request, index, made, None)


def _fail(request: Request, registry: Registry, deployment_id: str) -> Response:
    index, made, version = registry.fail_deployment(deployment_id)
    return _changed(request, index, made, version)


def _pause(request: Request, registry: Registry, deployment_id: str) -> Response:
    body = body_of(request, DeploymentPauseRequest, package="structs", lenient=("Pause",))
    _same_deployment(body, deployment_id)
    index, made = registry.pause_deployment(deployment_id, bool(body.get("Pause")))
    return _changed(request, index, made, None)


CHANGES = {"promote": _promote, "fail": _fail, "pause": _pause}


def _same_deployment(body: Api, deployment_id: str) -> None:
    if body.get("DeploymentID", "") not in ("", deployment_id):
        raise HTTPError(400, OTHER_DEPLOYMENT)


def _changed(request: Request, index: int, made: Api | None, version: int | None) -> Response:
    answer = {
        "EvalID": "" if made is None else made["ID"],
        "EvalCreateIndex": 0 if made is None else index,
        "DeploymentModifyIndex": index,
        "RevertedJobVersion": version,
        "Index": index,
    }
    return written(request, answer, index)


# ---- search and agent ------------------------------------------------------------------------------------------------

MOST_MATCHES = 20
ALWAYS = ("host_volumes", "jobs", "namespaces", "node_pools", "plugins", "scaling_policy", "vars", "volumes")
"""Contexts that are searched by name; those searched by UUID appear only when the prefix could be one."""
CONTEXT_TABLES = {
    "jobs": rec.JOBS,
    "evals": rec.EVALUATIONS,
    "allocs": rec.ALLOCATIONS,
    "deployment": rec.DEPLOYMENTS,
    "nodes": rec.NODES,
}
BY_UUID = ("allocs", "deployment", "evals", "nodes")


def search(request: Request, registry: Registry) -> Response:
    """PUT /v1/search: what the prefix may be the beginning of."""
    body = body_of(request, SearchRequest, package="structs")
    check_region(request.param("region"), registry.settings.region)
    prefix, context = body.get("Prefix", ""), body.get("Context") or "all"
    namespace = request.param("namespace") or body.get("Namespace") or "default"
    state = registry.state
    with state.lock:
        candidates = _candidates(registry, namespace)
        searched = CONTEXT_TABLES.values() if context == "all" else (CONTEXT_TABLES.get(context, rec.JOBS),)
        index = state.table_indexes(*searched)
    contexts = [*ALWAYS, *(BY_UUID if re.fullmatch(r"[0-9a-fA-F-]+", prefix) else ())]
    if context != "all":
        contexts = [context]
    matches: dict[str, Any] = {}
    truncated: dict[str, bool] = {}
    for name in contexts:
        hits = [item for item in sorted(candidates.get(name, ())) if item.startswith(prefix)]
        matches[name], truncated[name] = hits[:MOST_MATCHES] or None, len(hits) > MOST_MATCHES
    answer = {
        "Matches": matches,
        "Truncations": truncated,
        "Index": index,
        "LastContact": 0,
        "KnownLeader": True,
        "NextToken": "",
    }
    return found(request, answer, index, watches.never)


def _candidates(registry: Registry, namespace: str) -> dict[str, list[str]]:
    tables = registry.state.tables
    everywhere = namespace == "*"
    return {
        "jobs": [key[1] for key in tables[rec.JOBS] if everywhere or key[0] == namespace],
        "evals": [
            item["ID"] for item in tables[rec.EVALUATIONS].values() if everywhere or item["Namespace"] == namespace
        ],
        "allocs": [item.id for item in tables[rec.ALLOCATIONS].values() if everywhere or item.namespace == namespace],
        "deployment": [
            item.id for item in tables[rec.DEPLOYMENTS].values() if everywhere or item.namespace == namespace
        ],
        "nodes": [key[0] for key in tables[rec.NODES]],
        "namespaces": ["default", *(registry.state.get(rec.SETTINGS, "namespaces") or {})],
        "node_pools": ["default", "all", *(registry.state.get(rec.SETTINGS, "node_pools") or {})],
    }


def agent(request: Request, registry: Registry) -> Response:
    """GET /v1/agent/self: just enough for the command line."""
    answer = {
        "config": {
            "Region": registry.settings.region,
            "Datacenter": "dc1",
            "Server": {"Enabled": True},
            "UI": {"Enabled": False, "ShowCLIHints": False},
            "Version": {"Version": NOMAD_VERSION},
        },
        "member": {"Name": f"jobplan.{registry.settings.region}", "Status": "alive", "Tags": {"build": NOMAD_VERSION}},
        "stats": {"nomad": {"server": "true", "leader": "true"}},
    }
    return plain(request, answer)


def collect(request: Request, registry: Registry) -> Response:
    """PUT /v1/system/gc"""
    registry.collect_garbage(forced=True)
    return Response(200, b"")
