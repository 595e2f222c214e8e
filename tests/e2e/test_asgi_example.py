"""The ASGI application of docs/examples, over its protocol."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import jobplan
from jobplan.capture import write_capture
from jobplan.testing import factories

ROOT = Path(__file__).resolve().parents[2]
Api = dict[str, Any]


def _example() -> Any:
    spec = importlib.util.spec_from_file_location("asgi_plan", ROOT / "docs/examples/asgi_plan.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLE = _example()


def job(count: int = 2) -> Api:
    return {
        "ID": "mill",
        "Datacenters": ["dc1"],
        "TaskGroups": [
            {
                "Name": "stones",
                "Count": count,
                "Tasks": [{"Name": "grind", "Driver": "docker", "Config": {"image": "mill:1"}}],
            }
        ],
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.json"
    write_capture(factories.inventory([factories.node("a"), factories.node("b")]), path)
    return path


@pytest.fixture
def service(path: Path) -> Iterator[Any]:
    made = EXAMPLE.PlanService(path)
    yield made
    asyncio.run(lifespan(made, "lifespan.shutdown"))


async def lifespan(app: Any, *kinds: str) -> list[str]:
    waiting = [{"type": kind} for kind in kinds]
    sent: list[str] = []

    async def receive() -> Api:
        return waiting.pop(0)

    async def send(message: Api) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    return sent


async def ask(app: Any, method: str, target: str, body: bytes = b"", piece: int = 1000) -> tuple[int, str]:
    path, _, query = target.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)] or [b""]
    sent: list[Api] = []

    async def receive() -> Api:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Api) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, end = sent
    headers = dict(start["headers"])
    assert int(headers[b"content-length"]) == len(end["body"])
    return start["status"], end["body"].decode()


def post(app: Any, target: str, body: bytes) -> tuple[int, str]:
    return asyncio.run(ask(app, "POST", target, body, piece=100_000))


def test_a_job_is_planned(service: Any, path: Path) -> None:
    expected = jobplan.plan(job(), jobplan.Inventory.load(path)).to_api()
    status, text = asyncio.run(ask(service, "POST", "/plan", json.dumps({"Job": job()}).encode(), piece=7))
    assert status == 200
    assert json.loads(text) == expected


def test_hcl_and_other_formats(service: Any) -> None:
    task = 'task "grind" {\n driver = "docker"\n config {\n image = "mill:1"\n}\n}'
    hcl = f'job "mill" {{\n group "stones" {{\n {task}\n }}\n}}\n'.encode()
    status, text = post(service, "/plan?format=text", hcl)
    assert status == 200
    assert text.startswith('+ Job: "mill"\n')
    assert post(service, "/plan?format=pdf", hcl)[0] == 400


def test_many_requests_at_once_get_the_same_bytes(service: Any) -> None:
    async def run() -> set[tuple[int, str]]:
        body = json.dumps(job(3)).encode()
        return set(await asyncio.gather(*(ask(service, "POST", "/plan", body) for _ in range(24))))

    (only,) = asyncio.run(run())
    assert only[0] == 200


def test_a_new_inventory_is_read(service: Any, path: Path) -> None:
    body = json.dumps(job(2)).encode()
    assert json.loads(post(service, "/plan", body)[1])["FailedTGAllocs"] is None
    write_capture(factories.inventory(), path)
    assert json.loads(post(service, "/plan", body)[1])["FailedTGAllocs"]["stones"]["NodesInPool"] == 0


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b'{"ID": "a b"}', 422, "Job ID contains a space"),
        (b'{"ID": 7}', 400, "json: cannot unmarshal number into Go value of type string"),
        (b'job "x" {', 400, "job.nomad:1"),
        (b" " * 1_000_001, 413, "a job may have"),
    ],
)
def test_what_is_refused(service: Any, body: bytes, status: int, text: str) -> None:
    found, told = post(service, "/plan", body)
    assert found == status
    assert text.split(" into ")[0] in told


def test_other_requests(service: Any) -> None:
    assert asyncio.run(ask(service, "GET", "/healthy")) == (200, "ok")
    assert asyncio.run(ask(service, "GET", "/plan"))[0] == 405
    assert asyncio.run(ask(service, "GET", "/else"))[0] == 404


def test_a_broken_inventory_ends_the_start(service: Any, path: Path) -> None:
    assert asyncio.run(lifespan(service, "lifespan.startup", "lifespan.shutdown")) == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    path.write_text("{")
    assert asyncio.run(lifespan(EXAMPLE.PlanService(path), "lifespan.startup")) == ["lifespan.startup.failed"]


def test_the_application_is_named_by_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBPLAN_INVENTORY", str(path))
    assert asyncio.run(ask(_example().app, "GET", "/healthy"))[0] == 200
