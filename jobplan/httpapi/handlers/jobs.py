"""List, register, read, update, stop, versions, summary. spec: api §6.1–6.5, §6.10, §6.17"""

from __future__ import annotations

import itertools
import json
from typing import Any

from jobplan.httpapi import watches
from jobplan.httpapi.answers import found, missing, written
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.listing import Paging, page_of
from jobplan.httpapi.params import ReadOptions, check_region, flag, number, number_error, read_options
from jobplan.httpapi.submitting import job_of, submission_of
from jobplan.inventory import JobVersion
from jobplan.jobdiff import diff_jobs
from jobplan.model.requests import JobRegisterRequest
from jobplan.registry import Registration, Registry
from jobplan.registry import records as rec
from jobplan.registry.children import shown_payload
from jobplan.registry.faults import JOB_NOT_FOUND
from jobplan.registry.records import Api, job_api
from jobplan.registry.versions import all_versions
from jobplan.values.quoting import quoted

NO_SUMMARY = "failed to read result page: unable to look up summary for job: {}"
NO_VERSIONS = "job versions not found"
EVAL_PRIORITY = "Eval priority must be between 1 and 100 inclusively"
NO_ID_TO_STOP = "missing job ID for deregistering"


# ---- list ----------------------------------------------------------------------------------------------------------


def list_jobs(request: Request, registry: Registry) -> Response:
    """GET /v1/jobs. spec: api §6.1"""
    options = read_options(request, registry.settings.region)
    with_meta = flag(request, "meta")
    state = registry.state
    with state.lock:
        jobs = _in_order(registry, options)
        # Over all namespaces with a prefix the order stays ascending, but the token is compared the other way round.
        falling = options.reverse
        paging = Paging(
            lambda job: f"{job.namespace}.{job.id}",
            (lambda token, wanted: token > wanted) if falling else (lambda token, wanted: token < wanted),
            400,
        )
        page = page_of(jobs, options, paging)
        stubs = [_stub(registry, job, with_meta=with_meta) for job in page.items]
        index = state.table_indexes(rec.JOBS, rec.SUMMARIES)
    watch = watches.prefixed(options.namespace, options.prefix, rec.JOBS, rec.SUMMARIES)
    return found(request, stubs, index, watch, next_token=page.next_token)


def _in_order(registry: Registry, options: ReadOptions) -> list[JobVersion]:
    """spec: api §4, iteration order"""
    jobs = registry.state.tables[rec.JOBS]
    everywhere = options.namespace == "*"
    keys = sorted(
        key for key in jobs if (everywhere or key[0] == options.namespace) and key[1].startswith(options.prefix)
    )
    if options.reverse and not (everywhere and options.prefix):
        keys.reverse()
    return [jobs[key] for key in keys]


STUB_KEYS = (
    "ID", "ParentID", "Name", "Namespace", "Datacenters", "NodePool", "Multiregion", "Type", "Priority", "Stop",
    "Status", "StatusDescription", "CreateIndex", "ModifyIndex", "JobModifyIndex", "SubmitTime",
)  # fmt: skip


def _stub(registry: Registry, version: JobVersion, *, with_meta: bool) -> Api:
    """spec: api §8.2"""
    api = job_api(version)
    summary = registry.state.get(rec.SUMMARIES, *version.key)
    if summary is None:
        raise HTTPError(400, NO_SUMMARY.format(version.id))
    stub: Api = {key: api[key] for key in STUB_KEYS}
    stub["Periodic"] = rec.is_periodic(version.job)
    stub["ParameterizedJob"] = rec.is_parameterized(version.job)
    stub["JobSummary"] = summary
    stub["Meta"] = api["Meta"] if with_meta else None
    return stub


# ---- register --------------------------------------------------------------------------------------------------------


def register_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/jobs, PUT /v1/job/{id}. spec: api §6.2, §6.4"""
    body, job = job_of(request, registry, JobRegisterRequest, lenient=("EnforceIndex", "PreserveCounts"))
    given = Registration(
        submission_of(body.get("Submission")),
        body.get("JobModifyIndex", 0) if body.get("EnforceIndex") else None,
        bool(body.get("PreserveCounts")),
        bool(body.get("PreserveResources")),
        body.get("EvalPriority", 0),
    )
    answer = registry.register(job, given, permit=request.permit_later("submit"))
    return written(request, answer, answer["Index"])


# ---- read ------------------------------------------------------------------------------------------------------------


def read_job(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}. spec: api §6.3"""
    options = read_options(request, registry.settings.region)
    state = registry.state
    watch = watches.job(options.namespace, request.id, rec.JOBS)
    with state.lock:
        version: JobVersion | None = state.get(rec.JOBS, options.namespace, request.id)
        if version is None:
            return missing(JOB_NOT_FOUND, state.table_indexes(rec.JOBS), watch)
        return found(request, shown_payload(job_api(version)), version.job.modify_index, watch)


def summary(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/summary. spec: api §6.10"""
    options = read_options(request, registry.settings.region)
    state = registry.state
    watch = watches.job(options.namespace, request.id, rec.SUMMARIES)
    with state.lock:
        record: Api | None = state.get(rec.SUMMARIES, options.namespace, request.id)
        if record is None:
            return missing(JOB_NOT_FOUND, state.table_indexes(rec.SUMMARIES), watch)
        return found(request, record, record["ModifyIndex"], watch)


# ---- versions --------------------------------------------------------------------------------------------------------


def versions(request: Request, registry: Registry) -> Response:
    """GET /v1/job/{id}/versions. spec: api §6.5"""
    with_diffs = flag(request, "diffs")
    compared = _compared_version(request)
    options = read_options(request, registry.settings.region)
    state = registry.state
    watch = watches.prefixed(options.namespace, request.id, rec.VERSIONS)
    with state.lock:
        listed = [item for item in all_versions(state, options.namespace, request.id) if item.id == request.id]
        if not listed:
            return missing(NO_VERSIONS, state.table_indexes(rec.VERSIONS), watch)
        index = max(item.job.modify_index for item in listed)
    diffs = request.earlier.setdefault("diffs", []) if with_diffs else []
    if with_diffs:
        # When a blocking read runs more than once, the diffs of every run are kept. spec: api §3
        diffs.extend(_diffs(listed, request.param("diff_tag"), compared))
    answer = {
        "Versions": [job_api(item) for item in listed],
        "Diffs": list(diffs) or None,
        "Index": index,
        "LastContact": 0,
        "KnownLeader": True,
        "NextToken": "",
    }
    return found(request, answer, index, watch)


def _compared_version(request: Request) -> int | None:
    text = request.param("diff_version")
    if text == "":
        return None
    if not (text.isascii() and text.isdigit()):
        raise number_error("diff_version", text, "uint64", "ParseUint", out_of_range=False)
    if int(text) >= 2**64:
        raise number_error("diff_version", text, "uint64", "ParseUint", out_of_range=True)
    return int(text)


def _diffs(listed: list[JobVersion], tag: str, number: int | None) -> list[Api]:
    """Each version against the one before it, or all against one."""
    base = None
    if tag != "":
        base = next((item for item in listed if item.job.version_tag and item.job.version_tag.name == tag), None)
        if base is None:
            raise HTTPError(500, f"tag {quoted(tag)} not found")
    elif number is not None:
        base = next((item for item in listed if item.version == number), None)
        if base is None:
            raise HTTPError(500, f"version {number} not found")
    if base is not None:
        return [diff_jobs(base.job, item.job, True).to_api() for item in listed]
    return [diff_jobs(old.job, new.job, True).to_api() for new, old in itertools.pairwise(listed)]


# ---- stop ------------------------------------------------------------------------------------------------------------


def stop_job(request: Request, registry: Registry) -> Response:
    """DELETE /v1/job/{id}. spec: api §6.17"""
    purge = flag(request, "purge") or _purge_of_body(request)
    flag(request, "global")
    priority = _priority(request)
    no_delay = flag(request, "no_shutdown_delay", shown='"no_shutdown_delay"q')
    if priority > 100:
        raise HTTPError(400, EVAL_PRIORITY)
    check_region(request.param("region"), registry.settings.region)
    if request.id == "":
        raise HTTPError(500, NO_ID_TO_STOP)
    answer = registry.stop(
        request.param("namespace") or "default", request.id, purge=purge, priority=priority, no_shutdown_delay=no_delay
    )
    return written(request, answer, answer["Index"])


def _purge_of_body(request: Request) -> bool:
    """Old documents list `Purge` like a key of the body; a strict server ignores bodies."""
    if request.strict or not request.body:
        return False
    try:
        body = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("Purge") is True


def _priority(request: Request) -> int:
    text = request.param("eval_priority")
    if text == "":
        return 0
    value: Any = number(text)
    if value is None:
        digits = text.lstrip("+-").isdigit() and len(text.lstrip("+-")) == len(text) - (text[:1] in "+-")
        raise number_error("eval_priority", text, "int", "Atoi", out_of_range=digits)
    return int(value)
