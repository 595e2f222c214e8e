"""A job as a command line names it: a file, a file of a git revision, or a saved state.

jobs/web.nomad                  a file; - is standard input
origin/main:jobs/web.nomad      a file as it was in a revision, relative to the root of the repository
:jobs/web.nomad                 the same file in the index
inventory.json#web              the registered job of an inventory; inventory.json#prod/web: of that namespace
/dev/null                       no job
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobplan.cli.git import Repository
from jobplan.cli.inputs import JobFile, JobFileError, job_from_text, load_cluster, read_job
from jobplan.cli.joint import state_reader
from jobplan.errors import InputError
from jobplan.source.jsontext import decode_bytes

NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class State:
    """A job and where it comes from. `stored`: a server has admitted it already; `api` is None: there is no job."""

    name: str
    api: dict[str, Any] | None
    file: JobFile | None = None
    stored: bool = False


def read_state(name: str, args: argparse.Namespace) -> State:
    """The job that `name` stands for. Raises JobFileError, InputError."""
    if name == NOTHING:
        return State(name, None)
    path, hash_, job = name.rpartition("#")
    if hash_ and not Path(name).exists():
        return _registered(name, path, job)
    revision, colon, inside = name.partition(":")
    if colon and not Path(name).exists():
        file = _of_revision(name, revision, inside, args)
    else:
        file = read_job(name, args)
    return State(name, file.api, file)


def _of_revision(name: str, revision: str, path: str, args: argparse.Namespace) -> JobFile:
    repository = Repository(Path.cwd())
    state = repository.commit(revision) if revision else ":"
    found = repository.contents(state, [path]).get(path)
    if found is None:
        raise JobFileError(f'Error getting jobfile from "{name}": there is no such file in {revision or "the index"}')
    text = decode_bytes(found)
    return job_from_text(name, text, args, state_reader(repository, state, name, text))


def _registered(name: str, path: str, job: str) -> State:
    namespace, slash, job_id = job.rpartition("/")
    inventory, _ = load_cluster(path)
    versions = [inventory.job(namespace if slash else "default", job_id), inventory.job("default", job)]
    found = next((version for version in versions if version is not None), None)
    if found is None:
        raise InputError(f"{path} has no job {job!r}")
    return State(name, found.job.to_api(), stored=True)
