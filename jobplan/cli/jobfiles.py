"""Which files of a directory are job files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from jobplan.errors import InputError

_ALWAYS = (".nomad", ".nomad.hcl", ".nomad.json", ".job", ".job.hcl")
# Files of these endings are job files if they hold a job.
_LOOK_INSIDE = {
    ".hcl": re.compile(rb'^[ \t]*job[ \t]+["A-Za-z_]', re.MULTILINE),
    ".json": re.compile(rb'"taskgroups"\s*:', re.IGNORECASE),
}
_SKIPPED = ("node_modules",)


def job_files(names: Iterable[str], *, excluded: Callable[[str], bool] = lambda _: False) -> list[str]:
    """The names with every directory replaced by the job files in it and below, in order; hidden directories are
    skipped. `excluded` is asked about files of directories only. Raises InputError for a directory without job files.
    """
    found: dict[str, None] = {}
    for name in names:
        if name == "-" or not Path(name).is_dir():
            found[name] = None
            continue
        inside = list(_below(Path(name)))
        if not inside:
            raise InputError(f"there are no job files in {name}")
        found.update((file, None) for file in inside if not excluded(file))
    return list(found)


def _below(directory: Path) -> Iterator[str]:
    for path in sorted(directory.iterdir()):
        if path.is_dir():
            if not path.name.startswith(".") and path.name not in _SKIPPED and not path.is_symlink():
                yield from _below(path)
        elif path.is_file() and is_job_file(path):
            yield str(path)


def is_job_file(path: Path) -> bool:
    """By its name, or where that does not tell by what it holds."""
    return path.name.endswith(_ALWAYS) or (path.suffix in _LOOK_INSIDE and holds_job(path.name, path.read_bytes()))


def may_hold_job(name: str) -> bool:
    """Whether a file of this name can be a job file."""
    return name.endswith((*_ALWAYS, *_LOOK_INSIDE))


def holds_job(name: str, data: bytes) -> bool:
    """Whether a file of this name and contents is a job file."""
    if name.endswith(_ALWAYS):
        return True
    return any(name.endswith(suffix) and pattern.search(data) for suffix, pattern in _LOOK_INSIDE.items())
