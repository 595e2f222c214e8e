"""The state of a cluster, read as nearly at one moment as its API allows. spec: interface (Loading)

The API gives no snapshot: lists are read, then details, and meanwhile the cluster goes on. So everything is listed
again afterwards, and what has another `ModifyIndex` is read again, until a look finds nothing new or the looks are
used up; the result says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from jobplan.capture.assembly import assemble, is_terminal
from jobplan.capture.connection import Absent, Agent, CaptureError, Forbidden, Refused
from jobplan.capture.parts import ESSENTIAL, PARTS, WITHOUT, Part
from jobplan.capture.redaction import Redaction
from jobplan.errors import ConfigError

Api = dict[str, Any]
Progress = Callable[[str, int, int], None]
"""Called with the name of a part, how many of its objects have been read, and how many there are."""

LOOKS = 3
Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Captured:
    """The inventory as a plain value; `settled`: the last look found nothing new; `notes`: what a user must know."""

    inventory: Api
    settled: bool
    notes: tuple[str, ...]
    requests: int


@dataclass(slots=True)
class _Read:
    """One kind of object while it is read: what the last look listed, and the details by identity and index."""

    part: Part
    stubs: dict[Identity, Api] = field(default_factory=dict)
    details: dict[Identity, tuple[Any, Any]] = field(default_factory=dict)

    def outdated(self) -> list[Identity]:
        return [key for key, stub in self.stubs.items() if self.details.get(key, (None,))[0] != _index(stub)]

    def values(self) -> list[Any]:
        """In ascending order of namespace and ID; an object that vanished before it was read is not there."""
        found = (self.details[key][1] for key in sorted(self.stubs) if key in self.details)
        return [value for value in found if value is not None]


def capture(
    agent: Agent,
    *,
    skip: Iterable[str] = (),
    children: bool = False,
    redaction: Redaction | None = None,
    looks: int = LOOKS,
    progress: Progress | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Captured:
    """Read a cluster.

    `skip`: names of parts to leave out. `children`: also dead children of periodic and parameterized jobs, with their
    allocations; no plan of another job depends on them. `redaction`: replaces values. `looks`: how often everything
    is listed at most. Raises CaptureError, ConfigError for a part that cannot be left out.
    """
    left_out = _left_out(skip)
    reads = [_Read(part) for part in PARTS if part.name not in left_out]
    tell = progress or (lambda name, done, total: None)
    started, settled = clock(), False
    notes = [f"left out {name}: {WITHOUT[name]}" for name in left_out]
    agent.given_up.clear()
    pool = ThreadPoolExecutor(agent.limits.parallel, thread_name_prefix="jobplan-capture")
    try:
        for look in range(max(looks, 1)):
            before = {read.part.name: _indexes(read) for read in reads}
            _list_all(pool, agent, reads)
            if not children:
                _drop_dead_children(reads)
            if look and before == {read.part.name: _indexes(read) for read in reads}:
                settled = True
                break
            for read in reads:
                _read_details(pool, agent, read, tell)
    except BaseException:
        agent.given_up.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if not settled:
        notes.append("the cluster kept changing: parts of the inventory are from different moments")
    if agent.target.namespace != "*":
        notes.append(f"only namespace {agent.target.namespace}: what others use of the nodes is not seen")
    made, more = assemble({read.part.name: read.values() for read in reads}, now=clock(), redaction=redaction)
    about: Api = {
        "StartedAt": started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "Namespace": agent.target.namespace,
        "Skipped": sorted(left_out),
        "Settled": settled,
    }
    if redaction is None:
        about["Address"] = agent.target.address
    return Captured({**made, "Capture": about}, settled, (*notes, *more), agent.requests)


def _left_out(skip: Iterable[str]) -> list[str]:
    asked, known = set(skip), {part.name for part in PARTS}
    for name in sorted(asked):
        if name not in known:
            raise ConfigError(f"unknown part {name!r}; known are {', '.join(known - ESSENTIAL)}", key="skip")
        if name in ESSENTIAL:
            raise ConfigError(f"{name} cannot be left out", key="skip")
    return [part.name for part in PARTS if part.name in asked]


def _index(stub: Api) -> Any:
    """What changes when the object does."""
    return stub.get("ModifyIndex", stub)


def _indexes(read: _Read) -> dict[Identity, Any]:
    return {key: _index(stub) for key, stub in read.stubs.items()}


# ---- lists -----------------------------------------------------------------------------------------------------------


def _list_all(pool: ThreadPoolExecutor, agent: Agent, reads: list[_Read]) -> None:
    endpoints = {(read.part.listing, read.part.query): read.part for read in reads}
    first, *others = endpoints
    # The first alone: when nobody answers, or the token is no good, there is one clear message.
    stubs = {first: _list(agent, endpoints[first])}
    futures = {pool.submit(_list, agent, endpoints[endpoint]): endpoint for endpoint in others}
    stubs |= {futures[future]: future.result() for future in _finished(futures)}
    for read in reads:
        part = read.part
        read.stubs = {part.identity(stub): stub for stub in stubs[part.listing, part.query]}
        if part.detail is None:
            read.details = {key: (_index(stub), stub) for key, stub in read.stubs.items()}


def _list(agent: Agent, part: Part) -> list[Api]:
    query = dict(part.query)
    if part.by_namespace:
        query["namespace"] = agent.target.namespace
    try:
        if part.single:
            answer = _object(agent.get(part.listing, **query), part.listing)
            return [_object(answer.get(part.single, answer), part.listing)]
        return [_object(stub, part.listing) for page in agent.pages(part.listing, **query) for stub in page]
    except (Absent, Refused):
        if part.optional:
            return []
        raise
    except Forbidden as error:
        advice = "" if part.name in ESSENTIAL else f", or leave it out: --skip {part.name} ({WITHOUT[part.name]})"
        raise Forbidden(f"{error}. The token needs {part.needs}{advice}") from None


def _object(value: Any, path: str) -> Api:
    if not isinstance(value, dict):
        raise CaptureError(f"{path}: the answer holds something that is no object")
    return value


def _drop_dead_children(reads: list[_Read]) -> None:
    """Forget finished children, and finished allocations of children that are not there (any more)."""
    named = {read.part.name: read for read in reads}
    dead = {key for key, stub in named["jobs"].stubs.items() if _is_dead_child(stub)}
    for name in ("jobs", "versions"):
        named[name].stubs = {key: stub for key, stub in named[name].stubs.items() if key not in dead}
    allocations = named["allocations"]
    allocations.stubs = {
        key: stub
        for key, stub in allocations.stubs.items()
        if not (is_terminal(stub) and (key[0], stub.get("JobID")) in dead)
    }


def _is_dead_child(stub: Api) -> bool:
    return bool(stub.get("ParentID")) and stub.get("Status") == "dead"


# ---- details ---------------------------------------------------------------------------------------------------------


def _read_details(pool: ThreadPoolExecutor, agent: Agent, read: _Read, tell: Progress) -> None:
    wanted = read.outdated()
    tell(read.part.name, len(read.stubs) - len(wanted), len(read.stubs))
    futures = {pool.submit(_detail, agent, read.part, key): key for key in wanted}
    done = len(read.stubs) - len(wanted)
    for future in _finished(futures):
        key = futures[future]
        read.details[key] = (_index(read.stubs[key]), future.result())
        done += 1
        tell(read.part.name, done, len(read.stubs))


def _detail(agent: Agent, part: Part, key: Identity) -> Any:
    """One object; None when it is gone."""
    assert part.detail is not None
    namespace, name = key
    query = {"namespace": namespace} if namespace else {}
    path = part.detail.replace("{ID}", quote(name, safe=""))
    try:
        return _object(agent.get(path, **query), path)
    except Absent:
        return None
    except Forbidden as error:
        raise Forbidden(f"{error}. The token needs {part.needs}") from None


def _finished(futures: Mapping[Future[Any], Any]) -> Iterable[Future[Any]]:
    """Futures as they finish; those not started yet are given up at the first error."""
    try:
        for future in as_completed(futures):
            future.result()
            yield future
    except BaseException:
        for future in futures:
            future.cancel()
        raise
