"""Lists and objects beyond jobs, as `jobplan capture` and the command line read them. spec: interface (Loading)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobplan.httpapi import watches
from jobplan.httpapi.answers import found, missing, plain
from jobplan.httpapi.events import with_messages
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.params import read_options
from jobplan.inventory import Allocation
from jobplan.registry import Registry
from jobplan.registry import records as rec
from jobplan.registry.allocated import allocation_stub
from jobplan.registry.evaluations import evaluation_api, is_empty
from jobplan.registry.records import Api, job_api

NODE_KEYS = (
    "ID", "Name", "Datacenter", "NodeClass", "NodePool", "Status", "StatusDescription", "SchedulingEligibility",
    "Drain", "Drivers", "HostVolumes", "CreateIndex", "ModifyIndex",
)  # fmt: skip
BUILT_IN = ("all", "default")


def _listed(
    request: Request, registry: Registry, table: str, items: Callable[[str], list[Api]], *, key: str = "ID"
) -> Response:
    """A list with prefix and pages, in ascending order of its keys. `items` gives what a namespace holds."""
    options = read_options(request, registry.settings.region)
    with registry.state.lock:
        everything = items(options.namespace)
        index = registry.state.table_indexes(table)
    wanted = [item for item in everything if str(item[key]).startswith(options.prefix)]
    wanted.sort(key=lambda item: str(item[key]), reverse=options.reverse)
    if options.next_token:
        begin = options.next_token
        wanted = [item for item in wanted if (item[key] <= begin if options.reverse else item[key] >= begin)]
    token = ""
    if 0 < options.per_page < len(wanted):
        token = str(wanted[options.per_page][key])
        wanted = wanted[: options.per_page]
    return found(request, wanted, index, watches.tables(table), next_token=token)


def nodes(request: Request, registry: Registry) -> Response:
    """GET /v1/nodes"""
    table = registry.state.tables[rec.NODES]

    def stubs(_namespace: str) -> list[Api]:
        return [{name: node.get(name) for name in NODE_KEYS} for node in table.values()]

    return _listed(request, registry, rec.NODES, stubs)


def node(request: Request, registry: Registry) -> Response:
    """GET /v1/node/{id}, GET /v1/node/{id}/allocations"""
    read_options(request, registry.settings.region)
    rest: str = request.earlier["rest"]
    node_id = rest.removesuffix("/allocations")
    state = registry.state
    watch = watches.tables(rec.NODES, rec.ALLOCATIONS)
    with state.lock:
        record: Api | None = state.get(rec.NODES, node_id)
        index = state.table_indexes(rec.NODES)
        held = registry.inventory().allocations_on(node_id) if rest != node_id else ()
    if rest != node_id:
        return found(request, [_full(item) for item in held], state.table_indexes(rec.ALLOCATIONS), watch)
    if record is None:
        return missing("node not found", index, watch)
    return found(request, record, index, watch)


def pools(request: Request, registry: Registry) -> Response:
    """GET /v1/node/pools"""
    known: Api = registry.state.get(rec.SETTINGS, "node_pools") or {}
    everything = {**{name: {"Name": name} for name in BUILT_IN}, **known}
    made = [{"Description": "", "Meta": None, "SchedulerConfiguration": None, **pool} for pool in everything.values()]
    return _listed(request, registry, rec.SETTINGS, lambda _namespace: made, key="Name")


def namespaces(request: Request, registry: Registry) -> Response:
    """GET /v1/namespaces"""
    known = registry.state.get(rec.SETTINGS, "namespaces") or {}
    made = [{"Name": name, "Description": ""} for name in ("default", *known)]
    return _listed(request, registry, rec.SETTINGS, lambda _namespace: made, key="Name")


def scheduler_configuration(request: Request, registry: Registry) -> Response:
    """GET /v1/operator/scheduler/configuration"""
    read_options(request, registry.settings.region)
    index = registry.state.table_indexes(rec.SETTINGS)
    config = {**registry.state.get(rec.SETTINGS, "scheduler"), "CreateIndex": index, "ModifyIndex": index}
    answer = {
        "SchedulerConfig": config,
        "Index": index,
        "LastContact": 0,
        "KnownLeader": True,
        "NextToken": "",
    }
    return found(request, answer, index, watches.tables(rec.SETTINGS))


def allocations(request: Request, registry: Registry) -> Response:
    """GET /v1/allocations"""
    table = registry.state.tables[rec.ALLOCATIONS]

    def stubs(namespace: str) -> list[Api]:
        return [with_messages(allocation_stub(item)) for item in table.values() if namespace in ("*", item.namespace)]

    return _listed(request, registry, rec.ALLOCATIONS, stubs)


def allocation(request: Request, registry: Registry) -> Response:
    """GET /v1/allocation/{id}"""
    read_options(request, registry.settings.region)
    state = registry.state
    watch = watches.tables(rec.ALLOCATIONS)
    with state.lock:
        record: Allocation | None = state.get(rec.ALLOCATIONS, request.earlier["rest"])
        if record is None:
            return missing("alloc not found", state.table_indexes(rec.ALLOCATIONS), watch)
    return found(request, _full(record), record.modify_index, watch)


def _full(record: Allocation) -> Api:
    """The whole allocation: empty fields are left out. spec: api §2.4"""
    made: Api = {key: value for key, value in record.api.items() if not is_empty(value)}
    made.pop("JobType", None)
    made.pop("JobVersion", None)
    return {**made, "Job": job_api(record.version)}


def deployments(request: Request, registry: Registry) -> Response:
    """GET /v1/deployments"""
    table = registry.state.tables[rec.DEPLOYMENTS]

    def records(namespace: str) -> list[Api]:
        return [dict(item.api) for item in table.values() if namespace in ("*", item.namespace)]

    return _listed(request, registry, rec.DEPLOYMENTS, records)


def evaluations(request: Request, registry: Registry) -> Response:
    """GET /v1/evaluations"""
    table = registry.state.tables[rec.EVALUATIONS]
    job, status = request.param("job"), request.param("status")

    def records(namespace: str) -> list[Api]:
        return [
            evaluation_api(item)
            for item in table.values()
            if namespace in ("*", item["Namespace"]) and job in ("", item["JobID"]) and status in ("", item["Status"])
        ]

    return _listed(request, registry, rec.EVALUATIONS, records)


def nothing(request: Request, registry: Registry) -> Response:
    """Lists of what a registry never has: volumes, claims."""
    empty: list[Any] = []
    return _listed(request, registry, rec.SETTINGS, lambda _namespace: empty)


def regions(request: Request, registry: Registry) -> Response:
    """GET /v1/regions"""
    return plain(request, [registry.settings.region])


def leader(request: Request, registry: Registry) -> Response:
    """GET /v1/status/leader"""
    if request.param("region") not in ("", registry.settings.region):
        raise HTTPError(500, "No path to region")
    return plain(request, "127.0.0.1:4647")
