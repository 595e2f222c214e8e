"""HCL job files on the command line: the variables and files that it grants them.

Variables and environment are read here and nowhere else. spec: jobspec §0.1
"""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from jobplan.cli.git import Repository
from jobplan.cli.inputs import STDIN, JobFileError, digest
from jobplan.source.jobspec.environment import FileRefused
from jobplan.source.jobspec.reading import DirectoryReader

if TYPE_CHECKING:
    from jobplan.source.jobspec import JobspecOptions, ParsedJobspec, VariableFile
    from jobplan.source.jobspec.environment import FileReader


class NotingReader(DirectoryReader):
    """Reads from the disk and notes what was read, as name → digest."""

    def __init__(self, name: str, args: argparse.Namespace) -> None:
        directory = Path.cwd() if name == STDIN else Path(name).absolute().parent
        outside = [Path(path) for path in args.allow_outside]
        super().__init__(directory, outside, working=Path.cwd(), home=os.environ.get("HOME", ""))
        self.seen: dict[str, str] = {}

    def read(self, path: str) -> bytes:
        data = super().read(path)
        self.seen[path] = digest(data)
        return data


class StateReader:
    """Reads the files of one state of a repository: what `file("config.tpl")` was in a revision, or is in the index.

    Paths are relative to the current directory, as for job files on the disk, and have to be inside the repository.
    """

    def __init__(self, repository: Repository, state: str) -> None:
        self._repository, self._state = repository, state
        self.working_directory = str(Path.cwd())
        self.home = os.environ.get("HOME", "")

    def _inside(self, path: str) -> str:
        """The path relative to the root of the repository."""
        if "\0" in path:
            raise ValueError("null byte in a path")
        root = self._repository.root.resolve()
        full = Path(os.path.normpath(Path.cwd().resolve() / path))
        if root != full and root not in full.parents:
            raise FileRefused(f"{path} is outside the repository")
        return full.relative_to(root).as_posix()

    def read(self, path: str) -> bytes:
        inside = self._inside(path)
        found = self._repository.contents(self._state, [inside]).get(inside)
        if found is None:
            raise FileNotFoundError(path)
        return found

    def is_file(self, path: str) -> bool:
        inside = self._inside(path)
        if self._repository.contents(self._state, [inside]):
            return True
        if self.names_below(path):
            raise FileRefused(f"{path} is not a regular file, but a directory")
        return False

    def names_below(self, path: str) -> list[str]:
        inside = self._inside(path)
        names = self._repository.names(self._state, inside)
        base = PurePosixPath(inside)
        return [PurePosixPath(name).relative_to(base).as_posix() for name in names if name != inside]


def parsed_file(
    name: str,
    text: str,
    args: argparse.Namespace,
    files: FileReader | None = None,
    seen: MutableMapping[str, str] | None = None,
) -> ParsedJobspec:
    """The job file that a command line names, with the variables and files that it grants.

    `files`: where its functions read, default the disk; the digests of what was read there are put into `seen`.
    Raises JobFileError.
    """
    from jobplan.source.jobspec import HCLError, parse_jobspec_with_positions

    shown = "stdin" if name == STDIN else Path(name).name
    reader = files if files is not None else NotingReader(name, args)
    variables = [_variable_file(file, name) for file in args.var_file]
    try:
        made = parse_jobspec_with_positions(text, filename=shown, options=_options(args, variables, reader))
    except HCLError as error:
        raise JobFileError(f"Error parsing job file from {name}:\n{error}") from None
    if seen is not None:
        seen.update({file: digest(Path(file).read_bytes()) for file in args.var_file})
        seen.update(reader.seen if isinstance(reader, NotingReader) else {})
    return made


def _options(args: argparse.Namespace, variables: list[VariableFile], files: FileReader) -> JobspecOptions:
    from jobplan.source.jobspec import JobspecOptions

    return JobspecOptions(
        variable_files=tuple(variables),
        arguments=tuple(args.var),
        environment={key: value for key, value in os.environ.items() if key.startswith("NOMAD_VAR_")},
        strict=args.hcl2_strict,
        files=files,
        seed=getattr(args, "seed", None) or secrets.token_hex(16),
    )


def _variable_file(name: str, job_name: str) -> VariableFile:
    from jobplan.source.jobspec import VariableFile

    try:
        return VariableFile(Path(name).read_bytes().decode("utf-8", "replace"), Path(name).name)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        detail = f'Failed to read file; failed to read "{name}": open {name}: {reason}'
        raise JobFileError(
            f"Error parsing job file from {job_name}:\nunable to parse var file: <nil>: {detail}"
        ) from None
