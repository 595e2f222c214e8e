"""A request and its response as values, without sockets. spec: api §1"""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from jobplan.registry.state import Touch

Watch = Callable[[frozenset[Touch]], bool]
"""Whether a change concerns what a read looked at."""

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


class HTTPError(Exception):
    """An answer with an error status and the text as its body. spec: api §1.6"""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.text, self.headers = status, text, dict(headers or {})
        super().__init__(text)


@dataclasses.dataclass(slots=True)
class Request:
    """`path` is as it was sent, percent-encoded; header names are lower-case; `id` is the job ID of a job route.

    `earlier` lives as long as the request, however often a blocking read runs: some answers depend on earlier runs.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    id: str = ""
    earlier: dict[str, Any] = dataclasses.field(default_factory=dict)
    permit: Callable[[str], None] | None = None
    """Raises unless the caller has the capability; None: everything is permitted."""
    strict: bool = True
    test_hooks: bool = False
    _parsed: dict[str, str] | None = None

    def param(self, name: str) -> str:
        """The first value of a query parameter; empty if there is none."""
        return self.params.get(name, "")

    @property
    def params(self) -> dict[str, str]:
        """The query parameters, of repeated ones the first."""
        if self._parsed is None:
            self._parsed = parse_query(self.query)
        return self._parsed

    def permit_later(self, capability: str) -> Callable[[], None]:
        """The permission check as something to be called when its time has come."""

        def check() -> None:
            if self.permit is not None:
                self.permit(capability)

        return check

    @property
    def decoded_path(self) -> str:
        return urllib.parse.unquote(self.path, errors="replace")


@dataclasses.dataclass(slots=True)
class Response:
    """`body` None: no body and no content type. `index` is the index of a read's result, `watch` what it looked at."""

    status: int = 200
    body: bytes | None = None
    content_type: str = JSON
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    index: int = 0
    watch: Watch | None = None


def parse_query(query: str) -> dict[str, str]:
    """First values; a pair with a bad escape or a semicolon is left out."""
    made: dict[str, str] = {}
    for pair in query.split("&"):
        if not pair or ";" in pair:
            continue
        key, _, value = pair.partition("=")
        decoded = _unescape(key), _unescape(value)
        if decoded[0] is not None and decoded[1] is not None:
            made.setdefault(decoded[0], decoded[1])
    return made


def _unescape(text: str) -> str | None:
    rest = text.split("%")[1:]
    if any(len(part) < 2 or not all(char in "0123456789abcdefABCDEF" for char in part[:2]) for part in rest):
        return None
    return urllib.parse.unquote_plus(text, errors="replace")
