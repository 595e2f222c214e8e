"""Print an HCL job file as API JSON, as `nomad job run -output` does.

Variables come from the environment (NOMAD_VAR_name), from --var-file and from --var, in this order; the last wins.
Exit code 0, or 1 when the file cannot be parsed: then nothing is printed but the text of the error on standard error.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobplan.cli.inputs import STDIN, JobFileError, read_text
from jobplan.cli.options import flag
from jobplan.errors import JobDecodeError, JobspecError

if TYPE_CHECKING:
    from jobplan.source.jobspec import JobspecOptions, ParsedJobspec, VariableFile

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="job file, or - for standard input")
    parser.add_argument("--json", dest="json_file", action="store_true", help="the job file is API JSON")
    parser.add_argument("--var", metavar="KEY=VALUE", action="append", default=[], help="set a variable")
    parser.add_argument("--var-file", metavar="FILE", action="append", default=[], help="read variables")
    flag(parser, "hcl2-strict", True, "refuse variables that no block declares")
    parser.add_argument(
        "--allow-outside", metavar="DIR", action="append", default=[], help="let file() and its like read below DIR too"
    )
    parser.add_argument("--seed", metavar="TEXT", help="make uuidv4() and bcrypt() give the same values every time")


def execute(args: argparse.Namespace) -> int:
    try:
        text = read_text(args.job)
        job = _api_job(text) if args.json_file else parsed_file(args.job, text, args).job
        output = document(job)
    except (JobFileError, JobspecError) as error:
        sys.stderr.write(f"Error getting job struct: {error}\n")
        return FAILED
    except ValueError as error:
        sys.stderr.write(f"Error converting job: {error}\n")
        return FAILED
    sys.stdout.write(output)
    return 0


def _api_job(text: str) -> dict[str, Any]:
    from jobplan.source.envelopes import decode_text

    try:
        return decode_text(text)
    except JobDecodeError as error:
        raise JobFileError(f"Failed to parse JSON job: {error}") from None


def parsed_file(name: str, text: str, args: argparse.Namespace) -> ParsedJobspec:
    """The job file that a command line names, with the variables and files that it grants. Raises JobFileError."""
    from jobplan.source.jobspec import HCLError, parse_jobspec_with_positions

    shown = "stdin" if name == STDIN else Path(name).name
    try:
        return parse_jobspec_with_positions(text, filename=shown, options=command_line_options(name, args))
    except HCLError as error:
        raise JobFileError(f"Error parsing job file from {name}:\n{error}") from None


def command_line_options(name: str, args: argparse.Namespace) -> JobspecOptions:
    """Options from arguments, files and the environment: the only place where these are read. spec: jobspec §0.1"""
    from jobplan.source.jobspec import JobspecOptions
    from jobplan.source.jobspec.reading import DirectoryReader

    directory = Path.cwd() if name == STDIN else Path(name).absolute().parent
    outside = [Path(p) for p in args.allow_outside]
    home = os.environ.get("HOME", "")
    return JobspecOptions(
        variable_files=tuple(_variable_file(file, name) for file in args.var_file),
        arguments=tuple(args.var),
        environment={k: v for k, v in os.environ.items() if k.startswith("NOMAD_VAR_")},
        strict=args.hcl2_strict,
        files=DirectoryReader(directory, outside, working=Path.cwd(), home=home),
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


# ---- output ----------------------------------------------------------------------------------------------------------
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def document(job: dict[str, Any]) -> str:
    """The envelope with an indent of 4 spaces. Raises ValueError for an infinite number. spec: jobspec §15"""
    pieces: list[str] = []
    _write({"Job": job}, "\n", pieces)
    return "".join(pieces) + "\n"


def _write(value: Any, newline: str, out: list[str]) -> None:
    inner = newline + "    "
    if isinstance(value, dict) and value:
        for i, (key, item) in enumerate(value.items()):
            out.append(("," if i else "{") + inner + _text(key) + ": ")
            _write(item, inner, out)
        out.append(newline + "}")
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            out.append(("," if i else "[") + inner)
            _write(item, inner, out)
        out.append(newline + "]")
    elif isinstance(value, str):
        out.append(_text(value))
    elif isinstance(value, float):
        out.append(_float(value))
    else:
        out.append(json.dumps(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_HTML)


def _float(value: float) -> str:
    """As the client's encoder writes it: plain from 1e-6 up to below 1e21."""
    if math.isinf(value):
        raise ValueError(f"json: unsupported value: {'+' if value > 0 else '-'}Inf")
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        from decimal import Decimal

        plain = format(Decimal(repr(value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"
