"""Consul gateways: ingress, terminating, mesh. spec: model §3.7"""

from __future__ import annotations

from typing import Any

from jobplan.model.kinds import (
    ANY,
    STRING,
    UINT32,
    Kind,
    boolean,
    duration,
    integer,
    kind,
    mapping,
    nested,
    object_map,
    objects,
    string,
    values,
)
from jobplan.values.durations import SECOND


@kind(api_only={"Name": STRING})
class ConsulGatewayBindAddress(Kind):
    """Where a gateway listens; the map key is its name."""

    address: str = string("Address")
    port: int = integer("Port")


@kind()
class ConsulGatewayProxy(Kind):
    """Envoy settings of a gateway."""

    connect_timeout: int | None = duration("ConnectTimeout", absent=5 * SECOND)
    envoy_gateway_bind_tagged_addresses: bool = boolean("EnvoyGatewayBindTaggedAddresses")
    envoy_gateway_bind_addresses: dict[str, ConsulGatewayBindAddress] = object_map(
        "EnvoyGatewayBindAddresses", ConsulGatewayBindAddress, absent=dict
    )
    envoy_gateway_no_default_bind: bool = boolean("EnvoyGatewayNoDefaultBind")
    envoy_dns_discovery_type: str = string("EnvoyDNSDiscoveryType")
    config: dict[str, Any] | None = mapping("Config", ANY, empty=None)


@kind()
class ConsulGatewayTLSSDSConfig(Kind):
    """Certificate from a secret discovery service."""

    cluster_name: str = string("ClusterName")
    cert_resource: str = string("CertResource")


@kind()
class ConsulGatewayTLSConfig(Kind):
    """TLS of an ingress gateway, listener or service."""

    enabled: bool = boolean("Enabled")
    tls_min_version: str = string("TLSMinVersion")
    tls_max_version: str = string("TLSMaxVersion")
    cipher_suites: list[str] | None = values("CipherSuites")
    sds: ConsulGatewayTLSSDSConfig | None = nested("SDS", ConsulGatewayTLSSDSConfig)


@kind()
class ConsulHTTPHeaderModifiers(Kind):
    """Headers added, set or removed by an ingress gateway."""

    add: dict[str, str] | None = mapping("Add")
    set: dict[str, str] | None = mapping("Set")
    remove: list[str] | None = values("Remove")


@kind()
class ConsulIngressService(Kind):
    """A service behind an ingress listener."""

    name: str = string("Name")
    hosts: list[str] | None = values("Hosts")
    tls: ConsulGatewayTLSConfig | None = nested("TLS", ConsulGatewayTLSConfig)
    request_headers: ConsulHTTPHeaderModifiers | None = nested("RequestHeaders", ConsulHTTPHeaderModifiers)
    response_headers: ConsulHTTPHeaderModifiers | None = nested("ResponseHeaders", ConsulHTTPHeaderModifiers)
    max_connections: int | None = integer("MaxConnections", UINT32, absent=None)
    max_pending_requests: int | None = integer("MaxPendingRequests", UINT32, absent=None)
    max_concurrent_requests: int | None = integer("MaxConcurrentRequests", UINT32, absent=None)


@kind()
class ConsulIngressListener(Kind):
    """One listener of an ingress gateway."""

    port: int = integer("Port")
    protocol: str = string("Protocol", zero="tcp")
    services: list[ConsulIngressService | None] | None = objects(
        "Services", ConsulIngressService, null="keep", empty=None
    )


@kind()
class ConsulIngressConfigEntry(Kind):
    """Configuration entry of an ingress gateway."""

    tls: ConsulGatewayTLSConfig | None = nested("TLS", ConsulGatewayTLSConfig)
    listeners: list[ConsulIngressListener | None] | None = objects(
        "Listeners", ConsulIngressListener, null="keep", empty=None
    )


@kind()
class ConsulLinkedService(Kind):
    """A service behind a terminating gateway."""

    name: str = string("Name")
    ca_file: str = string("CAFile")
    cert_file: str = string("CertFile")
    key_file: str = string("KeyFile")
    sni: str = string("SNI")


@kind()
class ConsulTerminatingConfigEntry(Kind):
    """Configuration entry of a terminating gateway."""

    services: list[ConsulLinkedService | None] | None = objects(
        "Services", ConsulLinkedService, null="keep", empty=None
    )


@kind()
class ConsulMeshConfigEntry(Kind):
    """Configuration entry of a mesh gateway: no fields."""


@kind()
class ConsulGateway(Kind):
    """A gateway of one of three kinds."""

    proxy: ConsulGatewayProxy | None = nested("Proxy", ConsulGatewayProxy)
    ingress: ConsulIngressConfigEntry | None = nested("Ingress", ConsulIngressConfigEntry)
    terminating: ConsulTerminatingConfigEntry | None = nested("Terminating", ConsulTerminatingConfigEntry)
    mesh: ConsulMeshConfigEntry | None = nested("Mesh", ConsulMeshConfigEntry)
