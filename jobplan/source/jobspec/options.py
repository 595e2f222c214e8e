"""What the caller of the parser decides.

spec: jobspec §0.1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobplan.source.jobspec.environment import FileReader
from jobplan.source.jobspec.limits import Limits


@dataclass(frozen=True, slots=True)
class VariableFile:
    """Text of a variable file and the name that error texts use."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class JobspecOptions:
    """Sources of variable values, weakest first: `environment` (only its `NOMAD_VAR_*` entries count), `variables`
    (name → plain value), `variable_files`, `arguments` (`name=text`, as after `-var`).

    `strict`: assigning an undeclared variable in a file or argument is an error (the command line) instead of being
    ignored (the endpoint). `files`: read access for the filesystem functions; None disables them, as the endpoint does.
    `seed` decides the values of `uuidv4()` and `bcrypt()`; the same seed gives the same job.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    variable_files: Sequence[VariableFile] = ()
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    files: FileReader | None = None
    seed: str = ""
    limits: Limits = field(default_factory=Limits)
    variable_file_prefix: str = "unable to parse var file: "
