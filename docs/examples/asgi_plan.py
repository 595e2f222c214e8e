"""A plan service as a plain ASGI application, without a framework.

    JOBPLAN_INVENTORY=inventory.json uvicorn asgi_plan:app
    curl --data-binary @web.nomad.hcl http://127.0.0.1:8000/plan                    # the plan response
    curl --data-binary @web.json 'http://127.0.0.1:8000/plan?format=markdown'       # a comment for a pull request

The inventory is read again when its file changes; `jobplan capture` replaces it in one step, so a request never sees
half a file. Plans run in a few threads: `jobplan.plan` shares nothing that changes, the inventory is frozen. Threads
keep the event loop free, they do not plan faster than one processor; for many jobs at once use `jobplan.plan_many`.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jobplan
from jobplan.rendering import RENDERERS, Options, Report, render

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LARGEST_JOB = 1_000_000
"""Bytes; as a Nomad server limits job sources."""


class Refused(Exception):
    """A request that is not answered with a plan."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(text)


class Cluster:
    """The inventory of a file, read again when the file is another one. May be used by many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._inventory = jobplan.Inventory()

    def current(self) -> jobplan.Inventory:
        found = self._path.stat()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        with self._lock:
            if stamp != self._stamp:
                self._inventory = jobplan.Inventory.load(self._path)
                self._stamp = stamp
            return self._inventory


class PlanService:
    """The application: `POST /plan`, `GET /healthy`."""

    def __init__(self, inventory: Path, *, threads: int = 4) -> None:
        self._cluster = Cluster(inventory)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="plan")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            status, kind, body = await self._answer(scope, receive)
        except Refused as refused:
            status, kind, body = refused.status, "text/plain", refused.text
        data = body.encode("utf-8", "replace")
        headers = [(b"content-type", f"{kind}; charset=utf-8".encode()), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": data})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[HTTPStatus, str, str]:
        match scope["method"], scope["path"]:
            case "GET", "/healthy":
                return HTTPStatus.OK, "text/plain", "ok"
            case "POST", "/plan":
                body = await _read(receive)
                name = parse_qs(scope["query_string"].decode("latin-1")).get("format", ["response"])[-1]
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, self._plan, body, name)
            case _, "/plan" | "/healthy":
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed")
        raise Refused(HTTPStatus.NOT_FOUND, "not found")

    def _plan(self, body: bytes, name: str) -> tuple[HTTPStatus, str, str]:
        """In a thread: everything that takes time."""
        if name != "response" and name not in RENDERERS:
            raise Refused(HTTPStatus.BAD_REQUEST, f"unknown format; known are response, {', '.join(RENDERERS)}")
        try:
            plan = jobplan.plan(_job(body), self._cluster.current())
        except jobplan.AdmissionError as error:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        except jobplan.JobplanError as error:
            raise Refused(HTTPStatus(error.http_status), str(error)) from error
        if name == "response":
            return HTTPStatus.OK, "application/json", json.dumps(plan.to_api())
        report = Report(response=plan.response, job=plan.job_api, now=plan.now)
        return HTTPStatus.OK, RENDERERS[name].media_type, render(name, report, Options())

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:  # a broken inventory ends the start, not the first request
                    await asyncio.to_thread(self._cluster.current)
                except (OSError, jobplan.JobplanError) as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                self._threads.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _job(body: bytes) -> dict[str, Any] | jobplan.Job:
    """JSON or HCL. HCL functions that read files find none here."""
    if body.lstrip()[:1] == b"{":
        return jobplan.load_job(body)
    return jobplan.parse_jobspec(body.decode("utf-8", "replace"))


async def _read(receive: Receive) -> bytes:
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(HTTPStatus.BAD_REQUEST, "the client went away")
        piece = message.get("body", b"")
        size += len(piece)
        if size > LARGEST_JOB:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a job may have {LARGEST_JOB} bytes")
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


if "JOBPLAN_INVENTORY" in os.environ:
    app = PlanService(Path(os.environ["JOBPLAN_INVENTORY"]))
