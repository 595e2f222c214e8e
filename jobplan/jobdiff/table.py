"""Every kind of block that a diff knows: the tables of the specification, leaves first. spec: diff §3–§6

`fields` are the scalars shown, `maps` the string maps, `nested` what hangs below in output order, `hidden` what makes
a block differ without being shown. What a row cannot say is a `special` function in jobplan.jobdiff.oddities.
"""

from __future__ import annotations

from jobplan.jobdiff import oddities
from jobplan.jobdiff.flatten import host_ports
from jobplan.jobdiff.pairing import (
    BY_PATH,
    CONTENT,
    INDEX,
    MAP_KEY,
    SERVICES,
    affinity_identity,
    artifact_identity,
    constraint_identity,
    identity,
    key,
    path_identity,
)
from jobplan.jobdiff.rules import Block, Each, Map, One, Simple, StringSet
from jobplan.model import connect, gateways, group, job, placement_rules, policies, resources, services, task, volumes
from jobplan.model import identity as identities

BY_NAME = key("name")

# ---- 6.1 leaf objects ----------------------------------------------------------------------------------------------

CONSTRAINT = Simple("Constraint", placement_rules.Constraint, "LTarget Operand RTarget")
AFFINITY = Simple("Affinity", placement_rules.Affinity, "LTarget Operand RTarget Weight")
RESTART_POLICY = Simple("RestartPolicy", policies.RestartPolicy, "Attempts Delay Interval Mode RenderTemplates")
MIGRATE = Simple("Migrate", policies.MigrateStrategy, "HealthCheck HealthyDeadline MaxParallel MinHealthyTime")
RESCHEDULE_POLICY = Simple(
    "ReschedulePolicy", policies.ReschedulePolicy, "Attempts Delay DelayFunction Interval MaxDelay Unlimited"
)
EPHEMERAL_DISK = Simple("EphemeralDisk", volumes.EphemeralDisk, "Migrate SizeMB Sticky")
CONSUL = Simple("Consul", identities.Consul, "Cluster Namespace Partition")
UPDATE = Simple(
    "Update",
    policies.UpdateStrategy,
    "AutoPromote AutoRevert Canary HealthCheck HealthyDeadline MaxParallel MinHealthyTime ProgressDeadline",
    hidden="Stagger",
)
LOG_CONFIG = Simple("LogConfig", connect.LogConfig, "Disabled MaxFileSizeMB MaxFiles")
DISPATCH_PAYLOAD = Simple("DispatchPayload", task.DispatchPayloadConfig, "File")
ARTIFACT = Simple(
    "Artifact",
    task.TaskArtifact,
    "Chown GetterInsecure GetterMode GetterSource RelativeDest",
    maps="GetterHeaders GetterOptions",
)
SCHEDULE_CRON = Simple("Schedule", task.TaskScheduleCron, "End Start Timezone")
SCHEDULE = Simple("Schedule", task.TaskSchedule, special=oddities.schedule(SCHEDULE_CRON))
STRATEGY = Simple("Strategy", job.MultiregionStrategy, "MaxParallel OnFailure")
STATIC_PORT = Simple("Static Port", resources.Port, "HostNetwork IgnoreCollision Label To Value")
DYNAMIC_PORT = Simple("Dynamic Port", resources.Port, "HostNetwork Label To", hidden="Value IgnoreCollision")
CNI_CONFIG = Simple("CNIConfig", resources.CNIConfig, maps="Args", special=oddities.cni_config)
MESH_GATEWAY = Simple("MeshGateway", connect.ConsulMeshGateway, "Mode")
SDS = Simple("SDS", gateways.ConsulGatewayTLSSDSConfig, "CertResource ClusterName")
EXPOSE_PATH = Simple("Paths", connect.ConsulExposePath, "ListenerPort LocalPathPort Path Protocol")

CONSTRAINTS = Each("Constraints", CONSTRAINT, identity(constraint_identity))
AFFINITIES = Each("Affinities", AFFINITY, identity(affinity_identity))

# ---- 6.2 maps ------------------------------------------------------------------------------------------------------

CONFIG = Map("Config")
POLICY = Map("Policy", contextual_fields=False)
HEADER = Map("Header")
ENVOY_GATEWAY_BIND_ADDRESSES = Map("EnvoyGatewayBindAddresses", host_ports)

# ---- 6.3 resources, networks, devices ------------------------------------------------------------------------------

DNS = Block("DNS", resources.DNSConfig, "Options Searches Servers", flatten=oddities.dns_lists)
NETWORK = Block(
    "Network",
    resources.NetworkResource,
    "Hostname Mode",
    hidden="Device CIDR IP MBits",
    nested=(
        Each("ReservedPorts", STATIC_PORT, key("label")),
        Each("DynamicPorts", DYNAMIC_PORT, key("label")),
        One("DNS", DNS),
        One("CNI", CNI_CONFIG),
    ),
)
DEVICE = Block("Device", resources.RequestedDevice, "Count Name", hidden="Constraints Affinities")
NUMA = Block("NUMA", resources.NUMAResource, "Affinity", hidden="Devices", gate=oddities.same_numa)
RESOURCES = Block(
    "Resources",
    resources.Resources,
    "CPU Cores DiskMB IOPS MemoryMB MemoryMaxMB SecretsMB",
    nested=(Each("Networks", NETWORK, CONTENT), Each("Devices", DEVICE, BY_NAME), One("NUMA", NUMA)),
)

# ---- 6.7 volume mounts (also of sidecar tasks) and identities ------------------------------------------------------

VOLUME_MOUNT = Block("VolumeMount", volumes.VolumeMount, "Destination PropagationMode ReadOnly SELinuxLabel Volume")
IDENTITY = Block(
    "Identity",
    identities.WorkloadIdentity,
    "ChangeMode ChangeSignal Env File Filepath Name ServiceName TTL",
    hidden="ExtraClaims",
    nested=(StringSet("Audience", keep=True),),
)

# ---- 6.5 Connect sidecars ------------------------------------------------------------------------------------------

UPSTREAM = Block(
    "ConsulUpstreams",
    connect.ConsulUpstream,
    "Datacenter DestinationName DestinationNamespace DestinationPartition DestinationPeer DestinationType "
    "LocalBindAddress LocalBindPort LocalBindSocketMode LocalBindSocketPath",
    hidden="Config",
    nested=(One("MeshGateway", MESH_GATEWAY),),
    special=oddities.upstream,
)
EXPOSE = Block(
    "Expose",
    connect.ConsulExposeConfig,
    nested=(Each("Paths", EXPOSE_PATH, identity(path_identity)),),
    special=oddities.expose,
)
TRANSPARENT_PROXY = Block(
    "TransparentProxy",
    connect.ConsulTransparentProxy,
    "NoDNS OutboundPort UID",
    nested=(
        StringSet("ExcludeInboundPorts", keep=False),
        StringSet("ExcludeOutboundPorts", keep=False),
        StringSet("ExcludeOutboundCIDRs", keep=False),
        StringSet("ExcludeUIDs", keep=False),
    ),
    special=oddities.transparent_proxy,
)
CONSUL_PROXY = Block(
    "ConsulProxy",
    connect.ConsulProxy,
    "LocalServiceAddress LocalServicePort",
    nested=(
        Each("Upstreams", UPSTREAM, key("datacenter", "destination_name")),
        One("Expose", EXPOSE),
        One("TransparentProxy", TRANSPARENT_PROXY),
        One("Config", CONFIG),
    ),
)
SIDECAR_SERVICE = Block(
    "SidecarService",
    connect.ConsulSidecarService,
    "DisableDefaultTCPCheck Port",
    maps="Meta",
    hidden="Tags",
    nested=(One("Proxy", CONSUL_PROXY),),
)
SIDECAR_TASK = Block(
    "SidecarTask",
    connect.SidecarTask,
    "Driver KillSignal Name User",
    maps="Env Meta",
    hidden="KillTimeout ShutdownDelay",
    contextual_fields=False,
    nested=(
        One("Config", CONFIG),
        One("Resources", RESOURCES),
        Each("Identities", IDENTITY, BY_NAME),
        One("LogConfig", LOG_CONFIG),
        Each("VolumeMounts", VOLUME_MOUNT, INDEX),
    ),
)

# ---- 6.6 gateways --------------------------------------------------------------------------------------------------

GATEWAY_PROXY = Block(
    "Proxy",
    gateways.ConsulGatewayProxy,
    "EnvoyDNSDiscoveryType EnvoyGatewayBindTaggedAddresses EnvoyGatewayNoDefaultBind",
    both=("ConnectTimeout", oddities.timeout_text),
    nested=(One("EnvoyGatewayBindAddresses", ENVOY_GATEWAY_BIND_ADDRESSES), One("Config", CONFIG)),
)
TLS = Block(
    "TLS",
    gateways.ConsulGatewayTLSConfig,
    "Enabled TLSMaxVersion TLSMinVersion",
    nested=(StringSet("CipherSuites", keep=True), One("SDS", SDS)),
)
REQUEST_HEADERS, RESPONSE_HEADERS = (
    Block(name, gateways.ConsulHTTPHeaderModifiers, maps="Add Set", nested=(StringSet("Remove", keep=True),))
    for name in ("RequestHeaders", "ResponseHeaders")
)
INGRESS_SERVICE = Block(
    "ConsulIngressService",
    gateways.ConsulIngressService,
    "Name",
    optional="MaxConcurrentRequests MaxConnections MaxPendingRequests",
    nested=(
        StringSet("Hosts", keep=True),
        One("TLS", TLS),
        One("RequestHeaders", REQUEST_HEADERS),
        One("ResponseHeaders", RESPONSE_HEADERS),
    ),
)
LISTENER = Block(
    "Listener",
    gateways.ConsulIngressListener,
    "Port Protocol",
    nested=(Each("Services", INGRESS_SERVICE, BY_NAME),),
)
INGRESS = Block(
    "Ingress",
    gateways.ConsulIngressConfigEntry,
    nested=(One("TLS", TLS), Each("Listeners", LISTENER, key("protocol", "port"))),
)
LINKED_SERVICE = Block("Service", gateways.ConsulLinkedService, "CAFile CertFile KeyFile Name SNI")
TERMINATING = Block(
    "Terminating", gateways.ConsulTerminatingConfigEntry, nested=(Each("Services", LINKED_SERVICE, BY_NAME),)
)
MESH = Block("Mesh", gateways.ConsulMeshConfigEntry)
GATEWAY = Block(
    "Gateway",
    gateways.ConsulGateway,
    nested=(
        One("Proxy", GATEWAY_PROXY),
        One("Ingress", INGRESS),
        One("Terminating", TERMINATING),
        One("Mesh", MESH),
    ),
)
CONSUL_CONNECT = Block(
    "ConsulConnect",
    connect.ConsulConnect,
    "Native",
    nested=(
        One("SidecarService", SIDECAR_SERVICE),
        One("SidecarTask", SIDECAR_TASK),
        One("Gateway", GATEWAY),
    ),
)

# ---- 6.4 services and checks ---------------------------------------------------------------------------------------

CHECK_RESTART = Block("CheckRestart", services.CheckRestart, "Grace IgnoreWarnings Limit")
CHECK = Block(
    "Check",
    services.ServiceCheck,
    "AddressMode Body Command Expose FailuresBeforeCritical FailuresBeforeWarning GRPCService GRPCUseTLS "
    "InitialStatus Interval Method Name Notes OnUpdate Path PortLabel Protocol SuccessBeforePassing TLSServerName "
    "TLSSkipVerify TaskName Timeout Type",
    hidden="Args",
    nested=(One("Header", HEADER), One("CheckRestart", CHECK_RESTART)),
)
WEIGHTS = Block("Weights", services.ServiceWeights, "Passing Warning", flatten=oddities.positive_weights)
SERVICE = Block(
    "Service",
    services.Service,
    "Address AddressMode Cluster EnableTagOverride Kind Name Namespace OnUpdate PortLabel Provider TaskName",
    maps="CanaryMeta Meta TaggedAddresses",
    nested=(
        StringSet("CanaryTags", keep=True),
        StringSet("Tags", keep=True),
        Each("Checks", CHECK, BY_NAME),
        One("Connect", CONSUL_CONNECT),
        One("Identity", IDENTITY),
        One("Weights", WEIGHTS),
    ),
)

# ---- 6.7 templates, Vault, secrets, actions, volumes ---------------------------------------------------------------

WAIT = Block("Template", task.WaitConfig, "Max Min", deep=True)
CHANGE_SCRIPT = Block(
    "ChangeScript",
    task.ChangeScript,
    "Command FailOnError RunOnFirstRender Timeout",
    nested=(StringSet("Args", keep=True),),
)
TEMPLATE = Block(
    "Template",
    task.Template,
    "ChangeMode ChangeSignal DestPath EmbeddedTmpl Envvars ErrMissingKey LeftDelim Once Perms RightDelim SourcePath "
    "Splay VaultGrace",
    optional="Gid Uid",
    nested=(One("Wait", WAIT), One("ChangeScript", CHANGE_SCRIPT)),
)
VAULT = Block(
    "Vault",
    identities.Vault,
    "AllowTokenExpiration ChangeMode ChangeSignal Cluster DisableFile Env Namespace Role",
)
SECRET = Block("Secret", identities.Secret, "Name Path Provider", maps="Config Env", deep=True)
ACTION = Block("Action", task.Action, "Command Name", nested=(StringSet("Args", keep=True),))
MOUNT_OPTIONS = Block("MountOptions", volumes.CSIMountOptions, "FSType", nested=(StringSet("MountFlags", keep=True),))
VOLUME = Block(
    "Volume",
    volumes.VolumeRequest,
    "AccessMode AttachmentMode Name PerAlloc ReadOnly Source Sticky Type",
    nested=(One("MountOptions", MOUNT_OPTIONS),),
)

# ---- 6.8 disconnect, scaling ---------------------------------------------------------------------------------------

DISCONNECT = Block(
    "Disconnect", policies.DisconnectStrategy, "LostAfter Reconcile Replace StopOnClientAfter", deep=True
)
SCALING = Block(
    "Scaling",
    policies.ScalingPolicy,
    "Enabled Max Min",
    maps="Target",
    hidden="ID Type CreateIndex ModifyIndex",
    excluded=("Target[Job]", "Target[Group]", "Target[Namespace]"),
    contextual_fields=False,
    nested=(One("Policy", POLICY),),
    sort_nested=True,
)

# ---- 6.9 blocks of a job -------------------------------------------------------------------------------------------

PERIODIC = Block(
    "Periodic",
    job.PeriodicConfig,
    "Enabled ProhibitOverlap Spec SpecType TimeZone",
    nested=(StringSet("Specs", keep=False),),
)
PARAMETERIZED_JOB = Block(
    "ParameterizedJob",
    job.ParameterizedJobConfig,
    "Payload",
    nested=(StringSet("MetaOptional", keep=True), StringSet("MetaRequired", keep=True)),
)
REGION = Block(
    "Region",
    job.MultiregionRegion,
    "Count Name NodePool",
    maps="Meta",
    nested=(StringSet("Datacenters", keep=False),),
    special=oddities.region,
)
MULTIREGION = Block(
    "Multiregion",
    job.Multiregion,
    nested=(One("Strategy", STRATEGY), Each("Regions", REGION, BY_NAME)),
    sort_nested=True,
    special=oddities.multiregion,
)
LINK = Block("Link", job.JobUILink, "Label Url", special=oddities.link)
UI = Block("UI", job.JobUIConfig, "Description", nested=(Each("Links", LINK, INDEX),), sort_nested=True)

# ---- 3–5 jobs, groups, tasks ---------------------------------------------------------------------------------------

JOB = Block(
    "Job",
    job.Job,
    "AllAtOnce ConsulNamespace DispatchIdempotencyToken Dispatched Name Namespace NodePool ParentID Priority Region "
    "Stop Type VaultNamespace",
    maps="Meta",
    hidden="ID Status StatusDescription Version Stable CreateIndex ModifyIndex JobModifyIndex Update SubmitTime "
    "NomadTokenID Spreads Payload VersionTag TaskGroups",
    contextual_fields=False,
    nested=(
        StringSet("Datacenters", keep=False),
        CONSTRAINTS,
        AFFINITIES,
        One("Periodic", PERIODIC),
        One("ParameterizedJob", PARAMETERIZED_JOB),
        One("Multiregion", MULTIREGION),
        One("UI", UI),
    ),
)
TASK_GROUP = Block(
    "TaskGroup",
    group.TaskGroup,
    "Count PreventRescheduleOnLost",
    maps="Meta",
    both=("ShutdownDelay", oddities.delay_text),
    hidden="Name Tasks Spreads MaxRunDuration StopAfterClientDisconnect MaxClientDisconnect",
    contextual_fields=False,
    nested=(
        CONSTRAINTS,
        AFFINITIES,
        One("RestartPolicy", RESTART_POLICY),
        One("Migrate", MIGRATE),
        One("ReschedulePolicy", RESCHEDULE_POLICY),
        One("EphemeralDisk", EPHEMERAL_DISK),
        One("Consul", CONSUL),
        One("Update", UPDATE),
        One("Disconnect", DISCONNECT),
        Each("Networks", NETWORK, CONTENT),
        One("Scaling", SCALING),
        Each("Services", SERVICE, SERVICES),
        Each("Volumes", VOLUME, MAP_KEY),
    ),
)
TASK = Block(
    "Task",
    task.Task,
    "Driver KillSignal KillTimeout Kind Leader ShutdownDelay User",
    maps="Env Meta",
    hidden="Name RestartPolicy Lifecycle ScalingPolicies CSIPluginConfig",
    contextual_fields=False,
    nested=(
        CONSTRAINTS,
        AFFINITIES,
        One("Config", CONFIG),
        One("Resources", RESOURCES),
        One("LogConfig", LOG_CONFIG),
        One("DispatchPayload", DISPATCH_PAYLOAD),
        Each("Artifacts", ARTIFACT, identity(artifact_identity)),
        Each("Services", SERVICE, SERVICES),
        One("Vault", VAULT),
        Each("Secrets", SECRET, BY_NAME),
        One("Consul", CONSUL),
        Each("Templates", TEMPLATE, BY_PATH),
        One("Identity", IDENTITY),
        Each("Identities", IDENTITY, BY_NAME),
        Each("Actions", ACTION, INDEX),
        Each("VolumeMounts", VOLUME_MOUNT, INDEX),
        One("Schedule", SCHEDULE),
    ),
)
