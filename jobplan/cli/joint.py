"""All jobs that differ between two states of a repository, planned one on top of the other."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobplan.cli.git import INDEX, WORKING_TREE, Change, Repository
from jobplan.cli.inputs import STDIN, JobFile, digest, is_json, job_from_text, read_cluster, read_config, read_now
from jobplan.cli.jobfiles import holds_job, may_hold_job
from jobplan.cli.planned import DuringPlan, Wanted, World, plan_job, refusal_finding, report_of
from jobplan.cli.terminal import note, with_progress
from jobplan.cli.whatif import changed_cluster
from jobplan.errors import InputError, JobplanError
from jobplan.rendering.joint import Entry, Joint
from jobplan.rendering.options import Report
from jobplan.source.jsontext import decode_bytes

if TYPE_CHECKING:
    from jobplan.inventory import Inventory
    from jobplan.source.jobspec.environment import FileReader

DEFAULT_PRIORITY = 50
HCL_SEED = "jobplan"
"""Random functions of HCL give the same values for both states, so that they are no change."""
# pre-commit tells with these which states it was asked to compare.
HOOK_VARIABLES = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")


@dataclass(frozen=True, slots=True)
class States:
    """The two states: commits, INDEX or WORKING_TREE, and the repository."""

    repository: Repository
    base: str
    head: str

    def shown(self, path: str) -> str:
        """A path of the repository as seen from the current directory."""
        return os.path.relpath(self.repository.root / path)

    def input_name(self, path: str) -> str:
        """The name under which a saved plan knows a file of the new state."""
        return self.shown(path) if self.head == WORKING_TREE else f"{self.head.rstrip(':')}:{path}"


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job that was added, changed or removed. `old` is its API job before; `file` the new file, or the old one."""

    action: str
    file: JobFile
    old: dict[str, Any] | None


@dataclass(slots=True)
class _Side:
    """The jobs of one state by namespace and ID; files in which there is none; what cannot be read."""

    jobs: dict[tuple[str, str], JobFile] = field(default_factory=dict)
    broken: list[tuple[JobFile, str]] = field(default_factory=list)


# ---- what changed ----------------------------------------------------------------------------------------------------


def states_of(args: argparse.Namespace) -> States:
    """The states that a command line names. Raises GitError, InputError."""
    repository = Repository(Path.cwd())
    old, new = (os.environ.get(name, "") for name in HOOK_VARIABLES)
    if args.staged and args.base is None and args.head is None and old and new:
        return States(repository, repository.commit(old), repository.commit(new))
    if args.staged and args.head is not None:
        raise InputError("--staged and --head exclude each other")
    head = INDEX if args.staged else WORKING_TREE if args.head is None else repository.commit(args.head)
    if args.base is None and not repository.has_commits():
        return States(repository, repository.empty_tree(), head)
    base = repository.commit("HEAD" if args.base is None else args.base)
    if args.merge_base:
        base = repository.merge_base(base, head if args.head is not None else "HEAD")
    return States(repository, base, head)


def job_changes(
    states: States, paths: Sequence[str], args: argparse.Namespace
) -> tuple[list[JobChange], list[tuple[JobFile, str]], dict[str, bytes]]:
    """The jobs that differ in the order of planning; files that cannot be read, with the reason; the new contents."""
    changes = [change for change in states.repository.changes(states.base, states.head, paths) if _candidate(change)]
    old_bytes = states.repository.contents(states.base, (change.old for change in changes if change.old is not None))
    new_bytes = states.repository.contents(states.head, (change.new for change in changes if change.new is not None))
    args.seed = HCL_SEED
    old = _side(old_bytes, states, states.base, args)
    new = _side(new_bytes, states, states.head, args)
    for file, text in old.broken:
        note(f"{file.name}: the old state cannot be read and counts as absent: {text}")
    made = []
    for key, file in new.jobs.items():
        before = old.jobs.get(key)
        if before is None or before.api != file.api:
            action, earlier = ("added", None) if before is None else ("changed", before.api)
            made.append(JobChange(action, file, earlier))
    made += [JobChange("removed", file, file.api) for key, file in old.jobs.items() if key not in new.jobs]
    return sorted(made, key=_order), new.broken, new_bytes


def state_reader(repository: Repository, state: str, name: str, text: str) -> FileReader | None:
    """What functions such as file() read in a state; None: the disk. Loads nothing for a file that is JSON."""
    if state == WORKING_TREE or is_json(name, text):
        return None
    from jobplan.cli.hcl import StateReader

    return StateReader(repository, state)


def _candidate(change: Change) -> bool:
    return any(path is not None and may_hold_job(path) for path in (change.old, change.new))


def _side(contents: Mapping[str, bytes], states: States, state: str, args: argparse.Namespace) -> _Side:
    made = _Side()
    for path, data in contents.items():
        if not holds_job(path, data):
            continue
        name, text = states.shown(path), decode_bytes(data)
        try:
            file = job_from_text(name, text, args, state_reader(states.repository, state, name, text))
        except JobplanError as error:
            made.broken.append((JobFile(name, text, {"ID": path}), f"Error getting job struct: {error}"))
            continue
        key = (file.api.get("Namespace") or "default", str(file.api.get("ID") or path))
        if key in made.jobs:
            made.broken.append((file, f"Error: {made.jobs[key].name} defines the job {key[1]!r} too"))
        else:
            made.jobs[key] = file
    return made


def _order(change: JobChange) -> tuple[int, str, str]:
    """Greatest priority first, then by name: jobs that matter more get their room first."""
    api = change.file.api
    priority = api.get("Priority")
    known = priority if isinstance(priority, int) and priority else DEFAULT_PRIORITY
    return -known, str(api.get("ID")), str(api.get("Namespace"))


# ---- planning --------------------------------------------------------------------------------------------------------


def plan_jointly(
    changes: Sequence[JobChange], inventory: Inventory, world: World, wanted: Wanted, words: Sequence[str]
) -> Iterator[tuple[Entry, Inventory]]:
    """One entry per change, with the cluster after it; each plan sees the cluster as the plans before have left it."""
    for change in changes:
        try:
            if change.old is not None:
                inventory = _registered(change.old, inventory, world)
            plan = plan_job(_submitted(change, inventory), inventory, world)
        except JobplanError as error:
            yield refused_entry(change.file, change.action, str(error)), inventory
            continue
        report = report_of(change.file, plan, wanted, {}, words)
        inventory = plan.after()
        yield Entry(str(change.file.api.get("ID")), change.action, change.file.name, report), inventory


def refused_entry(file: JobFile, action: str, text: str) -> Entry:
    """A job without a plan, with the reason."""
    report = Report(job=file.api, findings=[refusal_finding(file, text)])
    return Entry(str(file.api.get("ID")), action, file.name, report, text)


def _registered(old: dict[str, Any], inventory: Inventory, world: World) -> Inventory:
    """The inventory with the old state of a job registered, unless it knows the job: what it knows is what runs."""
    from jobplan.inventory import JobVersion
    from jobplan.model.kinds import copy

    if inventory.job(old.get("Namespace") or "default", str(old.get("ID"))) is not None:
        return inventory
    emptied = dataclasses.replace(inventory, nodes={}, allocations={}, by_node={}, by_job={})
    try:
        job = copy(plan_job(old, emptied, world).job)
    except DuringPlan:
        return inventory  # the server would never have had it
    job.create_index = job.modify_index = job.job_modify_index = 0
    job.status, job.stop = "running", False
    return inventory.with_job(JobVersion.of(job))


def _submitted(change: JobChange, inventory: Inventory) -> dict[str, Any]:
    if change.action != "removed":
        return change.file.api
    api = change.file.api
    stored = inventory.job(api.get("Namespace") or "default", str(api.get("ID")))
    return {**(api if stored is None else dict(stored.api)), "Stop": True}


# ---- the command -----------------------------------------------------------------------------------------------------


def plan_states(args: argparse.Namespace, wanted: Wanted) -> Joint:
    """Plan everything that differs between the states of a command line. Raises JobplanError."""
    if STDIN in args.job:
        raise InputError("standard input is not part of a repository")
    if args.scale:
        raise InputError("--scale is about one job")
    states = states_of(args)
    inputs: dict[str, str] = {}
    captured, redaction = read_cluster(args, inputs)
    inventory, words = changed_cluster(args, captured)
    world = World(inventory, read_config(args, inputs), read_now(args, captured), inputs, redaction)
    changes, broken, contents = job_changes(states, args.job, args)
    entries = [refused_entry(file, "changed", text) for file, text in broken]
    planned = plan_jointly(changes, inventory, world, dataclasses.replace(wanted, utilisation=False), words)
    later = inventory
    for entry, cluster in with_progress(planned, len(changes), "planning"):
        entries.append(entry)
        later = cluster  # the last one counts; the others are let go
    inputs.update(_digests(states, entries, contents))
    return Joint(entries, inputs, _use(inventory, later) if wanted.utilisation else ())


def _digests(states: States, entries: Sequence[Entry], contents: Mapping[str, bytes]) -> dict[str, str]:
    """The new files of the jobs, under the names by which `jobplan verify` finds them."""
    paths = {states.shown(path): path for path in contents}
    found = sorted({paths[entry.file] for entry in entries if entry.file in paths})
    return {states.input_name(path): digest(contents[path]) for path in found}


def _use(earlier: Inventory, later: Inventory) -> list[dict[str, Any]]:
    from jobplan.explain.utilisation import cluster_use

    return [item.to_api() for item in cluster_use(earlier, later)]
