"""`handle(request, registry) → response`: routing and errors, without sockets. spec: api §1"""

from __future__ import annotations

import posixpath
import re

from jobplan.errors import JobplanError
from jobplan.httpapi.answers import refused
from jobplan.httpapi.exchange import HTML, HTTPError, Request, Response
from jobplan.httpapi.routes import ELSEWHERE, EXACT, HOOKS, PREFIXES, Route, route_of_job
from jobplan.registry import Registry

INVALID_METHOD = "Invalid method"
JOB_PREFIX = "/v1/job/"
ENTERPRISE = "Nomad Enterprise only endpoint"
BAD_REQUEST = "400 Bad Request"
BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def handle(request: Request, registry: Registry) -> Response:
    """The answer to a request. A blocking read is answered as it is now; waiting is the caller's business."""
    clean = clean_path(request.path)
    if request.path == "/v1/job":
        clean = JOB_PREFIX
    elif request.path == "/":
        clean = "/ui/"
    if BAD_ESCAPE.search(request.path) is not None:
        return refused(400, BAD_REQUEST, {"Connection": "close"})
    if clean != request.path:
        return redirect(request, clean)
    route = _route(request)
    if route is None:
        known = any(request.path == path or (path[-1] == "/" and request.path.startswith(path)) for path in ELSEWHERE)
        return refused(501, ENTERPRISE) if known else Response(404)
    try:
        if route.methods and request.method not in route.methods:
            raise HTTPError(405, INVALID_METHOD)
        if route.capability and request.permit is not None:
            request.permit(route.capability)
        return route.handler(request, registry)
    except HTTPError as error:
        return refused(error.status, error.text, error.headers)
    except JobplanError as error:
        return refused(error.http_status, str(error))


def _route(request: Request) -> Route | None:
    """The route of a path; sets the job ID or the rest of the path."""
    path = request.path
    route = EXACT.get(path)
    if route is None and request.test_hooks:
        route = HOOKS.get(path)
    if route is not None:
        return route
    decoded = request.decoded_path
    if decoded.startswith(JOB_PREFIX):
        rest = decoded.removeprefix(JOB_PREFIX)
        route, request.id = route_of_job(rest)
        request.earlier["rest"] = rest
        return route
    for prefix, route in PREFIXES.items():
        if decoded.startswith(prefix):
            request.earlier["rest"] = decoded.removeprefix(prefix)
            return route
    return None


def clean_path(path: str) -> str:
    """The canonical form of a path as it was sent: no empty, `.` or `..` segments. spec: api §1.1"""
    if path == "" or not path.startswith("/"):
        path = f"/{path}"
    if "//" not in path and "/." not in path:
        return path
    clean = posixpath.normpath(path)
    if clean.startswith("//"):
        clean = clean[1:]
    return f"{clean}/" if path.endswith("/") and clean != "/" else clean


def redirect(request: Request, path: str) -> Response:
    """307 to a path; only reads get a body."""
    target = f"{path}?{request.query}" if request.query else path
    headers = {"Location": target}
    if request.method not in ("GET", "HEAD"):
        return Response(307, headers=headers)
    shown = target.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    return Response(307, f'<a href="{shown}">Temporary Redirect</a>.\n\n'.encode(), HTML, headers)
