"""Jobs, periodic and parameterized blocks. spec: admission §7.1, §7.24, §7.25"""

from __future__ import annotations

from jobplan.admission.rules.groups import GROUP
from jobplan.admission.rules.placement_rules import AFFINITY, CONSTRAINT, SPREAD
from jobplan.admission.rules.table import NESTED, SPLICED, At, each, either, given, many, one, row, rules, select
from jobplan.model.job import Job, ParameterizedJobConfig
from jobplan.schedule.clock import time_zone_problem
from jobplan.schedule.grammar import cron_problem

# ---- §7.24 --------------------------------------------------------------------------------------------------------

PERIODIC = rules(
    "7.24",
    row("1", lambda p: p.spec != "" and bool(p.specs), "Only cron or crons may be used"),
    row("2", lambda p: p.spec == "" and not p.specs, "Must specify a spec"),
    row("3", lambda p: p.time_zone != "" and time_zone_problem(p.time_zone),
        "Invalid time zone {tz!q}: {err}", tz="time_zone"),
    select(
        "spec_type",
        {
            "cron": (
                row("4", lambda p: p.spec != "" and cron_problem(p.spec), "Invalid cron spec {spec!q}: {err}"),
                each("5", "specs", cron_problem, "Invalid cron spec {spec!q}: {err}", spec=lambda s: s),
            ),
            "_internal_test": (),
        },
        otherwise=(
            row("6", lambda p: True, "Unknown periodic specification type {type!q}", type="spec_type"),
        ),
    ),
)  # fmt: skip

# ---- §7.25 --------------------------------------------------------------------------------------------------------


def _in_both(block: ParameterizedJobConfig) -> list[str]:
    return sorted(set(block.meta_required or ()) & set(block.meta_optional or ()))


PARAMETERIZED = rules(
    "7.25",
    row("1", lambda p: p.payload not in ("optional", "required", "forbidden"),
        "Unknown payload requirement: {value!q}", value="payload"),
    row("2", lambda p: bool(_in_both(p)),
        "Required and optional meta keys should be disjoint. Following keys exist in both: {keys!l}", keys=_in_both),
)  # fmt: skip

# ---- §7.1 ---------------------------------------------------------------------------------------------------------

_TYPES = ("_core", "service", "batch", "system", "sysbatch")
_BATCH = ("batch", "sysbatch")
_LONGEST_DESCRIPTION = 1000


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _has_regions(job: Job) -> bool:
    return job.multiregion is not None and bool(job.multiregion.regions)


def _is_system(subject: object, at: At) -> bool:
    return at.job.type == "system"


_DESCRIPTION = rules(
    "7.1",
    row("11", lambda u: _bytes(u.description) > _LONGEST_DESCRIPTION,
        "UI description must be under 1000 characters, currently {bytes}", bytes=lambda u: _bytes(u.description)),
)  # fmt: skip

_TAG = rules(
    "7.1",
    row("12", lambda t: _bytes(t.description) > _LONGEST_DESCRIPTION,
        "Tagged version description must be under 1000 characters, currently {bytes}",
        bytes=lambda t: _bytes(t.description)),
)  # fmt: skip

_NAMES = rules(
    "7.1",
    either(
        row("13a", lambda g: g.name == "", "Job task group {i} missing name"),
        row("13b", lambda g, at: at.earlier > 0, "Job task group {i} redefines '{name}' from group {j}"),
    ),
    row("13c", lambda g: g.shutdown_delay is not None and g.shutdown_delay < 0,
        "ShutdownDelay must be a positive value"),
    row("13d", lambda g, at: at.job.type == "system" and g.count > 1,
        "Job task group {name} has count {count}. Count cannot exceed 1 with system scheduler"),
)  # fmt: skip

JOB = rules(
    "7.1",
    row("1", lambda j: j.region == "" and j.multiregion is None, "Missing job region"),
    either(
        row("2a", lambda j: j.id == "", "Missing job ID"),
        row("2b", lambda j: " " in j.id, "Job ID contains a space"),
        row("2c", lambda j: "\0" in j.id, "Job ID contains a null character"),
    ),
    either(
        row("3a", lambda j: j.name == "", "Missing job name"),
        row("3b", lambda j: "\0" in j.name, "Job Name contains a null character"),
    ),
    row("4", lambda j: j.namespace == "", "Job must be in a namespace"),
    either(
        row("5a", lambda j: j.type == "", "Missing job type"),
        row("5b", lambda j: j.type not in _TYPES, "Invalid job type: {type!q}"),
    ),
    either(
        row("6a", lambda j: not j.datacenters and not _has_regions(j), "Missing job datacenters"),
        each("6b", "datacenters", lambda name: name == "", "Job datacenter must be non-empty string"),
    ),
    row("7", lambda j: not j.task_groups, "Missing job task groups"),
    many("8", "constraints", CONSTRAINT, "Constraint {i} validation failed: {err}"),
    given(
        _is_system,
        row("9a", lambda j: bool(j.affinities), "System jobs may not have an affinity block"),
        otherwise=(many("9b", "affinities", AFFINITY, "Affinity {i} validation failed: {err}"),),
    ),
    given(
        _is_system,
        row("10a", lambda j: bool(j.spreads), "System jobs may not have a spread block"),
        otherwise=(many("10b", "spreads", SPREAD, "Spread {i} validation failed: {err}"),),
    ),
    one("11", "ui", _DESCRIPTION, SPLICED),
    one("12", "version_tag", _TAG, SPLICED),
    many("13", "task_groups", _NAMES, SPLICED, unique="name"),
    many("14", "task_groups", GROUP, "Task group {name} validation failed: {err}", enter="group"),
    given(
        lambda j: j.periodic is not None and j.periodic.enabled,
        row("15a", lambda j: j.type not in _BATCH,
            'Periodic can only be used with "batch" or "sysbatch" scheduler'),
        one("15b", "periodic", PERIODIC, NESTED),
    ),
    given(
        lambda j: j.parameterized_job is not None and not j.dispatched,
        row("16a", lambda j: j.type not in _BATCH,
            'Parameterized job can only be used with "batch" or "sysbatch" scheduler'),
        one("16b", "parameterized_job", PARAMETERIZED, NESTED),
    ),
    row("17", _has_regions, "Multiregion jobs are unlicensed."),
)  # fmt: skip
