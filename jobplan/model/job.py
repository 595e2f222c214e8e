"""Jobs. spec: model §3.1"""

from __future__ import annotations

from jobplan.model.group import TaskGroup
from jobplan.model.kinds import (
    INT64,
    UINT64,
    Kind,
    binary,
    boolean,
    integer,
    kind,
    mapping,
    nested,
    object_of,
    objects,
    string,
    values,
)
from jobplan.model.placement_rules import Affinity, Constraint, Spread
from jobplan.model.policies import MigrateStrategy, ReschedulePolicy, UpdateStrategy


@kind()
class MultiregionStrategy(Kind):
    """Rollout across regions."""

    max_parallel: int = integer("MaxParallel", absent=0)
    on_failure: str = string("OnFailure", absent="")


@kind()
class MultiregionRegion(Kind):
    """Overrides for one region."""

    name: str = string("Name")
    count: int = integer("Count", absent=1)
    datacenters: list[str] = values("Datacenters", absent=list)
    node_pool: str = string("NodePool")
    meta: dict[str, str] = mapping("Meta", absent=dict)


@kind()
class Multiregion(Kind):
    """Regions that a job is deployed to."""

    strategy: MultiregionStrategy = nested("Strategy", MultiregionStrategy, absent=MultiregionStrategy)
    regions: list[MultiregionRegion] = objects("Regions", MultiregionRegion, absent=list)


@kind()
class PeriodicConfig(Kind):
    """Launch times of a periodic job."""

    enabled: bool = boolean("Enabled", absent=True)
    spec: str = string("Spec", absent="")
    specs: list[str] = values("Specs", absent=list)
    spec_type: str = string("SpecType", absent="cron")
    prohibit_overlap: bool = boolean("ProhibitOverlap", absent=False)
    time_zone: str = string("TimeZone", absent="UTC", zero="UTC")


@kind()
class ParameterizedJobConfig(Kind):
    """What a dispatch must or may bring."""

    payload: str = string("Payload", zero="optional")
    meta_required: list[str] | None = values("MetaRequired")
    meta_optional: list[str] | None = values("MetaOptional")


@kind()
class JobUILink(Kind):
    """A link shown with a job."""

    label: str = string("Label")
    url: str = string("URL", out="Url")


@kind()
class JobUIConfig(Kind):
    """What the web interface shows with a job."""

    description: str = string("Description")
    links: list[JobUILink] | None = objects("Links", JobUILink, empty=None)


@kind()
class JobVersionTag(Kind):
    """A name given to a version."""

    name: str = string("Name")
    description: str = string("Description")
    tagged_time: int = integer("TaggedTime", INT64)


@kind(api_only={"Reschedule": object_of(ReschedulePolicy), "Migrate": object_of(MigrateStrategy)})
class Job(Kind):
    """The internal job that validation, the diff and the scheduler use."""

    region: str = string("Region", absent="global")
    namespace: str = string("Namespace", absent="default")
    id: str = string("ID", absent="")
    name: str = string("Name", absent="")
    type: str = string("Type", absent="service")
    priority: int = integer("Priority", absent=50)
    all_at_once: bool = boolean("AllAtOnce", absent=False)
    datacenters: list[str] | None = values("Datacenters")
    node_pool: str = string("NodePool", absent="")
    constraints: list[Constraint] | None = objects("Constraints", Constraint, empty=None)
    affinities: list[Affinity] | None = objects("Affinities", Affinity, empty=None)
    task_groups: list[TaskGroup] | None = objects("TaskGroups", TaskGroup, empty=None)
    update: UpdateStrategy = nested("Update", UpdateStrategy, absent=UpdateStrategy)
    multiregion: Multiregion | None = nested("Multiregion", Multiregion)
    spreads: list[Spread] | None = objects("Spreads", Spread, empty=None)
    periodic: PeriodicConfig | None = nested("Periodic", PeriodicConfig)
    parameterized_job: ParameterizedJobConfig | None = nested("ParameterizedJob", ParameterizedJobConfig)
    meta: dict[str, str] | None = mapping("Meta", empty=None)
    ui: JobUIConfig | None = nested("UI", JobUIConfig)
    stop: bool = boolean("Stop", absent=False)
    parent_id: str = string("ParentID", absent="", carried=False)
    dispatched: bool = boolean("Dispatched", carried=False)
    dispatch_idempotency_token: str = string("DispatchIdempotencyToken", absent="", carried=False)
    payload: bytes | None = binary("Payload")
    consul_namespace: str = string("ConsulNamespace", absent="", carried=False)
    vault_namespace: str = string("VaultNamespace", absent="")
    nomad_token_id: str = string("NomadTokenID", absent="", carried=False)
    status: str = string("Status", absent="", carried=False)
    status_description: str = string("StatusDescription", absent="", carried=False)
    stable: bool = boolean("Stable", absent=False, carried=False)
    version: int = integer("Version", UINT64, absent=0)
    submit_time: int = integer("SubmitTime", INT64, absent=0, carried=False)
    create_index: int = integer("CreateIndex", UINT64, absent=0, carried=False)
    modify_index: int = integer("ModifyIndex", UINT64, absent=0, carried=False)
    job_modify_index: int = integer("JobModifyIndex", UINT64, absent=0, carried=False)
    version_tag: JobVersionTag | None = nested("VersionTag", JobVersionTag)
