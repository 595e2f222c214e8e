"""Workload identities, Vault, Consul and secrets. spec: model §3.4"""

from __future__ import annotations

from typing import Any

from jobplan.model.kinds import ANY, STRING, Kind, boolean, duration, kind, list_of, mapping, string, values


@kind()
class WorkloadIdentity(Kind):
    """A signed identity handed to a task or service."""

    name: str = string("Name")
    audience: list[str] | None = values("Audience")
    change_mode: str = string("ChangeMode")
    change_signal: str = string("ChangeSignal")
    env: bool = boolean("Env")
    file: bool = boolean("File")
    filepath: str = string("Filepath")
    service_name: str = string("ServiceName")
    ttl: int = duration("TTL")
    extra_claims: list[str] | None = values("ExtraClaims")


@kind(api_only={"Policies": list_of(STRING)})
class Vault(Kind):
    """How a task gets its Vault token."""

    role: str = string("Role")
    namespace: str = string("Namespace", absent="")
    cluster: str = string("Cluster", zero="default")
    env: bool = boolean("Env", absent=True)
    disable_file: bool = boolean("DisableFile", absent=False)
    change_mode: str = string("ChangeMode", absent="restart", zero="restart")
    change_signal: str = string("ChangeSignal", absent="SIGHUP")
    allow_token_expiration: bool = boolean("AllowTokenExpiration", absent=False)


@kind()
class Consul(Kind):
    """Consul namespace, cluster and partition of a group or task."""

    namespace: str = string("Namespace")
    cluster: str = string("Cluster", zero="default")
    partition: str = string("Partition")


@kind()
class Secret(Kind):
    """A secret fetched before a task starts."""

    name: str = string("Name")
    provider: str = string("Provider")
    path: str = string("Path")
    config: dict[str, Any] | None = mapping("Config", ANY, empty=None)
    env: dict[str, str] | None = mapping("Env", empty=None)
