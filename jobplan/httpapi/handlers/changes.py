"""Plan, validate, parse, revert, stable, evaluate, tag. spec: api §6.12–6.15, §7.3, §7.9, §7.10"""

from __future__ import annotations

from jobplan.admission import validate
from jobplan.errors import JobspecError
from jobplan.httpapi.answers import plain, written
from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.params import Api, body_of, check_region
from jobplan.httpapi.submitting import NO_JOB, job_of
from jobplan.model.requests import (
    JobEvaluateRequest,
    JobPlanRequest,
    JobRevertRequest,
    JobsParseRequest,
    JobStabilityRequest,
    JobValidateRequest,
    TagVersionRequest,
)
from jobplan.registry import Registry

INVALID_METHOD = "Invalid method"
NO_VALID_ID = "Job must have a valid ID"
NO_MATCH = "Job ID does not match"
NO_JOB_ID = "JobID must be specified"
NO_EVALUATED_ID = "Job ID must be specified"
OTHER_EVALUATED_ID = "JobID not same as job name"
BAD_TAG_PATH = "invalid job tag endpoint"
EMPTY_SPEC = "Job spec is empty"
NOT_PARSED = "Failed to parse job: {}"


def plan_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/plan. spec: api §6.15"""
    body, job = job_of(request, registry, JobPlanRequest, no_id=NO_VALID_ID, other_id=NO_MATCH)
    answer = registry.plan(job, diff=bool(body.get("Diff"))).to_api()
    return written(request, answer, answer["Index"])


def validate_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/validate/job. spec: api §7.10"""
    body = body_of(request, JobValidateRequest)
    api = body.get("Job")
    if api is None:
        raise HTTPError(400, NO_JOB)
    check_region(body.get("Region") or request.param("region"), registry.settings.region)
    return plain(request, validate(api, config=registry.settings).to_api())


def parse_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/jobs/parse. spec: api §7.9"""
    from jobplan.source.jobspec import HCLError, parse_jobspec

    body = body_of(request, JobsParseRequest)
    text = body.get("JobHCL", "")
    if text == "":
        raise HTTPError(400, EMPTY_SPEC)
    try:
        api = parse_jobspec(text, variables=body.get("Variables") or None, filename="input.hcl")
    except HCLError as error:
        raise HTTPError(400, NOT_PARSED.format(error.text)) from None
    except JobspecError as error:
        raise HTTPError(400, NOT_PARSED.format(error)) from None
    if body.get("Canonicalize"):
        from jobplan.httpapi.inputform import canonical_input

        api = canonical_input(api)
    return plain(request, api)


# ---- versions --------------------------------------------------------------------------------------------------------


def revert_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/revert. spec: api §6.12"""
    body = body_of(request, JobRevertRequest, package="structs")
    _same_job(request, body)
    prior = body.get("EnforcePriorVersion")
    answer = registry.revert(_namespace(request, registry, body), request.id, body.get("JobVersion", 0), prior)
    headers = {"X-Nomad-Index": str(answer["Index"]), "X-Nomad-LastContact": "0", "X-Nomad-KnownLeader": "false"}
    return plain(request, answer, headers)


def set_stable(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/stable. spec: api §6.13"""
    body = body_of(request, JobStabilityRequest, package="structs", lenient=("Stable",))
    _same_job(request, body)
    namespace = _namespace(request, registry, body)
    index = registry.set_stability(namespace, request.id, body.get("JobVersion", 0), bool(body.get("Stable")))
    return written(request, {"Index": index}, index)


def _same_job(request: Request, body: Api) -> None:
    if body.get("JobID", "") == "":
        raise HTTPError(400, NO_JOB_ID)
    if body["JobID"] != request.id:
        raise HTTPError(400, NO_MATCH)


def _namespace(request: Request, registry: Registry, body: Api) -> str:
    """Query before body. spec: api §1.3, §1.5"""
    check_region(request.param("region") or body.get("Region", ""), registry.settings.region)
    return request.param("namespace") or body.get("Namespace") or "default"


def evaluate_job(request: Request, registry: Registry) -> Response:
    """PUT /v1/job/{id}/evaluate. spec: api §6.14"""
    body: Api = {}
    if request.body:
        body = body_of(request, JobEvaluateRequest, package="structs")
        if body.get("JobID", "") == "":
            raise HTTPError(400, NO_EVALUATED_ID)
        if body["JobID"] != request.id:
            raise HTTPError(400, OTHER_EVALUATED_ID)
    forced = bool((body.get("EvalOptions") or {}).get("ForceReschedule"))
    answer = registry.evaluate(_namespace(request, registry, body), request.id, forced=forced)
    return written(request, answer, answer["Index"])


# ---- tags ------------------------------------------------------------------------------------------------------------


def tag(request: Request, registry: Registry) -> Response:
    """PUT and DELETE /v1/job/{id}/versions/{name}/tag. spec: api §7.3"""
    parts = request.earlier["rest"].split("/")
    if len(parts) != 4:
        raise HTTPError(404, BAD_TAG_PATH)
    job_id, _, name, _ = parts
    namespace = request.param("namespace") or "default"
    if request.method == "DELETE":
        check_region(request.param("region"), registry.settings.region)
        index = registry.untag(namespace, job_id, name)
        return plain(request, _tagged("", "", 0, index))
    if request.method not in ("PUT", "POST"):
        raise HTTPError(405, INVALID_METHOD)
    body = body_of(request, TagVersionRequest)
    check_region(request.param("region"), registry.settings.region)
    description = body.get("Description", "")
    index, time = registry.tag(
        namespace,
        job_id,
        name,
        version=body.get("Version", 0),
        latest=bool(body.get("Latest")),
        description=description,
    )
    return plain(request, _tagged(name, description, time, index))


def _tagged(name: str, description: str, time: int, index: int) -> Api:
    return {
        "Name": name,
        "Description": description,
        "TaggedTime": time,
        "Index": index,
        "LastContact": 0,
        "KnownLeader": False,
        "NextToken": "",
    }
