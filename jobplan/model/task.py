"""Tasks and what belongs to them. spec: model §3.4"""

from __future__ import annotations

from typing import Any

from jobplan.model.connect import LogConfig
from jobplan.model.identity import Consul, Secret, Vault, WorkloadIdentity
from jobplan.model.kinds import ANY, Kind, boolean, duration, integer, kind, mapping, nested, objects, string, values
from jobplan.model.placement_rules import Affinity, Constraint
from jobplan.model.policies import RestartPolicy, ScalingPolicy
from jobplan.model.resources import Resources
from jobplan.model.services import Service
from jobplan.model.volumes import TaskCSIPluginConfig, VolumeMount
from jobplan.values.durations import SECOND


@kind()
class TaskLifecycle(Kind):
    """When a task runs relative to the main tasks."""

    hook: str = string("Hook")
    sidecar: bool = boolean("Sidecar")


@kind()
class DispatchPayloadConfig(Kind):
    """Where the payload of a dispatched job is written."""

    file: str = string("File")


@kind()
class TaskArtifact(Kind):
    """A file or archive fetched before a task starts."""

    getter_source: str = string("GetterSource", absent="")
    getter_options: dict[str, str] | None = mapping("GetterOptions", empty=None)
    getter_headers: dict[str, str] | None = mapping("GetterHeaders", empty=None)
    getter_mode: str = string("GetterMode", absent="any")
    getter_insecure: bool = boolean("GetterInsecure", absent=False)
    relative_dest: str = string("RelativeDest", absent="")
    chown: bool = boolean("Chown")


@kind()
class WaitConfig(Kind):
    """How long a template waits before it renders."""

    min: int | None = duration("Min", absent=None)
    max: int | None = duration("Max", absent=None)


@kind()
class ChangeScript(Kind):
    """A script run when a template changes."""

    command: str = string("Command", absent="")
    args: list[str] = values("Args", absent=list)
    timeout: int = duration("Timeout", absent=5 * SECOND)
    fail_on_error: bool = boolean("FailOnError", absent=False)
    run_on_first_render: bool = boolean("RunOnFirstRender", absent=False)


@kind()
class Template(Kind):
    """A file rendered for a task."""

    source_path: str = string("SourcePath", absent="")
    dest_path: str = string("DestPath", absent="")
    embedded_tmpl: str = string("EmbeddedTmpl", absent="")
    change_mode: str = string("ChangeMode", absent="restart")
    change_script: ChangeScript | None = nested("ChangeScript", ChangeScript)
    change_signal: str = string("ChangeSignal", absent="")
    once: bool = boolean("Once", absent=False)
    splay: int = duration("Splay", absent=5 * SECOND)
    perms: str = string("Perms", absent="0644")
    uid: int | None = integer("Uid", absent=None)
    gid: int | None = integer("Gid", absent=None)
    left_delim: str = string("LeftDelim", absent="{{")
    right_delim: str = string("RightDelim", absent="}}")
    envvars: bool = boolean("Envvars", absent=False)
    vault_grace: int = duration("VaultGrace", absent=0)
    wait: WaitConfig | None = nested("Wait", WaitConfig)
    err_missing_key: bool = boolean("ErrMissingKey", absent=False)


@kind()
class Action(Kind):
    """A command that operators may run in a task."""

    name: str = string("Name")
    command: str = string("Command")
    args: list[str] | None = values("Args")


@kind()
class TaskScheduleCron(Kind):
    """When a scheduled task runs."""

    start: str = string("Start")
    end: str = string("End")
    timezone: str = string("Timezone")


@kind()
class TaskSchedule(Kind):
    """Schedule of a task."""

    cron: TaskScheduleCron | None = nested("Cron", TaskScheduleCron)


@kind()
class Task(Kind):
    """One task of a group."""

    name: str = string("Name")
    driver: str = string("Driver")
    user: str = string("User")
    lifecycle: TaskLifecycle | None = nested("Lifecycle", TaskLifecycle)
    config: dict[str, Any] | None = mapping("Config", ANY, empty=None)
    constraints: list[Constraint] | None = objects("Constraints", Constraint, empty=None)
    affinities: list[Affinity] | None = objects("Affinities", Affinity, empty=None)
    env: dict[str, str] | None = mapping("Env", empty=None)
    services: list[Service] | None = objects("Services", Service, empty=None)
    resources: Resources = nested("Resources", Resources, absent=Resources)
    restart_policy: RestartPolicy = nested("RestartPolicy", RestartPolicy, absent=RestartPolicy)
    meta: dict[str, str] | None = mapping("Meta", empty=None)
    kill_timeout: int = duration("KillTimeout", absent=5 * SECOND, zero=5 * SECOND)
    log_config: LogConfig = nested("LogConfig", LogConfig, absent=LogConfig)
    artifacts: list[TaskArtifact] | None = objects("Artifacts", TaskArtifact, empty=None)
    vault: Vault | None = nested("Vault", Vault)
    consul: Consul | None = nested("Consul", Consul)
    templates: list[Template] | None = objects("Templates", Template, empty=None)
    dispatch_payload: DispatchPayloadConfig | None = nested("DispatchPayload", DispatchPayloadConfig)
    volume_mounts: list[VolumeMount] | None = objects("VolumeMounts", VolumeMount, empty=None)
    csi_plugin_config: TaskCSIPluginConfig | None = nested("CSIPluginConfig", TaskCSIPluginConfig)
    leader: bool = boolean("Leader")
    shutdown_delay: int = duration("ShutdownDelay")
    kill_signal: str = string("KillSignal")
    kind: str = string("Kind")
    scaling_policies: list[ScalingPolicy] | None = objects("ScalingPolicies", ScalingPolicy, empty=None)
    secrets: list[Secret] | None = objects("Secrets", Secret, empty=None)
    identity: WorkloadIdentity | None = nested("Identity", WorkloadIdentity)
    identities: list[WorkloadIdentity] | None = objects("Identities", WorkloadIdentity, null="drop", empty=None)
    actions: list[Action] | None = objects("Actions", Action, empty=None)
    schedule: TaskSchedule | None = nested("Schedule", TaskSchedule)
