"""Two states of a git repository, read with the program `git`: what changed between them, and the old and new bytes.

A state is a revision, the index, or the working tree. Nothing is checked out and nothing is written.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobplan.errors import InputError

INDEX = ":"
"""The index, where a revision is expected."""
WORKING_TREE = ""
"""The working tree, where a revision is expected."""


class GitError(InputError):
    """Git cannot answer: no repository, an unknown revision, no git at all."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs between two states; `None`: it is not there. Paths are relative to the repository."""

    old: str | None
    new: str | None


class Repository:
    """The repository around a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            self.root = Path(os.fsdecode(self._git("rev-parse", "--show-toplevel")).rstrip("\n"))
        except GitError as error:
            if "not a git repository" in str(error):
                raise GitError(f"{directory.absolute()} is not in a git repository") from None
            raise

    # ---- revisions -------------------------------------------------------------------------------------------------

    def commit(self, revision: str) -> str:
        """The commit that a revision names. Raises GitError for an unknown one."""
        try:
            return (
                self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
                .decode()
                .strip()
            )
        except GitError:
            raise GitError(f"git knows no revision {revision!r}") from None

    def merge_base(self, one: str, other: str) -> str:
        """Where two revisions parted. Raises GitError when they have nothing in common."""
        try:
            return self._git("merge-base", one, other).decode().strip()
        except GitError:
            raise GitError(f"{one} and {other} have no common ancestor") from None

    def has_commits(self) -> bool:
        """Whether HEAD exists."""
        try:
            self.commit("HEAD")
        except GitError:
            return False
        return True

    def empty_tree(self) -> str:
        """A state without files, for a repository that has no commit yet."""
        return self._git("hash-object", "-t", "tree", "--stdin", data=b"").decode().strip()

    # ---- changes ---------------------------------------------------------------------------------------------------

    def changes(self, base: str, head: str, paths: Sequence[str]) -> list[Change]:
        """The files below `paths` (relative to the directory) that differ; renames are found, in the order of git.

        `head`: a revision, INDEX or WORKING_TREE (files that git does not track included, unless ignored).
        """
        states = {INDEX: ["--cached", base], WORKING_TREE: [base]}.get(head, [base, head])
        where = ["--", *(paths or ["."])]
        out = self._git(
            "diff", "--name-status", "-z", "-M", "--no-relative", "--no-ext-diff", "--no-textconv", *states, *where
        )
        found = list(_name_status(out))
        if head == WORKING_TREE:
            listed = self._git("ls-files", "--others", "--exclude-standard", "-z", "--full-name", *where)
            found += [Change(None, os.fsdecode(name)) for name in listed.split(b"\0") if name]
        return found

    # ---- contents --------------------------------------------------------------------------------------------------

    def contents(self, state: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of files of a state; files that are not there (or no files) are left out."""
        wanted = list(dict.fromkeys(paths))
        if state == WORKING_TREE:
            return {path: data for path in wanted if (data := _read(self.root / path)) is not None}
        names = [os.fsencode(f":{path}" if state == INDEX else f"{state}:{path}") for path in wanted]
        odd = [index for index, name in enumerate(names) if b"\n" in name]
        plain = [index for index, name in enumerate(names) if b"\n" not in name]
        out = self._git("cat-file", "--batch", data=b"".join(names[index] + b"\n" for index in plain)) if plain else b""
        made = {wanted[index]: data for index, data in zip(plain, _batch(out)) if data is not None}
        for index in odd:  # the batch protocol has one name a line
            made[wanted[index]] = self._git("cat-file", "blob", os.fsdecode(names[index]))
        return made

    def names(self, state: str, directory: str) -> list[str]:
        """The files of a state below a directory (relative to the root), in order."""
        where = ["--", f":(top,literal){directory}"] if directory != "." else []
        if state in (INDEX, WORKING_TREE):
            out = self._git("ls-files", "-z", "--full-name", *where)
        else:
            prefix = ["--", directory] if directory != "." else []
            out = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", state, *prefix)
        return [os.fsdecode(name) for name in out.split(b"\0") if name]

    def _git(self, *arguments: str, data: bytes | None = None) -> bytes:
        try:
            done = subprocess.run(
                ["git", "-C", str(self._directory), *arguments],
                input=data,
                stdin=None if data is not None else subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            )
        except OSError as error:
            raise GitError(f"git cannot be run: {error.strerror or error}") from None
        if done.returncode:
            raise GitError(f"git: {done.stderr.decode('utf-8', 'replace').strip() or f'exit code {done.returncode}'}")
        return done.stdout


def _name_status(out: bytes) -> Iterator[Change]:
    """The output of `git diff --name-status -z`: status, path, and for renames and copies a second path."""
    parts = iter(out.split(b"\0"))
    for status in parts:
        if not status:
            return
        first = os.fsdecode(next(parts))
        match status[:1]:
            case b"A":
                yield Change(None, first)
            case b"D":
                yield Change(first, None)
            case b"R":
                yield Change(first, os.fsdecode(next(parts)))
            case b"C":
                yield Change(None, os.fsdecode(next(parts)))
            case b"U":
                raise GitError(f"{first} is not merged yet")
            case _:
                yield Change(first, first)


def _batch(out: bytes) -> Iterator[bytes | None]:
    """The output of `git cat-file --batch`: `<id> <type> <size>`, the bytes, a newline; or `<name> missing`."""
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        head = out[at:end].rsplit(b" ", 2)
        at = end + 1
        if len(head) != 3 or not head[2].isdigit():
            yield None
            continue
        size = int(head[2])
        yield out[at : at + size] if head[1] == b"blob" else None
        at += size + 1


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise GitError(f"{path} cannot be read: {error.strerror or error}") from None
