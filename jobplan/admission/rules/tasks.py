"""Tasks. spec: admission §7.11"""

from __future__ import annotations

from jobplan.admission.rules.placement_rules import AFFINITY, CONSTRAINT, PLACING_ONLY
from jobplan.admission.rules.resources import LOG_CONFIG, RESOURCES
from jobplan.admission.rules.services import TASK_SERVICES, task_service_uses
from jobplan.admission.rules.table import NESTED, SPLICED, At, block, either, given, itself, many, one, row, rules
from jobplan.admission.rules.task_parts import (
    ACTION,
    ARTIFACT,
    DISPATCH_PAYLOAD,
    IDENTITY,
    LIFECYCLE,
    SECRET,
    TEMPLATE,
    VAULT,
)
from jobplan.admission.rules.volumes import VOLUME_MOUNT
from jobplan.model.group import TaskGroup
from jobplan.model.task import Task
from jobplan.values.paths import is_subdirectory

# ---- elements of lists --------------------------------------------------------------------------------------------

_CONSTRAINT = rules(
    "7.11",
    one("9a", itself, CONSTRAINT, "Constraint {i} validation failed: {err}"),
    row("9b", lambda c: c.operand in PLACING_ONLY, "Constraint {i} has disallowed Operand at task level: {operand}"),
)

_TEMPLATE = rules(
    "7.11",
    one("14a", itself, TEMPLATE, "Template {i} validation failed: {err}"),
    row("14b", lambda t, at: at.earlier > 0, "Template {i} has same destination as {j}"),
)

_ACTION = rules(
    "7.11",
    one("15a", itself, ACTION, "Action {name} validation failed: {err}"),
    # The memory of names flips back: the repeat is reported at the 2nd, 4th, 6th … occurrence.
    row("15b", lambda a, at: at.earlier % 2 == 1, "Action {name} defined multiple times"),
)

_VOLUME_MOUNT = rules(
    "7.11",
    row("19a", lambda m, at: m.volume not in (at.group.volumes or {}),
        "Volume Mount ({i}) references undefined volume {volume}"),
    one("19b", itself, VOLUME_MOUNT, 'Volume Mount ({i}) is invalid: "{err}"'),
)  # fmt: skip

_IDENTITY = rules(
    "7.11",
    row("22a", lambda w: w.name == "default", "Duplicate default identities found"),
    one("22b", itself, IDENTITY, "Identity {name!q} is invalid: {err}"),
)

_SECRET = rules(
    "7.11",
    row("23a", lambda s, at: at.earlier > 0, "Duplicate secret {name!q} found"),
    row("23b", lambda s, at: s.provider == "vault" and at.task.vault is None,
        'Secret {name!q} has provider "vault" but no vault block'),
    one("23c", itself, SECRET, "Secret {name!q} is invalid: {err}"),
)  # fmt: skip

# ---- conditions ---------------------------------------------------------------------------------------------------


def _outlives_progress(task: Task, at: At) -> bool:
    """Row 5: the kill timeout is longer than a deployment may take without progress."""
    update = at.group.update
    return at.job.type == "service" and update is not None and 0 < update.progress_deadline < task.kill_timeout


def _proxied_service(task: Task) -> str:
    """The service that a Connect proxy task belongs to, `""` for other tasks."""
    return task.kind.removeprefix("connect-proxy:") if task.kind.startswith("connect-proxy:") else ""


def _sidecar_services(group: TaskGroup) -> list[str]:
    return [
        service.name
        for service in group.services or ()
        if service.connect is not None and service.connect.sidecar_service is not None
    ]


_PROXY_TASK = block(
    row("18a", lambda t: bool(t.services), "Connect proxy task must not have a service block"),
    row("18b", lambda t: t.leader, "Connect proxy task must not have leader set"),
    given(
        lambda t, at: _proxied_service(t) not in _sidecar_services(at.group),
        either(
            row("18c", lambda t, at: not _sidecar_services(at.group),
                "No Connect services in task group with Connect proxy ({name!q})", name=_proxied_service),
            row("18d", lambda t: True,
                "Connect proxy service name ({name!q}) not found in Connect services from task group: {names!l}",
                name=_proxied_service, names=lambda t, at: _sidecar_services(at.group)),
        ),
    ),
)  # fmt: skip

_CSI_PLUGIN = rules(
    "7.11",
    row("20a", lambda p: p.id == "", "CSIPluginConfig must have a non-empty PluginID"),
    row("20b", lambda p: p.type not in ("node", "controller", "monolith"),
        "CSIPluginConfig PluginType must be one of 'node', 'controller', or 'monolith', got: \"{type}\""),
    row("20c", lambda p: p.mount_dir != "" and p.stage_publish_base_dir != ""
        and is_subdirectory(p.stage_publish_base_dir, p.mount_dir),
        "CSIPluginConfig StagePublishBaseDir must not be a subdirectory of MountDir, got: "
        'StagePublishBaseDir="{stage}" MountDir="{mount}"', stage="stage_publish_base_dir", mount="mount_dir"),
)  # fmt: skip

# ---- §7.11 --------------------------------------------------------------------------------------------------------

TASK = rules(
    "7.11",
    row("1", lambda t: t.name == "", "Missing task name"),
    row("2", lambda t: t.name == "alloc", 'Task cannot be named "alloc"'),
    either(
        row("3a", lambda t: "/" in t.name or "\\" in t.name, "Task name cannot include slashes"),
        row("3b", lambda t: "\0" in t.name, "Task name cannot include null characters"),
    ),
    row("4", lambda t: t.driver == "", "Missing task driver"),
    either(
        row("5a", lambda t: t.kill_timeout < 0, "KillTimeout must be a positive value"),
        row("5b", _outlives_progress,
            "KillTimout ({kill timeout!d}) longer than the group's ProgressDeadline ({progress deadline!d})",
            progress_deadline=lambda t, at: at.group.update.progress_deadline if at.group.update else 0),
    ),
    row("6", lambda t: t.shutdown_delay < 0, "ShutdownDelay must be a positive value"),
    either(
        row("7a", lambda t: t.resources is None, "Missing task resources"),
        one("7b", "resources", RESOURCES, NESTED),
    ),
    either(
        row("8a", lambda t: t.log_config is None, "Missing Log Config"),
        one("8b", "log_config", LOG_CONFIG, NESTED),
    ),
    many("9", "constraints", _CONSTRAINT, SPLICED),
    given(
        lambda t, at: at.job.type == "system",
        row("10a", lambda t: bool(t.affinities), "System jobs may not have an affinity block"),
        otherwise=(many("10b", "affinities", AFFINITY, "Affinity {i} validation failed: {err}"),),
    ),
    one("11", task_service_uses, TASK_SERVICES, NESTED, where="Services"),
    many("12", "artifacts", ARTIFACT, "Artifact {i} validation failed: {err}"),
    one("13", "vault", VAULT, "Vault validation failed: {err}"),
    many("14", "templates", _TEMPLATE, SPLICED, unique="dest_path"),
    many("15", "actions", _ACTION, SPLICED, unique="name"),
    one("16", "dispatch_payload", DISPATCH_PAYLOAD, "Dispatch Payload validation failed: {err}"),
    one("17", "lifecycle", LIFECYCLE, "Lifecycle validation failed: {err}"),
    given(lambda t: _proxied_service(t) != "", _PROXY_TASK),
    many("19", "volume_mounts", _VOLUME_MOUNT, SPLICED, start=0),
    one("20", "csi_plugin_config", _CSI_PLUGIN, SPLICED),
    one("21", "identity", IDENTITY, "Identity {name!q} is invalid: {err}"),
    many("22", "identities", _IDENTITY, SPLICED),
    many("23", "secrets", _SECRET, SPLICED, unique="name"),
)  # fmt: skip
