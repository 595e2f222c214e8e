"""Gateway tasks and the proxy block that a gateway's network asks for. spec: admission §5.4.3"""

from __future__ import annotations

from typing import Any

from jobplan.admission.mutators.sidecar import CONNECT_CONSTRAINTS, proxy_task
from jobplan.errors import ServerCrash
from jobplan.model.gateways import (
    ConsulGateway,
    ConsulGatewayBindAddress,
    ConsulGatewayProxy,
    ConsulGatewayTLSConfig,
    ConsulIngressConfigEntry,
)
from jobplan.model.group import TaskGroup
from jobplan.model.kinds import build
from jobplan.model.task import Task
from jobplan.values.durations import SECOND

ANY_ADDRESS = "0.0.0.0"
GATEWAY_PREFIXES = ("connect-ingress", "connect-terminating", "connect-mesh")
_INGRESS_TLS_CONSTRAINT = ("${attr.consul.version}", ">= 1.11.2", "semver")


def gateway_prefix(gateway: ConsulGateway) -> str:
    """First part of a gateway task's name and kind."""
    if gateway.mesh is not None:
        return "connect-mesh"
    return "connect-ingress" if gateway.ingress is not None else "connect-terminating"


def gateway_task(group: TaskGroup, gateway: ConsulGateway, service: str, mode: str) -> Task:
    """A new task for the gateway, not yet canonicalised; `mode` is the mode of the group's first network."""
    prefix = gateway_prefix(gateway)
    config: dict[str, Any] = {"image": "${meta.connect.gateway_image}"}
    if mode == "host":
        config["network_mode"] = "host"
    constraints: tuple[tuple[str, str, str], ...] = CONNECT_CONSTRAINTS
    if gateway.ingress is not None and _restricts_tls(gateway.ingress.tls):
        constraints = (*constraints, _INGRESS_TLS_CONSTRAINT)
    return proxy_task(group, f"{prefix}-{service}", f"{prefix}:{service}", config, constraints)


def _restricts_tls(tls: ConsulGatewayTLSConfig | None) -> bool:
    return tls is not None and (tls.tls_min_version != "" or tls.tls_max_version != "" or bool(tls.cipher_suites))


def derived_proxy(gateway: ConsulGateway, mode: str) -> ConsulGatewayProxy:
    """The proxy block of the gateway: the given one when it binds by itself, else one that fits the network."""
    given = gateway.proxy
    if given is not None and (
        given.envoy_gateway_no_default_bind
        or given.envoy_gateway_bind_tagged_addresses
        or given.envoy_gateway_bind_addresses
    ):
        return given
    proxy = build(ConsulGatewayProxy, {})
    proxy.envoy_gateway_bind_addresses = None  # type: ignore[assignment]  # null only here. spec: admission §5.4.3
    if given is not None:
        proxy.connect_timeout = given.connect_timeout
        proxy.envoy_dns_discovery_type = given.envoy_dns_discovery_type
        proxy.config = given.config
    if proxy.connect_timeout is None:
        proxy.connect_timeout = 5 * SECOND
    if mode == "bridge" or mode.startswith("cni/"):
        _bind(proxy, gateway)
    return proxy


def _bind(proxy: ConsulGatewayProxy, gateway: ConsulGateway) -> None:
    """Bind to all addresses inside the network namespace."""
    if gateway.ingress is not None:
        addresses = _ingress_addresses(gateway.ingress)
    elif gateway.terminating is not None:
        addresses = {"default": ConsulGatewayBindAddress(address=ANY_ADDRESS, port=-1)}
    elif gateway.mesh is not None:
        addresses = {name: ConsulGatewayBindAddress(address=ANY_ADDRESS, port=-1) for name in ("wan", "lan")}
    else:
        return
    proxy.envoy_gateway_no_default_bind = True
    proxy.envoy_gateway_bind_tagged_addresses = False
    proxy.envoy_gateway_bind_addresses = addresses


def _ingress_addresses(ingress: ConsulIngressConfigEntry) -> dict[str, ConsulGatewayBindAddress]:
    addresses: dict[str, ConsulGatewayBindAddress] = {}
    for listener in ingress.listeners or ():
        if listener is None:
            raise ServerCrash("Ingress.Listeners holds null: the server crashes on such a job")
        for service in listener.services or ():
            if service is None:
                raise ServerCrash("IngressListener.Services holds null: the server crashes on such a job")
            addresses[service.name] = ConsulGatewayBindAddress(address=ANY_ADDRESS, port=listener.port)
    return addresses
