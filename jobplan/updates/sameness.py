"""When two blocks count as the same for an allocation that is to be kept. spec: plan §6.3

In every function `planned` comes first, because some of these comparisons look from one side only. Null lists and
maps equal empty ones here, unlike in the diff; an absent block differs from a present one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from types import NoneType
from typing import Any

from jobplan.errors import PlanError
from jobplan.jobdiff.strict import equal
from jobplan.model.connect import SidecarTask
from jobplan.model.gateways import (
    ConsulGateway,
    ConsulGatewayTLSConfig,
    ConsulHTTPHeaderModifiers,
    ConsulIngressListener,
    ConsulIngressService,
)
from jobplan.model.group import TaskGroup
from jobplan.model.identity import Consul, Secret
from jobplan.model.kinds import Kind
from jobplan.model.resources import NetworkResource, NUMAResource, RequestedDevice
from jobplan.model.services import Service
from jobplan.model.volumes import VolumeRequest
from jobplan.values.equality import same

# ---- lists, maps, blocks ----------------------------------------------------------------------------------------


def alike(planned: Any, existing: Any) -> bool:
    """Equal, null and empty being the same at every level of lists, maps and blocks without opaque maps."""
    if planned == existing:
        return True
    if isinstance(planned, Kind) and type(planned) is type(existing):
        return all(alike(getattr(planned, row.name), getattr(existing, row.name)) for row in planned.ROWS)
    types = {type(planned), type(existing)}
    if types <= {list, NoneType}:
        return ordered(alike, planned, existing)
    return types <= {dict, NoneType} and (planned or {}) == (existing or {})


def ordered(same_element: Callable[[Any, Any], bool], planned: Any, existing: Any) -> bool:
    """Same length and pairwise the same."""
    before, after = existing or (), planned or ()
    return len(after) == len(before) and all(map(same_element, after, before))


def as_set(same_element: Callable[[Any, Any], bool], planned: Any, existing: Any) -> bool:
    """Same length, and every planned element is the same as some existing one."""
    before, after = existing or (), planned or ()
    return len(after) == len(before) and all(any(same_element(one, other) for other in before) for one in after)


def unordered_texts(planned: Any, existing: Any) -> bool:
    return as_set(str.__eq__, planned, existing)


def both_or_none(same_block: Callable[[Any, Any], bool], planned: Any, existing: Any) -> bool:
    """Null differs from present; two present blocks are compared."""
    if planned is None or existing is None:
        return planned is existing
    return same_block(planned, existing)


def same_opaque(planned: dict[str, Any] | None, existing: dict[str, Any] | None) -> bool:
    """Opaque maps, null like `{}`; inside, JSON types count. Rule 9."""
    return same(planned or {}, existing or {})


# ---- networks, resources ------------------------------------------------------------------------------------------

ANY_PORT = -1


def _port_list(network: NetworkResource) -> list[tuple[str, int, int, str]]:
    """Reserved ports, then dynamic ones, whose values do not count."""
    reserved = ((port.label, port.value, port.to, port.host_network) for port in network.reserved_ports or ())
    dynamic = ((port.label, ANY_PORT, port.to, port.host_network) for port in network.dynamic_ports or ())
    return list(chain(reserved, dynamic))


def _same_network(planned: NetworkResource, existing: NetworkResource) -> bool:
    return (
        planned.mode == existing.mode
        and planned.mbits == existing.mbits
        and planned.hostname == existing.hostname
        and both_or_none(alike, planned.dns, existing.dns)
        and both_or_none(alike, planned.cni, existing.cni)
        and _port_list(planned) == _port_list(existing)
    )


def same_networks(planned: list[NetworkResource] | None, existing: list[NetworkResource] | None) -> bool:
    """The network rule."""
    return ordered(_same_network, planned, existing)


def _same_device(planned: RequestedDevice, existing: RequestedDevice) -> bool:
    return (
        planned.count == existing.count
        and as_set(equal, planned.constraints, existing.constraints)
        and as_set(equal, planned.affinities, existing.affinities)
    )


def same_devices(planned: list[RequestedDevice] | None, existing: list[RequestedDevice] | None) -> bool:
    """The device rule: a list with two different devices of one name differs even from itself."""
    if len(planned or ()) != len(existing or ()):
        return False
    by_name = {device.name: device for device in planned or ()}
    return all(device.name in by_name and _same_device(by_name[device.name], device) for device in existing or ())


def same_numa(planned: NUMAResource | None, existing: NUMAResource | None) -> bool:
    return both_or_none(alike, planned, existing)


# ---- volumes, Consul, secrets ---------------------------------------------------------------------------------------


def _same_volume(planned: VolumeRequest, existing: VolumeRequest) -> bool:
    return (
        planned.name == existing.name
        and planned.type == existing.type
        and planned.source == existing.source
        and planned.read_only == existing.read_only
        and planned.sticky == existing.sticky
        and planned.access_mode == existing.access_mode
        and planned.attachment_mode == existing.attachment_mode
        and planned.per_alloc == existing.per_alloc
        and both_or_none(
            lambda one, other: one.fs_type == other.fs_type and unordered_texts(one.mount_flags, other.mount_flags),
            planned.mount_options,
            existing.mount_options,
        )
    )


def same_volumes(planned: dict[str, VolumeRequest] | None, existing: dict[str, VolumeRequest] | None) -> bool:
    """Rule 6."""
    after, before = planned or {}, existing or {}
    return after.keys() == before.keys() and all(_same_volume(after[key], before[key]) for key in after)


def same_consul(planned: Consul | None, existing: Consul | None) -> bool:
    """The Consul rule: namespaces never matter, nor does a block that only one side has."""
    if planned is None or existing is None:
        return True
    return planned.cluster == existing.cluster and planned.partition == existing.partition


def _same_secret(planned: Secret, existing: Secret) -> bool:
    return (
        planned.name == existing.name
        and planned.provider == existing.provider
        and planned.path == existing.path
        and _same_secret_config(planned.config or {}, existing.config or {})
        and (planned.env or {}) == (existing.env or {})
    )


def _same_secret_config(planned: dict[str, Any], existing: dict[str, Any]) -> bool:
    if len(planned) != len(existing):
        return False
    for key, value in planned.items():
        if key not in existing:
            return False
        other = existing[key]
        for kind, spelled in ((list, "[]interface {}"), (dict, "map[string]interface {}")):
            if isinstance(value, kind) and isinstance(other, kind):
                raise PlanError(f"failed to process eval: runtime error: comparing uncomparable type {spelled}")
        if not same(value, other):
            return False
    return True


def same_secrets(planned: list[Secret] | None, existing: list[Secret] | None) -> bool:
    """Rule 13. Raises `PlanError` where the real comparison faults: two lists or two maps under one key."""
    return ordered(_same_secret, planned, existing)


# ---- Connect --------------------------------------------------------------------------------------------------------


def connect_differences(planned: TaskGroup, existing: TaskGroup) -> Iterator[str]:
    """The connect rule: what differs in the mesh services that both groups have."""
    for service in planned.services or ():
        if service.connect is None:
            continue
        other = next((item for item in existing.services or () if item.name == service.name), None)
        if other is not None:
            yield from (f"Services[{service.name}].{field}" for field in _connect_fields(service, other))


def _connect_fields(planned: Service, existing: Service) -> Iterator[str]:
    after, before = planned.connect, existing.connect
    assert after is not None, "the planned service is in the mesh"
    if before is None:
        yield "Connect"
        return
    if after.native != before.native:
        yield "Connect.Native"
    if not both_or_none(_same_gateway, after.gateway, before.gateway):
        yield "Connect.Gateway"
    if not both_or_none(_same_sidecar_task, after.sidecar_task, before.sidecar_task):
        yield "Connect.SidecarTask"
    if not both_or_none(lambda one, other: one.port == other.port, after.sidecar_service, before.sidecar_service):
        yield "Connect.SidecarService"
    if planned.port_label != existing.port_label:
        yield "PortLabel"
    if planned.cluster != existing.cluster:
        yield "Cluster"


def _same_sidecar_task(planned: SidecarTask, existing: SidecarTask) -> bool:
    return (
        planned.name == existing.name
        and planned.driver == existing.driver
        and planned.user == existing.user
        and same_opaque(planned.config, existing.config)
        and alike(planned.env, existing.env)
        and both_or_none(_same_sidecar_resources, planned.resources, existing.resources)
        and alike(planned.meta, existing.meta)
        and planned.kill_timeout == existing.kill_timeout
        and planned.log_config == existing.log_config
        and planned.shutdown_delay == existing.shutdown_delay
        and planned.kill_signal == existing.kill_signal
        and alike(planned.volume_mounts, existing.volume_mounts)
        and alike(planned.identities, existing.identities)
    )


_SIDECAR_AMOUNTS = ("cpu", "cores", "memory_mb", "memory_max_mb", "disk_mb", "iops", "secrets_mb")


def _same_sidecar_resources(planned: Any, existing: Any) -> bool:
    """NUMA does not count."""
    return (
        all(getattr(planned, name) == getattr(existing, name) for name in _SIDECAR_AMOUNTS)
        and same_devices(planned.devices, existing.devices)
        and as_set(_same_sidecar_network, planned.networks, existing.networks)
    )


def _same_sidecar_network(planned: NetworkResource, existing: NetworkResource) -> bool:
    """Host networks and DNS do not count."""

    def ports(items: Sequence[Any] | None) -> list[tuple[str, int, int]]:
        return [(port.label, port.value, port.to) for port in items or ()]

    return (
        planned.mode == existing.mode
        and planned.device == existing.device
        and planned.cidr == existing.cidr
        and planned.ip == existing.ip
        and planned.hostname == existing.hostname
        and planned.mbits == existing.mbits
        and ports(planned.reserved_ports) == ports(existing.reserved_ports)
        and ports(planned.dynamic_ports) == ports(existing.dynamic_ports)
    )


# ---- gateways -------------------------------------------------------------------------------------------------------


def _same_gateway(planned: ConsulGateway, existing: ConsulGateway) -> bool:
    return (
        # Strict: here null and empty differ, also in its Config.
        equal(planned.proxy, existing.proxy)
        and both_or_none(_same_ingress, planned.ingress, existing.ingress)
        and both_or_none(_same_terminating, planned.terminating, existing.terminating)
        and (planned.mesh is None) == (existing.mesh is None)
    )


def _same_ingress(planned: Any, existing: Any) -> bool:
    return both_or_none(_same_tls, planned.tls, existing.tls) and as_set(
        _same_listener, planned.listeners, existing.listeners
    )


def _same_terminating(planned: Any, existing: Any) -> bool:
    return as_set(equal, planned.services, existing.services)


def _same_tls(planned: ConsulGatewayTLSConfig, existing: ConsulGatewayTLSConfig) -> bool:
    return (
        planned.enabled == existing.enabled
        and planned.tls_min_version == existing.tls_min_version
        and planned.tls_max_version == existing.tls_max_version
        and unordered_texts(planned.cipher_suites, existing.cipher_suites)
        and planned.sds == existing.sds
    )


def _same_listener(planned: ConsulIngressListener | None, existing: ConsulIngressListener | None) -> bool:
    return both_or_none(
        lambda one, other: (
            one.port == other.port
            and one.protocol == other.protocol
            and as_set(_same_ingress_service, one.services, other.services)
        ),
        planned,
        existing,
    )


def _same_ingress_service(planned: ConsulIngressService | None, existing: ConsulIngressService | None) -> bool:
    return both_or_none(
        lambda one, other: (
            one.name == other.name
            and unordered_texts(one.hosts, other.hosts)
            and both_or_none(_same_tls, one.tls, other.tls)
            and both_or_none(_same_headers, one.request_headers, other.request_headers)
            and both_or_none(_same_headers, one.response_headers, other.response_headers)
            and one.max_connections == other.max_connections
            and one.max_pending_requests == other.max_pending_requests
            and one.max_concurrent_requests == other.max_concurrent_requests
        ),
        planned,
        existing,
    )


def _same_headers(planned: ConsulHTTPHeaderModifiers, existing: ConsulHTTPHeaderModifiers) -> bool:
    return (
        alike(planned.add, existing.add)
        and alike(planned.set, existing.set)
        and unordered_texts(planned.remove, existing.remove)
    )
