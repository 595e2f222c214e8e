"""The job of a register or plan request: decoded, checked, its region and namespace settled. spec: api §1.4"""

from __future__ import annotations

from jobplan.admission.register import NO_ID
from jobplan.canonical.load import from_api
from jobplan.httpapi.exchange import HTTPError, Request
from jobplan.httpapi.params import Api, body_of, check_region
from jobplan.model.job import Job
from jobplan.model.kinds import Kind
from jobplan.registry import Registry

NO_JOB = "Job must be specified"
OTHER_ID = "Job ID does not match name"


def job_of(
    request: Request,
    registry: Registry,
    kind: type[Kind],
    *,
    no_id: str = NO_ID,
    other_id: str = OTHER_ID,
    lenient: tuple[str, ...] = (),
) -> tuple[Api, Job]:
    """The decoded body, and its job as a canonical one of our own. `request.id`: the ID in the path, empty for none."""
    body = body_of(request, kind, lenient=lenient)
    api = body.get("Job")
    if api is None:
        raise HTTPError(400, NO_JOB)
    if api.get("ID") is None:
        raise HTTPError(400, no_id)
    if request.id not in ("", api["ID"]):
        raise HTTPError(400, other_id)
    settle(request, registry, body, api)
    return body, from_api(api)


def settle(request: Request, registry: Registry, body: Api, api: Api) -> None:
    """Writes namespace and region into the job; the request must go to our region. spec: api §1.4"""
    own = registry.settings.region
    api["Namespace"] = request.param("namespace") or body.get("Namespace") or api.get("Namespace") or "default"
    region = body.get("Region") or request.param("region") or api.get("Region") or ""
    if region in ("", "global"):
        region = own
    if api.get("Multiregion") is not None:
        api["Region"] = "global"
        regions = [item.get("Name") for item in api["Multiregion"].get("Regions") or () if item is not None]
        if regions and region not in regions:
            region = regions[0] or own
    else:
        api["Region"] = region
    check_region(region, own)


def submission_of(api: Api | None) -> Api | None:
    """A submission with all its keys."""
    if api is None:
        return None
    return {
        "Source": api.get("Source", ""),
        "Format": api.get("Format", ""),
        "VariableFlags": api.get("VariableFlags") or None,
        "Variables": api.get("Variables", ""),
    }
