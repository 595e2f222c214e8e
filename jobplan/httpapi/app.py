"""The ASGI application: carries bytes between Starlette and `handle`, waits for blocking reads. spec: api §1.6, §3"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from jobplan.httpapi.answers import refused
from jobplan.httpapi.blocking import must_wait, wait_limit
from jobplan.httpapi.compression import chosen_coding, compress
from jobplan.httpapi.exchange import Request, Response
from jobplan.httpapi.handle import handle
from jobplan.httpapi.pages import page
from jobplan.registry import Registry
from jobplan.registry.faults import PERMISSION_DENIED
from jobplan.registry.state import Touch
from jobplan.registry.tokens import Tokens

_log = logging.getLogger("jobplan.httpapi")
MEBIBYTE = 2**20
TOO_LARGE = "Request body is too large"
TOO_SLOW = "Request body did not arrive in time"
BROKEN = "internal error: {}"
TOO_MANY = "Your IP is issuing too many concurrent connections, please rate limit your calls\n"
SAFE = ("GET", "HEAD", "OPTIONS")
FOREIGN = ("cross-site", "same-site")
"""What a browser says of a request that another site has made: it must not change jobs on somebody's machine."""
BODILESS = ("GET", "HEAD", "DELETE", "OPTIONS")


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """How the server behaves. `body_limit` in bytes, `body_timeout` in seconds."""

    strict: bool = False
    test_hooks: bool = False
    tokens: Tokens | None = None
    body_limit: int = 32 * MEBIBYTE
    body_timeout: float = 30.0
    status_page: bool = True
    per_client: int = 512
    """Requests that one address may have open at the same time."""


def create_app(
    registry: Registry, options: Options = Options(), *, on_stop: Callable[[], None] | None = None
) -> Starlette:
    """The application that offers a registry. `on_stop` is called when the server ends."""
    server = _Server(registry, options)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        server.start(asyncio.get_running_loop())
        try:
            yield
        finally:
            server.stop()
            if on_stop is not None:
                on_stop()

    return Starlette(routes=[Mount("/", app=server)], lifespan=lifespan)


class _Server:
    """Answers requests; wakes blocking reads when something they look at has changed."""

    def __init__(self, registry: Registry, options: Options) -> None:
        self.registry, self.options = registry, options
        self._waiting: dict[asyncio.Event, Callable[[frozenset[Touch]], bool]] = {}
        self._open: Counter[str] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: Callable[[], None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._end = self.registry.state.listen(self._changed)

    def stop(self) -> None:
        if self._end is not None:
            self._end()
        for event in self._waiting:
            event.set()

    def _changed(self, touched: frozenset[Touch]) -> None:
        """Called by whichever thread has written."""
        if self._waiting and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, touched)

    def _wake(self, touched: frozenset[Touch]) -> None:
        for event, concerns in list(self._waiting.items()):
            if concerns(touched):
                event.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        web = WebRequest(scope, receive)
        client = web.client.host if web.client is not None else ""
        self._open[client] += 1
        try:
            response = refused(429, TOO_MANY, {"Connection": "close"})
            if self._open[client] <= self.options.per_client:
                response = await self._answer(web)
        except ClientDisconnect:
            return
        except Exception as error:  # a defect must not take the connection with it
            _log.exception("%s %s", web.method, web.url.path)
            response = refused(500, BROKEN.format(type(error).__name__))
        finally:
            self._open[client] -= 1
            if self._open[client] == 0:
                del self._open[client]
        await self._send(web, response)(scope, receive, send)

    # ---- in ----------------------------------------------------------------------------------------------------------

    async def _answer(self, web: WebRequest) -> Response:
        if web.method not in SAFE and web.headers.get("sec-fetch-site", "") in FOREIGN:
            return refused(403, PERMISSION_DENIED)
        body = await self._body(web)
        if isinstance(body, Response):
            return body
        raw: bytes = web.scope.get("raw_path") or web.url.path.encode()
        request = Request(
            web.method,
            raw.decode("latin-1").partition("?")[0],
            web.scope["query_string"].decode("latin-1"),
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in web.scope["headers"]},
            body,
            permit=self._permission(web),
            strict=self.options.strict,
            test_hooks=self.options.test_hooks,
        )
        if self.options.status_page and (request.path == "/ui" or request.path.startswith("/ui/")):
            return await run_in_threadpool(page, request, self.registry)
        return await self._handle(request)

    async def _body(self, web: WebRequest) -> bytes | Response:
        """The whole body, or the answer to one that is too large or too slow."""
        length = web.headers.get("content-length", "")
        if length.isdigit() and int(length) > self.options.body_limit:
            return refused(413, TOO_LARGE, {"Connection": "close"})
        if web.method in BODILESS and length in ("", "0") and "transfer-encoding" not in web.headers:
            return b""
        try:
            return await asyncio.wait_for(self._read(web), self.options.body_timeout)
        except TimeoutError:
            return refused(408, TOO_SLOW, {"Connection": "close"})
        except OverflowError:
            return refused(413, TOO_LARGE, {"Connection": "close"})

    async def _read(self, web: WebRequest) -> bytes:
        made = bytearray()
        async for part in web.stream():
            made += part
            if len(made) > self.options.body_limit:
                raise OverflowError
        return bytes(made)

    def _permission(self, web: WebRequest) -> Callable[[str], None] | None:
        tokens = self.options.tokens
        if tokens is None:
            return None
        given = web.headers.get("x-nomad-token", "").strip()
        scheme, _, value = web.headers.get("authorization", "").partition(" ")
        if not given and scheme.lower() == "bearer":
            given = value.strip()
        elif not given and scheme.lower() == "basic" and web.url.path.startswith("/ui"):
            given = _password(value)
        return tokens.caller(given).require

    # ---- waiting -----------------------------------------------------------------------------------------------------

    async def _handle(self, request: Request) -> Response:
        limit = wait_limit(request, self.registry.settings.region)
        if limit is None:
            return await run_in_threadpool(handle, request, self.registry)
        index, seconds = limit
        deadline = time.monotonic() + seconds
        changed = asyncio.Event()
        # Woken by everything until the first answer tells what it looks at, so that no change is missed.
        self._waiting[changed] = lambda touched: True
        try:
            while True:
                changed.clear()
                response = await run_in_threadpool(handle, request, self.registry)
                left = deadline - time.monotonic()
                if not must_wait(response, index) or left <= 0:
                    return response
                assert response.watch is not None
                if not changed.is_set():
                    self._waiting[changed] = response.watch
                if not await self._until(changed, left):
                    return response
        finally:
            del self._waiting[changed]

    async def _until(self, changed: asyncio.Event, seconds: float) -> bool:
        """Whether something changed before the time was over."""
        try:
            await asyncio.wait_for(changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    # ---- out ---------------------------------------------------------------------------------------------------------

    def _send(self, web: WebRequest, response: Response) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        body = response.body if response.body is not None else b""
        headers: dict[str, Any] = {"Vary": "Accept-Encoding", **response.headers}
        if response.body is not None:
            headers["Content-Type"] = response.content_type
        coding = chosen_coding(web.headers.get("accept-encoding", ""))
        if coding is not None:
            body = compress(body, coding)
            headers["Content-Encoding"] = coding
        made = WebResponse(body, response.status)
        made.raw_headers = [
            (name.lower().encode("latin-1"), str(value).encode("latin-1", "replace")) for name, value in headers.items()
        ]
        made.raw_headers.append((b"content-length", str(len(body)).encode()))
        return made


def _password(credentials: str) -> str:
    """What a browser was told in its dialog: the token is the password."""
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8", "replace").partition(":")[2]
    except ValueError:
        return ""
