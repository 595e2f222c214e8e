"""The Connect block of a service: sidecar, native, gateway. spec: admission §7.19a"""

from __future__ import annotations

from jobplan.admission.rules.table import COLLAPSED, SPLICED, each, given, many, one, row, rules
from jobplan.model.connect import ConsulConnect, ConsulTransparentProxy
from jobplan.model.gateways import ConsulGateway, ConsulLinkedService
from jobplan.values.integers import UINT16_MAX, uint_problem
from jobplan.values.networks import prefix_error

# ---- transparent proxy ----------------------------------------------------------------------------------------


def _user_problem(user: str) -> str | None:
    return uint_problem(user, maximum=UINT16_MAX)


TRANSPARENT_PROXY = rules(
    "7.19a",
    each("1a", "exclude_outbound_cidrs", prefix_error,
        "could not parse transparent proxy excluded outbound CIDR as network prefix: {err}"),
    row("1b", lambda p: p.uid != "" and _user_problem(p.uid),
        "transparent proxy block has invalid UID field: invalid user ID {uid!q}: {err}"),
    each("1c", "exclude_uids", _user_problem,
        "transparent proxy block has invalid ExcludeUIDs field: invalid user ID {uid!q}: {err}", uid=lambda u: u),
)  # fmt: skip


def _transparent_proxy(connect: ConsulConnect) -> ConsulTransparentProxy | None:
    sidecar = connect.sidecar_service
    return None if sidecar is None or sidecar.proxy is None else sidecar.proxy.transparent_proxy


# ---- gateways -------------------------------------------------------------------------------------------------

_PROXY = rules(
    "7.19a",
    row("3a", lambda p: p.connect_timeout is None, "Consul Gateway Proxy connection_timeout must be set"),
    row("3b", lambda p: p.envoy_dns_discovery_type not in ("", "STRICT_DNS", "LOGICAL_DNS"),
        "Consul Gateway Proxy Envoy DNS Discovery type must be STRICT_DNS or LOGICAL_DNS"),
    many("3c", "envoy_gateway_bind_addresses", rules("",
        row("3c", lambda a: a.address == "", "Consul Gateway Bind Address must be set"),
        row("3d", lambda a: a.port <= 0 and a.port != -1, "Consul Gateway Bind Address must set valid Port"),
    ), SPLICED),
    first_only=True,
)  # fmt: skip

_INGRESS_SERVICE = rules(
    "7.19a",
    row("3i", lambda s: s.name == "", "Consul Ingress Service requires a name"),
    given(
        lambda s, at: at.owner.protocol == "tcp",
        row("3j", lambda s: s.name == "*", 'Consul Ingress Service doesn\'t support wildcard name for "tcp" protocol'),
        row("3k", lambda s: bool(s.hosts),
            'Consul Ingress Service doesn\'t support associating hosts to a service for the "tcp" protocol'),
        otherwise=(
            row("3l", lambda s: s.name == "*" and bool(s.hosts),
                'Consul Ingress Service with a wildcard "*" service name can not also specify hosts'),
        ),
    ),
    first_only=True,
)  # fmt: skip

_LISTENER = rules(
    "7.19a",
    row("3f", lambda n: n.port <= 0, "Consul Ingress Listener requires valid Port"),
    row("3g", lambda n: n.protocol not in ("tcp", "http", "http2", "grpc"),
        "Consul Ingress Listener requires protocol of tcp, http, http2, grpc, got {protocol!q}"),
    row("3h", lambda n: not n.services, "Consul Ingress Listener requires one or more services"),
    many("3i", "services", _INGRESS_SERVICE, SPLICED),
    first_only=True,
)  # fmt: skip

_INGRESS = rules(
    "7.19a",
    row("3e", lambda g: not g.listeners, "Consul Ingress Gateway requires at least one listener"),
    many("3f", "listeners", _LISTENER, SPLICED),
    first_only=True,
)


def _half_a_pair(service: ConsulLinkedService) -> bool:
    return (service.cert_file == "") != (service.key_file == "")


_LINKED_SERVICE = rules(
    "7.19a",
    row("3n", lambda s: s.name == "", "Consul Linked Service requires Name"),
    row("3o", lambda s: s.ca_file == "" and (s.cert_file != "" or s.key_file != ""),
        "Consul Linked Service TLS requires CAFile"),
    row("3p", _half_a_pair, "Consul Linked Service TLS Cert and Key must both be set"),
    row("3q", lambda s: s.sni != "" and s.ca_file == "", "Consul Linked Service TLS SNI requires CAFile"),
    first_only=True,
)  # fmt: skip

_TERMINATING = rules(
    "7.19a",
    row("3m", lambda g: not g.services, "Consul Terminating Gateway requires at least one service"),
    many("3n", "services", _LINKED_SERVICE, SPLICED),
    first_only=True,
)


def _kinds_of_gateway(gateway: ConsulGateway) -> int:
    return [gateway.ingress is None, gateway.terminating is None, gateway.mesh is None].count(False)


GATEWAY = rules(
    "7.19a",
    one("3a", "proxy", _PROXY, SPLICED),
    one("3e", "ingress", _INGRESS, SPLICED),
    one("3m", "terminating", _TERMINATING, SPLICED),
    row("3r", lambda g: _kinds_of_gateway(g) != 1, "One Consul Gateway Configuration must be set"),
    first_only=True,
)

# ---- the block ------------------------------------------------------------------------------------------------


def _ways_to_connect(connect: ConsulConnect) -> int:
    return [connect.sidecar_service is not None, connect.native, connect.gateway is not None].count(True)


CONNECT = rules(
    "7.19a",
    one("1", _transparent_proxy, TRANSPARENT_PROXY, COLLAPSED, where="SidecarService/Proxy/TransparentProxy"),
    row("2", lambda c: _ways_to_connect(c) != 1,
        "Consul Connect must be exclusively native, make use of a sidecar, or represent a Gateway"),
    one("3", "gateway", GATEWAY, SPLICED),
    first_only=True,
)  # fmt: skip
