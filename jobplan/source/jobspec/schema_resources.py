"""Tables of what tasks and sidecar tasks share: resources, networks, logs, mounts, identities.

spec: jobspec §9
"""

from __future__ import annotations

from jobplan.source.jobspec.kinds import attr, block, kind, special

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
