"""Which page answers which path below /ui/."""

from __future__ import annotations

import urllib.parse

from jobplan.httpapi.answers import refused
from jobplan.httpapi.exchange import HTML, HTTPError, Request, Response
from jobplan.httpapi.pages.job import job_page
from jobplan.httpapi.pages.markup import Html, document
from jobplan.httpapi.pages.overview import overview_page
from jobplan.httpapi.pages.preview import preview_page
from jobplan.registry import Refusal, Registry

# Nothing but its own style sheet and forms to itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
JOB = "/ui/job/"


def page(request: Request, registry: Registry) -> Response:
    """The answer to a request below /ui/."""
    try:
        return _page(request, registry)
    except Refusal as error:
        # A browser asks for a token and sends it as the password.
        return refused(401, str(error), {"WWW-Authenticate": 'Basic realm="jobplan", charset="UTF-8"'})
    except HTTPError as error:
        return _shown(error.status, document("Not found", Html.of("p", error.text)))


def _page(request: Request, registry: Registry) -> Response:
    if request.permit is not None:
        request.permit("plan" if request.method == "POST" else "read")
    path = request.path
    if path == "/ui/plan" and request.method in ("GET", "HEAD", "POST"):
        return _shown(200, preview_page(request, registry))
    if request.method not in ("GET", "HEAD"):
        raise HTTPError(405, "Only GET is understood here.")
    if path in ("/ui", "/ui/", "/ui/jobs"):
        return _shown(200, overview_page(request, registry))
    if path.startswith(JOB):
        namespace, _, job_id = path.removeprefix(JOB).partition("/")
        return _shown(200, job_page(registry, urllib.parse.unquote(namespace), urllib.parse.unquote(job_id)))
    raise HTTPError(404, "There is no such page.")


def _shown(status: int, text: str) -> Response:
    return Response(status, text.encode("utf-8", "replace"), HTML, dict(HEADERS))
