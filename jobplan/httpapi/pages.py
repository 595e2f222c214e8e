"""The status page. To be written when the API stands."""

from __future__ import annotations

from jobplan.httpapi.exchange import HTML, Request, Response
from jobplan.registry import Registry


def page(request: Request, registry: Registry) -> Response:
    """A page below /ui/."""
    return Response(200, b"<!doctype html><title>jobplan</title>", HTML)
