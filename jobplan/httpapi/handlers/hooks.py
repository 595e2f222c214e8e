"""The two hooks of the test mode. Both answer when everything they set off is done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from jobplan.httpapi.answers import plain
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.inventory import Allocation
from jobplan.registry import Registry
from jobplan.registry import records as rec

_INDEX = re.compile(r".*\[(\d+)\]")
PROPERTIES: dict[str, Any] = {
    "JobID": lambda a: a.job_id,
    "TaskGroup": lambda a: a.task_group,
    "JobVersion": lambda a: a.version.version,
    "DesiredStatus": lambda a: a.desired_status,
    "ClientStatus": lambda a: a.client_status,
    "Namespace": lambda a: a.namespace,
    "index": lambda a: _number(a.name),
}


def _number(name: str) -> int | None:
    found = _INDEX.fullmatch(name)
    return None if found is None else int(found[1])


def reset(request: Request, registry: Registry) -> Response:
    """PUT /v1/jobplan/test/reset: an empty server with some settings."""
    registry.reset()
    config = _body(request).get("config")
    if config:
        registry.configure(config)
    return plain(request, {})


def state(request: Request, registry: Registry) -> Response:
    """PUT /v1/jobplan/test/state: nodes that join, allocations that clients report about."""
    body = _body(request)
    nodes = body.get("nodes")
    if nodes:
        registry.add_nodes(nodes)
    updates = body.get("allocs")
    if updates:
        registry.report(_chosen(registry, updates))
    return plain(request, {})


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise HTTPError(400, f"not JSON: {error}") from None
    if not isinstance(body, dict):
        raise HTTPError(400, "the body must be an object")
    return body


def _chosen(registry: Registry, updates: Iterable[Mapping[str, Any]]) -> list[tuple[Allocation, Mapping[str, Any]]]:
    """Each update with every allocation that it matches."""
    with registry.state.lock:
        allocations: list[Allocation] = list(registry.state.tables[rec.ALLOCATIONS].values())
    made = []
    for update in updates:
        wanted = {"Namespace": "default", **update.get("match", {})}
        unknown = set(wanted) - set(PROPERTIES)
        if unknown:
            raise HTTPError(400, f"unknown property {sorted(unknown)[0]}")
        hits = [item for item in allocations if all(PROPERTIES[key](item) == value for key, value in wanted.items())]
        if not hits:
            raise HTTPError(404, f"no allocation matches {json.dumps(wanted)}")
        made += [(item, update.get("set", {})) for item in hits]
    return made
