"""Consul Connect: sidecars, proxies, upstreams. spec: model §3.7"""

from __future__ import annotations

from typing import Any

from jobplan.model.gateways import ConsulGateway
from jobplan.model.identity import WorkloadIdentity
from jobplan.model.kinds import (
    ANY,
    BOOL,
    UINT16,
    Kind,
    boolean,
    duration,
    integer,
    kind,
    mapping,
    nested,
    object_list,
    object_of,
    objects,
    string,
    values,
)
from jobplan.model.resources import Resources
from jobplan.model.volumes import VolumeMount
from jobplan.values.durations import SECOND


@kind()
class ConsulExposePath(Kind):
    """A path that a sidecar exposes past the mesh."""

    path: str = string("Path")
    protocol: str = string("Protocol")
    local_path_port: int = integer("LocalPathPort")
    listener_port: str = string("ListenerPort")


@kind(api_only={"Path": object_list(ConsulExposePath)})
class ConsulExposeConfig(Kind):
    """The exposed paths of a sidecar."""

    paths: list[ConsulExposePath] | None = objects("Paths", ConsulExposePath, empty=None)


@kind()
class ConsulMeshGateway(Kind):
    """How upstream traffic leaves the datacenter."""

    mode: str = string("Mode")


@kind()
class ConsulUpstream(Kind):
    """A service that a sidecar connects to."""

    destination_name: str = string("DestinationName")
    destination_namespace: str = string("DestinationNamespace")
    destination_peer: str = string("DestinationPeer")
    destination_partition: str = string("DestinationPartition")
    destination_type: str = string("DestinationType")
    local_bind_port: int = integer("LocalBindPort")
    datacenter: str = string("Datacenter")
    local_bind_address: str = string("LocalBindAddress")
    local_bind_socket_path: str = string("LocalBindSocketPath")
    local_bind_socket_mode: str = string("LocalBindSocketMode")
    mesh_gateway: ConsulMeshGateway = nested("MeshGateway", ConsulMeshGateway, absent=ConsulMeshGateway)
    config: dict[str, Any] | None = mapping("Config", ANY, empty=None)


@kind()
class ConsulTransparentProxy(Kind):
    """Redirection of all traffic through the sidecar."""

    uid: str = string("UID")
    outbound_port: int = integer("OutboundPort", UINT16)
    exclude_inbound_ports: list[str] | None = values("ExcludeInboundPorts", empty=None)
    exclude_outbound_ports: list[int] | None = values("ExcludeOutboundPorts", UINT16, empty=None)
    exclude_outbound_cidrs: list[str] | None = values("ExcludeOutboundCIDRs", empty=None)
    exclude_uids: list[str] | None = values("ExcludeUIDs", empty=None)
    no_dns: bool = boolean("NoDNS")


@kind(api_only={"ExposeConfig": object_of(ConsulExposeConfig)})
class ConsulProxy(Kind):
    """Proxy settings of a sidecar."""

    local_service_address: str = string("LocalServiceAddress")
    local_service_port: int = integer("LocalServicePort")
    expose: ConsulExposeConfig | None = nested("Expose", ConsulExposeConfig)
    upstreams: list[ConsulUpstream] | None = objects("Upstreams", ConsulUpstream, empty=None)
    transparent_proxy: ConsulTransparentProxy | None = nested("TransparentProxy", ConsulTransparentProxy)
    config: dict[str, Any] | None = mapping("Config", ANY, empty=None)


@kind()
class ConsulSidecarService(Kind):
    """The sidecar's own service registration."""

    tags: list[str] | None = values("Tags", empty=None)
    port: str = string("Port")
    proxy: ConsulProxy | None = nested("Proxy", ConsulProxy)
    disable_default_tcp_check: bool = boolean("DisableDefaultTCPCheck")
    meta: dict[str, str] | None = mapping("Meta", empty=None)


@kind(api_only={"Enabled": BOOL})
class LogConfig(Kind):
    """Log rotation of a task."""

    max_files: int = integer("MaxFiles", absent=10)
    max_file_size_mb: int = integer("MaxFileSizeMB", absent=10)  # MB
    disabled: bool = boolean("Disabled", absent=False)


@kind()
class SidecarTask(Kind):
    """Changes to the injected sidecar task."""

    name: str = string("Name")
    driver: str = string("Driver")
    user: str = string("User")
    config: dict[str, Any] | None = mapping("Config", ANY, empty=None)
    env: dict[str, str] | None = mapping("Env", empty=None)
    resources: Resources = nested("Resources", Resources, absent=Resources)
    meta: dict[str, str] | None = mapping("Meta", empty=None)
    kill_timeout: int | None = duration("KillTimeout", absent=5 * SECOND)
    log_config: LogConfig = nested("LogConfig", LogConfig, absent=LogConfig)
    shutdown_delay: int | None = duration("ShutdownDelay", absent=0)
    kill_signal: str = string("KillSignal")
    volume_mounts: list[VolumeMount] | None = objects("VolumeMounts", VolumeMount)
    identities: list[WorkloadIdentity] | None = objects("Identities", WorkloadIdentity, null="drop", empty=None)


@kind()
class ConsulConnect(Kind):
    """Mesh membership of a service: native, sidecar or gateway."""

    native: bool = boolean("Native")
    gateway: ConsulGateway | None = nested("Gateway", ConsulGateway)
    sidecar_service: ConsulSidecarService | None = nested("SidecarService", ConsulSidecarService)
    sidecar_task: SidecarTask | None = nested("SidecarTask", SidecarTask)
