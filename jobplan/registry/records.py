"""What the registry keeps: its tables, their keys, and jobs with changed fields. spec: api §5.1"""

from __future__ import annotations

import copy as shallow
from typing import Any

from jobplan.inventory import JobVersion
from jobplan.model.job import Job

Api = dict[str, Any]
JobKey = tuple[str, str]
"""Namespace and ID of a job."""
Key = tuple[Any, ...]

JOBS = "jobs"
VERSIONS = "job_versions"
SUMMARIES = "summaries"
SUBMISSIONS = "submissions"
EVALUATIONS = "evaluations"
ALLOCATIONS = "allocations"
DEPLOYMENTS = "deployments"
EVENTS = "scaling_events"
POLICIES = "scaling_policies"
LAUNCHES = "periodic_launches"
NODES = "nodes"
SPECS = "allocated_jobs"
"""Job versions that allocations run; they may be older than the versions that are kept."""
SETTINGS = "settings"
"""One record per subject: `scheduler`, `namespaces`, `node_pools`."""

TABLES = (
    JOBS, VERSIONS, SUMMARIES, SUBMISSIONS, EVALUATIONS, ALLOCATIONS, DEPLOYMENTS, EVENTS, POLICIES, LAUNCHES, NODES,
    SPECS, SETTINGS,
)  # fmt: skip

# Table → the group that a key belongs to, for listing: (namespace, ID) of the job, or its lower-cased ID.
VERSION_LIKE = (VERSIONS, SUBMISSIONS)

DEFAULT_NAMESPACE = "default"


def version_key(namespace: str, job_id: str, version: int) -> Key:
    """Version records are kept under the lower-cased ID. spec: api §5.1"""
    return namespace, job_id.lower(), version


def spec_key(version: JobVersion) -> Key:
    """What makes the job of an allocation unique."""
    return version.namespace, version.id, version.create_index, version.version, version.job_modify_index


def amended(version: JobVersion, **changes: Any) -> JobVersion:
    """The version with other values of some scalar fields; everything below is shared and must not be changed."""
    job = shallow.copy(version.job)
    for name, value in changes.items():
        setattr(job, name, value)
    return JobVersion.of(job)


def job_api(version: JobVersion) -> Api:
    """The stored form as a plain dict."""
    return version.api if isinstance(version.api, dict) else dict(version.api)


def is_periodic(job: Job) -> bool:
    """spec: api §5.3.2"""
    return job.periodic is not None


def is_parameterized(job: Job) -> bool:
    """spec: api §5.3.2"""
    return job.parameterized_job is not None and not job.dispatched


def is_active_periodic(job: Job) -> bool:
    """spec: api §5.3.2"""
    return job.periodic is not None and job.periodic.enabled and not job.stop and not is_parameterized(job)


def takes_evaluations(job: Job) -> bool:
    """Neither periodic nor parameterized."""
    return not is_periodic(job) and not is_parameterized(job)
