"""Requests without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jobplan.httpapi.exchange import Request, Response
from jobplan.httpapi.handle import handle
from jobplan.registry import Registry
from jobplan.testing.factories import node

Ask = Callable[..., Response]


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.add_nodes([node("one")])
    return made


@pytest.fixture
def ask(registry: Registry) -> Ask:
    """`ask("PUT /v1/jobs?pretty", {...})`; options are fields of the request."""

    def send(line: str, body: Any = None, **options: Any) -> Response:
        method, _, target = line.partition(" ")
        path, _, query = target.partition("?")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return handle(Request(method, path, query, body=data, **options), registry)

    return send


@pytest.fixture
def job() -> Callable[..., dict[str, Any]]:
    def make(name: str = "shop", **more: Any) -> dict[str, Any]:
        task = {"Name": "server", "Driver": "docker", "Config": {"image": "shop:1", "port": 80}}
        return {"ID": name, "Datacenters": ["dc1"], "TaskGroups": [{"Name": "web", "Tasks": [task]}], **more}

    return make
