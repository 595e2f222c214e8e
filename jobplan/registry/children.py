"""Children of periodic and parameterized jobs. spec: api §5.12, §5.13, §6.11, §6.16"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Mapping, Sequence

from jobplan.inventory import JobVersion
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.registry import records as rec
from jobplan.registry.evaluations import FINISHED, new_evaluation, put_evaluations
from jobplan.registry.faults import JOB_NOT_FOUND, Refusal
from jobplan.registry.records import Api
from jobplan.registry.snappy import compress
from jobplan.registry.state import State
from jobplan.registry.storing import record_launch, store_job
from jobplan.values.durations import SECOND
from jobplan.values.messages import Message

MAX_PAYLOAD = 16_384
NO_PARENT = "parameterized job not found"
NOT_PARAMETERIZED = Message("Specified job {id!q} is not a parameterized job")
STOPPED = Message("Specified job {id!q} is stopped")
PAYLOAD_MISSING = "Payload is not provided but required by parameterized job"
PAYLOAD_FORBIDDEN = "Payload provided but forbidden by parameterized job"
PAYLOAD_TOO_BIG = Message("Payload exceeds maximum size; {n} > {max}")
UNPERMITTED = Message("Dispatch request included unpermitted metadata keys: {keys!l}")
MISSING_META = Message("Dispatch did not provide required meta keys: {keys!l}")
BAD_PRIORITY = Message("dispatch job priority must be between [1, {max}]")
NOT_PERIODIC = "can't force launch non-periodic job"
NOT_TRACKED = Message("force launch for job {id!q} failed: can't force run non-tracked job {id!q} ({ns})")


@dataclasses.dataclass(frozen=True, slots=True)
class Dispatch:
    """What a dispatch brings along."""

    payload: bytes = b""
    meta: Mapping[str, str] = dataclasses.field(default_factory=dict)
    id_prefix: str = ""
    priority: int = 0
    idempotency_token: str = ""


def dispatch(state: State, namespace: str, job_id: str, given: Dispatch, *, max_priority: int, now: int) -> Api:
    """Create a child of a parameterized job; gives the response. spec: api §6.11"""
    parent: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
    if parent is None:
        raise Refusal(NO_PARENT)
    job = parent.job
    _check(job, given)
    priority = given.priority or job.priority
    if not 1 <= priority <= max_priority:
        raise Refusal(BAD_PRIORITY(max=max_priority))
    known = _same_token(state, job, given.idempotency_token)
    if known is not None:
        return {
            "DispatchedJobID": known.id,
            "EvalID": "",
            "EvalCreateIndex": 0,
            "JobCreateIndex": known.job.create_index,
            "Index": known.job.modify_index,
        }
    child = copy(job)
    middle = f"{given.id_prefix}-" if given.id_prefix else ""
    child.id = child.name = f"{job.id}/dispatch-{middle}{now // SECOND}-{str(uuid.uuid4())[:8]}"
    child.parent_id, child.dispatched = job.id, True
    child.dispatch_idempotency_token = given.idempotency_token
    child.meta = {**(job.meta or {}), **given.meta} or None
    child.payload = compress(given.payload)
    child.priority = priority
    child.status, child.submit_time = "", now
    index = state.next_index()
    store_job(state, child, index, now=now)
    eval_id = ""
    if not rec.is_periodic(child):
        eval_id = put_evaluations(state, [new_evaluation(child, "job-register", now=now, JobModifyIndex=index)], index)[
            0
        ]["ID"]
    return {
        "DispatchedJobID": child.id,
        "EvalID": eval_id,
        "EvalCreateIndex": index if eval_id else 0,
        "JobCreateIndex": index,
        "Index": index,
    }


def _check(job: Job, given: Dispatch) -> None:
    """Rows 5 to 11."""
    config = job.parameterized_job
    if config is None or job.dispatched:
        raise Refusal(NOT_PARAMETERIZED(id=job.id))
    if job.stop:
        raise Refusal(STOPPED(id=job.id))
    if config.payload == "required" and not given.payload:
        raise Refusal(PAYLOAD_MISSING)
    if config.payload == "forbidden" and given.payload:
        raise Refusal(PAYLOAD_FORBIDDEN)
    if len(given.payload) > MAX_PAYLOAD:
        raise Refusal(PAYLOAD_TOO_BIG(n=len(given.payload), max=MAX_PAYLOAD))
    required, optional = set(config.meta_required or ()), set(config.meta_optional or ())
    _complain(UNPERMITTED, sorted(set(given.meta) - required - optional))
    _complain(MISSING_META, sorted(required - set(given.meta)))


def _complain(text: Message, keys: Sequence[str]) -> None:
    if keys:
        raise Refusal(text(keys=keys))


def _same_token(state: State, job: Job, token: str) -> JobVersion | None:
    """A child that was dispatched with the same token before."""
    if token == "":
        return None
    children: list[JobVersion] = state.listed(rec.JOBS, job.namespace, job.id)
    return next((child for child in children if child.job.dispatch_idempotency_token == token), None)


# ---- periodic --------------------------------------------------------------------------------------------------------


def force(state: State, namespace: str, job_id: str, now: int) -> tuple[str, int]:
    """Launch a periodic job now; gives the evaluation's ID and the index. spec: api §6.16"""
    parent: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
    if parent is None:
        raise Refusal(JOB_NOT_FOUND)
    if not rec.is_periodic(parent.job):
        raise Refusal(NOT_PERIODIC)
    if not rec.is_active_periodic(parent.job):
        raise Refusal(NOT_TRACKED(id=job_id, ns=namespace))
    return launch(state, parent.job, now, now)


def launch(state: State, job: Job, at: int, now: int) -> tuple[str, int]:
    """Create (or update) the child of a launch at an instant (ns); gives the evaluation's ID and the index."""
    child = copy(job)
    child.id = child.name = f"{job.id}/periodic-{at // SECOND}"
    child.parent_id, child.periodic = job.id, None
    child.status, child.submit_time = "", now
    index = state.next_index()
    store_job(state, child, index, now=now)
    record_launch(state, (job.namespace, job.id), at // SECOND * SECOND, index)
    evaluation = put_evaluations(state, [new_evaluation(child, "periodic-job", now=now, JobModifyIndex=index)], index)[
        0
    ]
    return evaluation["ID"], index


def launch_is_blocked(state: State, job: Job) -> bool:
    """Whether overlap is prohibited and a child is still at work. spec: api §5.12"""
    if job.periodic is None or not job.periodic.prohibit_overlap:
        return False
    for child in state.listed(rec.JOBS, job.namespace, job.id):
        if any(not item.terminal for item in state.listed(rec.ALLOCATIONS, *child.key)):
            return True
        if any(item["Status"] not in FINISHED for item in state.listed(rec.EVALUATIONS, *child.key)):
            return True
    return False


def next_launch_of(job: Job, after: int) -> int | None:
    """The next launch of a periodic job after an instant, both in ns; None: never."""
    periodic = job.periodic
    if periodic is None:
        return None
    return _next_launch(periodic.spec_type, periodic.spec, tuple(periodic.specs), periodic.time_zone, after)


@functools.lru_cache(maxsize=4096)
def _next_launch(spec_type: str, spec: str, specs: tuple[str, ...], time_zone: str, after: int) -> int | None:
    from jobplan.errors import CronError
    from jobplan.schedule import periodic_launch

    moment = dt.datetime.fromtimestamp(after // SECOND, dt.UTC)
    try:
        found = periodic_launch(spec_type, spec, specs, moment, timezone=time_zone)
    except CronError:
        return None
    return None if found is None else int(found.timestamp()) * SECOND


def shown_payload(api: Api) -> Api:
    """A job as it is read: the payload of a dispatched one decompressed, an empty one null. spec: api §5.13"""
    from jobplan.registry.snappy import decompress

    if not api["Dispatched"] or api["Payload"] is None:
        return api
    content = decompress(base64.b64decode(api["Payload"]))
    return {**api, "Payload": base64.b64encode(content).decode("ascii") if content else None}
