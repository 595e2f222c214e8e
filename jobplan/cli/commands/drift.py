"""Compare job files with the jobs of a captured cluster: what was changed there, or never arrived.

Each file is admitted as a server would do it, then compared with the registered job. A directory stands for the job
files in it. Exit code 0: all files agree with the cluster; 1: some do not; 255: a file or the inventory cannot be
read, or the server would refuse a job. Below the table stand the value of the cluster, an arrow, and that of the file.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobplan.cli.exitcodes import STYLES
from jobplan.cli.inputs import Cluster, JobFile, read_cluster, read_config, read_job, read_now
from jobplan.cli.jobfiles import job_files
from jobplan.cli.options import add_cluster_options, add_job_options, flag
from jobplan.cli.terminal import show
from jobplan.errors import ConfigError, JobplanError
from jobplan.values.counts import counted

if TYPE_CHECKING:
    from jobplan.capture import Redaction
    from jobplan.inventory import Inventory
    from jobplan.model.job import Job
    from jobplan.planning import Plan

Api = dict[str, Any]

# Outcome → what it means, and whether it is drift.
OUTCOMES = {
    "same": ("agrees with the cluster", False),
    "changed": ("differs from the registered job", True),
    "hidden": ("differs in something that no diff shows", True),
    "stopped": ("is registered, but stopped", True),
    "missing": ("is not registered", True),
    "unmanaged": ("is registered, but there is no file", True),
    "error": ("cannot be compared", False),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", metavar="JOB", nargs="+", help="job file, directory, or - for standard input")
    add_cluster_options(parser)
    add_job_options(parser)
    group = parser.add_argument_group("comparison")
    flag(group, "preserve-counts", False, "take the counts of groups from the cluster, as an autoscaler left them")
    flag(group, "unmanaged", False, "also list registered jobs for which there is no file")
    flag(group, "show-secrets", False, "show values that look like secrets")
    group.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    flag(group, "details", True, "list what differs below the table")
    group.add_argument("--exit-style", choices=STYLES, default="nomad", help="codes for same, drift, error (nomad)")


@dataclass(frozen=True, slots=True)
class Row:
    """What was found out about one job. `version` is that of the cluster; `text` says why it is an error."""

    outcome: str
    job: str
    namespace: str = "default"
    file: str = ""
    version: int | None = None
    changes: tuple[str, ...] = ()
    text: str = ""


def execute(args: argparse.Namespace) -> int:
    inventory, redaction = _cluster(args)
    config, now = read_config(args), read_now(args, inventory)
    unloaded = _unloaded(inventory)
    rows = []
    for name in job_files(args.jobs):
        try:
            file = read_job(name, args)
            job = _prepared(file, inventory, redaction, args.preserve_counts)
            rows.append(_compared(file, job, unloaded, args.show_secrets, config=config, now=now))
        except JobplanError as error:
            rows.append(Row("error", name, "", name, text=str(error).strip()))
    if args.unmanaged:
        rows.extend(_unmanaged(inventory, rows))
    show(_json(rows) if args.format == "json" else report(rows, details=args.details))
    return _exit_code(rows, args.exit_style)


def _exit_code(rows: list[Row], style: str) -> int:
    codes = STYLES[style]
    if any(row.outcome == "error" for row in rows):
        return codes.error
    return codes.changes if any(OUTCOMES[row.outcome][1] for row in rows) else codes.nothing


# ---- comparing -------------------------------------------------------------------------------------------------------


def _cluster(args: argparse.Namespace) -> Cluster:
    if not args.inventory and not os.environ.get("JOBPLAN_INVENTORY"):
        raise ConfigError("there is nothing to compare with: give --inventory FILE (or JOBPLAN_INVENTORY)")
    return read_cluster(args)


def _unloaded(inventory: Inventory) -> Inventory:
    """The registered jobs and the settings, without nodes and allocations: nothing is to be placed."""
    return dataclasses.replace(inventory, nodes={}, allocations={}, by_node={}, by_job={}, deployments={})


def _prepared(file: JobFile, inventory: Inventory, redaction: Redaction | None, preserve_counts: bool) -> Job:
    from jobplan.canonical import load_job
    from jobplan.model.kinds import copy

    job = load_job(file.api)
    stored = inventory.job(job.namespace, job.id)
    if preserve_counts and stored is not None:
        job = copy(job)
        counts = {group.name: group.count for group in stored.job.task_groups or ()}
        for group in job.task_groups or ():
            group.count = counts.get(group.name, group.count)
    return job if redaction is None else redaction.submitted(job)


def _compared(file: JobFile, job: Job, inventory: Inventory, show_secrets: bool, **settings: Any) -> Row:
    from jobplan.planning import plan
    from jobplan.rendering.redaction import redact

    made = plan(job, inventory, **settings)
    response = made.response if show_secrets else redact(made.response)
    changes = tuple(changed_paths(response["Diff"])) if made.stored is not None else ()
    return Row(
        _outcome(made),
        made.job.id,
        made.job.namespace,
        file.name,
        None if made.stored is None else made.stored.version,
        changes,
    )


def _outcome(plan: Plan) -> str:
    if plan.stored is None:
        return "missing"
    if plan.stored.stop and not plan.job.stop:
        return "stopped"
    if plan.response["Diff"]["Type"] != "None":
        return "changed"
    return "hidden" if plan.run.snapshot.changed else "same"


def _unmanaged(inventory: Inventory, rows: Iterable[Row]) -> Iterator[Row]:
    """Registered jobs without a file; children belong to their parents."""
    known = {(row.namespace, row.job) for row in rows}
    for (namespace, name), version in inventory.jobs.items():
        if (namespace, name) not in known and not version.job.parent_id and not version.job.stop:
            yield Row("unmanaged", name, namespace, version=version.version)


def changed_paths(node: Api, path: str = "") -> Iterator[str]:
    """What differs, one line a field: `web / app: Env[PORT] 80 → 8080`; new and deleted objects as a whole."""
    for field in node.get("Fields") or ():
        if field["Type"] != "None":
            yield f"{_below(path, field['Name'])}: {_value(field['Old'])} → {_value(field['New'])}"
    for key in ("Objects", "TaskGroups", "Tasks"):
        for child in node.get(key) or ():
            here = _below(path, child["Name"])
            if child["Type"] in ("Added", "Deleted"):
                yield f"{here}: {child['Type'].lower()}"
            elif child["Type"] != "None":
                yield from changed_paths(child, here)


def _below(path: str, name: str) -> str:
    return f"{path} / {name}" if path else name


def _value(text: str) -> str:
    if text == "":
        return "(none)"
    shown = json.dumps(text, ensure_ascii=False)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 2]}…{shown[-1]}"


_LONGEST = 60
"""Characters of a value that are shown."""


# ---- showing ---------------------------------------------------------------------------------------------------------

_HEADINGS = ("Job", "Namespace", "Version", "State", "Changes", "File")


def report(rows: list[Row], *, details: bool) -> str:
    """A table, what differs, and a sentence."""
    cells = [_HEADINGS] + [
        (row.job, row.namespace, "-" if row.version is None else str(row.version), row.outcome, _count(row), row.file)
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS) - 1)]
    lines = ["  ".join([*map(str.ljust, line, widths), line[-1]]).rstrip() for line in cells]
    if details:
        for row in rows:
            told = [row.text] if row.text else list(row.changes)
            if told:
                lines += ["", f"{row.job}: {OUTCOMES[row.outcome][0]}"]
                lines += [f"  {line}" for text in told for line in text.splitlines()]
    drifted = sum(OUTCOMES[row.outcome][1] for row in rows)
    failed = sum(row.outcome == "error" for row in rows)
    said = [counted(len(rows), "job")]
    if drifted or not failed:
        said.append(f"{drifted} drifted" if drifted else "no drift")
    if failed:
        said.append(f"{failed} not compared")
    lines += ["", ", ".join(said)]
    return "\n".join(lines) + "\n"


def _count(row: Row) -> str:
    return str(len(row.changes)) if row.changes else "-"


def _json(rows: list[Row]) -> str:
    return json.dumps([dataclasses.asdict(row) for row in rows], indent=2, ensure_ascii=False) + "\n"
