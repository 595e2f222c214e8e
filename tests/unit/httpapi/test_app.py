"""The ASGI application: slow and broken clients, blocking reads, limits. spec: api §1.9, §3, §9.1"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

pytest.importorskip("starlette")

from jobplan.httpapi.app import Options, create_app
from jobplan.registry import Registry

Answer = tuple[int, dict[str, str], bytes]


class Client:
    """Speaks ASGI to an application."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        receive: Callable[[], Awaitable[dict[str, Any]]] | None = None,
    ) -> Answer:
        path, _, query = target.partition("?")
        given = {"content-length": str(len(body)), **(headers or {})} if body else headers or {}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": ("10.0.0.9", 1),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "root_path": "",
        }
        sent: list[dict[str, Any]] = []

        async def whole() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive or whole, send)
        if not sent:
            return 0, {}, b""
        names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], names, b"".join(message.get("body", b"") for message in sent[1:])


@asynccontextmanager
async def running(registry: Registry, options: Options) -> AsyncIterator[Client]:
    """The application between its start and its end."""
    app = create_app(registry, options)
    async with app.router.lifespan_context(app):
        yield Client(app)


def run(registry: Registry, talk: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    async def session() -> Any:
        async with running(registry, Options(**options)) as client:
            return await asyncio.wait_for(talk(client), 20)

    return asyncio.run(session())


async def never() -> dict[str, Any]:
    await asyncio.sleep(60)
    raise AssertionError


async def gone() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def test_a_body_that_does_not_arrive_gets_408(registry: Registry) -> None:
    status, _, text = run(
        registry,
        lambda client: client.ask("PUT", "/v1/jobs", headers={"content-length": "5"}, receive=never),
        body_timeout=0.05,
    )
    assert (status, text) == (408, b"Request body did not arrive in time")


def test_a_client_that_leaves_gets_nothing(registry: Registry) -> None:
    assert run(
        registry, lambda client: client.ask("PUT", "/v1/jobs", headers={"content-length": "5"}, receive=gone)
    ) == (
        0,
        {},
        b"",
    )


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_gets_413(registry: Registry, announced: bool) -> None:
    headers = None if announced else {"transfer-encoding": "chunked", "content-length": ""}
    status, _, _ = run(
        registry, lambda client: client.ask("PUT", "/v1/jobs", b"x" * 200, headers=headers), body_limit=100
    )
    assert status == 413


def test_one_address_may_not_open_too_many(registry: Registry) -> None:
    async def talk(client: Client) -> list[int]:
        index = registry.state.index + 100
        waiting = [asyncio.create_task(client.ask("GET", f"/v1/jobs?index={index}&wait=2s")) for _ in range(2)]
        await asyncio.sleep(0.1)
        refused = await client.ask("GET", "/v1/jobs")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [refused[0], (await client.ask("GET", "/v1/jobs"))[0]]

    assert run(registry, talk, per_client=2) == [429, 200]


def test_a_blocking_read_sees_only_its_own(registry: Registry, job: Any) -> None:
    registry.register(job("shop"))
    index = registry.state.get("jobs", "default", "shop").job.modify_index

    async def talk(client: Client) -> tuple[bool, Answer]:
        waiting = asyncio.create_task(client.ask("GET", f"/v1/job/shop?index={index}&wait=10s"))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(registry.register, job("other"))
        await asyncio.sleep(0.1)
        early = waiting.done()
        await asyncio.to_thread(registry.register, job("shop", Priority=60))
        return early, await waiting

    early, (status, headers, text) = run(registry, talk)
    assert (early, status, json.loads(text)["Priority"]) == (False, 200, 60)
    assert int(headers["x-nomad-index"]) > index


def test_the_time_limit_answers_with_the_last_result(registry: Registry, job: Any) -> None:
    registry.register(job("shop"))
    status, _, text = run(registry, lambda client: client.ask("GET", "/v1/job/shop?index=999999&wait=50ms"))
    assert (status, json.loads(text)["ID"]) == (200, "shop")


def test_a_defect_is_a_500_and_no_more(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("jobplan.httpapi.app.handle", broken)
    assert run(registry, lambda client: client.ask("GET", "/v1/jobs"))[::2] == (
        500,
        b"internal error: ZeroDivisionError",
    )


def test_other_sites_in_a_browser_change_nothing(registry: Registry, job: Any) -> None:
    body = json.dumps({"Job": job()}).encode()

    def post(site: str) -> int:
        headers = {"sec-fetch-site": site}
        return int(run(registry, lambda client: client.ask("POST", "/v1/jobs", body, headers=headers))[0])

    assert [post("cross-site"), post("same-site"), post("same-origin")] == [403, 403, 200]


def test_headers_of_every_answer(registry: Registry) -> None:
    status, headers, text = run(registry, lambda client: client.ask("GET", "/x", headers={"accept-encoding": "gzip"}))
    assert (status, headers["vary"], gzip.decompress(text)) == (404, "Accept-Encoding", b"")
    assert "content-type" not in headers
