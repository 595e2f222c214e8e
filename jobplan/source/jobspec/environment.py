"""What the caller lets functions reach: files, and a source for values that differ from run to run.

Nothing is read and nothing is random here; the caller passes a `FileReader` and a seed.

spec: jobspec §13.6, §13.8
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Protocol


class FileRefused(Exception):
    """A file that is not there or may not be read; `str()` is the reason."""


class FileReader(Protocol):
    """Read access for the filesystem functions. Paths are as written in the job file."""

    home: str
    working_directory: str

    def read(self, path: str) -> bytes:
        """Content; raises FileNotFoundError, `FileRefused`, OSError."""

    def is_file(self, path: str) -> bool:
        """Is it a regular file? Raises `FileRefused` for anything that exists and is none."""

    def names_below(self, path: str) -> list[str]:
        """Relative paths of all regular files below a directory, with `/`."""


@dataclass(slots=True)
class Environment:
    """`files` is None where filesystem functions are disabled; `seed` decides the "random" values of one run."""

    files: FileReader | None = None
    seed: bytes = b""
    volatile: list[str] = field(default_factory=list)
    drawn: int = 0

    def random_bytes(self, function: str, length: int) -> bytes:
        """Bytes that depend on the seed and the number of earlier draws only; notes that `function` drew them."""
        self.volatile.append(function)
        self.drawn += 1
        return hashlib.shake_128(self.seed + self.drawn.to_bytes(8, "big")).digest(length)
