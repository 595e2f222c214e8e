"""Running the application with uvicorn: limits of the connection, and the runner of periodic jobs beside it."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from jobplan.httpapi.app import Options, create_app
from jobplan.registry import Registry
from jobplan.registry.runner import Runner

HEADER_BYTES = 64 * 1024
"""Longest request line and headers together; beyond it the connection is answered with 400 and closed."""
HEADER_SECONDS = 20.0
"""How long a new connection may take to send its first headers."""
KEEP_ALIVE_SECONDS = 75
CONNECTIONS = 2000


class PatientProtocol(H11Protocol):
    """Closes connections that are opened and then say nothing, or say it too slowly."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._impatience = loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._impatience.cancel()
        super().connection_lost(exc)


def make_server(registry: Registry, options: Options, host: str, port: int) -> uvicorn.Server:
    """A server that is not running yet."""
    runner = Runner(registry, retries=not options.test_hooks)

    def on_stop() -> None:
        runner.stop()
        registry.close()

    runner.start()
    config = uvicorn.Config(
        create_app(registry, options, on_stop=on_stop),
        host=host,
        port=port,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=HEADER_BYTES,
        limit_concurrency=CONNECTIONS,
    )
    return uvicorn.Server(config)
