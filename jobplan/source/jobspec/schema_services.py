"""Tables of services: checks, Consul Connect, gateways.

spec: jobspec §9
"""

from __future__ import annotations

from jobplan.source.jobspec.kinds import attr, block, free_form, kind, map_block
from jobplan.source.jobspec.schema_resources import LOG_CONFIG, RESOURCES, VOLUME_MOUNT, WORKLOAD_IDENTITY

CHECK_RESTART = kind(  # check_restart in Service, check_restart in ServiceCheck
    "CheckRestart",
    attr("limit", "int64", "Limit"),
    attr("grace", "duration?", "Grace"),
    attr("ignore_warnings", "bool", "IgnoreWarnings"),
)

SERVICE_CHECK = kind(  # check in Service
    "ServiceCheck",
    attr("name", "string", "Name"),
    attr("type", "string", "Type"),
    attr("command", "string", "Command"),
    attr("args", "list<string>", "Args"),
    attr("path", "string", "Path"),
    attr("protocol", "string", "Protocol"),
    attr("port", "string", "PortLabel"),
    attr("expose", "bool", "Expose"),
    attr("address_mode", "string", "AddressMode"),
    attr("advertise", "string", "Advertise"),
    attr("interval", "duration", "Interval"),
    attr("timeout", "duration", "Timeout"),
    attr("initial_status", "string", "InitialStatus"),
    attr("notes", "string", "Notes"),
    attr("tls_server_name", "string", "TLSServerName"),
    attr("tls_skip_verify", "bool", "TLSSkipVerify"),
    map_block("header", "Header", element="list<string>"),
    attr("method", "string", "Method"),
    block("check_restart", CHECK_RESTART, "CheckRestart"),
    attr("grpc_service", "string", "GRPCService"),
    attr("grpc_use_tls", "bool", "GRPCUseTLS"),
    attr("task", "string", "TaskName"),
    attr("success_before_passing", "int64", "SuccessBeforePassing"),
    attr("failures_before_critical", "int64", "FailuresBeforeCritical"),
    attr("failures_before_warning", "int64", "FailuresBeforeWarning"),
    attr("body", "string", "Body"),
    attr("on_update", "string", "OnUpdate"),
)

CONSUL_GATEWAY_BIND_ADDRESS = kind(  # envoy_gateway_bind_addresses in ConsulGatewayProxy
    "ConsulGatewayBindAddress",
    attr("address", "string", "Address"),
    attr("port", "int64", "Port"),
    label="Name",
    label_name="",
)

CONSUL_GATEWAY_PROXY = kind(  # proxy in ConsulGateway
    "ConsulGatewayProxy",
    attr("connect_timeout", "duration?", "ConnectTimeout"),
    attr("envoy_gateway_bind_tagged_addresses", "bool", "EnvoyGatewayBindTaggedAddresses"),
    block("envoy_gateway_bind_addresses", CONSUL_GATEWAY_BIND_ADDRESS, "EnvoyGatewayBindAddresses", keyed=True),
    attr("envoy_gateway_no_default_bind", "bool", "EnvoyGatewayNoDefaultBind"),
    attr("envoy_dns_discovery_type", "string", "EnvoyDNSDiscoveryType"),
    free_form("config", "Config"),
)

CONSUL_GATEWAY_TLSSDS_CONFIG = kind(  # sds in ConsulGatewayTLSConfig
    "ConsulGatewayTLSSDSConfig",
    attr("cluster_name", "string", "ClusterName"),
    attr("cert_resource", "string", "CertResource"),
)

CONSUL_GATEWAY_TLS_CONFIG = kind(  # tls in ConsulIngressConfigEntry, tls in ConsulIngressService
    "ConsulGatewayTLSConfig",
    attr("enabled", "bool", "Enabled"),
    attr("tls_min_version", "string", "TLSMinVersion"),
    attr("tls_max_version", "string", "TLSMaxVersion"),
    attr("cipher_suites", "list<string>", "CipherSuites"),
    block("sds", CONSUL_GATEWAY_TLSSDS_CONFIG, "SDS"),
)

CONSUL_HTTP_HEADER_MODIFIERS = kind(  # request_headers in ConsulIngressService, response_headers in ConsulIngressServ
    "ConsulHTTPHeaderModifiers",
    map_block("add", "Add"),
    map_block("set", "Set"),
    attr("remove", "list<string>", "Remove"),
)

CONSUL_INGRESS_SERVICE = kind(  # service in ConsulIngressListener
    "ConsulIngressService",
    attr("name", "string", "Name"),
    attr("hosts", "list<string>", "Hosts"),
    block("tls", CONSUL_GATEWAY_TLS_CONFIG, "TLS"),
    block("request_headers", CONSUL_HTTP_HEADER_MODIFIERS, "RequestHeaders"),
    block("response_headers", CONSUL_HTTP_HEADER_MODIFIERS, "ResponseHeaders"),
    attr("max_connections", "uint32?", "MaxConnections"),
    attr("max_pending_requests", "uint32?", "MaxPendingRequests"),
    attr("max_concurrent_requests", "uint32?", "MaxConcurrentRequests"),
)

CONSUL_INGRESS_LISTENER = kind(  # listener in ConsulIngressConfigEntry
    "ConsulIngressListener",
    attr("port", "int64", "Port"),
    attr("protocol", "string", "Protocol"),
    block("service", CONSUL_INGRESS_SERVICE, "Services", repeatable=True),
)

CONSUL_INGRESS_CONFIG_ENTRY = kind(  # ingress in ConsulGateway
    "ConsulIngressConfigEntry",
    block("tls", CONSUL_GATEWAY_TLS_CONFIG, "TLS"),
    block("listener", CONSUL_INGRESS_LISTENER, "Listeners", repeatable=True),
)

CONSUL_LINKED_SERVICE = kind(  # service in ConsulTerminatingConfigEntry
    "ConsulLinkedService",
    attr("name", "string", "Name"),
    attr("ca_file", "string", "CAFile"),
    attr("cert_file", "string", "CertFile"),
    attr("key_file", "string", "KeyFile"),
    attr("sni", "string", "SNI"),
)

CONSUL_TERMINATING_CONFIG_ENTRY = kind(  # terminating in ConsulGateway
    "ConsulTerminatingConfigEntry",
    block("service", CONSUL_LINKED_SERVICE, "Services", repeatable=True),
)

CONSUL_MESH_CONFIG_ENTRY = kind(  # mesh in ConsulGateway
    "ConsulMeshConfigEntry",
)

CONSUL_GATEWAY = kind(  # gateway in ConsulConnect
    "ConsulGateway",
    block("proxy", CONSUL_GATEWAY_PROXY, "Proxy"),
    block("ingress", CONSUL_INGRESS_CONFIG_ENTRY, "Ingress"),
    block("terminating", CONSUL_TERMINATING_CONFIG_ENTRY, "Terminating"),
    block("mesh", CONSUL_MESH_CONFIG_ENTRY, "Mesh"),
)

CONSUL_EXPOSE_PATH = kind(  # path in ConsulExposeConfig
    "ConsulExposePath",
    attr("path", "string", "Path"),
    attr("protocol", "string", "Protocol"),
    attr("local_path_port", "int64", "LocalPathPort"),
    attr("listener_port", "string", "ListenerPort"),
)

CONSUL_EXPOSE_CONFIG = kind(  # expose in ConsulProxy
    "ConsulExposeConfig",
    block("path", CONSUL_EXPOSE_PATH, "Paths", repeatable=True),
    unset={"Path": None},
)

CONSUL_MESH_GATEWAY = kind(  # mesh_gateway in ConsulUpstream
    "ConsulMeshGateway",
    attr("mode", "string", "Mode"),
)

CONSUL_UPSTREAM = kind(  # upstreams in ConsulProxy
    "ConsulUpstream",
    attr("destination_name", "string", "DestinationName"),
    attr("destination_namespace", "string", "DestinationNamespace"),
    attr("destination_peer", "string", "DestinationPeer"),
    attr("destination_partition", "string", "DestinationPartition"),
    attr("destination_type", "string", "DestinationType"),
    attr("local_bind_port", "int64", "LocalBindPort"),
    attr("datacenter", "string", "Datacenter"),
    attr("local_bind_address", "string", "LocalBindAddress"),
    attr("local_bind_socket_path", "string", "LocalBindSocketPath"),
    attr("local_bind_socket_mode", "string", "LocalBindSocketMode"),
    block("mesh_gateway", CONSUL_MESH_GATEWAY, "MeshGateway"),
    free_form("config", "Config"),
)

CONSUL_TRANSPARENT_PROXY = kind(  # transparent_proxy in ConsulProxy
    "ConsulTransparentProxy",
    attr("uid", "string", "UID"),
    attr("outbound_port", "uint16", "OutboundPort"),
    attr("exclude_inbound_ports", "list<string>", "ExcludeInboundPorts"),
    attr("exclude_outbound_ports", "list<uint16>", "ExcludeOutboundPorts"),
    attr("exclude_outbound_cidrs", "list<string>", "ExcludeOutboundCIDRs"),
    attr("exclude_uids", "list<string>", "ExcludeUIDs"),
    attr("no_dns", "bool", "NoDNS"),
)

CONSUL_PROXY = kind(  # proxy in ConsulSidecarService
    "ConsulProxy",
    attr("local_service_address", "string", "LocalServiceAddress"),
    attr("local_service_port", "int64", "LocalServicePort"),
    block("expose", CONSUL_EXPOSE_CONFIG, "Expose"),
    block("upstreams", CONSUL_UPSTREAM, "Upstreams", repeatable=True),
    block("transparent_proxy", CONSUL_TRANSPARENT_PROXY, "TransparentProxy"),
    free_form("config", "Config"),
    unset={"ExposeConfig": None},
)

CONSUL_SIDECAR_SERVICE = kind(  # sidecar_service in ConsulConnect
    "ConsulSidecarService",
    attr("tags", "list<string>", "Tags"),
    attr("port", "string", "Port"),
    block("proxy", CONSUL_PROXY, "Proxy"),
    attr("disable_default_tcp_check", "bool", "DisableDefaultTCPCheck"),
    map_block("meta", "Meta"),
)

SIDECAR_TASK = kind(  # sidecar_task in ConsulConnect
    "SidecarTask",
    attr("name", "string", "Name"),
    attr("driver", "string", "Driver"),
    attr("user", "string", "User"),
    free_form("config", "Config"),
    map_block("env", "Env"),
    block("resources", RESOURCES, "Resources"),
    map_block("meta", "Meta"),
    attr("kill_timeout", "duration?", "KillTimeout"),
    block("logs", LOG_CONFIG, "LogConfig"),
    attr("shutdown_delay", "duration?", "ShutdownDelay"),
    attr("kill_signal", "string", "KillSignal"),
    block("volume_mount", VOLUME_MOUNT, "VolumeMounts", repeatable=True),
    block("identity", WORKLOAD_IDENTITY, "Identities", repeatable=True),
)

CONSUL_CONNECT = kind(  # connect in Service
    "ConsulConnect",
    attr("native", "bool", "Native"),
    block("gateway", CONSUL_GATEWAY, "Gateway"),
    block("sidecar_service", CONSUL_SIDECAR_SERVICE, "SidecarService"),
    block("sidecar_task", SIDECAR_TASK, "SidecarTask"),
)

SERVICE_WEIGHTS = kind(  # weights in Service
    "ServiceWeights",
    attr("passing", "int64", "Passing"),
    attr("warning", "int64", "Warning"),
)

SERVICE = kind(  # service in TaskGroup, service in Task
    "Service",
    attr("name", "string", "Name"),
    attr("tags", "list<string>", "Tags"),
    attr("canary_tags", "list<string>", "CanaryTags"),
    attr("enable_tag_override", "bool", "EnableTagOverride"),
    attr("port", "string", "PortLabel"),
    attr("address_mode", "string", "AddressMode"),
    attr("address", "string", "Address"),
    block("check", SERVICE_CHECK, "Checks", repeatable=True),
    block("check_restart", CHECK_RESTART, "CheckRestart"),
    block("connect", CONSUL_CONNECT, "Connect"),
    map_block("meta", "Meta"),
    map_block("canary_meta", "CanaryMeta"),
    map_block("tagged_addresses", "TaggedAddresses"),
    attr("task", "string", "TaskName"),
    attr("on_update", "string", "OnUpdate"),
    block("identity", WORKLOAD_IDENTITY, "Identity"),
    block("weights", SERVICE_WEIGHTS, "Weights"),
    attr("provider", "string", "Provider"),
    attr("cluster", "string", "Cluster"),
    attr("kind", "string", "Kind"),
)
