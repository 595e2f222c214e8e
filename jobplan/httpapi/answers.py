"""Answers with their headers. spec: api §1.6, §1.8"""

from __future__ import annotations

from typing import Any

from jobplan.httpapi.encoding import encode
from jobplan.httpapi.exchange import TEXT, Request, Response, Watch


def is_pretty(request: Request) -> bool:
    """Present and not exactly `0`. spec: api §1.3"""
    return "pretty" in request.params and request.params["pretty"] != "0"


def plain(request: Request, value: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON without any header of its own."""
    return Response(200, encode(value, pretty=is_pretty(request)), headers=headers or {})


def written(request: Request, value: Any, index: int) -> Response:
    """The answer of a write: only the index."""
    return plain(request, value, {"X-Nomad-Index": str(index)})


def query_headers(index: int, next_token: str = "") -> dict[str, str]:
    made = {"X-Nomad-Index": str(index), "X-Nomad-LastContact": "0", "X-Nomad-KnownLeader": "true"}
    if next_token:
        made["X-Nomad-NextToken"] = next_token
    return made


def found(request: Request, value: Any, index: int, watch: Watch, *, next_token: str = "") -> Response:
    """The answer of a read."""
    made = plain(request, value, query_headers(index, next_token))
    made.index, made.watch = index, watch
    return made


def missing(text: str, index: int, watch: Watch) -> Response:
    """A read that found nothing: 404 with the headers of a read."""
    return Response(404, text.encode(), TEXT, query_headers(index), index, watch)


def refused(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """An error: the text is the whole body."""
    return Response(status, text.encode("utf-8", "replace"), TEXT, dict(headers or {}))
