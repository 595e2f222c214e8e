"""Which handler answers which path. spec: api §1.1, §1.2"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from jobplan.httpapi.exchange import Request, Response
from jobplan.httpapi.handlers import changes, cluster, hooks, jobs, launching, lists, related, statuses
from jobplan.registry import Registry

Handler = Callable[[Request, Registry], Response]
GET, PUT, PUT_DELETE = ("GET",), ("PUT", "POST"), ("PUT", "POST", "DELETE")
ANY: tuple[str, ...] = ()
"""The method is not checked."""
READ, PLAN, SUBMIT = "read", "plan", "submit"
"""What a caller must be allowed to do. spec: docs/server.md"""
LATER = ""
"""The handler asks itself, because something comes before the permission."""


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """`methods` and the handler; `capability`: what the caller needs."""

    methods: tuple[str, ...]
    handler: Handler
    capability: str = READ


def _by_method(**handlers: Handler) -> Handler:
    """One handler per method; POST is PUT."""

    def handle(request: Request, registry: Registry) -> Response:
        return handlers["PUT" if request.method == "POST" else request.method](request, registry)

    return handle


def _checked(request: Request, capability: str) -> None:
    if request.permit is not None:
        request.permit(capability)


def _stop(request: Request, registry: Registry) -> Response:
    _checked(request, SUBMIT)
    return jobs.stop_job(request, registry)


def _read(request: Request, registry: Registry) -> Response:
    _checked(request, READ)
    return jobs.read_job(request, registry)


def _list(request: Request, registry: Registry) -> Response:
    _checked(request, READ)
    return jobs.list_jobs(request, registry)


def _scale(request: Request, registry: Registry) -> Response:
    _checked(request, READ if request.method == "GET" else SUBMIT)
    return launching.scale(request, registry)


# Paths that match exactly.
EXACT: dict[str, Route] = {
    "/v1/jobs": Route((*GET, *PUT), _by_method(GET=_list, PUT=jobs.register_job), LATER),
    "/v1/jobs/parse": Route(PUT, changes.parse_job, PLAN),
    "/v1/jobs/statuses": Route(("GET", "POST"), statuses.statuses),
    "/v1/validate/job": Route(PUT, changes.validate_job, PLAN),
    "/v1/search": Route(PUT, cluster.search),
    "/v1/agent/self": Route(GET, cluster.agent),
    "/v1/system/gc": Route(PUT, cluster.collect, SUBMIT),
    "/v1/nodes": Route(GET, lists.nodes),
    "/v1/node/pools": Route(GET, lists.pools),
    "/v1/namespaces": Route(GET, lists.namespaces),
    "/v1/operator/scheduler/configuration": Route(GET, lists.scheduler_configuration),
    "/v1/allocations": Route(GET, lists.allocations),
    "/v1/deployments": Route(GET, lists.deployments),
    "/v1/evaluations": Route(GET, lists.evaluations),
    "/v1/volumes": Route(GET, lists.nothing),
    "/v1/volumes/claims": Route(GET, lists.nothing),
    "/v1/regions": Route(GET, lists.regions),
    "/v1/status/leader": Route(GET, lists.leader),
}

# Paths that only the test mode has.
HOOKS: dict[str, Route] = {
    "/v1/jobplan/test/reset": Route(PUT, hooks.reset, SUBMIT),
    "/v1/jobplan/test/state": Route(PUT, hooks.state, SUBMIT),
}

# Everything below these paths; the rest of the decoded path is the handler's.
PREFIXES: dict[str, Route] = {
    "/v1/evaluation/": Route(GET, cluster.evaluation),
    "/v1/node/": Route(GET, lists.node),
    "/v1/allocation/": Route(GET, lists.allocation),
    "/v1/deployment/": Route((*GET, *PUT), cluster.deployment),
}

# Paths that only another edition of the server has; `/` at the end: everything below.
ELSEWHERE = (
    "/v1/sentinel/",
    "/v1/quotas",
    "/v1/quota",
    "/v1/quota/",
    "/v1/quota-usages",
    "/v1/recommendations",
    "/v1/recommendations/",
    "/v1/recommendation",
    "/v1/recommendation/",
)

# The end of a decoded path below /v1/job/; the first that fits decides. spec: api §1.1
JOB_ROUTES: tuple[tuple[str, Route], ...] = (
    ("/evaluate", Route(PUT, changes.evaluate_job, SUBMIT)),
    ("/allocations", Route(GET, related.allocations)),
    ("/evaluations", Route(GET, related.evaluations)),
    ("/periodic/force", Route(PUT, launching.force_launch, SUBMIT)),
    ("/plan", Route(PUT, changes.plan_job, PLAN)),
    ("/summary", Route(ANY, jobs.summary)),
    ("/dispatch", Route(PUT, launching.dispatch_job, SUBMIT)),
    ("/dispatch/payload", Route(PUT, launching.dispatch_payload, SUBMIT)),
    ("/versions", Route(ANY, jobs.versions)),
    ("/revert", Route(PUT, changes.revert_job, SUBMIT)),
    ("/deployments", Route(GET, related.deployments)),
    ("/deployment", Route(GET, related.latest_deployment)),
    ("/stable", Route(PUT, changes.set_stable, SUBMIT)),
    ("/scale", Route((*GET, *PUT), _scale, LATER)),
    ("/services", Route(GET, related.services)),
    ("/submission", Route(ANY, related.submission)),
    ("/actions", Route(GET, related.actions)),
    ("/action", Route(ANY, related.run_action, SUBMIT)),
    ("/tag", Route(ANY, changes.tag, SUBMIT)),
)
JOB = Route((*GET, *PUT_DELETE), _by_method(GET=_read, PUT=jobs.register_job, DELETE=_stop), LATER)


def route_of_job(rest: str) -> tuple[Route, str]:
    """The route and the job ID of a decoded path below /v1/job/."""
    for suffix, route in JOB_ROUTES:
        if rest.endswith(suffix):
            return route, rest.removesuffix(suffix)
    return JOB, rest
