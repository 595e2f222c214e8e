"""Task groups. spec: admission §7.2"""

from __future__ import annotations

from jobplan.admission.rules.networks import NETWORKS, network_uses
from jobplan.admission.rules.placement_rules import AFFINITY, CONSTRAINT, SPREAD
from jobplan.admission.rules.policies import DISCONNECT, MIGRATE, RESCHEDULE, RESTART, SCALING, UPDATE
from jobplan.admission.rules.services import GROUP_SERVICES, SCRIPT_CHECKS
from jobplan.admission.rules.table import SPLICED, At, either, given, itself, many, one, row, rules
from jobplan.admission.rules.tasks import TASK
from jobplan.admission.rules.volumes import VOLUME
from jobplan.model.group import TaskGroup

_BATCH = ("batch", "sysbatch")


def _is_system(subject: object, at: At) -> bool:
    return at.job.type == "system"


def _job_type(subject: object, at: At) -> str:
    return at.job.type


_NAME = rules(
    "7.2",
    either(
        row("14a", lambda t: t.name == "", "Task {i} missing name"),
        row("14b", lambda t, at: at.earlier > 0, "Task {i} redefines '{name}' from task {j}"),
    ),
)

_VOLUME = rules(
    "7.2",
    either(
        row("16a", lambda v: v.type not in ("host", "csi"),
            "Task group volume validation for {key} failed: volume has unrecognized type {type}"),
        one("16b", itself, VOLUME, "Task group volume validation for {key} failed: {err}"),
    ),
)  # fmt: skip


def _leaders(group: TaskGroup) -> int:
    return sum(task.leader for task in group.tasks or ())


GROUP = rules(
    "7.2",
    either(
        row("1a", lambda g: g.name == "", "Missing task group name"),
        row("1b", lambda g: "\0" in g.name, "Task group name contains null character"),
    ),
    row("2", lambda g: g.count < 0, "Task group count can't be negative"),
    row("3", lambda g: not g.tasks, "Missing tasks for task group"),
    one("4", "disconnect", DISCONNECT, SPLICED),
    row("5a", lambda g: g.max_run_duration is not None and g.max_run_duration <= 0,
        "MaxRunDuration must be greater than zero"),
    row("5b", lambda g, at: g.max_run_duration is not None and at.job.type not in _BATCH,
        "Job type {type!q} does not allow max_run_duration", type=_job_type),
    many("6", "constraints", CONSTRAINT, "Constraint {i} validation failed: {err}"),
    given(
        _is_system,
        row("7a", lambda g: bool(g.affinities), "System jobs may not have an affinity block"),
        otherwise=(many("7b", "affinities", AFFINITY, "Affinity {i} validation failed: {err}"),),
    ),
    row("8a", lambda g: g.restart_policy is None, "Task Group {name} should have a restart policy"),
    one("8b", "restart_policy", RESTART, SPLICED),
    given(
        _is_system,
        row("9a", lambda g: bool(g.spreads), "System jobs may not have a spread block"),
        otherwise=(many("9b", "spreads", SPREAD, "Spread {i} validation failed: {err}"),),
    ),
    given(
        lambda g, at: at.job.type in ("system", "sysbatch"),
        row("10a", lambda g: g.reschedule_policy is not None,
            "System or sysbatch jobs should not have a reschedule policy"),
        otherwise=(
            row("10b", lambda g: g.reschedule_policy is None,
                "Task Group {name} should have a reschedule policy"),
            one("10c", "reschedule_policy", RESCHEDULE, SPLICED),
        ),
    ),
    either(
        row("11a", lambda g: g.ephemeral_disk is None, "Task Group {name} should have an ephemeral disk object"),
        row("11b", lambda g: g.ephemeral_disk.size_mb < 10,
            "minimum DiskMB value is 10; got {size}", size="ephemeral_disk.size_mb"),
    ),
    row("12a", lambda g, at: g.update is not None and at.job.type not in ("service", "system"),
        "Job type {type!q} does not allow update block", type=_job_type),
    one("12b", "update", UPDATE, SPLICED),
    given(
        lambda g, at: at.job.type == "service",
        one("13a", "migrate", MIGRATE, SPLICED),
        otherwise=(
            row("13b", lambda g: g.migrate is not None,
                "Job type {type!q} does not allow migrate block", type=_job_type),
        ),
    ),
    many("14", "tasks", _NAME, SPLICED, unique="name"),
    row("15", lambda g: _leaders(g) > 1, "Only one task may be marked as leader"),
    many("16", "volumes", _VOLUME, SPLICED),
    one("17", network_uses, NETWORKS, "Task group network validation failed: {err}"),
    one("18", itself, GROUP_SERVICES, "Task group service validation failed: {err}"),
    one("19", itself, SCRIPT_CHECKS, "Task group service check validation failed: {err}"),
    one("20", "scaling", SCALING, "Task group scaling policy validation failed: {err}"),
    many("21", "tasks", TASK, "Task {name} validation failed: {err}", enter="task"),
)  # fmt: skip
