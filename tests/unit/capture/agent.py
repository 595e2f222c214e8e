"""A Nomad agent for tests: answers the endpoints of PARTS from an inventory, in the shapes of the HTTP API.

Faults are given per path as a list of names, used up one a request: see `FAULTS`.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Api = dict[str, Any]

_JOB_STUB = ("ID", "ParentID", "Name", "Namespace", "Type", "Priority", "Status", "Stop", "ModifyIndex")
_ALLOC_STUB = ("ID", "Name", "Namespace", "NodeID", "JobID", "TaskGroup", "DesiredStatus", "ClientStatus")
_NODE_STUB = ("ID", "Name", "Datacenter", "NodePool", "Status", "SchedulingEligibility")


def _stub(obj: Api, keys: tuple[str, ...]) -> Api:
    return {**{key: obj.get(key) for key in keys}, "ModifyIndex": obj.get("ModifyIndex", 1)}


class World:
    """What the agent knows. `inventory` may be changed between requests; `on_request` is called before each one."""

    def __init__(self, inventory: Api, *, page: int = 0) -> None:
        self.inventory = inventory
        self.page = page
        self.faults: dict[str, list[str]] = {}
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.queries: list[tuple[str, dict[str, list[str]]]] = []
        self.busy = self.most_busy = 0
        self.on_request: Callable[[str], None] = lambda path: None
        self.lock = threading.Lock()

    def objects(self, key: str) -> list[Api]:
        return self.inventory.get(key) or []

    def versions(self, namespace: str, job_id: str) -> list[Api]:
        every = [*self.objects("Jobs"), *self.objects("OldJobVersions")]
        found = [job for job in every if (job["Namespace"], job["ID"]) == (namespace, job_id)]
        return sorted(found, key=lambda job: -job["Version"])

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        """The value of an endpoint; None: 404."""
        space = query.get("namespace", ["default"])[0]
        kind = query.get("type", [""])[0]
        listed = {
            "/v1/nodes": [_stub(node, _NODE_STUB) for node in self.objects("Nodes")],
            "/v1/jobs": [_stub(job, _JOB_STUB) for job in self.objects("Jobs")],
            "/v1/allocations": [_stub(item, _ALLOC_STUB) for item in self.objects("Allocations")],
            "/v1/deployments": self.objects("Deployments"),
            "/v1/node/pools": self.objects("NodePools"),
            "/v1/operator/scheduler/configuration": {
                "SchedulerConfig": self.inventory.get("SchedulerConfig") or {},
                "Index": time.monotonic_ns(),
                "LastContact": 0,
            },
            "/v1/volumes": [
                _stub(item, ("ID", "Namespace", "Name"))
                for item in self.objects({"csi": "CSIVolumes", "host": "HostVolumes"}.get(kind, ""))
            ],
            "/v1/volumes/claims": self.objects("TaskGroupHostVolumeClaims"),
        }
        if path in listed:
            found = listed[path]
            if isinstance(found, list) and space != "*" and path not in ("/v1/nodes", "/v1/node/pools"):
                found = [item for item in found if item["Namespace"] == space]
            return found
        return self._detail(path, space)

    def _detail(self, path: str, space: str) -> Any:
        parts = [unquote(part) for part in path.split("/")[2:]]
        if parts[0] == "job":
            versions = self.versions(space, parts[1])
            if parts[2:] == ["versions"]:
                return {"Versions": versions, "Diffs": None, "Index": 1} if versions else None
            return versions[0] if versions else None
        key = {"node": "Nodes", "allocation": "Allocations"}.get(parts[0]) or (
            "CSIVolumes" if parts[1] == "csi" else "HostVolumes"
        )
        found = next((item for item in self.objects(key) if item["ID"] == parts[-1]), None)
        if key != "Allocations" or found is None:
            return found
        if found.get("Job") is not None:
            return found
        job = next(
            job for job in self.versions(found["Namespace"], found["JobID"]) if job["Version"] == found["JobVersion"]
        )
        return {**{k: v for k, v in found.items() if k != "JobVersion"}, "Job": job}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    world: World

    def do_GET(self) -> None:
        world, parts = self.world, urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        with world.lock:
            world.asked[parts.path] += 1
            world.headers.append(dict(self.headers))
            world.queries.append((parts.path, query))
            world.busy += 1
            world.most_busy = max(world.most_busy, world.busy)
            world.on_request(parts.path)
            waiting = world.faults.get(parts.path) or world.faults.get("*") or []
            fault = waiting.pop(0) if waiting else None
        try:
            if fault is not None:
                FAULTS[fault](self)
                return
            found = world.answer(parts.path, query)
            if found is None:
                self.send(404, b"not found", "text/plain")
            elif isinstance(found, list) and world.page and "per_page" in query:
                self._page(found, query)
            else:
                self.send(200, json.dumps(found).encode())
        finally:
            with world.lock:
                world.busy -= 1

    def _page(self, found: list[Any], query: dict[str, list[str]]) -> None:
        start = int(query.get("next_token", ["0"])[0])
        end = start + self.world.page
        more = {"X-Nomad-NextToken": str(end)} if end < len(found) else {}
        self.send(200, json.dumps(found[start:end]).encode(), headers=more)

    def send(
        self, status: int, body: bytes, kind: str = "application/json", *, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        if "gzip" in self.headers.get("Accept-Encoding", "") and status == 200:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    # ---- faults ------------------------------------------------------------------------------------------------------

    def no_leader(self) -> None:
        self.send(500, b"No cluster leader", "text/plain")

    def busy(self) -> None:
        self.send(429, b"rate limit", "text/plain", headers={"Retry-After": "2"})

    def forbidden(self) -> None:
        self.send(403, b"Permission denied", "text/plain")

    def late_forbidden(self) -> None:
        time.sleep(0.3)
        self.forbidden()

    def moved(self) -> None:
        self.send(307, b"", headers={"Location": "http://127.0.0.1:1/v1/nodes"})

    def bad_request(self) -> None:
        self.send(400, b"unknown volume \x1b[31mtype", "text/plain")

    def truncated(self) -> None:
        """Promises more than it sends."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'[{"ID": "')
        self.close_connection = True

    def cut(self) -> None:
        """Ends a body without a length in the middle of the JSON."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b'[{"ID": "')
        self.close_connection = True

    def page_of_proxy(self) -> None:
        self.send(200, b"<html>hello</html>")

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def silent(self) -> None:
        time.sleep(1.2)
        self.close_connection = True

    def dripping(self) -> None:
        """A byte now and then, for longer than anybody waits."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.close_connection = True
        for _ in range(30):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def wrong_kind(self) -> None:
        self.send(200, b'{"ID": "no list"}')


FAULTS: dict[str, Callable[[Handler], None]] = {
    name: getattr(Handler, name)
    for name in (
        *("no_leader", "busy", "forbidden", "moved", "bad_request", "truncated", "cut", "page_of_proxy", "reset"),
        *("silent", "dripping", "wrong_kind", "late_forbidden"),
    )
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients hang up on purpose


@contextmanager
def serving(world: World, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of an agent that answers from `world`."""
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"world": world}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
