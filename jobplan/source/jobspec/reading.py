"""Read access to files below given directories: what command line tools pass as `JobspecOptions.files`.

The only module of the folder that touches the file system, and only when a filesystem function is called. A job file
may come from anybody, so nothing outside the allowed directories is read, symbolic links included.

spec: jobspec §13.8
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jobplan.source.jobspec.environment import FileRefused

MAX_FILES = 100_000
"""More files below one directory than this are not listed."""


class DirectoryReader:
    """Reads relative to `working_directory`, below the directory of the job file and those in `allow_outside`.

    `home` stands for `~`. Meets the protocol `FileReader`.
    """

    def __init__(self, job_directory: Path, allow_outside: Sequence[Path] = (), *, working: Path, home: str) -> None:
        self._base = working.absolute()
        self.working_directory = str(self._base)
        self.home = home
        self._roots = [p.resolve() for p in (job_directory, *allow_outside)]

    def _path(self, path: str) -> Path:
        if "\0" in path:
            raise ValueError("null byte in a path")
        full = self._base / path
        real = full.resolve()
        if not any(real == root or root in real.parents for root in self._roots):
            if not full.exists():
                raise FileNotFoundError(path)
            raise FileRefused(f"{path} is outside the directory of the job file, which --allow-outside=DIR must allow")
        return full

    def read(self, path: str) -> bytes:
        return self._path(path).read_bytes()

    def is_file(self, path: str) -> bool:
        full = self._path(path)
        if full.is_file():
            return True
        if full.exists():
            raise FileRefused(
                f"{path} is not a regular file, but {'a directory' if full.is_dir() else 'a special file'}"
            )
        return False

    def names_below(self, path: str) -> list[str]:
        root = self._path(path)
        names: list[str] = []
        for found in root.rglob("*"):
            if found.is_file():
                names.append(found.relative_to(root).as_posix())
                if len(names) > MAX_FILES:
                    raise FileRefused(f"more than {MAX_FILES} files below {path}")
        return names
