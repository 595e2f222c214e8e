"""Stage 1 for HCL: text of a job file and variable values → API job, before any default.

In: the text, and everything else it may depend on (variables, environment, files, seed) as arguments. Out: the API
job as plain JSON data, with the places of its parts. Not here: defaults and checks of values (`canonical`,
`admission`).

    lexer, parser, templates, json_syntax   text → syntax tree                       jobspec §2, §12
    values, numbers, conversion             what values are and how they convert     jobspec §3
    evaluate, access, calls, functions/     expressions → values                     jobspec §4, §5, §13
    variables, typespec                     variables, locals, types                 jobspec §6
    schema, kinds, contents, decode, …      bodies → API objects                     jobspec §7-§10
    finish                                  post-decode rules                        jobspec §11
    load                                    the order of it all                      jobspec §1

spec: jobspec
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jobplan.source.jobspec.diagnostics import Diagnostic, HCLError, Position
from jobplan.source.jobspec.environment import FileReader, FileRefused
from jobplan.source.jobspec.limits import LimitExceeded, Limits
from jobplan.source.jobspec.load import ParsedJobspec, parse
from jobplan.source.jobspec.options import JobspecOptions, VariableFile

__all__ = [
    "Diagnostic",
    "FileReader",
    "FileRefused",
    "HCLError",
    "JobspecOptions",
    "LimitExceeded",
    "Limits",
    "ParsedJobspec",
    "Position",
    "VariableFile",
    "parse_jobspec",
    "parse_jobspec_with_positions",
]


def parse_jobspec(
    text: str,
    *,
    variables: Mapping[str, Any] | str | None = None,
    filename: str = "job.nomad",
    options: JobspecOptions | None = None,
) -> dict[str, Any]:
    """The API job of an HCL job file, before the default passes.

    `variables`: name → value, or the text of one variable file. Values of undeclared variables are ignored. Nothing
    outside the arguments is read; `options` can grant more. Raises `JobspecError` (an `HCLError` with Nomad's own
    text in `.text`, or a `LimitExceeded`). spec: jobspec
    """
    return parse(text, filename, _options(variables, filename, options), with_positions=False).job


def parse_jobspec_with_positions(
    text: str,
    *,
    variables: Mapping[str, Any] | str | None = None,
    filename: str = "job.nomad",
    options: JobspecOptions | None = None,
) -> ParsedJobspec:
    """As `parse_jobspec`, with `.positions` (JSON pointer of a part of the job → line and column from 1), `.warnings`
    and `.volatile`."""
    return parse(text, filename, _options(variables, filename, options))


def _options(variables: Mapping[str, Any] | str | None, filename: str, given: JobspecOptions | None) -> JobspecOptions:
    options = given or JobspecOptions()
    if isinstance(variables, str):
        files: Sequence[VariableFile] = [VariableFile(variables, filename), *options.variable_files]
        return replace(options, variable_files=files, variable_file_prefix="unable to parse var content: ")
    if variables is not None:
        return replace(options, variables={**options.variables, **variables})
    return options
