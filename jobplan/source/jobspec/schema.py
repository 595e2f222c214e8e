"""What may stand in each body: one table per API object, in the words and the order of the specification.

`attr(hcl, type, json)`; `block(hcl, kind, json)`; types are `jobspec.md`'s own: `T?` nullable, `list<T>`, `map<T>`.
Kinds stand after the kinds they contain.
Services and resources have files of their own.

spec: jobspec §9
"""

from __future__ import annotations

from jobplan.source.jobspec.kinds import attr, block, free_form, kind, map_block, special
from jobplan.source.jobspec.schema_resources import (
    LOG_CONFIG,
    NETWORK_RESOURCE,
    RESOURCES,
    VOLUME_MOUNT,
    WORKLOAD_IDENTITY,
)
from jobplan.source.jobspec.schema_services import SERVICE

TASK_LIFECYCLE = kind(  # lifecycle in Task
    "TaskLifecycle",
    attr("hook", "string", "Hook", required=True),
    attr("sidecar", "bool", "Sidecar"),
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
