"""The way in: `load_job`, and jobs in their stored form. spec: model §2, §7.2"""

from __future__ import annotations

from typing import Any

from jobplan.canonical.convert import convert
from jobplan.canonical.inherit import inherit
from jobplan.canonical.normalise import canonicalise
from jobplan.errors import JobDecodeError
from jobplan.model.job import Job
from jobplan.model.kinds import build
from jobplan.source.envelopes import Source, read_job

JobLike = Job | dict[str, Any]


def load_job(source: Source | Job, *, variables: Any = None) -> Job:
    """Read a job and run the default passes.

    `source`: API dict, envelope `{"Job": …}`, JSON text or bytes, or a path of a `.json`, `.nomad`, `.hcl` or `.job`
    file; `variables` are for HCL files. The argument is not changed. Raises JobDecodeError with the server's text,
    JobspecError for HCL, ServerCrash for a job on which the server crashes. spec: model §2, steps 1, 4, 5 and 7
    """
    if isinstance(source, Job):
        return source
    return from_api(read_job(source, variables=variables))


def from_api(api: dict[str, Any]) -> Job:
    """The internal job of a decoded API job."""
    try:
        job = convert(inherit(api))
        canonicalise(job)
    except RecursionError:
        raise JobDecodeError("the document is nested too deeply") from None
    return job


def as_job(job: JobLike) -> Job:
    """A `Job` as it is; anything else is loaded."""
    return job if isinstance(job, Job) else load_job(job)


def stored_job(api: dict[str, Any]) -> Job:
    """A job in the form in which a server stores and shows it: nothing is defaulted or dropped. spec: model §7"""
    return build(Job, api, stored=True)
