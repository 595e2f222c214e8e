"""Services and their checks. spec: model §3.6"""

from __future__ import annotations

from jobplan.model.connect import ConsulConnect
from jobplan.model.identity import WorkloadIdentity
from jobplan.model.kinds import (
    STRING,
    Kind,
    boolean,
    duration,
    integer,
    kind,
    list_of,
    mapping,
    nested,
    object_of,
    objects,
    string,
    values,
)
from jobplan.values.durations import SECOND


@kind()
class CheckRestart(Kind):
    """When failing checks restart a task."""

    limit: int = integer("Limit")
    grace: int = duration("Grace", absent=SECOND)
    ignore_warnings: bool = boolean("IgnoreWarnings")


@kind(api_only={"Advertise": STRING})
class ServiceCheck(Kind):
    """One health check of a service."""

    name: str = string("Name")
    type: str = string("Type")
    command: str = string("Command")
    args: list[str] | None = values("Args", empty=None)
    path: str = string("Path")
    protocol: str = string("Protocol")
    port_label: str = string("PortLabel")
    expose: bool = boolean("Expose")
    address_mode: str = string("AddressMode")
    interval: int = duration("Interval")
    timeout: int = duration("Timeout")
    initial_status: str = string("InitialStatus")
    notes: str = string("Notes")
    tls_server_name: str = string("TLSServerName")
    tls_skip_verify: bool = boolean("TLSSkipVerify")
    header: dict[str, list[str] | None] | None = mapping("Header", list_of(STRING), empty=None)
    method: str = string("Method")
    check_restart: CheckRestart | None = nested("CheckRestart", CheckRestart)
    grpc_service: str = string("GRPCService")
    grpc_use_tls: bool = boolean("GRPCUseTLS")
    task_name: str = string("TaskName")
    success_before_passing: int = integer("SuccessBeforePassing", negative=0)
    failures_before_critical: int = integer("FailuresBeforeCritical", negative=0)
    failures_before_warning: int = integer("FailuresBeforeWarning", negative=0)
    body: str = string("Body")
    on_update: str = string("OnUpdate")


@kind()
class ServiceWeights(Kind):
    """DNS weights of a service."""

    passing: int = integer("Passing", non_positive=1)
    warning: int = integer("Warning", non_positive=1)


@kind(api_only={"CheckRestart": object_of(CheckRestart)})
class Service(Kind):
    """A service registered for a group or task."""

    name: str = string("Name")
    tags: list[str] | None = values("Tags", empty=None)
    canary_tags: list[str] | None = values("CanaryTags", empty=None)
    enable_tag_override: bool = boolean("EnableTagOverride")
    port_label: str = string("PortLabel")
    address_mode: str = string("AddressMode", zero="auto")
    address: str = string("Address")
    checks: list[ServiceCheck] | None = objects("Checks", ServiceCheck, by_value=True, null="zero", empty=None)
    connect: ConsulConnect | None = nested("Connect", ConsulConnect)
    meta: dict[str, str] | None = mapping("Meta", empty=None)
    canary_meta: dict[str, str] | None = mapping("CanaryMeta", empty=None)
    tagged_addresses: dict[str, str] | None = mapping("TaggedAddresses", empty=None)
    task_name: str = string("TaskName")
    on_update: str = string("OnUpdate", zero="require_healthy")
    identity: WorkloadIdentity | None = nested("Identity", WorkloadIdentity)
    weights: ServiceWeights | None = nested("Weights", ServiceWeights)
    provider: str = string("Provider", zero="consul")
    cluster: str = string("Cluster", zero="default")
    kind: str = string("Kind")
    namespace: str = string("Namespace", api=False)
