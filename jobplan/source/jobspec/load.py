"""The whole way from text to API job, in the order of the specification.

spec: jobspec §1
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from jobplan.errors import JobspecError
from jobplan.source.jobspec.contents import Allowed, contents
from jobplan.source.jobspec.decode import Decoder
from jobplan.source.jobspec.diagnostics import Diagnostic, HCLError, Position, Source
from jobplan.source.jobspec.environment import Environment
from jobplan.source.jobspec.finish import finish
from jobplan.source.jobspec.json_syntax import JsonBody, is_json, parse_json_body
from jobplan.source.jobspec.limits import Budget, LimitExceeded, Limits
from jobplan.source.jobspec.options import JobspecOptions
from jobplan.source.jobspec.parser import parse_body
from jobplan.source.jobspec.places import Places
from jobplan.source.jobspec.scope import Scope, Session
from jobplan.source.jobspec.syntax import Block, Body
from jobplan.source.jobspec.variables import Variables, evaluate_locals

_TOP_LEVEL = Allowed(  # spec: jobspec §6
    (), {"job": "name", "variable": "name", "variables": None, "locals": None}, dynamic=False
)


@dataclass(frozen=True, slots=True)
class ParsedJobspec:
    """A parsed job file: the API `job`; `positions` of its parts by JSON pointer; `warnings`; and `volatile`: the
    functions that gave values which differ from run to run on a real cluster (`uuidv4`, `bcrypt`)."""

    job: dict[str, Any]
    positions: dict[str, Position]
    warnings: tuple[str, ...]
    volatile: tuple[str, ...]


def parse(text: str, filename: str, options: JobspecOptions, with_positions: bool = True) -> ParsedJobspec:
    """Raises `JobspecError` for every text that is no acceptable job file."""
    try:
        return _parse(text, filename, options, with_positions)
    except RecursionError:
        message = "nested too deeply"
        raise LimitExceeded(message, filename=filename) from None


def _parse(text: str, filename: str, options: JobspecOptions, with_positions: bool) -> ParsedJobspec:
    source = Source(text, filename)
    body, syntax_error = _read(source, options.limits)
    files = [_read_variables(Source(f.text, f.name), options) for f in options.variable_files]
    if syntax_error is not None:
        raise syntax_error
    assert body is not None
    environment = Environment(options.files, hashlib.sha256(options.seed.encode()).digest())
    session = Session(Budget(options.limits), environment)
    scope = Scope(source, session, {})
    top = contents(body, _TOP_LEVEL, scope)
    job_block = _job_block(top.of("job"), scope)
    _stop(session, [])
    scope, warnings = _with_variables(top.blocks, files, options, scope)
    return _job(job_block, scope, warnings, with_positions)


def _check_size(source: Source, limits: Limits) -> None:
    if len(source.text) > limits.source_size:
        raise LimitExceeded(f"the text is longer than {limits.source_size} characters", filename=source.name)


def _read(source: Source, limits: Limits) -> tuple[Body | JsonBody | None, JobspecError | None]:
    """The syntax tree of the job source, or the error that variable files take precedence over."""
    _check_size(source, limits)
    try:
        return (parse_json_body(source, limits) if is_json(source.text) else parse_body(source, limits)), None
    except HCLError as e:
        return None, e


def _read_variables(source: Source, options: JobspecOptions) -> Body | JsonBody:
    _check_size(source, options.limits)
    if is_json(source.text):
        body = parse_json_body(source, options.limits, options.variable_file_prefix)
        body.literal = True
        return body
    return parse_body(source, options.limits, options.variable_file_prefix)


def _job_block(blocks: list[Block], scope: Scope) -> Block | None:
    if not blocks and not scope.session.problems:
        scope.session.problems.append(Diagnostic("Missing job block", "A job block is required"))
    if len(blocks) > 1:
        first = scope.source.range_text(blocks[0].header)
        detail = f'Only one block of type "job" is allowed. Previous definition was at {first}.'
        scope.report(blocks[1].header, "Duplicate job block", detail)
    return blocks[0] if blocks else None


def _stop(session: Session, warnings: list[Diagnostic], short: bool = False) -> None:
    """Raise what has been found so far, if it holds an error."""
    if any(not d.is_warning for d in session.problems):
        raise HCLError([*warnings, *session.problems], short=short)


def _with_variables(
    blocks: dict[str, list[Block]], files: list[Body | JsonBody], options: JobspecOptions, scope: Scope
) -> tuple[Scope, list[Diagnostic]]:
    """Steps 4-8: the scope with `var` and `local`, and the warnings."""
    session = scope.session
    variables = Variables(scope)
    for block in blocks.get("variables", ()):
        variables.declare_all(block)
    for block in blocks.get("variable", ()):
        variables.declare(block)
    variables.assign(options, files)
    variables.validate()
    scope = scope.with_names({"var": variables.value()})
    local = evaluate_locals(blocks.get("locals", []), scope)
    _stop(session, [])
    warnings, session.problems = session.problems, []
    return scope.with_names({"local": local}), warnings


def _job(block: Block | None, scope: Scope, warnings: list[Diagnostic], with_positions: bool) -> ParsedJobspec:
    """Steps 9-11."""
    assert block is not None
    session, places = scope.session, Places()
    decoder = Decoder(places)
    decoded = decoder.job(block, scope)
    _stop(session, warnings)
    decoder.free_forms()
    _stop(session, warnings, short=True)
    job = finish(decoded, places)
    positions = places.pointers(job, scope.source) if with_positions else {}
    volatile = tuple(dict.fromkeys(session.environment.volatile))
    return ParsedJobspec(job, positions, tuple(d.text for d in warnings), volatile)
