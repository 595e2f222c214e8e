"""What may stand in each body: one table per API object, in the words and the order of the specification.

`attr(hcl, type, json)`; `block(hcl, kind, json)`; types are `jobspec.md`'s own: `T?` nullable, `list<T>`, `map<T>`.
Kinds stand after the kinds they contain.

spec: jobspec §9
"""

from __future__ import annotations

from jobplan.source.jobspec.kinds import attr, block, free_form, kind, map_block, special

TASK_LIFECYCLE = kind(  # lifecycle in Task
    "TaskLifecycle",
    attr("hook", "string", "Hook", required=True),
    attr("sidecar", "bool", "Sidecar"),
)

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

DNS_CONFIG = kind(  # dns in NetworkResource
    "DNSConfig",
    attr("servers", "list<string>", "Servers"),
    attr("searches", "list<string>", "Searches"),
    attr("options", "list<string>", "Options"),
)

PORT = kind(  # reserved_ports in NetworkResource, port in NetworkResource
    "Port",
    attr("static", "int64", "Value"),
    attr("to", "int64", "To"),
    attr("host_network", "string", "HostNetwork"),
    attr("ignore_collision", "bool", "IgnoreCollision"),
    label="Label",
    label_name="",
)

CNI_CONFIG = kind(  # cni in NetworkResource
    "CNIConfig",
    attr("args", "map<string>", "Args"),
)

NETWORK_RESOURCE = kind(  # network in TaskGroup, network in Resources
    "NetworkResource",
    attr("mode", "string", "Mode"),
    attr("device", "string", "Device"),
    attr("cidr", "string", "CIDR"),
    attr("ip", "string", "IP"),
    block("dns", DNS_CONFIG, "DNS"),
    block("reserved_ports", PORT, "ReservedPorts", repeatable=True),
    block("port", PORT, "DynamicPorts", repeatable=True),
    attr("hostname", "string", "Hostname"),
    attr("mbits", "int64?", "MBits"),
    block("cni", CNI_CONFIG, "CNI"),
)

REQUESTED_DEVICE = kind(  # device in Resources
    "RequestedDevice",
    attr("count", "uint64?", "Count"),
    special("constraint", "Constraints"),
    special("affinity", "Affinities"),
    label="Name",
    label_name="",
)

NUMA_RESOURCE = kind(  # numa in Resources
    "NUMAResource",
    attr("affinity", "string", "Affinity"),
    attr("devices", "list<string>", "Devices"),
)

RESOURCES = kind(  # resources in Task, resources in SidecarTask
    "Resources",
    attr("cpu", "int64?", "CPU"),
    attr("cores", "int64?", "Cores"),
    attr("memory", "int64?", "MemoryMB"),
    attr("memory_max", "int64?", "MemoryMaxMB"),
    attr("disk", "int64?", "DiskMB"),
    block("network", NETWORK_RESOURCE, "Networks", repeatable=True),
    block("device", REQUESTED_DEVICE, "Devices", repeatable=True),
    block("numa", NUMA_RESOURCE, "NUMA"),
    attr("secrets", "int64?", "SecretsMB"),
    attr("iops", "int64?", "IOPS"),
)

LOG_CONFIG = kind(  # logs in Task, logs in SidecarTask
    "LogConfig",
    attr("max_files", "int64?", "MaxFiles"),
    attr("max_file_size", "int64?", "MaxFileSizeMB"),
    attr("enabled", "bool?", "Enabled"),
    attr("disabled", "bool?", "Disabled"),
)

VOLUME_MOUNT = kind(  # volume_mount in Task, volume_mount in SidecarTask
    "VolumeMount",
    attr("volume", "string?", "Volume"),
    attr("destination", "string?", "Destination"),
    attr("read_only", "bool?", "ReadOnly"),
    attr("propagation_mode", "string?", "PropagationMode"),
    attr("selinux_label", "string?", "SELinuxLabel"),
)

WORKLOAD_IDENTITY = kind(  # identity in Task, identity in Service, identity in SidecarTask
    "WorkloadIdentity",
    attr("name", "string", "Name"),
    attr("aud", "list<string>", "Audience"),
    attr("change_mode", "string", "ChangeMode"),
    attr("change_signal", "string", "ChangeSignal"),
    attr("env", "bool", "Env"),
    attr("file", "bool", "File"),
    attr("filepath", "string", "Filepath"),
    attr("service_name", "string", "ServiceName"),
    attr("ttl", "duration", "TTL"),
    attr("extra_claims", "list<string>", "ExtraClaims"),
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

RESTART_POLICY = kind(  # restart in TaskGroup, restart in Task
    "RestartPolicy",
    attr("interval", "duration?", "Interval"),
    attr("attempts", "int64?", "Attempts"),
    attr("delay", "duration?", "Delay"),
    attr("mode", "string?", "Mode"),
    attr("render_templates", "bool?", "RenderTemplates"),
)

TASK_ARTIFACT = kind(  # artifact in Task
    "TaskArtifact",
    attr("source", "string?", "GetterSource"),
    map_block("options", "GetterOptions"),
    map_block("headers", "GetterHeaders"),
    attr("mode", "string?", "GetterMode"),
    attr("insecure", "bool?", "GetterInsecure"),
    attr("destination", "string?", "RelativeDest"),
    attr("chown", "bool", "Chown"),
)

VAULT = kind(  # vault in Task
    "Vault",
    attr("policies", "list<string>", "Policies"),
    attr("role", "string", "Role"),
    attr("namespace", "string?", "Namespace"),
    attr("cluster", "string", "Cluster"),
    attr("env", "bool?", "Env"),
    attr("disable_file", "bool?", "DisableFile"),
    attr("change_mode", "string?", "ChangeMode"),
    attr("change_signal", "string?", "ChangeSignal"),
    attr("allow_token_expiration", "bool?", "AllowTokenExpiration"),
)

CONSUL = kind(  # consul in TaskGroup, consul in Task
    "Consul",
    attr("namespace", "string", "Namespace"),
    attr("cluster", "string", "Cluster"),
    attr("partition", "string", "Partition"),
)

CHANGE_SCRIPT = kind(  # change_script in Template
    "ChangeScript",
    attr("command", "string?", "Command"),
    attr("args", "list<string>", "Args"),
    attr("timeout", "duration?", "Timeout"),
    attr("fail_on_error", "bool?", "FailOnError"),
    attr("run_on_first_render", "bool?", "RunOnFirstRender"),
)

WAIT_CONFIG = kind(  # wait in Template
    "WaitConfig",
    attr("min", "duration?", "Min"),
    attr("max", "duration?", "Max"),
)

TEMPLATE = kind(  # template in Task
    "Template",
    attr("source", "string?", "SourcePath"),
    attr("destination", "string?", "DestPath"),
    attr("data", "string?", "EmbeddedTmpl"),
    attr("change_mode", "string?", "ChangeMode"),
    block("change_script", CHANGE_SCRIPT, "ChangeScript"),
    attr("change_signal", "string?", "ChangeSignal"),
    attr("once", "bool?", "Once"),
    attr("splay", "duration?", "Splay"),
    attr("perms", "string?", "Perms"),
    attr("uid", "int64?", "Uid"),
    attr("gid", "int64?", "Gid"),
    attr("left_delimiter", "string?", "LeftDelim"),
    attr("right_delimiter", "string?", "RightDelim"),
    attr("env", "bool?", "Envvars"),
    attr("vault_grace", "duration?", "VaultGrace"),
    block("wait", WAIT_CONFIG, "Wait"),
    attr("error_on_missing_key", "bool?", "ErrMissingKey"),
)

DISPATCH_PAYLOAD_CONFIG = kind(  # dispatch_payload in Task
    "DispatchPayloadConfig",
    attr("file", "string", "File"),
)

TASK_CSI_PLUGIN_CONFIG = kind(  # csi_plugin in Task
    "TaskCSIPluginConfig",
    attr("id", "string", "ID"),
    attr("type", "string", "Type"),
    attr("mount_dir", "string", "MountDir"),
    attr("stage_publish_base_dir", "string", "StagePublishBaseDir"),
    attr("health_timeout", "duration", "HealthTimeout"),
)

SCALING_POLICY = kind(  # scaling in TaskGroup, scaling in Task; group: no label; task: one label, not stored
    "ScalingPolicy",
    attr("min", "int64?", "Min"),
    attr("max", "int64?", "Max"),
    free_form("policy", "Policy"),
    attr("enabled", "bool?", "Enabled"),
    attr("type", "string", "Type"),
    unset={"ID": "", "Namespace": "", "Target": None, "CreateIndex": 0, "ModifyIndex": 0},
)

SECRET = kind(  # secret in Task
    "Secret",
    attr("provider", "string", "Provider"),
    attr("path", "string", "Path"),
    free_form("config", "Config"),
    map_block("env", "Env"),
    label="Name",
)

ACTION = kind(  # action in Task
    "Action",
    attr("command", "string", "Command", required=True),
    attr("args", "list<string>", "Args"),
    label="Name",
)

TASK_SCHEDULE_CRON = kind(  # cron in TaskSchedule
    "TaskScheduleCron",
    attr("start", "string", "Start"),
    attr("end", "string", "End"),
    attr("timezone", "string", "Timezone"),
)

TASK_SCHEDULE = kind(  # schedule in Task
    "TaskSchedule",
    block("cron", TASK_SCHEDULE_CRON, "Cron"),
)

TASK = kind(  # task in TaskGroup
    "Task",
    attr("driver", "string", "Driver"),
    attr("user", "string", "User"),
    block("lifecycle", TASK_LIFECYCLE, "Lifecycle"),
    free_form("config", "Config"),
    special("constraint", "Constraints"),
    special("affinity", "Affinities"),
    map_block("env", "Env", attribute_form=True),
    block("service", SERVICE, "Services", repeatable=True),
    block("resources", RESOURCES, "Resources"),
    block("restart", RESTART_POLICY, "RestartPolicy"),
    map_block("meta", "Meta", attribute_form=True),
    attr("kill_timeout", "duration?", "KillTimeout"),
    block("logs", LOG_CONFIG, "LogConfig"),
    block("artifact", TASK_ARTIFACT, "Artifacts", repeatable=True),
    block("vault", VAULT, "Vault"),
    block("consul", CONSUL, "Consul"),
    block("template", TEMPLATE, "Templates", repeatable=True),
    block("dispatch_payload", DISPATCH_PAYLOAD_CONFIG, "DispatchPayload"),
    block("volume_mount", VOLUME_MOUNT, "VolumeMounts", repeatable=True),
    block("csi_plugin", TASK_CSI_PLUGIN_CONFIG, "CSIPluginConfig"),
    attr("leader", "bool", "Leader"),
    attr("shutdown_delay", "duration", "ShutdownDelay"),
    attr("kill_signal", "string", "KillSignal"),
    attr("kind", "string", "Kind"),
    block("scaling", SCALING_POLICY, "ScalingPolicies", repeatable=True, label_name="name"),
    block("secret", SECRET, "Secrets", repeatable=True),
    block("identity", WORKLOAD_IDENTITY, "Identities", repeatable=True),
    block("action", ACTION, "Actions", repeatable=True),
    block("schedule", TASK_SCHEDULE, "Schedule"),
    label="Name",
    unset={"Identity": None},
)

SPREAD_TARGET = kind(  # target in Spread
    "SpreadTarget",
    attr("percent", "uint8", "Percent"),
    label="Value",
    label_name="",
)

SPREAD = kind(  # spread in Job, spread in TaskGroup
    "Spread",
    attr("attribute", "string", "Attribute"),
    attr("weight", "int8?", "Weight"),
    block("target", SPREAD_TARGET, "SpreadTarget", repeatable=True),
)

CSI_MOUNT_OPTIONS = kind(  # mount_options in VolumeRequest
    "CSIMountOptions",
    attr("fs_type", "string", "FSType"),
    attr("mount_flags", "list<string>", "MountFlags"),
)

VOLUME_REQUEST = kind(  # volume in TaskGroup
    "VolumeRequest",
    attr("type", "string", "Type"),
    attr("source", "string", "Source"),
    attr("read_only", "bool", "ReadOnly"),
    attr("sticky", "bool", "Sticky"),
    attr("access_mode", "string", "AccessMode"),
    attr("attachment_mode", "string", "AttachmentMode"),
    block("mount_options", CSI_MOUNT_OPTIONS, "MountOptions"),
    attr("per_alloc", "bool", "PerAlloc"),
    label="Name",
)

DISCONNECT_STRATEGY = kind(  # disconnect in TaskGroup
    "DisconnectStrategy",
    attr("lost_after", "duration?", "LostAfter"),
    attr("stop_on_client_after", "duration?", "StopOnClientAfter"),
    attr("replace", "bool?", "Replace"),
    attr("reconcile", "string?", "Reconcile"),
)

RESCHEDULE_POLICY = kind(  # reschedule in Job, reschedule in TaskGroup
    "ReschedulePolicy",
    attr("attempts", "int64?", "Attempts"),
    attr("interval", "duration?", "Interval"),
    attr("delay", "duration?", "Delay"),
    attr("delay_function", "string?", "DelayFunction"),
    attr("max_delay", "duration?", "MaxDelay"),
    attr("unlimited", "bool?", "Unlimited"),
)

EPHEMERAL_DISK = kind(  # ephemeral_disk in TaskGroup
    "EphemeralDisk",
    attr("sticky", "bool?", "Sticky"),
    attr("migrate", "bool?", "Migrate"),
    attr("size", "int64?", "SizeMB"),
)

UPDATE_STRATEGY = kind(  # update in Job, update in TaskGroup
    "UpdateStrategy",
    attr("stagger", "duration?", "Stagger"),
    attr("max_parallel", "int64?", "MaxParallel"),
    attr("health_check", "string?", "HealthCheck"),
    attr("min_healthy_time", "duration?", "MinHealthyTime"),
    attr("healthy_deadline", "duration?", "HealthyDeadline"),
    attr("progress_deadline", "duration?", "ProgressDeadline"),
    attr("canary", "int64?", "Canary"),
    attr("auto_revert", "bool?", "AutoRevert"),
    attr("auto_promote", "bool?", "AutoPromote"),
)

MIGRATE_STRATEGY = kind(  # migrate in Job, migrate in TaskGroup
    "MigrateStrategy",
    attr("max_parallel", "int64?", "MaxParallel"),
    attr("health_check", "string?", "HealthCheck"),
    attr("min_healthy_time", "duration?", "MinHealthyTime"),
    attr("healthy_deadline", "duration?", "HealthyDeadline"),
)

TASK_GROUP = kind(  # group in Job
    "TaskGroup",
    attr("count", "int64?", "Count"),
    special("constraint", "Constraints"),
    special("affinity", "Affinities"),
    block("task", TASK, "Tasks", repeatable=True),
    block("spread", SPREAD, "Spreads", repeatable=True),
    block("volume", VOLUME_REQUEST, "Volumes", keyed=True),
    block("restart", RESTART_POLICY, "RestartPolicy"),
    block("disconnect", DISCONNECT_STRATEGY, "Disconnect"),
    block("reschedule", RESCHEDULE_POLICY, "ReschedulePolicy"),
    block("ephemeral_disk", EPHEMERAL_DISK, "EphemeralDisk"),
    block("update", UPDATE_STRATEGY, "Update"),
    block("migrate", MIGRATE_STRATEGY, "Migrate"),
    block("network", NETWORK_RESOURCE, "Networks", repeatable=True),
    map_block("meta", "Meta", attribute_form=True),
    block("service", SERVICE, "Services", repeatable=True),
    attr("shutdown_delay", "duration?", "ShutdownDelay"),
    attr("max_run_duration", "duration?", "MaxRunDuration"),
    attr("stop_after_client_disconnect", "duration?", "StopAfterClientDisconnect"),
    attr("max_client_disconnect", "duration?", "MaxClientDisconnect"),
    block("scaling", SCALING_POLICY, "Scaling"),
    block("consul", CONSUL, "Consul"),
    attr("prevent_reschedule_on_lost", "bool?", "PreventRescheduleOnLost"),
    label="Name",
)

MULTIREGION_STRATEGY = kind(  # strategy in Multiregion
    "MultiregionStrategy",
    attr("max_parallel", "int64?", "MaxParallel"),
    attr("on_failure", "string?", "OnFailure"),
)

MULTIREGION_REGION = kind(  # region in Multiregion
    "MultiregionRegion",
    attr("count", "int64?", "Count"),
    attr("datacenters", "list<string>", "Datacenters"),
    attr("node_pool", "string", "NodePool"),
    map_block("meta", "Meta"),
    label="Name",
    label_name="",
)

MULTIREGION = kind(  # multiregion in Job
    "Multiregion",
    block("strategy", MULTIREGION_STRATEGY, "Strategy"),
    block("region", MULTIREGION_REGION, "Regions", repeatable=True),
)

PERIODIC_CONFIG = kind(  # periodic in Job
    "PeriodicConfig",
    attr("enabled", "bool?", "Enabled"),
    attr("cron", "string?", "Spec"),
    attr("crons", "list<string>", "Specs"),
    attr("prohibit_overlap", "bool?", "ProhibitOverlap"),
    attr("time_zone", "string?", "TimeZone"),
    unset={"SpecType": None},
)

PARAMETERIZED_JOB_CONFIG = kind(  # parameterized in Job
    "ParameterizedJobConfig",
    attr("payload", "string", "Payload"),
    attr("meta_required", "list<string>", "MetaRequired"),
    attr("meta_optional", "list<string>", "MetaOptional"),
)

JOB_UI_LINK = kind(  # link in JobUIConfig
    "JobUILink",
    attr("label", "string", "Label"),
    attr("url", "string", "URL"),
)

JOB_UI_CONFIG = kind(  # ui in Job
    "JobUIConfig",
    attr("description", "string", "Description"),
    block("link", JOB_UI_LINK, "Links", repeatable=True),
)

JOB = kind(  # top level job
    "Job",
    attr("region", "string?", "Region"),
    attr("namespace", "string?", "Namespace"),
    attr("id", "string?", "ID"),
    attr("name", "string?", "Name"),
    attr("type", "string?", "Type"),
    attr("priority", "int64?", "Priority"),
    attr("all_at_once", "bool?", "AllAtOnce"),
    attr("datacenters", "list<string>", "Datacenters"),
    attr("node_pool", "string?", "NodePool"),
    special("constraint", "Constraints"),
    special("affinity", "Affinities"),
    block("group", TASK_GROUP, "TaskGroups", repeatable=True),
    block("update", UPDATE_STRATEGY, "Update"),
    block("multiregion", MULTIREGION, "Multiregion"),
    block("spread", SPREAD, "Spreads", repeatable=True),
    block("periodic", PERIODIC_CONFIG, "Periodic"),
    block("parameterized", PARAMETERIZED_JOB_CONFIG, "ParameterizedJob"),
    block("reschedule", RESCHEDULE_POLICY, "Reschedule"),
    block("migrate", MIGRATE_STRATEGY, "Migrate"),
    map_block("meta", "Meta", attribute_form=True),
    block("ui", JOB_UI_CONFIG, "UI"),
    unset={
        "Stop": None,
        "ParentID": None,
        "Dispatched": False,
        "DispatchIdempotencyToken": None,
        "Payload": None,
        "ConsulNamespace": None,
        "VaultNamespace": None,
        "NomadTokenID": None,
        "Status": None,
        "StatusDescription": None,
        "Stable": None,
        "Version": None,
        "SubmitTime": None,
        "CreateIndex": None,
        "ModifyIndex": None,
        "JobModifyIndex": None,
        "VersionTag": None,
    },
)

# Blocks that stand outside the tables. spec: jobspec §7, §8.6
JOB_EXTRAS = (
    block("vault", VAULT, "Vault", repeatable=True),
    block("secret", SECRET, "Secrets", repeatable=True),
    block("task", TASK, "Tasks", repeatable=True),
)
GROUP_EXTRAS = JOB_EXTRAS[:2]
