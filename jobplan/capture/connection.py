"""One agent of a running cluster, read over its HTTP API. spec: api §1

urllib3 rather than the standard library's client: it keeps a bounded pool of connections for several threads, notices
truncated bodies, unpacks gzip and does TLS with a client certificate and a server name of its own. It has no
dependencies. Repeats are decided here, in one place, because a body that is no JSON has to be asked for again too.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from jobplan.errors import ConfigError, JobplanError
from jobplan.rendering.terminal import visible

if TYPE_CHECKING:
    import urllib3

DEFAULT_ADDRESS = "http://127.0.0.1:4646"
ALL_NAMESPACES = "*"
PAGE = 1000
"""Objects asked for at once; endpoints without pages send everything."""

_SHOWN = 300
_PIECE = 1 << 16
_LONGEST_PAUSE = 15.0
_SOCKET = "unix://"


class CaptureError(JobplanError):
    """The state of a cluster cannot be read; the text names the request."""

    http_status = 502


class Forbidden(CaptureError):
    """The token may not read this."""


class Absent(CaptureError):
    """There is no such object, or no such endpoint."""


class Refused(CaptureError):
    """The agent does not understand the request."""


class _Passing(CaptureError):
    """A failure that may be over the next time. `pause`: seconds the agent asked for."""

    def __init__(self, text: str, pause: float | None = None) -> None:
        self.pause = pause
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and how to be let in. The fields are those of Nomad's own options and NOMAD_* variables.

    `namespace` `*` is all of them; `http_auth` is `user:password`; `stale` lets any server answer from its own state.
    """

    address: str = DEFAULT_ADDRESS
    token: str = field(default="", repr=False)
    region: str = ""
    namespace: str = ALL_NAMESPACES
    ca_cert: str = ""
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    skip_verify: bool = False
    http_auth: str = field(default="", repr=False)
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard to try. `timeout`: seconds for one answer as a whole; `attempts`: requests before giving up; `backoff`:
    seconds before the first repeat, doubled for each further one; `parallel`: requests at a time.
    """

    timeout: float = 60.0
    attempts: int = 5
    backoff: float = 0.5
    parallel: int = 8


class Agent:
    """A connection to one agent; may be used by many threads. Raises ConfigError for an unusable target."""

    def __init__(
        self, target: Target, limits: Limits | None = None, *, sleep: Callable[[float], object] | None = None
    ) -> None:
        self.target = target
        self.limits = limits or Limits()
        self.requests = 0
        self.given_up = threading.Event()
        """Set when nobody waits for answers any more: threads in a pause end at once."""
        self._sleep = sleep or self.given_up.wait
        self._lock = threading.Lock()
        self._pool, self._prefix = _pool_of(target, self.limits)
        self._headers = _headers_of(target)

    def get(self, path: str, **query: str) -> Any:
        """The JSON value at `path`. Raises Forbidden, Absent, or CaptureError when all attempts failed."""
        return self._get(path, query)[0]

    def pages(self, path: str, **query: str) -> Iterator[list[Any]]:
        """A list, page by page. spec: api §4"""
        token, seen = "", set[str]()
        while True:
            paging = {"per_page": str(PAGE)} | ({"next_token": token} if token else {})
            value, headers = self._get(path, {**query, **paging})
            if value is None:
                return
            if not isinstance(value, list):
                raise CaptureError(f"{path}: the answer is no list")
            yield value
            token = headers.get("X-Nomad-NextToken", "")
            if not token:
                return
            if token in seen:
                raise CaptureError(f"{path}: the pages of the list run in a circle")
            seen.add(token)

    def _get(self, path: str, query: Mapping[str, str]) -> tuple[Any, Mapping[str, str]]:
        url = self._url(path, query)
        pause = self.limits.backoff
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return self._once(path, url)
            except _Passing as failure:
                if attempt == self.limits.attempts:
                    tries = f" (asked {attempt} times)" if attempt > 1 else ""
                    raise CaptureError(f"{path}: {failure}{tries}") from None
                # Spread out: all threads met the same trouble at the same moment.
                asked_for = failure.pause if failure.pause is not None else pause * random.uniform(0.5, 1.0)
                self._sleep(min(asked_for, _LONGEST_PAUSE))
                if self.given_up.is_set():
                    raise CaptureError(f"{path}: given up") from None
                pause *= 2
        raise AssertionError("unreachable")

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        words = dict(query)
        if self.target.region:
            words["region"] = self.target.region
        if self.target.stale:
            words["stale"] = ""
        return self._prefix + path + (f"?{urlencode(words, quote_via=quote)}" if words else "")

    def _once(self, path: str, url: str) -> tuple[Any, Mapping[str, str]]:
        """One attempt."""
        import urllib3.exceptions as failures

        with self._lock:
            self.requests += 1
        deadline = time.monotonic() + self.limits.timeout
        try:
            response = self._pool.urlopen(
                "GET", url, headers=self._headers, retries=False, redirect=False, preload_content=False
            )
            try:
                body = _body(response, deadline, self.limits.timeout)
            except BaseException:
                response.close()
                raise
            finally:
                response.release_conn()
        except failures.SSLError as error:
            raise CaptureError(f"{path}: TLS with {self.target.address} fails: {visible(str(error))}") from None
        except failures.NewConnectionError as error:  # a kind of timeout, as urllib3 sees it
            raise _Passing(f"{self.target.address} cannot be reached: {_failure(error)}") from None
        except failures.TimeoutError:
            raise _Passing(f"no answer within {self.limits.timeout:g} s") from None
        except failures.HTTPError as error:
            raise _Passing(f"the connection failed: {_failure(error)}") from None
        _check_status(path, response.status, response.headers, body)
        try:
            return json.loads(body), response.headers
        except (ValueError, RecursionError) as error:
            raise _Passing(f"the answer is not JSON: {error}") from None


def _body(response: urllib3.BaseHTTPResponse, deadline: float, timeout: float) -> bytes:
    """The whole body; a sender that keeps on dripping is cut off at the deadline."""
    pieces = []
    while piece := response.read1(_PIECE, decode_content=True):
        pieces.append(piece)
        if time.monotonic() > deadline:
            raise _Passing(f"no complete answer within {timeout:g} s")
    return b"".join(pieces)


def _failure(error: Exception) -> str:
    """The innermost reason, without addresses of objects."""
    while isinstance(error.__cause__ or error.__context__, Exception):
        inner = error.__cause__ or error.__context__
        assert isinstance(inner, Exception)
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return visible(text[:_SHOWN])


def _check_status(path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raises the error that a status stands for. Most errors of Nomad are 500. spec: api §1.7"""
    if status == 200:
        return
    told = visible(body.decode("utf-8", "replace").strip()[:_SHOWN])
    text = f"status {status}" + (f": {told}" if told else "")
    if status in (401, 403):
        raise Forbidden(f"{path}: {told or 'Permission denied'}")
    if status == 404:
        raise Absent(f"{path}: {text}")
    if status == 429 or status >= 500:
        wait = headers.get("Retry-After", "")
        raise _Passing(text, float(wait) if wait.isdigit() else None)
    if 300 <= status < 400:
        raise Refused(f"{path}: {text}: redirections are not followed, because a token would go along")
    raise Refused(f"{path}: {text}")


# ---- opening ---------------------------------------------------------------------------------------------------------


def _headers_of(target: Target) -> dict[str, str]:
    from jobplan import __version__

    made = {"Accept-Encoding": "gzip", "User-Agent": f"jobplan/{__version__}"}
    if target.token:
        if not target.token.isascii() or not target.token.isprintable():
            raise ConfigError("the token holds characters that no token has", key="token")
        made["X-Nomad-Token"] = target.token
    if target.http_auth:
        import base64

        made["Authorization"] = "Basic " + base64.b64encode(target.http_auth.encode()).decode()
    return made


def _pool_of(target: Target, limits: Limits) -> tuple[urllib3.HTTPConnectionPool, str]:
    """Connections to the agent, and the path that stands before every request."""
    try:
        import urllib3
    except ImportError:
        raise ConfigError("urllib3 is needed to read from a cluster: pip install 'jobplan[capture]'") from None
    settings: dict[str, Any] = {
        "maxsize": limits.parallel,
        "block": True,
        "timeout": urllib3.Timeout(connect=min(limits.timeout, 10.0), read=limits.timeout),
    }
    if target.address.startswith(_SOCKET):
        return _socket_pool(target.address.removeprefix(_SOCKET), settings), ""
    parts = urlsplit(target.address if "://" in target.address else f"http://{target.address}")
    try:
        port = parts.port
    except ValueError:
        raise ConfigError(f"{target.address!r} has a bad port", key="address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{target.address!r} is not an address like {DEFAULT_ADDRESS}", key="address")
    prefix = parts.path.rstrip("/")
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(parts.hostname, port or 80, **settings), prefix
    if target.tls_server_name:
        settings |= {"server_hostname": target.tls_server_name, "assert_hostname": target.tls_server_name}
    if target.skip_verify:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # whoever asks for it knows
        settings |= {"assert_hostname": False, "cert_reqs": "CERT_NONE"}
    return urllib3.HTTPSConnectionPool(parts.hostname, port or 443, ssl_context=_tls(target), **settings), prefix


def _socket_pool(path: str, settings: dict[str, Any]) -> urllib3.HTTPConnectionPool:
    """Over a socket in the file system, as the agent gives its tasks one in their secrets directory."""
    import urllib3
    from urllib3.connection import HTTPConnection

    class OverSocket(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                made.settimeout(settings["timeout"].connect_timeout)
                made.connect(path)
            except OSError as error:
                made.close()
                raise urllib3.exceptions.NewConnectionError(self, str(error)) from error
            return made

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = OverSocket

    return Pool("localhost", **settings)


def _tls(target: Target) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=target.ca_cert or None, capath=target.ca_path or None)
        if target.client_cert:
            context.load_cert_chain(target.client_cert, target.client_key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the TLS files cannot be used: {error}") from None
    if target.skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
