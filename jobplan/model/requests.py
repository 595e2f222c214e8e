"""Request bodies of the HTTP API as kinds, for decoding only. spec: api §1.5, §6, §7

They name a wrong field the way the server does; nothing else of them is used.
"""

from __future__ import annotations

from typing import Any

from jobplan.model.job import Job
from jobplan.model.kinds import (
    ANY,
    INT64,
    UINT64,
    Kind,
    binary,
    boolean,
    integer,
    kind,
    mapping,
    nested,
    objects,
    string,
    values,
)


@kind()
class JobSubmission(Kind):
    """The text that a job was made from."""

    source: str = string("Source")
    format: str = string("Format")
    variable_flags: dict[str, str] | None = mapping("VariableFlags")
    variables: str = string("Variables")


@kind()
class JobRegisterRequest(Kind):
    """spec: api §6.2"""

    submission: JobSubmission | None = nested("Submission", JobSubmission)
    job: Job | None = nested("Job", Job)
    enforce_index: bool = boolean("EnforceIndex")
    job_modify_index: int = integer("JobModifyIndex", UINT64)
    policy_override: bool = boolean("PolicyOverride")
    preserve_counts: bool = boolean("PreserveCounts")
    preserve_resources: bool = boolean("PreserveResources")
    eval_priority: int = integer("EvalPriority")
    region: str = string("Region")
    namespace: str = string("Namespace")
    secret_id: str = string("SecretID")


@kind()
class JobPlanRequest(Kind):
    """spec: api §6.15"""

    job: Job | None = nested("Job", Job)
    diff: bool = boolean("Diff")
    policy_override: bool = boolean("PolicyOverride")
    region: str = string("Region")
    namespace: str = string("Namespace")
    secret_id: str = string("SecretID")


@kind()
class JobValidateRequest(Kind):
    """spec: api §7.10"""

    job: Job | None = nested("Job", Job)
    region: str = string("Region")
    namespace: str = string("Namespace")
    secret_id: str = string("SecretID")


@kind()
class JobDispatchRequest(Kind):
    """spec: api §6.11"""

    job_id: str = string("JobID")
    payload: bytes | None = binary("Payload")
    meta: dict[str, str] | None = mapping("Meta")
    id_prefix_template: str = string("IdPrefixTemplate")
    priority: int = integer("Priority")
    region: str = string("Region")
    namespace: str = string("Namespace")
    auth_token: str = string("AuthToken")
    idempotency_token: str = string("IdempotencyToken")


@kind()
class JobRevertRequest(Kind):
    """spec: api §6.12"""

    job_id: str = string("JobID")
    job_version: int = integer("JobVersion", UINT64)
    enforce_prior_version: int | None = integer("EnforcePriorVersion", UINT64, absent=None)
    region: str = string("Region")
    namespace: str = string("Namespace")
    auth_token: str = string("AuthToken")


@kind()
class JobStabilityRequest(Kind):
    """spec: api §6.13"""

    job_id: str = string("JobID")
    job_version: int = integer("JobVersion", UINT64)
    stable: bool = boolean("Stable")
    region: str = string("Region")
    namespace: str = string("Namespace")
    auth_token: str = string("AuthToken")


@kind()
class EvalOptions(Kind):
    """spec: api §6.14"""

    force_reschedule: bool = boolean("ForceReschedule")


@kind()
class JobEvaluateRequest(Kind):
    """spec: api §6.14"""

    job_id: str = string("JobID")
    eval_options: EvalOptions | None = nested("EvalOptions", EvalOptions)
    region: str = string("Region")
    namespace: str = string("Namespace")
    auth_token: str = string("AuthToken")


@kind()
class ScalingRequest(Kind):
    """spec: api §7.4"""

    count: int | None = integer("Count", INT64, absent=None)
    target: dict[str, str] | None = mapping("Target")
    message: str = string("Message")
    error: bool = boolean("Error")
    meta: dict[str, Any] | None = mapping("Meta", ANY)
    policy_override: bool = boolean("PolicyOverride")
    job_modify_index: int = integer("JobModifyIndex", UINT64)
    region: str = string("Region")
    namespace: str = string("Namespace")
    secret_id: str = string("SecretID")


@kind()
class TagVersionRequest(Kind):
    """spec: api §7.3"""

    version: int = integer("Version", UINT64)
    latest: bool = boolean("Latest")
    description: str = string("Description")
    region: str = string("Region")
    namespace: str = string("Namespace")
    secret_id: str = string("SecretID")


@kind()
class NamespacedID(Kind):
    """A job by namespace and ID."""

    id: str = string("ID")
    namespace: str = string("Namespace")


@kind()
class JobStatusesRequest(Kind):
    """spec: api §7.1"""

    jobs: list[NamespacedID] | None = objects("Jobs", NamespacedID, by_value=True)
    include_children: bool = boolean("IncludeChildren")


@kind()
class JobsParseRequest(Kind):
    """spec: api §7.9"""

    job_hcl: str = string("JobHCL")
    variables: str = string("Variables")
    canonicalize: bool = boolean("Canonicalize")


@kind()
class SearchRequest(Kind):
    """What the command line asks for a word that may be the beginning of anything."""

    prefix: str = string("Prefix")
    context: str = string("Context")
    namespace: str = string("Namespace")


@kind()
class DeploymentPromoteRequest(Kind):
    """Promote the canaries of all groups or of some."""

    deployment_id: str = string("DeploymentID")
    all: bool = boolean("All")
    groups: list[str] | None = values("Groups")


@kind()
class DeploymentPauseRequest(Kind):
    """Pause a deployment or let it go on."""

    deployment_id: str = string("DeploymentID")
    pause: bool = boolean("Pause")
